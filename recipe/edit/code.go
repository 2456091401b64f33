package edit

import (
	"fmt"
	"strings"
)

// code is settings that are assignments of a language: PHP's `$a['b'] = v;`,
// `define('K', v);`, `const K = v;` and `'k' => v,`, Python's `a.b = v`, Lua's
// `a = v;`. A name is as it is written; define and the keys of arrays go by
// their text.
type code struct {
	php   bool
	marks string // begin comments
	long  string // does, too
	stops string // end a statement, besides the end of its line
	py    bool   // Python: capital booleans, three quotes, a backslash joins lines
	open  string // begins a comment of several lines, which shut ends
	shut  string
}

func phpCode() code {
	return code{php: true, marks: "#", long: "//", stops: ";,", open: "/*", shut: "*/"}
}

func python() code { return code{py: true, marks: "#", stops: ";"} }

func lua() code { return code{long: "--", stops: ";,", open: "--[[", shut: "]]"} }

func (c code) style() *style {
	return &style{marks: c.marks, long: c.long, types: true}
}

// commentMark returns the mark that s begins with, or "".
func (c code) commentMark(s string) string {
	st := style{marks: c.marks, long: c.long}
	return st.commentMark(s)
}

func (c code) parse(s string) *tree {
	t := newTree(s)
	at, lost := 0, false // lost: a bracket has no end, so values are looked for within lines
	if strings.HasPrefix(s, bom) {
		at = len(bom)
	}
	for at < len(s) {
		end := lineEnd(s, at)
		start := at + len(blanksAt(s, at))
		mark := -1
		if c.open != "" && strings.HasPrefix(s[start:end], c.open) {
			if i := strings.Index(s[start:], c.shut); i >= 0 {
				at = lineEnd(s, start+i)
				continue
			}
		}
		if m := c.commentMark(s[start:end]); m != "" {
			mark = start
			for start += len(m); start < end && s[start] == m[0]; start++ {
			}
			start += len(blanksAt(s, start))
		}
		text := s
		if mark >= 0 || lost {
			text = s[:end] // a comment goes to the end of its line
		}
		n, ok := c.read(text, start)
		if open := !ok && n.val.start < 0; open && mark < 0 {
			t.oddAt(start, "a bracket that begins here has no end")
			lost = true
		}
		if ok && mark >= 0 {
			ok = !strings.Contains(n.whole.of(s), "\n") && start-mark < 5 && c.endsLine(s, n.whole.end) && !c.goesOn(s, n, end)
			n.twin, n.mark = true, mark
		}
		if ok {
			t.add(t.root, n)
			if end = max(end, lineEnd(s, max(n.whole.end-1, 0))); mark < 0 && n.whole.end > n.val.end && !c.endsLine(s, n.whole.end) {
				end = n.whole.end // another statement follows
			}
		}
		at = end
	}
	return t
}

// goesOn reports whether the value of a commented entry may go on in the comment
// below it, which begins at offset at: PHP's end with a mark, not with the line.
func (c code) goesOn(s string, n node, at int) bool {
	return c.php && n.whole.end == n.val.end && at < len(s) && c.commentMark(strings.TrimLeft(s[at:lineEnd(s, at)], " \t")) != ""
}

// endsLine reports whether nothing but a comment stands behind offset at.
func (c code) endsLine(s string, at int) bool {
	rest := strings.TrimSpace(s[at:lineEnd(s, at)])
	return rest == "" || c.commentMark(rest) != ""
}

// read reads an assignment that begins at offset at; one whose value has no end
// is none, and has a val.start of -1.
func (c code) read(s string, at int) (node, bool) {
	line := s[at:lineEnd(s, at)]
	name, rest := span{}, 0
	switch {
	case c.php && (strings.HasPrefix(line, "define(") || strings.HasPrefix(line, "define (")):
		name.start = at + strings.IndexByte(line, '(') + 1
		name.start += len(blanksAt(s, name.start))
		w, ok := quotedAt(s, name.start)
		if !ok {
			return node{}, false
		}
		name.end = w.end
		if rest = w.end + len(blanksAt(s, w.end)); rest >= len(s) || s[rest] != ',' {
			return node{}, false
		}
		rest++
	case c.php && line != "" && (line[0] == '\'' || line[0] == '"'):
		w, ok := quotedAt(s, at)
		name = w.span
		rest = w.end + len(blanksAt(s, w.end))
		if !ok || !strings.HasPrefix(s[rest:], "=>") {
			return node{}, false
		}
		rest += 2
	default:
		ok := false
		if name, rest, ok = c.target(s, at, line); !ok {
			return node{}, false
		}
	}
	n := node{name: name.of(s), nameAt: name, whole: span{at, rest}}
	if n.name[0] == '\'' || n.name[0] == '"' {
		n.name = n.name[1 : len(n.name)-1]
	}
	rest += len(blanksAt(s, rest))
	stop, end := c.expression(s, rest)
	if stop < 0 {
		return node{val: span{-1, -1}}, false
	}
	if stop <= rest {
		return node{}, false
	}
	n.val, n.whole.end = span{rest, stop}, end
	w := word{span: n.val, text: n.val.of(s)}
	if q, ok := quotedAt(s, rest); ok && q.end == stop {
		w = q
	}
	n.words = []word{w}
	return n, true
}

// target reads `$a['b'] =`, `const K =` or `a.b =`; rest is behind the `=`.
func (c code) target(s string, at int, line string) (span, int, bool) {
	if c.php {
		switch {
		case strings.HasPrefix(line, "const "):
			at += len("const ")
		case !strings.HasPrefix(line, "$"):
			return span{}, 0, false
		}
	}
	i, end := at, lineEnd(s, at)
	for i < end && (isAlnum(s[i]) || strings.IndexByte("_.$[]'\"->:", s[i]) >= 0) {
		if s[i] == '-' && !strings.HasPrefix(s[i:], "->") {
			break
		}
		i++
	}
	name := span{at, i}
	i += len(blanksAt(s, i))
	if name.empty() || i+1 >= end || s[i] != '=' || s[i+1] == '=' || s[i+1] == '>' || !isKey(s[name.start:name.start+1]) || s[name.start] >= '0' && s[name.start] <= '9' {
		return span{}, 0, false
	}
	return name, i + 1, true
}

// quotedAt reads a string in quotes at offset at.
func quotedAt(s string, at int) (word, bool) {
	if at >= len(s) || s[at] != '\'' && s[at] != '"' {
		return word{}, false
	}
	for i := at + 1; i < len(s) && s[i] != '\n'; i++ {
		switch s[i] {
		case '\\':
			i++
		case s[at]:
			return word{span{at, i + 1}, unescape(s[at+1:i], s[at]), s[at]}, true
		}
	}
	return word{}, false
}

// expression returns where the value at offset at stops, and where the
// statement ends; -1: nowhere, as a bracket is open.
func (c code) expression(s string, at int) (stop, end int) {
	depth := 0
	for i := at; i < len(s); i++ {
		switch ch := s[i]; {
		case ch == '\'' || ch == '"', c.php && strings.HasPrefix(s[i:], "<<<"), c.open != "" && (c.php || depth > 0) && strings.HasPrefix(s[i:], c.open):
			if i = c.skip(s, i); i >= len(s) {
				return -1, -1
			}
		case c.py && (strings.HasPrefix(s[i:], "\\\n") || strings.HasPrefix(s[i:], "\\\r\n")):
			i = lineEnd(s, i) - 1
		case c.php && depth == 0 && strings.HasPrefix(s[i:], "?>"):
			return trimRight(s, at, i), trimRight(s, at, i)
		case strings.IndexByte(c.marks, ch) >= 0, c.long != "" && strings.HasPrefix(s[i:], c.long):
			if depth == 0 {
				return trimRight(s, at, i), trimRight(s, at, i)
			}
			i = lineEnd(s, i) - 1
		case ch == '(' || ch == '[' || ch == '{':
			depth++
		case ch == ')' || ch == ']' || ch == '}':
			if depth--; depth < 0 {
				stop = trimRight(s, at, i)
				if rest := s[i:lineEnd(s, i)]; c.php && strings.HasPrefix(rest, ");") {
					return stop, i + 2
				}
				return stop, stop
			}
		case depth == 0 && strings.IndexByte(c.stops, ch) >= 0:
			return trimRight(s, at, i), i + 1
		case ch == '\n' && depth == 0 && !c.php:
			return trimRight(s, at, i), trimRight(s, at, i)
		}
	}
	if depth > 0 {
		return -1, -1
	}
	return trimRight(s, at, len(s)), trimRight(s, at, len(s))
}

// skip returns the last byte of the string or comment that begins at offset at;
// len(s) where it has no end. A quote that never ends is taken for a letter.
func (c code) skip(s string, at int) int {
	shut, begin := c.shut, len(c.open)
	switch w, ok := quotedAt(s, at); {
	case s[at] == '<':
		return phpLines(s, at)
	case c.py && (strings.HasPrefix(s[at:], `"""`) || strings.HasPrefix(s[at:], "'''")):
		shut, begin = s[at:at+3], 3
	case ok:
		return w.end - 1
	case s[at] == '\'' || s[at] == '"':
		return at
	}
	if i := strings.Index(s[at+begin:], shut); i >= 0 {
		return at + begin + i + len(shut) - 1
	}
	return len(s)
}

// phpLines returns the last byte of the text of lines that `<<<NAME` begins: of
// the line that begins with the name.
func phpLines(s string, at int) int {
	name := strings.Trim(strings.TrimSpace(s[at+3:lineEnd(s, at)]), `"'`)
	if !isDirective(name) {
		return at + 2
	}
	for i := lineEnd(s, at); i < len(s); i = lineEnd(s, i) {
		start := i + len(blanksAt(s, i))
		if rest, ok := strings.CutPrefix(s[start:], name); ok && (rest == "" || !isDirective(rest[:1])) {
			return start + len(name) - 1
		}
	}
	return len(s)
}

// spell writes a value: a string in the quotes of the old one, else what
// stands there as an expression; a new one by its kind.
func (c code) spell(old *word, v Value) (string, error) {
	text := v.Text
	if v.Kind == Bool && c.py {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	switch {
	case old != nil && old.quote == 0, old == nil && v.Kind != String:
		if stop, end := c.expression(text, 0); text == "" || stop != len(text) || end != len(text) || strings.TrimSpace(text) != text {
			return "", fmt.Errorf("%q is not one expression", text)
		}
		return text, nil
	case strings.ContainsAny(text, "\r\n"):
		return "", fmt.Errorf("the value has a line end")
	}
	q := byte('\'')
	switch {
	case old != nil:
		q = old.quote
	case c.long == "--": // Lua's files have these
		q = '"'
	}
	return string(q) + strings.NewReplacer(`\`, `\\`, string(q), `\`+string(q)).Replace(text) + string(q), nil
}

func (c code) value(t *tree, n *node, v Value) (string, error) { return c.spell(&n.words[0], v) }

func (c code) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i < 0 {
		return v.Text, nil
	}
	return c.spell(&n.words[0], v)
}

func (c code) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := c.spell(nil, v)
	if err != nil {
		return "", err
	}
	if !c.php {
		stop := ""
		if like != nil && !c.py && like.whole.end > like.val.end {
			stop = t.src[like.val.end:like.whole.end]
		}
		return name + " = " + text + strings.TrimSpace(stop), nil
	}
	if strings.HasPrefix(name, "$") {
		return name + " = " + text + ";", nil
	}
	if like != nil && strings.Contains(t.src[like.nameAt.end:like.val.start], "=>") {
		return "'" + name + "' => " + text + ",", nil
	}
	return "define('" + name + "', " + text + ");", nil
}
