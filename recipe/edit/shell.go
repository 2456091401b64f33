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
	r := &shellReader{s: s}
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
			start += len(blanksAt(s, start))
		}
		n, ok := r.assignment(start)
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

// blankRest reports whether nothing but a comment stands behind offset at on its line.
func blankRest(s string, at int) bool {
	rest := strings.TrimSpace(s[at:lineEnd(s, at)])
	return rest == "" || rest[0] == '#'
}

// assignment reads `export NAME=value` at offset at.
func (r *shellReader) assignment(at int) (node, bool) {
	s, start := r.s, at
	for _, word := range []string{"export", "readonly", "local", "declare", "typeset"} {
		if rest, ok := strings.CutPrefix(s[at:], word); ok && rest != "" && (rest[0] == ' ' || rest[0] == '\t') {
			at += len(word) + len(blanksAt(s, at+len(word)))
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
		return r.array(n)
	}
	w, ok := r.word(at)
	if w.end > at {
		n.val, n.words = w.span, []word{w}
		n.whole.end = w.end
	}
	return n, ok
}

// shellAssignment reads the assignment that s begins with.
func shellAssignment(s string) (node, bool) { return (&shellReader{s: s}).assignment(0) }

// isAlnum reports whether c is an ASCII letter or digit.
func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// array reads `(a b c)`; the value is what stands in the parentheses.
func (r *shellReader) array(n node) (node, bool) {
	s, at := r.s, n.val.start+1
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
			w, ok := r.word(at)
			if !ok || w.end == at {
				return n, false
			}
			n.words = append(n.words, w)
			at = w.end
		}
	}
	return n, false
}

func (shell) value(t *tree, n *node, v Value) (string, error) {
	if at := n.val.start - 1; at >= 0 && strings.TrimRight(t.src[n.nameAt.end:n.val.start], " \t\r\n") == "=(" {
		return shellWords(v.Text)
	}
	quote := byte(0)
	if len(n.words) == 1 {
		quote = n.words[0].quote
	}
	return shellSpell(v.Text, quote, n.whole.start < n.nameAt.start)
}

// shellWords checks the words of an array.
func shellWords(v string) (string, error) {
	probe := "a=(" + v + ")"
	n, ok := shellAssignment(probe)
	if !ok || n.whole.end != len(probe) || len(n.words) > 0 && n.val.of(probe) != v ||
		len(n.words) == 1 && n.words[0].quote == 0 && n.words[0].text != v {
		return "", fmt.Errorf("%q is not read as the words of an array", v)
	}
	return v, nil
}

func (shell) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i >= 0 {
		return shellSpell(v.Text, n.words[i].quote, true)
	}
	return shellSpell(v.Text, 0, true)
}

func (shell) entry(t *tree, like *node, name string, v Value) (string, error) {
	quote, lead := byte(0), ""
	if like != nil {
		lead = t.src[like.whole.start:like.nameAt.start]
		if len(like.words) == 1 {
			quote = like.words[0].quote
		}
	}
	text, err := shellSpell(v.Text, quote, lead != "")
	if err != nil {
		text, err = shellSpell(v.Text, '"', true)
	}
	if n, ok := shellAssignment(name + "="); !ok || n.name != name {
		return "", fmt.Errorf("%q is no name of a variable", name)
	}
	return lead + name + "=" + text, err
}
