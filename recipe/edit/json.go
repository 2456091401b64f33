package edit

import (
	"encoding/json"
	"fmt"
	"strings"
)

// jsonc is JSON, with comments and trailing commas where a file has them. An
// object's members are entries by their names, an array's are entries named
// `-`; an array's values are its words as well.
type jsonc struct{}

func (jsonc) style() *style {
	return &style{long: "//", types: true, indent: "  "}
}

// maxDepth bounds nesting, so that no file can exhaust the stack.
const maxDepth = 500

func (jsonc) parse(s string) *tree {
	p := &jsonParser{t: newTree(s), s: s}
	p.at = len(s) - len(strings.TrimPrefix(s, bom))
	root := p.t.root
	p.blanks(root)
	if p.at < len(s) {
		p.value(root, 0)
	}
	if p.blanks(root); p.at < len(s) {
		p.t.oddAt(p.at, "text stands behind the value")
	}
	root.whole = span{0, len(s)}
	if root.val.start >= 0 && !root.block {
		root.body = span{len(s), len(s)}
	}
	root.block, root.val = true, span{-1, -1}
	return p.t
}

type jsonParser struct {
	t   *tree
	s   string
	at  int
	end int // of the last member
}

// blanks skips white space and comments, and reads commented members on the way.
func (p *jsonParser) blanks(in *node) {
	for p.at < len(p.s) {
		rest := p.s[p.at:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.at++
		case strings.HasPrefix(rest, "//"):
			end := lineEnd(p.s, p.at)
			p.twin(in, p.at, end)
			p.at = end
		case strings.HasPrefix(rest, "/*"):
			if i := strings.Index(rest[2:], "*/"); i >= 0 {
				p.at += i + 4
				continue
			}
			p.t.oddAt(p.at, "the comment has no end")
			p.at = len(p.s)
		default:
			return
		}
	}
}

// twin reads `// "key": value,` as a member that was commented out.
func (p *jsonParser) twin(in *node, mark, end int) {
	if at := mark + 2 + len(blanksAt(p.s, mark+2)); at >= end || p.s[at] != '"' {
		return
	}
	q := &jsonParser{t: newTree(p.s[:end]), s: p.s[:end], at: mark + 2}
	for q.at < end && isBlank(p.s[q.at]) {
		q.at++
	}
	if q.at >= end || p.s[q.at] != '"' || !q.member(q.t.root, 0) || len(q.t.odd) > 0 {
		return
	}
	if rest := strings.TrimSpace(p.s[q.at:end]); rest != "" && rest != "," || q.t.root.kids[0].block {
		return
	}
	n := *q.t.root.kids[0]
	n.twin, n.mark = true, mark
	p.t.add(in, n)
}

// value reads one value into n.
func (p *jsonParser) value(n *node, depth int) {
	switch c := p.s[p.at]; {
	case depth > maxDepth:
		p.t.oddAt(p.at, "the nesting is too deep")
		p.at = len(p.s)
	case c == '{':
		p.object(n, depth)
	case c == '[':
		p.array(n, depth)
	default:
		w, ok := p.scalar()
		if !ok {
			p.t.oddAt(p.at, "this is no JSON value")
			p.at = max(p.at+1, w.end)
			return
		}
		n.words, n.val = p.t.keep([]word{w}), w.span
		p.at = w.end
	}
	n.whole.end = p.at
}

// scalar reads a string, a number or a word.
func (p *jsonParser) scalar() (word, bool) {
	start := p.at
	if p.s[start] == '"' {
		for i := start + 1; i < len(p.s) && p.s[i] != '\n'; i++ {
			switch p.s[i] {
			case '\\':
				i++
			case '"':
				w := word{span: span{start, i + 1}, text: p.s[start+1 : i], quote: '"'}
				text, ok := jsonSays(p.s[start : i+1])
				w.text = text
				return w, ok
			}
		}
		return word{span: span{start, start + 1}}, false
	}
	end := start
	for end < len(p.s) && (isAlnum(p.s[end]) || strings.IndexByte("+-.", p.s[end]) >= 0) {
		end++
	}
	return word{span: span{start, end}, text: p.s[start:end]}, end > start
}

// jsonSays returns what a string in quotes says.
func jsonSays(s string) (string, bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s[1 : len(s)-1], true
	}
	var text string
	err := json.Unmarshal([]byte(s), &text)
	return text, err == nil
}

func (p *jsonParser) object(n *node, depth int) {
	p.at++
	n.block, n.body, n.val = true, span{p.at, p.at}, span{-1, -1}
	for p.next(n, '}') {
		if !p.member(n, depth) {
			p.t.oddAt(p.at, "a member begins with its name in quotes")
			p.resync()
		}
	}
}

// member reads `"key": value`.
func (p *jsonParser) member(n *node, depth int) bool {
	if p.s[p.at] != '"' {
		return false
	}
	key, ok := p.scalar()
	if !ok {
		return false
	}
	at := key.end
	for at < len(p.s) && strings.IndexByte(" \t\r\n", p.s[at]) >= 0 {
		at++
	}
	if at >= len(p.s) || p.s[at] != ':' {
		return false
	}
	k := p.t.add(n, node{name: key.text, nameAt: key.span, whole: span{key.start, at + 1}, val: span{-1, -1}})
	p.at = at + 1
	p.blanks(k)
	if p.at < len(p.s) {
		p.value(k, depth+1)
	}
	p.end = p.at
	return true
}

func (p *jsonParser) array(n *node, depth int) {
	start := p.at
	p.at++
	n.block, n.body = true, span{p.at, p.at}
	var ws []word
	for p.next(n, ']') {
		k := p.t.add(n, node{name: "-", nameAt: span{p.at, p.at}, whole: span{p.at, p.at}, val: span{-1, -1}})
		p.value(k, depth+1)
		p.end = p.at
		if !k.block {
			ws = append(ws, k.words...)
		}
	}
	n.words, n.val = ws, span{start, p.at}
}

// next moves to the next member of n, or behind its end.
func (p *jsonParser) next(n *node, shut byte) bool {
	comma := p.end <= n.body.start
	for p.blanks(n); p.at < len(p.s); p.blanks(n) {
		switch p.s[p.at] {
		case ',':
			p.at++
			comma = true
		case shut:
			n.body.end = p.at
			p.at++
			return false
		default:
			if p.s[p.at] == '}' || p.s[p.at] == ']' {
				p.t.oddAt(p.at, "the bracket closes nothing")
				p.at++
				continue
			}
			if !comma {
				p.t.oddAt(p.end, "a comma is missing behind it")
			}
			return true
		}
	}
	n.body.end = len(p.s)
	p.t.oddAt(n.body.start-1, "the bracket has no end")
	return false
}

// resync skips to the end of a line or to a bracket.
func (p *jsonParser) resync() {
	p.at++
	for p.at < len(p.s) && strings.IndexByte("\n,}]", p.s[p.at]) < 0 {
		p.at++
	}
}

func (jsonc) place(t *tree, sec, prev *node, text string) (splice, error) {
	src, nl := t.src, eol(t.src)
	if prev != nil {
		gap := " "
		if start := t.lineStart(prev.whole.start); strings.TrimSpace(src[start:prev.whole.start]) == "" {
			gap = nl + src[start:prev.whole.start]
		}
		return splice{span{prev.whole.end, prev.whole.end}, "," + gap + strings.ReplaceAll(text, "\n", gap)}, nil
	}
	if first := firstActive(sec.kids); first != nil {
		at := first.whole.start
		gap := src[sec.body.start:at]
		if strings.TrimSpace(gap) != "" || gap == "" {
			gap = " "
		}
		return splice{span{at, at}, text + "," + gap}, nil
	}
	if strings.TrimSpace(sec.body.of(src)) != "" {
		return splice{}, fmt.Errorf("only comments stand in it")
	}
	if !strings.Contains(src, "\n") || src[sec.body.start-1] == '[' {
		return splice{sec.body, text}, nil
	}
	in := t.indentAt(sec.body.start)
	unit := "  "
	if first := firstActive(t.root.kids); first != nil && t.indentAt(first.whole.start) != "" {
		unit = t.indentAt(first.whole.start)
	}
	return splice{sec.body, nl + in + unit + strings.ReplaceAll(text, "\n", nl+in+unit) + nl + in}, nil
}

func (jsonc) cut(t *tree, n *node) (splice, error) {
	if k := n.behind(); k != nil {
		return splice{span{n.whole.start, k.whole.start}, ""}, nil
	}
	if k := n.before(); k != nil {
		return splice{span{k.whole.end, n.whole.end}, ""}, nil
	}
	return splice{n.parent.body, ""}, nil
}

func (jsonc) hide(t *tree, n *node) (splice, error) {
	sp := t.lines(n.whole)
	rest := strings.TrimSpace(t.src[n.whole.end:sp.end])
	first := strings.TrimSpace(t.src[sp.start:n.whole.start])
	switch {
	case !strings.Contains(t.src, "//") && !strings.Contains(t.src, "/*"):
		return splice{}, fmt.Errorf("JSON has no comments; `unset` takes it away")
	case first != "" || !strings.HasPrefix(rest, ","):
		return splice{}, fmt.Errorf("it is the last of its object or shares its line; `unset` takes it away")
	}
	var b strings.Builder
	for line := range strings.SplitAfterSeq(sp.of(t.src), "\n") {
		if line != "" {
			in := indentAt(line, 0)
			b.WriteString(in + "// " + line[len(in):])
		}
	}
	return splice{sp, b.String()}, nil
}

func (jsonc) show(t *tree, n *node) (splice, error) {
	end := t.lineEnd(n.whole.end)
	text := n.whole.of(t.src)
	rest := strings.TrimRight(t.src[n.whole.end:end], "\r\n")
	if strings.TrimSpace(rest) != "," && len(n.parent.kids) > 0 && n.parent.kids[len(n.parent.kids)-1] != n {
		text += ","
	}
	if last := n.parent.last(); last != nil && last.whole.end < n.mark {
		at := last.whole.end
		if between := t.src[at:n.mark]; !strings.Contains(between, ",") {
			return splice{span{at, n.whole.end}, "," + between + text}, nil
		}
	}
	return splice{span{n.mark, n.whole.end}, text}, nil
}

func (j jsonc) fragment(sec *node, text string) *tree {
	if len(sec.kids) > 0 && sec.kids[0].name == "-" || sec.val.start >= 0 {
		return j.parse("[" + text + "]")
	}
	return j.parse("{" + text + "}")
}
