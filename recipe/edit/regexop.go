package edit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// regex replaces what a pattern matches. `^` and `$` are the ends of lines,
// and line ends are "\n" to the pattern whatever the file has.
func (e *editor) regex(op Op) (change, error) {
	re, err := regexp.Compile("(?m)" + op.Text)
	if err != nil {
		return change{}, err
	}
	parts, err := parseWith(op.With, re.NumSubexp())
	if err != nil {
		return change{}, e.bad(op, -1, "", "%s: %v", op, err)
	}
	nl := eol(e.t.src)
	flat, back := flatten(e.t.src)
	ch := change{loose: true}
	var hits, hidden []int
	for _, m := range re.FindAllStringSubmatchIndex(flat, -1) {
		at := back(m[0])
		if e.inComment(at) {
			hidden = append(hidden, at)
			continue
		}
		hits = append(hits, at)
		text := strings.ReplaceAll(fill(parts, flat, m), "\n", nl)
		if old := e.t.src[at:back(m[1])]; old != text {
			ch.cuts = append(ch.cuts, splice{span{at, back(m[1])}, text})
		}
	}
	return ch, e.countText(op, hits, hidden)
}

// flatten returns s with "\n" as its line ends, and what turns offsets of that
// into offsets of s.
func flatten(s string) (string, func(int) int) {
	if !strings.Contains(s, "\r\n") {
		return s, func(at int) int { return at }
	}
	var gone []int // offsets in the flat text before which a "\r" was
	for i, n := 0, 0; i < len(s); i++ {
		if s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			gone = append(gone, i-n)
			n++
		}
	}
	return strings.ReplaceAll(s, "\r\n", "\n"), func(at int) int {
		n, _ := slices.BinarySearch(gone, at)
		return at + n
	}
}

// A withPart is literal text of a replacement, or a group where group >= 0.
type withPart struct {
	text  string
	group int
}

// parseWith reads `with` of a regex: \0 to \9 are groups, \n and \t are what
// they are in sed, \\ is a backslash.
func parseWith(with string, groups int) ([]withPart, error) {
	var parts []withPart
	var b strings.Builder
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' {
			b.WriteByte(with[i])
			continue
		}
		if i++; i == len(with) {
			return nil, fmt.Errorf(`with ends in a lone \; write \\`)
		}
		switch c := with[i]; {
		case c >= '0' && c <= '9':
			n, _ := strconv.Atoi(string(c))
			if n > groups {
				return nil, fmt.Errorf(`with has \%d, the pattern has %s`, n, plural(groups, "group"))
			}
			parts = append(parts, withPart{b.String(), -1}, withPart{"", n})
			b.Reset()
		case c == 'n':
			b.WriteByte('\n')
		case c == 't':
			b.WriteByte('\t')
		case c == '\\':
			b.WriteByte('\\')
		default:
			return nil, fmt.Errorf(`with has \%c; write \\ for a backslash`, c)
		}
	}
	return append(parts, withPart{b.String(), -1}), nil
}

// fill makes the replacement of one match.
func fill(parts []withPart, src string, m []int) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
		if p.group >= 0 && m[2*p.group] >= 0 {
			b.WriteString(src[m[2*p.group]:m[2*p.group+1]])
		}
	}
	return b.String()
}
