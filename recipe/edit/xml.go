package edit

import (
	"fmt"
	"html"
	"sort"
	"strings"
)

// xml is XML by its tags: elements are sections by their names, attributes are
// keys named `@name`, and an element that holds only text has it as its value.
// An element that stands alone in a comment is a twin.
type xml struct{}

func (xml) style() *style {
	return &style{indent: "  ", heading: func(name string, args []string) (string, string) {
		return "<" + strings.Join(append([]string{name}, args...), " ") + ">", "</" + name + ">"
	}}
}

func (xml) parse(s string) *tree {
	p := &xmlParser{t: newTree(s), s: s}
	p.run(p.t.root, 0, len(s), -1)
	return p.t
}

type xmlParser struct {
	t *tree
	s string
}

// run reads s[at:end] into root; mark is that of the comment around it, or -1.
func (p *xmlParser) run(root *node, at, end, mark int) {
	top := root
	for at < end {
		i := strings.IndexByte(p.s[at:end], '<')
		if i < 0 {
			break
		}
		at += i
		rest := p.s[at:end]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			stop := p.until(at, end, "-->")
			if mark < 0 {
				p.comment(top, at, stop)
			}
			at = stop
		case strings.HasPrefix(rest, "<![CDATA["):
			at = p.until(at, end, "]]>")
		case strings.HasPrefix(rest, "<?"):
			at = p.until(at, end, "?>")
		case strings.HasPrefix(rest, "<!"):
			at = p.doctype(at, end)
		case strings.HasPrefix(rest, "</"):
			top, at = p.close(root, top, at, end)
		default:
			n, stop, alone := p.open(top, at, end)
			if n != nil && mark >= 0 && top == root {
				n.twin, n.mark = true, mark
			}
			if n != nil && !alone {
				top = n
			}
			at = stop
		}
	}
	for n := top; n != root; n = n.parent {
		p.t.oddAt(n.whole.start, "the element `"+n.name+"` has no end")
		n.whole.end, n.body.end = end, end
		if n.val.start >= 0 {
			n.val = span{-1, -1}
		}
	}
}

// until returns where the next of what ends a construct ends.
func (p *xmlParser) until(at, end int, what string) int {
	if i := strings.Index(p.s[at:end], what); i >= 0 {
		return at + i + len(what)
	}
	p.t.oddAt(at, "`"+what+"` is missing")
	return end
}

// doctype skips a declaration, which may hold others in brackets.
func (p *xmlParser) doctype(at, end int) int {
	depth := 0
	for i := at; i < end; i++ {
		switch p.s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '>':
			if depth <= 0 {
				return i + 1
			}
		}
	}
	p.t.oddAt(at, "the declaration has no end")
	return end
}

// comment reads the elements that were put into a comment: it must hold nothing else.
func (p *xmlParser) comment(top *node, at, stop int) {
	inner := span{at + len("<!--"), stop - len("-->")}
	if inner.end <= inner.start {
		return
	}
	text := strings.TrimSpace(inner.of(p.s))
	if text == "" || text[0] != '<' || text[len(text)-1] != '>' || len(text) < 3 || !isAlnum(text[1]) {
		return
	}
	q := &xmlParser{t: newTree(p.s), s: p.s}
	q.run(q.t.root, inner.start, inner.end, at)
	if len(q.t.odd) > 0 || len(q.t.root.kids) != 1 || q.t.root.kids[0].whole.of(p.s) != text {
		return
	}
	n := q.t.root.kids[0]
	n.parent, n.ord = top, int32(len(top.kids))
	top.kids = append(top.kids, n)
}

// isNameByte reports whether c may be in a name.
func isNameByte(c byte) bool {
	return isAlnum(c) || strings.IndexByte("_-.:", c) >= 0 || c >= 0x80
}

// open reads `<name a="b">`; alone means that it has no inside.
func (p *xmlParser) open(top *node, at, end int) (n *node, stop int, alone bool) {
	i := at + 1
	for i < end && isNameByte(p.s[i]) {
		i++
	}
	name := span{at + 1, i}
	if name.empty() {
		return nil, at + 1, false
	}
	n = p.t.add(top, node{name: name.of(p.s), nameAt: name, whole: span{at, i}, val: span{-1, -1}, block: true, body: span{i, i}})
	if top.val.start >= 0 {
		top.val = span{-1, -1} // it holds more than text
		top.words = nil
	}
	for i < end {
		for i < end && (isBlank(p.s[i]) || p.s[i] == '\n') {
			i++
		}
		switch {
		case i >= end:
		case strings.HasPrefix(p.s[i:end], "/>"):
			n.whole.end = i + 2
			n.body = span{i, i}
			return n, i + 2, true
		case p.s[i] == '>':
			i++
			n.whole.end = i
			n.body = span{i, i}
			n.val = span{i, i} // so far
			return n, i, false
		default:
			last := i
			if i = p.attribute(n, i, end); i < 0 {
				n.whole.end = last
				n.body = span{last, last}
				p.t.oddAt(at, "the tag `"+n.name+"` is not whole")
				return n, last, true
			}
			continue
		}
	}
	n.whole.end, n.body = end, span{end, end}
	p.t.oddAt(at, "the tag `"+n.name+"` has no end")
	return n, end, true
}

// attribute reads `name="value"`; it returns where it ends, or -1.
func (p *xmlParser) attribute(n *node, at, end int) int {
	i := at
	for i < end && isNameByte(p.s[i]) {
		i++
	}
	name := span{at, i}
	for i < end && (isBlank(p.s[i]) || p.s[i] == '\n') {
		i++
	}
	if name.empty() || i >= end || p.s[i] != '=' {
		return -1
	}
	for i++; i < end && (isBlank(p.s[i]) || p.s[i] == '\n'); i++ {
	}
	if i >= end || p.s[i] != '"' && p.s[i] != '\'' {
		return -1
	}
	length := strings.IndexByte(p.s[i+1:end], p.s[i])
	if length < 0 {
		return -1
	}
	val := span{i, i + length + 2}
	p.t.add(n, node{name: "@" + name.of(p.s), nameAt: name, whole: span{at, val.end}, val: val,
		words: []word{{val, html.UnescapeString(p.s[i+1 : val.end-1]), p.s[i]}}})
	return val.end
}

// close reads `</name>`.
func (p *xmlParser) close(root, top *node, at, end int) (*node, int) {
	stop := p.until(at, end, ">")
	name := strings.TrimSpace(strings.TrimSuffix(p.s[at+2:stop], ">"))
	n := top
	for n != root && n.name != name {
		n = n.parent
	}
	if n == root {
		p.t.oddAt(at, "`</"+name+">` closes nothing")
		return top, stop
	}
	for ; top != n; top = top.parent {
		p.t.oddAt(top.whole.start, "the element `"+top.name+"` has no end")
		top.whole.end, top.body.end, top.val = at, at, span{-1, -1}
	}
	n.body.end, n.whole.end = at, stop
	if n.val.start >= 0 {
		p.text(n)
	}
	return n.parent, stop
}

// text takes an element's inside as its value, without the blanks around it.
func (p *xmlParser) text(n *node) {
	inner := n.body.of(p.s)
	bare := strings.TrimSpace(inner)
	if strings.Contains(bare, "<") {
		n.val = span{-1, -1}
		return
	}
	start := n.body.start + strings.Index(inner, bare)
	n.val = span{start, start + len(bare)}
	if bare != "" {
		n.words = []word{{n.val, html.UnescapeString(bare), 0}}
	}
}

// xmlEscape writes text; quote is that of the attribute, or 0.
func xmlEscape(s string, quote byte) (string, error) {
	for _, c := range []byte(s) {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return "", fmt.Errorf("%q has a control character, which XML cannot hold", s)
		}
	}
	s = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
	switch quote {
	case '"':
		s = strings.ReplaceAll(s, `"`, "&quot;")
	case '\'':
		s = strings.ReplaceAll(s, "'", "&apos;")
	case 0:
		return s, nil
	}
	return string(quote) + s + string(quote), nil
}

func (xml) value(t *tree, n *node, v Value) (string, error) {
	if strings.HasPrefix(n.name, "@") {
		return xmlEscape(v.Text, n.words[0].quote)
	}
	if strings.TrimSpace(v.Text) != v.Text {
		return "", fmt.Errorf("%q has blanks at its ends, which the element would not keep apart from its own", v.Text)
	}
	return xmlEscape(v.Text, 0)
}

func (x xml) arg(t *tree, n *node, i int, v Value) (string, error) { return xmlEscape(v.Text, 0) }

func (xml) entry(t *tree, like *node, name string, v Value) (string, error) {
	attr, isAttr := strings.CutPrefix(name, "@")
	for i := range len(attr) {
		if !isNameByte(attr[i]) {
			return "", fmt.Errorf("%q is no name", name)
		}
	}
	if isAttr {
		text, err := xmlEscape(v.Text, '"')
		return attr + "=" + text, err
	}
	text, err := xmlEscape(v.Text, 0)
	return "<" + name + ">" + text + "</" + name + ">", err
}

func (xml) place(t *tree, sec, prev *node, text string) (splice, error) {
	if sec.parent == nil {
		return splice{}, fmt.Errorf("a document has one element at its top")
	}
	if text[0] != '<' {
		at := sec.nameAt.end
		if i := sec.attributes(); i > 0 {
			at = sec.kids[i-1].whole.end
		}
		return splice{span{at, at}, " " + text}, nil
	}
	return xmlElement(t, sec, prev, text)
}

// attributes returns how many of n's kids are attributes: the first ones.
func (n *node) attributes() int {
	return sort.Search(len(n.kids), func(i int) bool { return n.kids[i].block })
}

// xmlElement places an element behind prev, or where that is an attribute
// behind the last element, or where it is nil first.
func xmlElement(t *tree, sec, prev *node, text string) (splice, error) {
	src, nl := t.src, eol(t.src)
	in := t.indentAt(sec.whole.start)
	inner := in + "  "
	if kid := firstActive(sec.kids[sec.attributes():]); kid != nil {
		inner = t.indentAt(kid.whole.start)
	} else if strings.HasPrefix(in, "\t") {
		inner = in + "\t"
	}
	if prev != nil && !prev.block {
		if prev = sec.last(); !prev.block {
			prev = nil
		}
	}
	body := nl + indented(text, inner, nl)
	switch {
	case prev != nil:
		return splice{span{prev.whole.end, prev.whole.end}, body}, nil
	case strings.HasSuffix(sec.whole.of(src), "/>"):
		at := sec.whole.end - 2
		for at > 0 && isBlank(src[at-1]) {
			at--
		}
		return splice{span{at, sec.whole.end}, ">" + body + nl + in + "</" + sec.name + ">"}, nil
	case len(sec.words) > 0:
		return splice{}, fmt.Errorf("`%s` holds text", sec.name)
	case strings.TrimSpace(sec.body.of(src)) == "" && !strings.Contains(sec.body.of(src), "\n"):
		return splice{sec.body, body + nl + in}, nil
	}
	return splice{span{sec.body.start, sec.body.start}, body}, nil
}

func (xml) cut(t *tree, n *node) (splice, error) {
	sp := n.whole
	if !n.block {
		for isBlank(t.src[sp.start-1]) || t.src[sp.start-1] == '\n' {
			sp.start--
		}
		return splice{sp, ""}, nil
	}
	if whole := t.lines(sp); strings.TrimSpace(t.src[whole.start:sp.start]) == "" && strings.TrimSpace(t.src[sp.end:whole.end]) == "" {
		sp = whole
	}
	return splice{sp, ""}, nil
}

func (xml) hide(t *tree, n *node) (splice, error) {
	text := n.whole.of(t.src)
	switch {
	case !n.block:
		return splice{}, fmt.Errorf("an attribute cannot be in a comment; `unset` takes it away")
	case strings.Contains(text, "--"):
		return splice{}, fmt.Errorf("it holds `--`, which a comment cannot; `unset` takes it away")
	}
	return splice{n.whole, "<!-- " + text + " -->"}, nil
}

func (xml) show(t *tree, n *node) (splice, error) {
	end := n.whole.end + strings.Index(t.src[n.whole.end:], "-->") + len("-->")
	return splice{span{n.mark, end}, n.whole.of(t.src)}, nil
}

func (xml) spellName(t *tree, n *node, name string) (string, error) {
	name = strings.TrimPrefix(name, "@")
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return "", fmt.Errorf("%q is no name", name)
		}
	}
	if n.block && !strings.HasSuffix(n.whole.of(t.src), "/>") {
		return "", fmt.Errorf("an element's name stands twice; use `regex` with count = 2")
	}
	return name, nil
}
