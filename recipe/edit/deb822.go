package edit

import "strings"

// deb822 is paragraphs of fields, as apt's sources and preferences have them.
// A paragraph is a block named `stanza`; a path may leave it out.
type deb822 struct{ assignment }

// stanza is the name of a paragraph.
const stanza = "stanza"

func newDeb822() deb822 {
	return deb822{assignment{sep: ":", marks: "#", cont: ' ', glue: " ", look: style{fold: true, list: " ", silent: stanza}}}
}

func (d deb822) style() *style {
	st := d.assignment.style()
	return st
}

func (d deb822) parse(s string) *tree {
	flat := lineReader{marks: d.marks, cont: d.cont, entry: d.read, twinOf: d.isTwin, extend: d.extend}.read(s)
	t := newTree(s)
	t.odd = flat.odd
	var sec *node
	last := 0
	for _, n := range flat.root.kids {
		if sec == nil || strings.Contains(blankLines(s, last, lineStart(s, n.whole.start)), "\n\n") {
			at := lineStart(s, n.whole.start)
			sec = t.add(t.root, node{name: stanza, nameAt: span{at, at}, whole: span{at, at}, body: span{at, at}, val: span{-1, -1}, block: true})
		}
		t.add(sec, *n)
		last = n.whole.end
		sec.body.end = lineEnd(s, max(n.whole.end-1, n.whole.start))
		sec.whole.end = sec.body.end
	}
	return t
}

// blankLines returns s[from:to] with nothing but its line ends: two next to
// each other are an empty line.
func blankLines(s string, from, to int) string {
	var b strings.Builder
	for line := range strings.SplitAfterSeq(s[from:max(from, to)], "\n") {
		if bare := strings.TrimSpace(line); bare != "" {
			b.WriteByte('x')
		}
		if strings.HasSuffix(line, "\n") {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func (d deb822) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := d.plain(v.Text)
	return name + ": " + text, err
}
