package edit

import "strings"

// A lineReader reads the families whose entries are lines. What a line says is
// its syntax's affair; this knows comments, continuation lines, sections, and
// which comments are entries that were commented out.
type lineReader struct {
	marks string // each of these bytes begins a comment line
	// cont joins lines: '\\' where it is a line's last byte, ' ' where the next
	// line is indented, '(' where a parenthesis is open; 0: never.
	cont byte
	// until, if set, returns where the entry that begins at offset at ends: at the
	// first line end at which nothing is open in it, or at the end of s.
	until func(s string, at int) int
	// entry reads the text of one entry; false: it is none.
	entry func(s string, sp span) (node, bool)
	// head reads the text of a section's head or end; nil: there are none.
	head func(s string, sp span) (node, headKind)
	// twinOf reports whether a comment that reads as an entry is one, and no
	// prose; gap is the number of blanks before it.
	twinOf func(n *node, gap int, s string) bool
	// extend makes the text of another line part of a twin's value.
	extend func(n *node, s string, sp span)
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
	// tried is up to where comments were looked at for the end of an open value.
	tried int
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
		return p.comment(start, stop, end)
	}
	p.endTwin()
	if p.nested && p.s[start:stop] == "{" && p.openLast(end) {
		return end
	}
	folded := p.cont == '\\' && p.s[stop-1] == '\\'
	if folded {
		stop, end = p.joined(start, stop, end)
	}
	if p.head != nil {
		if n, kind := p.head(p.s, span{start, stop}); kind != noHead {
			p.section(n, kind, span{start, stop}, end)
			return end
		}
	}
	if !folded {
		stop, end = p.joined(start, stop, end)
	}
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
	if p.until != nil {
		end = lineEnd(p.s, p.until(p.s, start))
		if stop = trimRight(p.s, start, end); end == len(p.s) && p.isOpen(p.s[start:stop]) {
			p.t.oddAt(start, "a bracket or a string that begins here has no end")
		}
		return stop, end
	}
	for end < len(p.s) {
		next := lineEnd(p.s, end)
		text := strings.TrimSpace(p.s[end:next])
		switch {
		case p.cont == '\\' && p.s[stop-1] == '\\' && (stop-2 < start || p.s[stop-2] != '\\'):
		case p.cont == ' ' && isBlank(p.s[end]) && text != "" && strings.IndexByte(p.marks, text[0]) < 0 &&
			len(indentAt(p.s, end)) > len(indentAt(p.s, start)):
		default:
			return stop, end
		}
		stop, end = trimRight(p.s, stop, next), next
		if text == "" { // an empty line ends what a backslash joins to it
			return stop, end
		}
	}
	return stop, end
}

// untilParens ends an entry where no parenthesis is open, outside of quotes and
// comments.
func untilParens(s string, at int) int {
	depth, quote, comment := 0, byte(0), false
	for ; at < len(s); at++ {
		switch c := s[at]; {
		case c == '\n' && depth <= 0:
			return at
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
	return len(s)
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

// comment reads a comment line as an entry, or as the head or end of a section;
// it returns where the next line begins.
func (p *linePass) comment(mark, stop, end int) int {
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
		return end
	}
	gap := start - text
	if p.goesOn(gap, span{start, stop}) {
		return end
	}
	p.last = nil
	parent := p.sec
	if p.twin != nil {
		parent = p.twin
	}
	if p.head != nil && gap < 2 {
		if n, kind := p.head(p.s, span{start, stop}); kind != noHead {
			p.twinSection(n, kind, mark, stop)
			return end
		}
	}
	n, ok := p.entry(p.s, span{start, stop})
	if !ok || p.twinOf != nil && !p.twinOf(&n, gap, p.s) {
		return end
	}
	n.twin, n.mark = true, mark
	end = p.twinLines(&n, start, stop, end)
	p.last = p.t.add(parent, n)
	if p.twin != nil {
		p.twin.whole.end, p.twin.body.end = n.whole.end, n.whole.end
	}
	return end
}

// twinLines makes the comment lines below a twin part of it where its value is
// not complete without them: a bracket or a string is open.
func (p *linePass) twinLines(n *node, start, stop, end int) int {
	if start < p.tried || !p.isOpen(p.s[start:stop]) {
		return end
	}
	const most = 40
	text, at := p.s[start:stop], end
	for range most {
		from := at + len(indentAt(p.s, at))
		if from >= len(p.s) || strings.IndexByte(p.marks, p.s[from]) < 0 {
			break
		}
		at = lineEnd(p.s, from)
		stop = trimRight(p.s, from, at)
		text += "\n" + p.s[from+1:stop]
		if p.isOpen(text) {
			continue
		}
		n.val.end, n.whole.end = stop, stop
		n.words = []word{{span: n.val, text: strings.TrimSpace(text[n.val.start-start:])}}
		return at
	}
	p.tried = at
	return end
}

// isOpen reports whether an entry goes on because something is open in it.
func (p *linePass) isOpen(s string) bool { return p.until != nil && p.until(s+"\n", 0) != len(s) }

// goesOn takes a comment line for the next line of the twin above it: where
// lines are joined by indent, that is two blanks or more.
func (p *linePass) goesOn(gap int, sp span) bool {
	switch {
	case p.last == nil || p.extend == nil:
		return false
	case p.cont == '\\':
		if p.s[p.last.whole.end-1] != '\\' {
			return false
		}
	case p.cont != ' ' || gap < 2 || p.last.val.start <= p.last.nameAt.end:
		return false
	}
	p.extend(p.last, p.s, sp)
	p.last.val.end, p.last.whole.end = sp.end, sp.end
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
