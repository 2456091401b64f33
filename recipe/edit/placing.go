package edit

import (
	"errors"
	"slices"
	"strings"
)

// bestTwin returns the twin that an author means by a key: one whose section is
// active, rather close to its mark than in prose (`#Key v` before `# Key v`),
// and of equal ones the last, which is where files put the default.
func (e *editor) bestTwin(twins []*node) *node {
	var best *node
	for _, t := range twins {
		if t.parent.commented() {
			continue
		}
		if best == nil || e.gap(t) <= e.gap(best) {
			best = t
		}
	}
	return best
}

// gap is the number of blanks between a twin's mark and its name.
func (e *editor) gap(twin *node) int {
	lead := e.t.src[twin.mark:twin.whole.start]
	return len(lead) - len(strings.TrimRight(lead, " \t"))
}

// container returns the one active section that op's key belongs to.
func (e *editor) container(op Op) (*node, error) {
	parent := op.Path.parent()
	secs, _ := e.t.find(parent, e.st)
	secs = slices.DeleteFunc(secs, func(n *node) bool { return !n.block })
	switch {
	case len(parent) > 0 || op.Verb == Section:
	case e.st.silent != "" && firstActive(e.t.root.kids) != nil:
		secs = e.t.root.active()
	case e.st.bareKeys:
		if blocks := slices.DeleteFunc(e.t.root.active(), func(n *node) bool { return !n.block }); len(blocks) > 0 {
			secs = blocks
		}
		if secs[0].name == "PHP" {
			secs = secs[:1]
		}
	}
	switch len(secs) {
	case 1:
		return secs[0], nil
	case 0:
		return nil, e.missing(op)
	}
	if len(parent) == 0 {
		parent = Path{{Name: max(e.st.silent, "a section")}}
	}
	return nil, e.bad(op, secs[0].whole.start, e.tellApart(secs), "%s stands %s, at %s; %s is in none of them, so it is not clear which is meant",
		parent, times(len(secs)), e.lineList(secs), op.Path.last().Name)
}

// lastKey returns the entry of sec behind which a new key goes: the last one of
// the same name; else the last key that is no block and pulls in no file; else
// nil.
func (e *editor) lastKey(sec *node, name string) *node {
	var last *node
	for _, k := range sec.kids {
		if k.twin || k.block {
			continue
		}
		if e.st.same(k.name, name) {
			last = k
		} else if (last == nil || !e.st.same(last.name, name)) && !e.isQuiet(k) {
			last = k
		}
	}
	return last
}

// isQuiet reports whether n pulls in other files.
func (e *editor) isQuiet(n *node) bool {
	return slices.ContainsFunc(e.st.quiet, func(q string) bool { return e.st.same(q, n.name) })
}

// place returns the splice that makes text (an entry, or several on lines of
// their own, without indent) sec's entry behind prev, or its first one.
func (e *editor) place(sec, prev *node, text string) (splice, error) {
	if c, ok := e.sy.(carver); ok {
		return c.place(e.t, sec, prev, text)
	}
	src, nl := e.t.src, eol(e.t.src)
	switch {
	case prev != nil && (e.st.byColumn || e.endsLine(prev)):
		return e.newLines(e.t.lines(prev.whole).end, text, e.indentOf(prev)), nil
	case prev != nil:
		return splice{span{prev.whole.end, prev.whole.end}, " " + oneLine(text)}, nil
	case sec.parent == nil:
		return e.newLines(e.top(), text, ""), nil
	}
	at := sec.body.start
	if e.isShut(sec) && !strings.Contains(sec.body.of(src), "\n") {
		if len(sec.kids) > 0 || strings.TrimSpace(sec.body.of(src)) != "" {
			return splice{span{at, at}, " " + oneLine(text)}, nil
		}
		in := e.t.indentAt(sec.whole.start)
		return splice{sec.body, nl + indented(text, in+e.unit(), nl) + nl + in}, nil
	}
	return e.newLines(e.t.lineEnd(at-1), text, e.inside(sec)), nil
}

// isShut reports whether something must stand behind sec's body.
func (e *editor) isShut(sec *node) bool { return sec.body.end < sec.whole.end }

// newLines returns the splice that puts text at offset at as lines of its own.
func (e *editor) newLines(at int, text, indent string) splice {
	src, nl := e.t.src, eol(e.t.src)
	body := indented(text, indent, nl)
	if at > 0 && src[at-1] != '\n' {
		return splice{span{at, at}, nl + body}
	}
	return splice{span{at, at}, body + nl}
}

// top returns where the first entry of a file without any goes: behind the
// comments and blank lines that it begins with, a byte order mark included.
func (e *editor) top() int {
	at := 0
	if strings.HasPrefix(e.t.src, bom) {
		at = len(bom)
	}
	if first := firstActive(e.t.root.kids); first != nil {
		return max(at, e.t.lineStart(first.whole.start))
	}
	return max(at, len(e.t.src))
}

// bom is UTF-8's byte order mark.
const bom = "\xef\xbb\xbf"

// sole reports whether n has its lines for itself and a comment.
func (e *editor) sole(n *node) bool {
	src := e.t.src
	before := strings.TrimPrefix(src[e.t.lineStart(n.whole.start):n.whole.start], bom)
	if n.twin {
		before = src[e.t.lineStart(n.mark):n.mark]
	}
	end := max(n.whole.end, n.whole.start+1)
	after := strings.TrimSpace(src[min(n.whole.end, len(src)):e.t.lineEnd(min(end-1, len(src)))])
	return strings.TrimSpace(before) == "" && (after == "" || e.st.commentMark(after) != "")
}

// endsLine reports whether lines may be put below n's: no other entry stands
// behind it on its last line, nor does the section's end.
func (e *editor) endsLine(n *node) bool {
	end := e.t.lines(n.whole).end
	next := n.behind()
	return e.sole(n) || end <= n.parent.body.end && (next == nil || next.whole.start >= end)
}

// errShared says that an operation on whole lines would hit another entry.
var errShared = errors.New("it shares its line with another entry, so its line cannot be commented")

// errScalar says that a comment would not show where a value ends.
var errScalar = errors.New("its value goes on over several lines, which could not be told from prose in a comment: `unset` takes it away")

// indentOf returns the indent of n's line; for a twin, without its mark.
func (e *editor) indentOf(n *node) string {
	if e.st.byColumn {
		return strings.Repeat(" ", n.whole.start-e.t.lineStart(n.whole.start))
	}
	return e.t.indentAt(n.whole.start)
}

// inside returns the indent of the entries in sec: what its first one has, else
// one unit more than sec's own.
func (e *editor) inside(sec *node) string {
	for _, k := range sec.kids {
		if !k.twin && (e.st.byColumn || e.sole(k)) {
			return e.indentOf(k)
		}
	}
	if sec.parent == nil || !e.isShut(sec) && e.st.indent == "" {
		return ""
	}
	return e.t.indentAt(sec.whole.start) + e.unit()
}

// unit returns what one level of the file's indent is.
func (e *editor) unit() string {
	if e.t.known.unit == nil {
		unit := e.firstUnit()
		e.t.known.unit = &unit
	}
	return *e.t.known.unit
}

// firstUnit returns by how much the first entry that stands deeper than its
// section does so.
func (e *editor) firstUnit() string {
	for _, n := range e.t.entries() {
		if n.parent.parent == nil || !e.sole(n) || n.whole.start < n.parent.body.start {
			continue
		}
		outer := e.t.indentAt(n.parent.whole.start)
		if in := e.indentOf(n); len(in) > len(outer) && strings.HasPrefix(in, outer) {
			return in[len(outer):]
		}
	}
	return e.st.indent
}

// cut returns the splice that takes n away: its lines, or where it shares them
// only itself and the blanks before it, or behind it where it is the first.
func (e *editor) cut(n *node) (splice, error) {
	if c, ok := e.sy.(carver); ok {
		return c.cut(e.t, n)
	}
	if e.sole(n) {
		sp := e.t.lines(n.whole)
		if strings.HasPrefix(e.t.src, bom) && sp.start == 0 {
			sp.start = len(bom)
		}
		return splice{sp, ""}, nil
	}
	src, sp := e.t.src, n.whole
	if strings.TrimSpace(src[e.t.lineStart(sp.start):sp.start]) == "" {
		sp.end += len(blanksAt(src, sp.end)) // the indent is that of what follows
		return splice{sp, ""}, nil
	}
	sp.start = trimRight(src, 0, sp.start)
	return splice{sp, ""}, nil
}

// hide returns the splice that puts n into a comment.
func (e *editor) hide(n *node) (splice, error) {
	if c, ok := e.sy.(carver); ok {
		return c.hide(e.t, n)
	}
	switch {
	case !e.sole(n):
		return splice{}, errShared
	case e.st.byColumn && !n.block && n.val.start >= 0 && strings.Contains(n.val.of(e.t.src), "\n") && strings.IndexByte("|>[{-", e.t.src[n.val.start]) < 0:
		return splice{}, errScalar
	}
	sp := e.t.lines(n.whole)
	indent := e.t.indentAt(sp.start)
	mark := e.st.markOf(e.t)
	var b strings.Builder
	for line := range strings.SplitAfterSeq(sp.of(e.t.src), "\n") {
		rest, own := strings.CutPrefix(line, indent)
		bare := strings.TrimSpace(line)
		if bare == "" || n.block && e.st.commentMark(bare) != "" {
			b.WriteString(line)
			continue
		}
		if !own {
			rest = strings.TrimLeft(line, " \t")
			indent = line[:len(line)-len(rest)]
		}
		if e.st.folded && b.Len() > 0 { // with fewer blanks it would be prose
			if bare := strings.TrimLeft(rest, " \t"); len(rest)-len(bare) < 2 {
				rest = "  " + bare
			}
		}
		b.WriteString(indent + mark + rest)
	}
	return splice{sp, b.String()}, nil
}

// show returns the splices that take n out of its comment.
func (e *editor) show(n *node) ([]splice, error) {
	if c, ok := e.sy.(carver); ok {
		cut, err := c.show(e.t, n)
		return []splice{cut}, err
	}
	return e.bare(n, false), nil
}

// A leader is a syntax in which the blanks before a name mean something.
type leader interface {
	// lead returns the blanks that stay when a twin is taken out of its comment.
	lead(t *tree, n *node) string
}

// bare returns the splices that take the marks off a twin's lines, and as many
// blanks behind each as the first line has there. In the value they are left
// alone where that is replaced as a whole.
func (e *editor) bare(n *node, novalue bool) []splice {
	src := e.t.src
	first := span{n.mark, n.whole.start}
	gap := e.gap(n)
	if l, ok := e.sy.(leader); ok {
		keep := len(l.lead(e.t, n))
		first.end -= keep
		gap -= keep
	}
	cuts := []splice{{first, e.shownIndent(n, gap)}}
	for at := e.t.lineEnd(n.mark); at < n.whole.end; at = e.t.lineEnd(at) {
		mark := at + len(e.t.indentAt(at))
		sign := e.st.commentMark(src[mark:])
		if sign == "" {
			continue
		}
		end := mark + len(sign)
		for i := 0; i < gap && end < len(src) && (src[end] == ' ' || src[end] == '\t'); i++ {
			end++
		}
		if novalue && mark >= n.val.start && mark < n.val.end || n.isProse(mark, e.t.lineEnd(mark)) {
			continue
		}
		cuts = append(cuts, splice{span{mark, end}, ""})
	}
	return cuts
}

// shownIndent returns the indent that a twin gets which stands in a comment as
// deep as the entries beside it stand: `#   key = v` below `   other = w`.
func (e *editor) shownIndent(n *node, gap int) string {
	if gap < 2 || e.st.byColumn || e.t.indentAt(n.mark) != "" {
		return ""
	}
	for _, k := range n.parent.kids {
		if k.twin || k.block || !e.sole(k) {
			continue
		}
		if in := e.indentOf(k); len(in) == gap || len(in) == gap+1 {
			return in
		}
		break
	}
	return ""
}

// isProse reports whether the comment [mark, end) in a twin block is none of
// its entries. Blocks that are closed by a line of their own hold no prose.
func (n *node) isProse(mark, end int) bool {
	if !n.block || n.body.end < n.whole.end {
		return false
	}
	for _, k := range n.kids {
		if k.whole.start < end && k.whole.end > mark {
			return false
		}
	}
	return true
}

// indented gives each line of text the indent and line end; the last has none.
func indented(text, indent, nl string) string {
	parts := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, p := range parts {
		p = strings.TrimSuffix(p, "\r")
		if p != "" {
			p = indent + p
		}
		parts[i] = p
	}
	return strings.Join(parts, nl)
}

// oneLine joins the lines of text.
func oneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", " ")), " ")
}
