package edit

import (
	"fmt"
	"strconv"
	"strings"
)

// set gives a key its value.
func (e *editor) set(op Op) (change, error) {
	if err := e.plainValues(op); err != nil {
		return change{}, err
	}
	active, twins := e.t.find(op.Path, e.st)
	if op.Arg != "" {
		return e.setArg(op, active, twins)
	}
	if op.List {
		if l, ok := e.sy.(lister); ok {
			return e.setNative(op, l, active)
		}
		return e.setList(op, active, twins)
	}
	if len(active) == 0 {
		return e.setMissing(op, twins)
	}
	if err := e.count(op, active); err != nil {
		return change{}, err
	}
	if err := e.was(op, active...); err != nil {
		return change{}, err
	}
	var ch change
	for _, n := range active {
		if err := e.setOne(&ch, op, n, op.To[0]); err != nil {
			return change{}, err
		}
	}
	return e.proveValues(ch, ch.cuts, op.To[0], op.Path.last()), nil
}

// plainValues refuses booleans where a format has none: `true` is a spelling
// of the recipe's language, not of the file's.
func (e *editor) plainValues(op Op) error {
	if e.st.types {
		return nil
	}
	for _, v := range op.To {
		if v.Kind == Bool {
			return e.bad(op, -1, fmt.Sprintf("write on, yes or %q, as the file does", v.Text), "%s: this format has no booleans", op)
		}
	}
	return nil
}

// count checks the number of active matches.
func (e *editor) count(op Op, active []*node) error {
	if op.Count.holds(len(active)) {
		return e.whole(op, active)
	}
	if len(active) == 0 {
		return e.missing(op)
	}
	return e.bad(op, active[0].whole.start, e.tellApart(active), "%s stands %s, at %s; expected %s",
		op.Path, times(len(active)), e.lineList(active), op.Count)
}

// whole refuses entries of which nothing shows where they end.
func (e *editor) whole(op Op, active []*node) error {
	if len(e.t.odd) == 0 {
		return nil
	}
	for _, n := range active {
		for _, o := range e.t.odd {
			if o.at == n.whole.start {
				return e.bad(op, o.at, "mend that first, by `replace` or `delete-line`", "%s: %s", op, o.msg)
			}
		}
	}
	return nil
}

// was checks the value that must be there.
func (e *editor) was(op Op, now ...*node) error {
	for i, n := range now {
		if op.Was == nil {
			return nil
		}
		want := op.Was[min(i, len(op.Was)-1)]
		if e.t.holds(n, want) || e.already(n, op.To[min(i, len(op.To)-1)]) {
			continue
		}
		return e.bad(op, n.whole.start, "look at what the new default means, then change `was`"+e.quoted([]*node{n}), "%s is %q, was = %q", op.Path, e.t.shown(n), want.Text)
	}
	return nil
}

// already reports whether n is active and says v.
func (e *editor) already(n *node, v Value) bool { return !n.commented() && e.t.holds(n, v) }

// setOne appends what gives n the value v.
func (e *editor) setOne(ch *change, op Op, n *node, v Value) error {
	if n.val.start < 0 {
		hint := "name a key below it"
		if !n.block {
			hint = "the line says all: `comment`, `uncomment`, `rename` and `unset` change it, `line` adds another"
		}
		return e.bad(op, n.whole.start, hint, "%s has no value that could be set", op.Path)
	}
	if e.already(n, v) && len(n.words) > 0 && e.typed(n, v) {
		return nil
	}
	text, err := e.sy.value(e.t, n, v)
	if err != nil {
		return e.bad(op, n.whole.start, "", "%s: %v", op, err)
	}
	ch.cuts = append(ch.cuts, e.valueCut(n, text))
	return nil
}

// valueCut returns the splice that makes text n's value. One that is empty, or
// begins on the next line, takes the blanks before it along; an empty one also the
// end of a line that goes on for the old value.
func (e *editor) valueCut(n *node, text string) splice {
	cut := splice{n.val, text}
	if before := e.t.src[min(n.nameAt.end, cut.start):cut.start]; text == "" && strings.Contains(before, "\n") && strings.Trim(before, " \t\r\n\\") == "" {
		cut.start = n.nameAt.end
	}
	for strings.Trim(text[:min(1, len(text))], "\r\n") == "" && cut.start > n.nameAt.end && (e.t.src[cut.start-1] == ' ' || e.t.src[cut.start-1] == '\t') {
		cut.start--
	}
	return cut
}

// typed reports whether a value that reads the same also has the type of v.
func (e *editor) typed(n *node, v Value) bool {
	return !e.st.types || v.Kind == String || len(n.words) == 1 && n.words[0].quote == 0
}

// setArg gives one argument of a directive its value.
func (e *editor) setArg(op Op, active, twins []*node) (change, error) {
	if len(active) == 0 && len(twins) > 0 {
		return change{}, e.bad(op, twins[0].whole.start, "`uncomment` it first", "%s is commented out, so it has no argument %s", op.Path, op.Arg)
	}
	if err := e.count(op, active); err != nil {
		return change{}, err
	}
	var ch change
	for _, n := range active {
		i, err := e.argIndex(op, n)
		if err != nil {
			return change{}, err
		}
		now := n.words[i].text
		if now == op.To[0].Text {
			continue
		}
		if op.Was != nil && now != op.Was[0].Text {
			return change{}, e.bad(op, n.words[i].start, "look at what the new default means, then change `was`"+e.quoted([]*node{n}), "argument %s of %s is %q, was = %q", op.Arg, op.Path, now, op.Was[0].Text)
		}
		text, err := e.sy.arg(e.t, n, i, op.To[0])
		if err != nil {
			return change{}, e.bad(op, n.words[i].start, "", "%s: %v", op, err)
		}
		ch.cuts = append(ch.cuts, splice{n.words[i].span, text})
	}
	ch.hold = func(after *tree, cuts []splice) error {
		return holdArgs(after, cuts, op.To[0].Text)
	}
	return ch, nil
}

// argIndex returns which word of n is meant.
func (e *editor) argIndex(op Op, n *node) (int, error) {
	i, err := strconv.Atoi(op.Arg)
	i--
	if err != nil {
		i = -1
		if e.st.column != nil {
			i = e.st.column(n, op.Arg)
		}
		if i < 0 {
			return 0, e.bad(op, n.whole.start, "count from 1", "%s: %s has no argument named %q", op, op.Path, op.Arg)
		}
	}
	if i >= len(n.words) {
		return 0, e.bad(op, n.whole.start, fmt.Sprintf("it says %q", e.t.shown(n)), "%s has %s, not %s", op.Path, plural(len(n.words), "argument"), op.Arg)
	}
	return i, nil
}

// holdArgs checks that where each cut was made a word now says v.
func holdArgs(after *tree, cuts []splice, v string) error {
	want := map[int]bool{}
	shift := 0
	for _, c := range cuts {
		want[c.start+shift] = true
		shift += len(c.text) - (c.end - c.start)
	}
	for _, n := range after.entries() {
		for _, w := range n.words {
			if want[w.start] && w.text == v {
				delete(want, w.start)
			}
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("the argument does not read as %q", v)
	}
	return nil
}

// proveValues makes ch hold only if v, written as each of the values, then stands
// where it was put, as the value of an active entry that step names.
func (e *editor) proveValues(ch change, values []splice, v Value, step Step) change {
	put := make(map[splice]bool, len(values))
	for _, c := range values {
		put[c] = true
	}
	ch.hold = func(after *tree, cuts []splice) error {
		want := map[int]splice{} // what must end at an offset
		shift := 0
		for _, c := range cuts {
			shift += len(c.text) - (c.end - c.start)
			if put[c] {
				want[c.end+shift] = c
			}
		}
		var sections map[int]bool
		for _, n := range after.entries() {
			if n.val.start < 0 {
				continue
			}
			c, ok := want[n.val.end]
			if !ok || !isValue(c.text, n.val.of(after.src)) || !after.holds(n, v) || !step.Any && !e.st.same(n.name, step.Name) {
				continue
			}
			if n.block && sections == nil {
				sections = e.t.sectionValues()
			}
			if n.block && !sections[c.end] {
				return fmt.Errorf("%q would begin a section", n.name)
			}
			delete(want, n.val.end)
		}
		for end, c := range want {
			if c.text != "" || !after.emptyAt(end) {
				return fmt.Errorf("%q is not read as the value", c.text)
			}
		}
		return nil
	}
	return ch
}

// sectionValues are the offsets at which values of sections end.
func (t *tree) sectionValues() map[int]bool {
	ends := map[int]bool{}
	t.root.walk(func(n *node) {
		if n.block {
			ends[n.val.end] = true
		}
	})
	return ends
}

// isValue reports whether text is a value and at most blanks and a separator
// before it.
func isValue(text, value string) bool {
	lead, ok := strings.CutSuffix(text, value)
	return ok && strings.Trim(lead, " \t=:") == ""
}

// emptyAt reports whether an entry of the line of offset at has an empty value.
func (t *tree) emptyAt(at int) bool {
	for _, n := range t.entries() {
		if n.val.start >= 0 && n.val.empty() && n.whole.start <= at && at <= t.lineEnd(n.whole.start) {
			return true
		}
	}
	return false
}

// freshNodes returns the active entries that begin in the new text of cuts.
func freshNodes(after *tree, cuts []splice) []*node {
	var fresh []*node
	all := after.entries()
	shift := 0
	for _, c := range cuts {
		start := c.start + shift
		for len(all) > 0 && all[0].whole.start < start {
			all = all[1:]
		}
		for len(all) > 0 && all[0].whole.start < start+len(c.text) {
			fresh, all = append(fresh, all[0]), all[1:]
		}
		shift += len(c.text) - (c.end - c.start)
	}
	return fresh
}
