package edit

import (
	"regexp"
	"strings"
)

// Block scalars of YAML are texts of lines behind `|`, or `>` where line ends
// are folded into blanks (YAML 1.2.2, 8.1).

// A yamlBlock is a block scalar as it is written.
type yamlBlock struct {
	head   string // the line that it begins with, from `|` or `>` on
	lines  []string
	indent int // of its lines
	blanks int // lines behind the last one that count where all are kept
}

// readYAMLBlock reads a block scalar of an entry in column col. It is not ok
// where lines stand less far in than the first one.
func readYAMLBlock(s string, col, blanks int) (b yamlBlock, ok bool) {
	lines := strings.Split(s, "\n")
	b = yamlBlock{head: strings.TrimRight(lines[0], "\r"), lines: lines[1:], blanks: blanks}
	if mark := strings.IndexAny(b.marks(), "123456789"); mark >= 0 {
		b.indent = col + int(b.marks()[mark]-'0')
	}
	for i, line := range b.lines {
		line = strings.TrimRight(line, "\r")
		in := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case in == len(line) && in <= b.indent || line == "":
			b.lines[i] = ""
			continue
		case b.indent == 0:
			b.indent = in
		case in < b.indent:
			return b, false
		}
		b.lines[i] = line[b.indent:]
	}
	return b, true
}

// marks returns what follows `|` or `>`: a digit for the indent, and `-` or `+`
// for the line ends at the end.
func (b yamlBlock) marks() string {
	rest := b.head[1:]
	return rest[:len(rest)-len(strings.TrimLeft(rest, "123456789-+"))]
}

// ends returns with how many line ends the text ends.
func (b yamlBlock) ends() int {
	switch {
	case strings.Contains(b.marks(), "-"):
		return 0
	case strings.Contains(b.marks(), "+"):
		return 1 + b.blanks
	}
	return 1
}

// text returns what the scalar says.
func (b yamlBlock) text() string {
	if len(b.lines) == 0 {
		return strings.Repeat("\n", max(0, b.ends()-1))
	}
	text := strings.Join(b.lines, "\n")
	if b.head[0] == '>' {
		text = yamlFold(b.lines)
	}
	return text + strings.Repeat("\n", b.ends())
}

// yamlFold joins lines by blanks. Those that begin with a blank stay lines, and
// so do their neighbours; of several line ends in a row the first one goes.
func yamlFold(lines []string) string {
	var b strings.Builder
	prev, empty := "", 0 // the last line that is not empty, and how many are behind it
	for _, line := range lines {
		if line == "" {
			empty++
			continue
		}
		joins := prev != "" && !isBlank(prev[0]) && !isBlank(line[0])
		switch {
		case joins && empty == 0:
			b.WriteByte(' ')
		case !joins && prev != "":
			b.WriteByte('\n')
		}
		b.WriteString(strings.Repeat("\n", empty) + line)
		prev, empty = line, 0
	}
	return b.String()
}

// with spells v as the old scalar is spelt; it is not ok where v is no text that
// such lines hold as they are.
func (b yamlBlock) with(v, nl, indent string) (string, bool) {
	text := strings.TrimRight(v, "\n")
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.TrimSpace(line) == "" && (line != "" || i == 0) || i == 0 && isBlank(line[0]) {
			return "", false
		}
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
		return "", false
	}
	if b.head[0] == '>' {
		if strings.Contains(text, "\n ") || strings.Contains(text, "\n\t") {
			return "", false
		}
		lines = strings.Split(yamlUnfold.ReplaceAllString(text, "\n$0"), "\n")
	}
	head, ok := b.headFor(len(v) - len(text))
	for _, line := range lines {
		if head += nl; line != "" {
			head += indent + line
		}
	}
	return head, ok
}

// yamlUnfold finds the line ends that folding would make one less of.
var yamlUnfold = regexp.MustCompile(`\n+`)

// headFor returns the first line of a text that ends in so many line ends.
func (b yamlBlock) headFor(ends int) (string, bool) {
	if ends == b.ends() {
		return b.head, true
	}
	marks := strings.Trim(b.marks(), "-+")
	switch ends {
	case 0:
		marks += "-"
	case 1:
	case 1 + b.blanks:
		marks += "+"
	default:
		return "", false
	}
	return b.head[:1] + marks + b.head[1+len(b.marks()):], true
}
