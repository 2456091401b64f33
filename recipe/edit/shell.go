package edit

import (
	"fmt"
	"strings"
)

// shell is files of shell variables: /etc/default, envvars, .bashrc, .env. It
// knows assignments that begin a line; what else a script does is left alone.
type shell struct{}

func (shell) style() *style { return &style{marks: "#", list: " "} }

func (shell) parse(s string) *tree {
	t := newTree(s)
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		start := at + len(indentAt(s, at))
		if strings.HasPrefix(s[at:], bom) {
			start = at + len(bom)
		}
		mark := -1
		if start < end && s[start] == '#' {
			mark = start
			for start < end && s[start] == '#' {
				start++
			}
			start += len(indentAt2(s, start))
		}
		n, ok := shellAssignment(s, start)
		if ok && mark >= 0 {
			if strings.Contains(n.whole.of(s), "\n") || !blankRest(s, n.whole.end) || start-mark > 3 {
				ok = false
			}
			n.twin, n.mark = true, mark
		}
		if ok {
			t.add(t.root, n)
			end = max(end, lineEnd(s, n.whole.end))
		}
		at = end
	}
	return t
}

// indentAt2 returns the blanks at offset at.
func indentAt2(s string, at int) string {
	end := at
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	return s[at:end]
}

// blankRest reports whether nothing but a comment stands behind offset at on its line.
func blankRest(s string, at int) bool {
	rest := strings.TrimSpace(s[at:lineEnd(s, at)])
	return rest == "" || rest[0] == '#'
}

// shellAssignment reads `export NAME=value` at offset at.
func shellAssignment(s string, at int) (node, bool) {
	start := at
	for _, word := range []string{"export", "readonly", "local", "declare", "typeset"} {
		if rest, ok := strings.CutPrefix(s[at:], word); ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			at += len(word) + len(indentAt2(s, at+len(word)))
			break
		}
	}
	name := span{at, at}
	for at < len(s) && (s[at] == '_' || isAlnum(s[at])) {
		at++
	}
	name.end = at
	if name.empty() || s[name.start] <= '9' || at >= len(s) || s[at] != '=' {
		return node{}, false
	}
	at++
	n := node{name: name.of(s), nameAt: name, whole: span{start, at}, val: span{at, at}}
	if at < len(s) && s[at] == '(' {
		return shellArray(s, n)
	}
	w := shellWord(s, at)
	if w.end > at {
		n.val, n.words = w.span, []word{w}
		n.whole.end = w.end
	}
	return n, true
}

// isAlnum reports whether c is an ASCII letter or digit.
func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// shellArray reads `(a b c)`; the value is what stands in the parentheses.
func shellArray(s string, n node) (node, bool) {
	at := n.val.start + 1
	n.val = span{at, at}
	for at < len(s) {
		switch c := s[at]; {
		case isBlank(c) || c == '\n':
			at++
		case c == '#':
			at = lineEnd(s, at)
		case c == ')':
			if len(n.words) > 0 {
				n.val = span{n.words[0].start, n.words[len(n.words)-1].end}
			}
			n.whole.end = at + 1
			return n, true
		default:
			w := shellWord(s, at)
			if w.end == at {
				return n, false
			}
			n.words = append(n.words, w)
			at = w.end
		}
	}
	return n, false
}

// shellWord reads one word: up to a blank or an operator outside of quotes. A
// quote that never ends is taken for a letter.
func shellWord(s string, at int) word {
	start := at
	for at < len(s) {
		c := s[at]
		if isBlank(c) || c == '\n' || strings.IndexByte(";&|()<>", c) >= 0 {
			break
		}
		end := at + 1
		switch c {
		case '\'':
			if i := strings.IndexByte(s[at+1:], '\''); i >= 0 {
				end = at + i + 2
			}
		case '"':
			end = shellQuoted(s, at)
		case '`':
			if i := strings.IndexByte(s[at+1:], '`'); i >= 0 {
				end = at + i + 2
			}
		case '\\':
			end = min(at+2, len(s))
		case '$':
			end = shellExpansion(s, at)
		}
		at = end
	}
	w := word{span: span{start, at}, text: s[start:at]}
	if n := len(w.text); n >= 2 && (w.text[0] == '\'' && strings.IndexByte(w.text[1:], '\'') == n-2 || w.text[0] == '"' && shellQuoted(s, start) == at) {
		w.quote = w.text[0]
		w.text = w.text[1 : n-1]
		if w.quote == '"' {
			w.text = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(w.text)
		}
	}
	return w
}

// shellQuoted returns where the double quotes at offset at end.
func shellQuoted(s string, at int) int {
	for i := at + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return at + 1
}

// shellExpansion returns where the `${…}` or `$(…)` at offset at ends; only its
// first byte is taken where it never does on its line.
func shellExpansion(s string, at int) int {
	if at+1 >= len(s) || s[at+1] != '{' && s[at+1] != '(' {
		return at + 1
	}
	open, shut, depth := s[at+1], byte('}'), 0
	if open == '(' {
		shut = ')'
	}
	for i := at + 1; i < len(s) && s[i] != '\n'; i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return at + 1
}

// shellPlain reports whether v is one word without quotes.
func shellPlain(v string) bool {
	w := shellWord(v, 0)
	return w.end == len(v) && w.quote == 0 && !strings.ContainsAny(v, "'\"#~*?[\\`\n")
}

func (shell) value(t *tree, n *node, v Value) (string, error) {
	if at := n.val.start - 1; at >= 0 && strings.TrimRight(t.src[n.nameAt.end:n.val.start], " \t\r\n") == "=(" {
		return shellWords(v.Text)
	}
	quote := byte(0)
	if len(n.words) == 1 {
		quote = n.words[0].quote
		if mixed := n.words[0].of(t.src); quote == 0 && strings.ContainsAny(mixed, "'\"`") && v.Text != "" && shellWord(v.Text, 0).end == len(v.Text) {
			return v.Text, nil
		}
	}
	return shellSpell(v.Text, quote)
}

// shellWords checks the words of an array.
func shellWords(v string) (string, error) {
	probe := "a=(" + v + ")"
	n, ok := shellAssignment(probe, 0)
	if !ok || n.whole.end != len(probe) || len(n.words) > 0 && n.val.of(probe) != v {
		return "", fmt.Errorf("%q is not read as the words of an array", v)
	}
	return v, nil
}

// shellSpell writes one word. `$` keeps its meaning, as it has in the file; in
// single quotes nothing has one.
func shellSpell(v string, quote byte) (string, error) {
	switch {
	case quote == '\'':
		if strings.Contains(v, "'") {
			return "", fmt.Errorf("%q cannot be written in ' quotes", v)
		}
		return "'" + v + "'", nil
	case quote == 0 && (v == "" || shellPlain(v)):
		return v, nil
	}
	text := `"` + strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), `"`, `\"`) + `"`
	if shellWord(text, 0).end != len(text) {
		return "", fmt.Errorf("%q cannot be written as one word", v)
	}
	return text, nil
}

func (shell) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i >= 0 {
		return shellSpell(v.Text, n.words[i].quote)
	}
	return shellSpell(v.Text, 0)
}

func (shell) entry(t *tree, like *node, name string, v Value) (string, error) {
	quote, lead := byte(0), ""
	if like != nil {
		lead = t.src[like.whole.start:like.nameAt.start]
		if len(like.words) == 1 {
			quote = like.words[0].quote
		}
	}
	text, err := shellSpell(v.Text, quote)
	if err != nil {
		text, err = shellSpell(v.Text, '"')
	}
	if n, ok := shellAssignment(name+"=", 0); !ok || n.name != name {
		return "", fmt.Errorf("%q is no name of a variable", name)
	}
	return lead + name + "=" + text, err
}
