package edit

import (
	"fmt"
	"strings"
)

// unset takes entries away.
func (e *editor) unset(op Op) (change, error) {
	active, twins := e.t.find(op.Path, e.st)
	if len(active) == 0 && len(twins) > 0 && op.Count.N == 0 {
		return change{says: fmt.Sprintf("already so: commented out in line %d", e.t.line(twins[0].mark))}, nil
	}
	return e.each(op, active, e.cut)
}

// each makes the change that f says for each of the entries, and holds when
// none of them is active any more.
func (e *editor) each(op Op, active []*node, f func(*node) (splice, error)) (change, error) {
	if err := e.count(op, active); err != nil {
		return change{}, err
	}
	var ch change
	for _, n := range active {
		cut, err := f(n)
		if err != nil {
			return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
		if last := len(ch.cuts) - 1; last >= 0 && cut.text == "" && cut.start < ch.cuts[last].end {
			cut.start = min(ch.cuts[last].end, cut.end) // both take the blanks between them
		}
		ch.cuts = append(ch.cuts, cut)
	}
	e.closeUp(ch.cuts)
	ch.hold = func(after *tree, _ []splice) error {
		if left, _ := after.find(op.Path, e.st); len(left) > 0 {
			return fmt.Errorf("%s still stands in line %d", op.Path, after.line(left[0].whole.start))
		}
		return nil
	}
	return ch, nil
}

// closeUp lets cuts that leave nothing of a line, or only blanks before the next
// entry on it, take these along.
func (e *editor) closeUp(cuts []splice) {
	from := 0 // of the cuts that stand right behind each other up to this one
	for i := range cuts {
		c := &cuts[i]
		if i == 0 || cuts[i-1].end < c.start {
			from = i
		}
		next := i+1 < len(cuts) && cuts[i+1].start == c.end
		start := e.t.lineStart(cuts[from].start)
		if from == i || next || c.text != "" || e.t.src[c.end-1] == '\n' || strings.TrimSpace(e.t.src[start:cuts[from].start]) != "" {
			continue
		}
		c.end += len(blanksAt(e.t.src, c.end))
		if end := e.t.lineEnd(c.end); strings.TrimSpace(e.t.src[c.end:end]) == "" {
			cuts[from].start, c.end = start, end
		}
	}
}

// dead refuses a key that would have no effect because one before it counts.
func (e *editor) dead(op Op, sec *node, name string, at int) error {
	if !e.st.firstWins || e.st.isMany(name) {
		return nil
	}
	for _, k := range sec.kids {
		if !k.twin && !k.block && e.st.same(k.name, name) && k.whole.start < at {
			return e.bad(op, k.whole.start, "`set` changes the one that counts"+e.quoted([]*node{k}), "%s would have no effect: the first `%s` counts, and that is here", op, name)
		}
	}
	return nil
}

// isMany reports whether name may stand several times and each counts.
func (st *style) isMany(name string) bool {
	for _, m := range st.many {
		if st.same(m, name) {
			return true
		}
	}
	return false
}

// rename gives entries another key.
func (e *editor) rename(op Op) (change, error) {
	active, _ := e.t.find(op.Path, e.st)
	name := op.To[0].Text
	if strings.HasPrefix(op.Path.last().Name, "@") && !strings.HasPrefix(name, "@") {
		name = "@" + name
	}
	there, _ := e.t.find(op.Path.with(name), e.st)
	if len(active) == 0 && op.Count.N == 0 && len(there) > 0 {
		return change{says: fmt.Sprintf("already so: `%s` stands in line %d", name, e.t.line(there[0].whole.start))}, nil
	}
	if err := e.count(op, active); err != nil {
		return change{}, err
	}
	ch := change{loose: active[0].block}
	for _, n := range active {
		if len(there) > 0 && n.name != name {
			return change{}, e.bad(op, there[0].whole.start, "`unset` one of them", "both `%s` and `%s` are there", n.name, name)
		}
		text := name
		if sp, ok := e.sy.(nameSpeller); ok {
			var err error
			if text, err = sp.spellName(e.t, n, name); err != nil {
				return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
			}
		}
		ch.cuts = append(ch.cuts, splice{n.nameAt, text})
	}
	ch.hold = func(after *tree, _ []splice) error {
		if now, _ := after.find(op.Path.with(name), e.st); len(now) != len(active) {
			return fmt.Errorf("%q is not read as a key", name)
		}
		return nil
	}
	return ch, nil
}

// A nameSpeller is a syntax whose names are not always written as they are.
type nameSpeller interface {
	// spellName spells name in place of n's.
	spellName(t *tree, n *node, name string) (string, error)
}

// A fragmenter is a syntax in which the inside of a section is no file.
type fragmenter interface {
	// fragment reads text as the inside of sec.
	fragment(sec *node, text string) *tree
}

// insert puts text beside an entry, at the edges of a section or, with a
// pattern in slashes, beside a line.
func (e *editor) insert(op Op) (change, error) {
	if op.Place == Start || op.Place == End {
		return e.insertAtEdge(op)
	}
	if pattern, ok := anchorPattern(op.At); ok {
		if op.Place != After && op.Place != Before {
			return change{}, e.bad(op, -1, "a pattern is a line: use after or before", "%s: %s takes a path", op, op.Place)
		}
		return e.insertAtLine(op, pattern)
	}
	p, err := ParsePath(op.At)
	if err != nil {
		return change{}, err
	}
	if e.st.phrases {
		p, _ = e.phrases(p, false)
	}
	anchor := op
	anchor.Path = p
	active, _ := e.t.find(p, e.st)
	if err := e.count(anchor, active); err != nil {
		return change{}, err
	}
	var ch change
	beside := op.Place == After || op.Place == Before
	has := map[*node]bool{} // sections, and whether the text stands in them
	for _, n := range active {
		sec := n
		if beside {
			sec = n.parent
		} else if !n.block {
			return change{}, e.bad(op, n.whole.start, "use after or before", "%s: `%s` has no inside", op, op.At)
		}
		there, asked := has[sec]
		if !asked {
			there = e.holdsText(sec, op.Text)
			has[sec] = there
		}
		if there {
			continue
		}
		cut, err := e.insertAt(op, sec, n)
		if err != nil {
			return change{}, err
		}
		ch.cuts = append(ch.cuts, cut)
	}
	sec := active[0]
	if beside {
		sec = sec.parent
	}
	return e.proveInsert(op.Text, sec, ch), nil
}

// entryBefore returns the entry of sec that op's text goes behind, at the anchor n;
// nil: it goes first.
func (e *editor) entryBefore(op Op, sec, n *node) *node {
	var prev *node
	switch {
	case op.Place == After:
		return n
	case op.Place == Before:
		prev = n.before()
	case op.Place == LastIn:
		prev = sec.last()
	}
	for prev != nil && e.st.marks == "" && !prev.block && strings.HasPrefix(prev.name, "@") {
		prev = prev.before()
	}
	return prev
}

// insertAt returns the splice for one anchor.
func (e *editor) insertAt(op Op, sec, n *node) (splice, error) {
	prev := e.entryBefore(op, sec, n)
	if c, ok := e.sy.(carver); ok {
		cut, err := c.place(e.t, sec, prev, strings.TrimSuffix(op.Text, "\n"))
		if err != nil {
			return splice{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
		return cut, nil
	}
	if op.Place == Before && e.sole(n) {
		return e.newLines(e.t.lines(n.whole).start, op.Text, e.indentOf(n)), nil
	}
	if op.Place == LastIn && e.isShut(sec) && strings.Contains(sec.body.of(e.t.src), "\n") {
		return e.newLines(e.t.lineStart(sec.body.end), op.Text, e.inside(sec)), nil
	}
	cut, err := e.place(sec, prev, strings.TrimSuffix(op.Text, "\n"))
	if err != nil {
		return splice{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
	}
	return cut, nil
}

// holdsText reports whether the lines of text stand in sec one after the
// other, outside of the sections in it.
func (e *editor) holdsText(sec *node, text string) bool {
	var have []string
	src, at := e.t.src, sec.body.start
	add := func(end int) {
		for line := range strings.SplitSeq(src[at:max(at, end)], "\n") {
			have = append(have, strings.TrimSpace(line))
		}
	}
	for _, k := range sec.kids {
		if !k.block || k.twin || k.whole.start < at {
			continue
		}
		whole := e.t.lines(k.whole)
		add(whole.start)
		have = append(have, trimmedLines(src[max(at, whole.start):whole.end])...)
		have = append(have, "\x00") // no text goes across the end of a section
		at = whole.end
	}
	add(sec.body.end)
	return containsLines(have, trimmedLines(text))
}

// trimmedLines returns the lines of text without blanks around them.
func trimmedLines(text string) []string {
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// containsLines reports whether want is a run of have.
func containsLines(have, want []string) bool {
next:
	for i := 0; i+len(want) <= len(have); i++ {
		for j := range want {
			if have[i+j] != want[j] {
				continue next
			}
		}
		return true
	}
	return false
}

// proveInsert makes ch hold only if the new text is read as the entries that
// it has by itself, so that it neither opens nor closes what is around it.
func (e *editor) proveInsert(text string, sec *node, ch change) change {
	alone := e.sy.parse(text)
	if f, ok := e.sy.(fragmenter); ok {
		alone = f.fragment(sec, text)
	}
	ch.hold = func(after *tree, cuts []splice) error {
		if len(alone.odd) > 0 {
			return fmt.Errorf("the text must be whole in itself: %s", alone.odd[0].msg)
		}
		want := e.named(alone) * len(cuts)
		if got := e.named(after) - e.named(e.t); got != want {
			return fmt.Errorf("the text has %d entries by itself, and %d where it stands", want, got)
		}
		if e.st.firstWins {
			return e.liveInsert(after, cuts)
		}
		return nil
	}
	return ch
}

// named counts the entries of a tree that a path names: not the paragraphs of
// deb822.
func (e *editor) named(t *tree) int {
	count := 0
	for _, n := range t.entries() {
		if e.st.silent == "" || n.name != e.st.silent {
			count++
		}
	}
	return count
}

// liveInsert checks that no inserted entry is behind one that counts instead,
// nor makes a later one dead.
func (e *editor) liveInsert(after *tree, cuts []splice) error {
	for _, n := range freshNodes(after, cuts) {
		if n.block || e.st.isMany(n.name) {
			continue
		}
		for _, k := range n.parent.kids {
			if k != n && !k.twin && !k.block && e.st.same(k.name, n.name) {
				return fmt.Errorf("the first `%s` counts, and there would be two, in lines %d and %d; use `set`", n.name, after.line(min(n.whole.start, k.whole.start)), after.line(max(n.whole.start, k.whole.start)))
			}
		}
	}
	return nil
}
