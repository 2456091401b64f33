package sed

import (
	"fmt"
	"strings"
)

// toRE2 turns a POSIX pattern, basic or extended, with GNU's additions, into
// one of package regexp.
func toRE2(s string, extended bool) (string, error) {
	var b strings.Builder
	start := true // nothing that could be repeated stands before
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '[':
			set, n, err := bracket(s[i:])
			if err != nil {
				return "", err
			}
			b.WriteString(set)
			i += n - 1
		case c == '\\' && i+1 < len(s):
			i++
			text, begins, err := escaped(s[i], extended, start)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
			start = begins
			continue
		case !extended && strings.IndexByte("+?|(){}", c) >= 0:
			b.WriteString(`\` + string(c))
		case c == '*' && start:
			b.WriteString(`\*`)
		case c == '^' && !extended && !start:
			b.WriteString(`\^`)
		case c == '$' && !extended && i+1 < len(s) && !strings.HasPrefix(s[i+1:], `\)`) && !strings.HasPrefix(s[i+1:], `\|`):
			b.WriteString(`\$`)
		case extended && c == '{' && (i+1 == len(s) || s[i+1] < '0' || s[i+1] > '9'):
			b.WriteString(`\{`)
		case c >= 0x80:
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		start = c == '^' && start || extended && (c == '(' || c == '|')
	}
	return b.String(), nil
}

// escaped turns a backslash and c; begins says that a pattern begins behind it.
func escaped(c byte, extended, start bool) (text string, begins bool, err error) {
	switch {
	case strings.IndexByte("+?|(){}", c) >= 0:
		if extended {
			return `\` + string(c), false, nil
		}
		if start && (c == '+' || c == '?') {
			return `\` + string(c), false, nil
		}
		return string(c), c == '(' || c == '|', nil
	case c >= '1' && c <= '9':
		return "", false, fmt.Errorf("the pattern refers back to a group (\\%c)", c)
	case c == '<' || c == '>':
		return `\b`, false, nil
	case c == '`':
		return `\A`, true, nil
	case c == '\'':
		return `\z`, false, nil
	case strings.IndexByte("nrtfvwWsSbB", c) >= 0:
		return `\` + string(c), false, nil
	case c < 0x80 && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z'):
		return `\` + string(c), false, nil
	}
	return string(c), false, nil
}

// bracket turns a bracket expression at the start of s, in which a backslash
// is a backslash; n is its length.
func bracket(s string) (set string, n int, err error) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(s) && s[i] == '^' {
		b.WriteString("^")
		i++
	}
	for first := true; i < len(s); first = false {
		switch c := s[i]; {
		case c == ']' && !first:
			b.WriteByte(']')
			return b.String(), i + 1, nil
		case strings.HasPrefix(s[i:], "[:"):
			end := strings.Index(s[i:], ":]")
			if end < 0 {
				return "", 0, fmt.Errorf("a class in brackets has no end")
			}
			b.WriteString(s[i : i+end+2])
			i += end + 2
			continue
		case c == '\\' && i+1 < len(s) && strings.IndexByte("nt]\\", s[i+1]) >= 0 && s[i+1] != ']':
			b.WriteString(s[i : i+2])
			i += 2
			continue
		case strings.IndexByte(`\[]^`, c) >= 0:
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
		i++
	}
	return "", 0, fmt.Errorf("a bracket has no end")
}
