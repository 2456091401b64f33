package recipe

import (
	"bytes"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Pin is the SHA-256 of a source that a recipe names by URL.
type Pin struct {
	Source diag.Pos // of the source, as [Source] has it
	SHA256 string
}

// Pinned returns the recipe's file, whose bytes it is given, with the digests of
// pins written below the URLs of sources that have none, and how many they are.
// All other bytes stay as they are. A source that has two different pins, because
// its URL is another one in another variant, is left as it is.
func (r *Recipe) Pinned(file []byte, pins []Pin) (pinned []byte, written int) {
	lines := bytes.SplitAfter(file, []byte("\n"))
	for _, n := range find(r.body, []string{"source", "*"}) {
		sum := onlyPin(pins, r.src.pos(n.valAt))
		address := n.get("url")
		if sum == "" || address == nil || n.get("sha256") != nil || n.get("sha512") != nil {
			continue
		}
		end := r.src.pos(span{address.valAt.end, address.valAt.end})
		if line := &lines[end.Line-1]; n.inline {
			at := end.Col - 1 + len(*line) - len(bytes.TrimPrefix(*line, []byte("\ufeff")))
			*line = slices.Concat((*line)[:at], []byte(`, sha256 = "`+sum+`"`), (*line)[at:])
		} else {
			*line = below(*line, r.pinLine(address, sum))
		}
		written++
	}
	return bytes.Join(lines, nil), written
}

// below puts a new line below another one, with the same end.
func below(line []byte, text string) []byte {
	switch {
	case bytes.HasSuffix(line, []byte("\r\n")):
		return slices.Concat(line, []byte(text+"\r\n"))
	case bytes.HasSuffix(line, []byte("\n")):
		return slices.Concat(line, []byte(text+"\n"))
	}
	return slices.Concat(line, []byte("\n"+text))
}

// onlyPin is the one digest that pins have for a source, or "".
func onlyPin(pins []Pin, source diag.Pos) string {
	sum := ""
	for _, p := range pins {
		switch {
		case p.Source != source || p.SHA256 == sum:
		case sum != "":
			return ""
		default:
			sum = p.SHA256
		}
	}
	return sum
}

// pinLine is the line for a digest, in the style of the URL's.
func (r *Recipe) pinLine(address *node, sum string) string {
	src := r.src.text
	start := bytes.LastIndexByte(src[:address.keyAt.start], '\n') + 1
	indent := string(src[start:address.keyAt.start])
	width := bytes.IndexByte(src[address.keyAt.start:address.valAt.start], '=')
	return indent + "sha256" + strings.Repeat(" ", max(1, width-len("sha256"))) + `= "` + sum + `"`
}
