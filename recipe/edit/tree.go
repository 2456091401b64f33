package edit

import (
	"slices"
	"strings"
)

// A span is the bytes [start, end) of a text.
type span struct{ start, end int }

func (s span) empty() bool        { return s.end <= s.start }
func (s span) of(t string) string { return t[s.start:s.end] }

// A word is one value of an entry.
type word struct {
	span         // with its quotes
	text  string // what it says, without quotes and escapes
	quote byte   // the quote all of it stands in, or 0
}

// A node is one entry of a file: a key with its values, a block, or the like
// written in a comment (a twin).
type node struct {
	name   string
	nameAt span   // where the name stands
	words  []word // the values
	// val is the whole value, quotes included. Where an entry has none it is
	// empty and stands where one would; where none can be, val.start is -1.
	val    span
	whole  span // from the name to the entry's last byte, without indent and trailing comment
	body   span // a block's inside
	block  bool
	twin   bool  // stands in a comment
	ord    int32 // which of its parent's kids it is
	mark   int   // twins: where the comment's mark stands
	parent *node
	kids   []*node
}

// A tree is a file read by its format. Its root is a block around everything.
type tree struct {
	src  string
	root *node
	odd  []oddity
	slab []node
	bag  []word
	size int // how many nodes were made

	known lookups
}

// An oddity is a place that the format does not explain. The rest of the file
// is read all the same.
type oddity struct {
	at  int
	msg string
}

// newTree returns a tree with nothing in it.
func newTree(src string) *tree {
	whole := span{0, len(src)}
	return &tree{src: src, root: &node{block: true, whole: whole, body: whole, val: span{-1, -1}}}
}

// add makes a node below parent. Nodes are made many at a time: files have a
// hundred thousand of them.
func (t *tree) add(parent *node, n node) *node {
	if len(t.slab) == cap(t.slab) {
		t.slab = make([]node, 0, min(4096, max(8, 2*cap(t.slab))))
	}
	t.size++
	n.parent, n.ord = parent, int32(len(parent.kids))
	t.slab = append(t.slab, n)
	p := &t.slab[len(t.slab)-1]
	parent.kids = append(parent.kids, p)
	return p
}

// keep copies words to where the tree has them.
func (t *tree) keep(ws []word) []word {
	if len(t.bag)+len(ws) > cap(t.bag) {
		t.bag = make([]word, 0, max(len(ws), min(8192, max(8, 2*cap(t.bag)))))
	}
	from := len(t.bag)
	t.bag = append(t.bag, ws...)
	return t.bag[from:len(t.bag):len(t.bag)]
}

// oddAt notes an oddity.
func (t *tree) oddAt(at int, msg string) { t.odd = append(t.odd, oddity{at, msg}) }

// text returns what n says: its only word, or all of them with blanks between.
func (n *node) text() string {
	switch len(n.words) {
	case 0:
		return ""
	case 1:
		return n.words[0].text
	}
	parts := make([]string, len(n.words))
	for i, w := range n.words {
		parts[i] = w.text
	}
	return strings.Join(parts, " ")
}

// says reports whether n's value is v, as it means or as it is written.
func (t *tree) says(n *node, v string) bool {
	if n.text() == v {
		return true
	}
	if n.val.start < 0 || v == "" {
		return false
	}
	written := n.val.of(t.src)
	if strings.Contains(v, "\n") || v[0] == '"' || v[0] == '\'' {
		return written == v
	}
	return len(n.words) != 1 && slices.Equal(strings.Fields(written), strings.Fields(v))
}

// holds reports whether n's value is v.
func (t *tree) holds(n *node, v Value) bool {
	return t.says(n, v.Text) || v.Kind == Bool && v.is(n.text())
}

// active returns n's kids that are no twins.
func (n *node) active() []*node {
	return slices.DeleteFunc(slices.Clone(n.kids), func(k *node) bool { return k.twin })
}

// last returns n's last kid that is no twin, or nil.
func (n *node) last() *node {
	if len(n.kids) == 0 {
		return nil
	}
	k := n.kids[len(n.kids)-1]
	if k.twin {
		return k.before()
	}
	return k
}

// before returns the last active kid of n's parent that stands before n, or nil.
func (n *node) before() *node {
	for i := n.ord - 1; i >= 0; i-- {
		if k := n.parent.kids[i]; !k.twin {
			return k
		}
	}
	return nil
}

// behind returns the first active kid of n's parent that stands behind n, or nil.
func (n *node) behind() *node {
	return firstActive(n.parent.kids[n.ord+1:])
}

// firstActive returns the first of kids that is no twin, or nil.
func firstActive(kids []*node) *node {
	for _, k := range kids {
		if !k.twin {
			return k
		}
	}
	return nil
}

// walk calls f for n's kids and theirs, twins included, in file order.
func (n *node) walk(f func(*node)) {
	for _, k := range n.kids {
		f(k)
		k.walk(f)
	}
}

// entries returns all active entries in file order.
func (t *tree) entries() []*node {
	all := make([]*node, 0, t.size)
	var down func(*node)
	down = func(n *node) {
		for _, k := range n.kids {
			if !k.twin {
				all = append(all, k)
				down(k)
			}
		}
	}
	down(t.root)
	return all
}

// settable reports whether n's value can be given: a block's arguments are
// none, the text of an element is.
func (n *node) settable() bool {
	return n.val.start >= 0 && (!n.block || n.val.start >= n.body.start || n.val.empty() && n.body.empty() && len(n.kids) == 0)
}

// head returns a block without its body, any other entry whole.
func (n *node) head() span {
	if n.block {
		return span{n.whole.start, max(n.whole.start, min(n.whole.end, n.body.start))}
	}
	return n.whole
}

// chains has pairs of sections that stand below sections of the same names.
type chains map[*node]*node

// same reports whether n and m are sections of the same name below sections of
// the same names.
func (c chains) same(n, m *node) bool {
	switch {
	case n == nil || m == nil:
		return n == m
	case c[n] == m:
		return true
	case n.name != m.name || !c.same(n.parent, m.parent):
		return false
	}
	c[n] = m
	return true
}

// section returns the path of names that n stands below: "http/server".
func (n *node) section() string {
	var names []string
	for p := n.parent; p != nil && p.parent != nil; p = p.parent {
		names = append(names, p.name)
	}
	slices.Reverse(names)
	return strings.Join(names, "/")
}

// find returns the entries that path names: the active ones, and the twins.
func (t *tree) find(p Path, st *style) (active, twins []*node) {
	level := []*node{t.root}
	for _, step := range p {
		var next []*node
		for _, n := range level {
			kids := n.kids
			if !step.Any && st.silent == "" && !(st.bareKeys && len(p) == 1) {
				kids = t.kidsNamed(n, step.Name, st)
			}
			for _, k := range kids {
				switch {
				case st.matches(t, k, step):
					next = append(next, k)
				case st.silent != "" && k.name == st.silent, st.bareKeys && k.block && len(p) == 1:
					for _, k := range k.kids {
						if st.matches(t, k, step) {
							next = append(next, k)
						}
					}
				}
			}
		}
		level = meant(next, step)
	}
	for _, n := range level {
		if n.commented() {
			twins = append(twins, n)
		} else {
			active = append(active, n)
		}
	}
	return active, twins
}

// meant returns those of the nodes that a step matches whose values are those of
// its predicates, if any; the others only are written so, with quotes.
func meant(nodes []*node, step Step) []*node {
	for _, test := range step.Tests {
		if v := test.Value; test.Key != "." || v == "" || v[0] != '"' && v[0] != '\'' {
			continue
		}
		if slices.ContainsFunc(nodes, func(n *node) bool { return n.text() == test.Value }) {
			nodes = slices.DeleteFunc(nodes, func(n *node) bool { return n.text() != test.Value })
		}
	}
	return nodes
}

// commented reports whether n or a block around it is a twin.
func (n *node) commented() bool {
	for ; n != nil; n = n.parent {
		if n.twin {
			return true
		}
	}
	return false
}

// eol returns the file's line end, that of its first line.
func eol(s string) string {
	if i := strings.IndexByte(s, '\n'); i > 0 && s[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// isBlank reports whether c separates words on a line.
func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }
