package edit

import "strings"

// A lineReader reads the families whose entries are lines. What a line says is
// its syntax's affair; this knows comments, continuation lines, sections, and
// which comments are entries that were commented out.
type lineReader struct {
	marks string // each of these bytes begins a comment line
	// cont joins lines: '\\' where it is a line's last byte, ' ' where the next
	// line is indented; 0: never.
	cont byte
	// joins, if set, reports whether an entry that is read so far goes on.
	joins func(s string) bool
	// entry reads the text of one entry; false: it is none.
	entry func(s string, sp span) (node, bool)
	// head reads the text of a section's head or end; nil: there are none.
	head func(s string, sp span) (node, headKind)
	// twinOf reports whether a comment that reads as an entry is one, and no
	// prose; gap is the number of blanks before it.
	twinOf func(n *node, gap int, s string) bool
	// nested says that sections stand within each other and have ends.
	nested bool
	// uncommented names texts behind a mark that are no comments (sudoers' #include).
	uncommented func(text string) bool
}

// A headKind is what a line is to sections.
type headKind uint8

const (
	noHead headKind = iota
	opens
	closes
)

// A linePass is one reading of a file.
type linePass struct {
	lineReader
	t    *tree
	s    string
	sec  *node // the innermost open section
	twin *node // the innermost section open in a comment
	last *node // the twin that ends in the line above, for its continuation lines
}

// read reads s.
func (r lineReader) read(s string) *tree {
	p := &linePass{lineReader: r, t: newTree(s), s: s}
	p.sec = p.t.root
	at := 0
	if strings.HasPrefix(s, bom) {
		at = len(bom)
	}
	for at < len(s) {
		at = p.line(at)
	}
	p.endTwin()
	for n := p.sec; n.parent != nil; n = n.parent {
		n.body.end = len(s)
		if p.nested {
			p.t.oddAt(n.whole.start, "the section `"+n.name+"` has no end")
			n.whole.end = len(s)
		} else {
			n.end(s)
		}
	}
	return p.t
}

// end makes a section without an end of its own end with its last entry.
func (n *node) end(s string) {
	n.whole.end = n.body.start
	for _, k := range n.kids {
		n.whole.end = max(n.whole.end, k.whole.end)
	}
	n.body.end = max(n.body.start, n.whole.end)
	for n.body.end < len(s) && n.body.end > n.body.start && s[n.body.end-1] != '\n' {
		n.body.end++
	}
	n.whole.end = n.body.end
}

// line reads the line at offset at, and those that go on with it; it returns
// where the next one begins.
func (p *linePass) line(at int) int {
	end := lineEnd(p.s, at)
	start := at
	for start < end && isBlank(p.s[start]) {
		start++
	}
	stop := trimRight(p.s, start, end)
	switch {
	case start == stop:
		if p.last = nil; !p.nested { // a block that has an end may hold blank lines
			p.endTwin()
		}
		return end
	case strings.IndexByte(p.marks, p.s[start]) >= 0 && (p.uncommented == nil || !p.uncommented(p.s[start+1:stop])):
		p.comment(start, stop)
		return end
	}
	p.endTwin()
	if p.nested && p.s[start:stop] == "{" && p.openLast(end) {
		return end
	}
	if p.head != nil {
		if n, kind := p.head(p.s, span{start, stop}); kind != noHead {
			p.section(n, kind, span{start, stop}, end)
			return end
		}
	}
	stop, end = p.joined(start, stop, end)
	n, ok := p.entry(p.s, span{start, stop})
	if !ok {
		p.t.oddAt(start, "the line is no entry")
		return end
	}
	p.t.add(p.sec, n)
	return end
}

// openLast makes the entry above a brace on its own line the head of a block.
func (p *linePass) openLast(end int) bool {
	kids := p.sec.kids
	if len(kids) == 0 || kids[len(kids)-1].twin || kids[len(kids)-1].block {
		return false
	}
	n := kids[len(kids)-1]
	n.block, n.body = true, span{end, end}
	p.sec = n
	return true
}

// joined moves the end of an entry behind its continuation lines.
func (p *linePass) joined(start, stop, end int) (int, int) {
	for end < len(p.s) {
		next := lineEnd(p.s, end)
		text := strings.TrimSpace(p.s[end:next])
		switch {
		case p.cont == '\\' && p.s[stop-1] == '\\' && (stop-2 < start || p.s[stop-2] != '\\'):
		case p.cont == ' ' && isBlank(p.s[end]) && text != "" && strings.IndexByte(p.marks, text[0]) < 0 &&
			len(indentAt(p.s, end)) > len(indentAt(p.s, start)):
		case p.cont == '(' && openParens(p.s[start:stop]) > 0, p.joins != nil && p.joins(p.s[start:stop]):
		default:
			return stop, end
		}
		stop, end = trimRight(p.s, stop, next), next
	}
	return stop, end
}

// openParens returns how many parentheses are open at the end of s, outside of
// quotes and comments.
func openParens(s string) int {
	depth, quote, comment := 0, byte(0), false
	for i := range len(s) {
		switch c := s[i]; {
		case comment:
			comment = c != '\n'
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"':
			quote = c
		case c == '#':
			comment = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		}
	}
	return depth
}

// trimRight returns end without the blanks and line ends before it.
func trimRight(s string, start, end int) int {
	for end > start && (isBlank(s[end-1]) || s[end-1] == '\n') {
		end--
	}
	return end
}

// section opens or closes a section.
func (p *linePass) section(n node, kind headKind, sp span, end int) {
	if kind == closes {
		if p.sec.parent == nil || n.name != "" && !strings.EqualFold(p.sec.name, n.name) {
			p.t.oddAt(sp.start, "the end of `"+n.name+"` closes nothing")
			return
		}
		p.sec.body.end = lineStart(p.s, sp.start)
		p.sec.whole.end = sp.end
		p.sec = p.sec.parent
		return
	}
	if !p.nested && p.sec.parent != nil {
		p.sec.body.end = lineStart(p.s, sp.start)
		p.sec.end(p.s)
		p.sec = p.sec.parent
	}
	n.block = true
	n.body = span{end, end}
	p.sec = p.t.add(p.sec, n)
}

// comment reads a comment line as an entry, or as the head or end of a section.
func (p *linePass) comment(mark, stop int) {
	start := mark
	for start < stop && strings.IndexByte(p.marks, p.s[start]) >= 0 {
		start++
	}
	text := start
	for start < stop && isBlank(p.s[start]) {
		start++
	}
	if start == stop {
		p.last = nil
		return
	}
	gap := start - text
	if p.goesOn(gap, stop) {
		return
	}
	p.last = nil
	parent := p.sec
	if p.twin != nil {
		parent = p.twin
	}
	if p.head != nil && gap < 2 {
		if n, kind := p.head(p.s, span{start, stop}); kind != noHead {
			p.twinSection(n, kind, mark, stop)
			return
		}
	}
	n, ok := p.entry(p.s, span{start, stop})
	if !ok || p.twinOf != nil && !p.twinOf(&n, gap, p.s) {
		return
	}
	n.twin, n.mark = true, mark
	p.last = p.t.add(parent, n)
	if p.twin != nil {
		p.twin.whole.end, p.twin.body.end = n.whole.end, n.whole.end
	}
}

// goesOn takes a comment line for the next line of the twin above it: where
// lines are joined by indent, that is two blanks or more.
func (p *linePass) goesOn(gap, stop int) bool {
	if p.cont != ' ' || p.last == nil || gap < 2 || len(p.last.words) == 0 {
		return false
	}
	p.last.whole.end = stop
	return true
}

// twinSection opens or closes a section in comments.
func (p *linePass) twinSection(n node, kind headKind, mark, stop int) {
	if kind == closes {
		if p.twin != nil && (n.name == "" || p.twin.name == n.name) {
			p.twin.body.end, p.twin.whole.end = mark, stop
			p.twin = p.twin.parent
			if !p.twin.twin {
				p.twin = nil
			}
		}
		return
	}
	parent := p.sec
	switch {
	case !p.nested:
		parent = p.t.root
	case p.twin != nil:
		parent = p.twin
	}
	n.twin, n.mark, n.block = true, mark, true
	n.body = span{n.whole.end, n.whole.end}
	p.twin = p.t.add(parent, n)
}

// endTwin ends the sections that are open in comments.
func (p *linePass) endTwin() { p.twin, p.last = nil, nil }

// trailing returns where the value s[sp] ends if a comment stands behind it:
// at one of marks behind a blank, outside of quotes.
func trailing(s string, sp span, marks string) int {
	if marks == "" {
		return sp.end
	}
	quote := byte(0)
	for i := sp.start; i < sp.end; i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && (i == sp.start || isBlank(s[i-1]) || s[i-1] == '='):
			if strings.IndexByte(s[i+1:sp.end], c) >= 0 {
				quote = c
			}
		case strings.IndexByte(marks, c) >= 0 && (i == sp.start || isBlank(s[i-1])):
			return trimRight(s, sp.start, i)
		}
	}
	return sp.end
}
