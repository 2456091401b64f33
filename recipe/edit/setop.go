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
	return proveValues(ch, ch.cuts), nil
}

// A lister is a syntax whose values may be lists of their own.
type lister interface {
	// list spells vs as the whole value of n, or of a new entry where n is nil.
	list(t *tree, n *node, vs []Value) (string, error)
}

// setNative sets a list in a format that has lists.
func (e *editor) setNative(op Op, l lister, active []*node) (change, error) {
	if len(active) == 0 {
		text, err := l.list(e.t, nil, op.To)
		if err != nil {
			return change{}, e.bad(op, -1, "", "%s: %v", op, err)
		}
		return e.setNew(op, Value{Kind: raw, Text: text})
	}
	if err := e.count(op, active); err != nil {
		return change{}, err
	}
	var ch change
	for _, n := range active {
		text, err := l.list(e.t, n, op.To)
		if err != nil {
			return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
		ch.cuts = append(ch.cuts, splice{n.val, text})
	}
	return proveValues(ch, ch.cuts), nil
}

// raw is the kind of a value that is spelt in the file's format already.
const raw Kind = 255

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
		return nil
	}
	if len(active) == 0 {
		return e.missing(op)
	}
	return e.bad(op, active[0].whole.start, e.tellApart(active), "%s stands %s, at %s; expected %s",
		op.Path, times(len(active)), e.lineList(active), op.Count)
}

// was checks the value that must be there.
func (e *editor) was(op Op, now ...*node) error {
	for i, n := range now {
		if op.Was == nil {
			return nil
		}
		want := op.Was[min(i, len(op.Was)-1)].Text
		if e.t.says(n, want) || e.already(n, op.To[min(i, len(op.To)-1)].Text) {
			continue
		}
		return e.bad(op, n.whole.start, "look at what the new default means, then change `was`"+e.quoted([]*node{n}), "%s is %q, was = %q", op.Path, e.t.shown(n), want)
	}
	return nil
}

// already reports whether n is active and says v.
func (e *editor) already(n *node, v string) bool { return !n.commented() && e.t.says(n, v) }

// setOne appends what gives n the value v.
func (e *editor) setOne(ch *change, op Op, n *node, v Value) error {
	if n.val.start < 0 {
		return e.bad(op, n.whole.start, "name a key below it", "%s has no value that could be set", op.Path)
	}
	if e.already(n, v.Text) && len(n.words) > 0 && e.typed(n, v) {
		return nil
	}
	text, err := e.sy.value(e.t, n, v)
	if err != nil {
		return e.bad(op, n.whole.start, "", "%s: %v", op, err)
	}
	ch.cuts = append(ch.cuts, e.valueCut(n, text))
	return nil
}

// valueCut returns the splice that makes text n's value. An empty one takes the
// blanks before it along.
func (e *editor) valueCut(n *node, text string) splice {
	cut := splice{n.val, text}
	for text == "" && cut.start > n.nameAt.end && (e.t.src[cut.start-1] == ' ' || e.t.src[cut.start-1] == '\t') {
		cut.start--
	}
	return cut
}

// typed reports whether a value that reads the same also has the type of v.
func (e *editor) typed(n *node, v Value) bool {
	return !e.st.types || v.Kind == String || len(n.words) == 1 && n.words[0].quote == 0
}

// setMissing writes a key that is not active: over its commented twin, or new.
func (e *editor) setMissing(op Op, twins []*node) (change, error) {
	if twin := e.bestTwin(twins); twin != nil && twin.settable() && op.Count.N < 2 {
		if err := e.was(op, twin); err != nil {
			return change{}, err
		}
		return e.setTwin(op, twin, op.To[0])
	}
	if op.Was != nil || op.Count.N > 1 || len(op.Path.last().Tests) > 0 || op.Path.last().Any {
		return change{}, e.missing(op)
	}
	return e.setNew(op, op.To[0])
}

// setTwin takes a key out of its comment and gives it a value.
func (e *editor) setTwin(op Op, twin *node, v Value) (change, error) {
	ch := change{says: fmt.Sprintf("written over the comment in line %d", e.t.line(twin.mark))}
	text, err := e.sy.value(e.t, twin, v)
	if err != nil {
		return change{}, e.bad(op, twin.whole.start, "", "%s: %v", op, err)
	}
	cut := e.valueCut(twin, text)
	if c, ok := e.sy.(carver); ok {
		return e.setShown(op, c, twin, v)
	}
	ch.cuts = append(e.bare(twin, true), cut)
	return proveValues(ch, []splice{cut}), nil
}

// setShown takes a key out of a comment of a carver's, then sets it.
func (e *editor) setShown(op Op, c carver, twin *node, v Value) (change, error) {
	cut, err := c.show(e.t, twin)
	if err != nil {
		return change{}, e.bad(op, twin.whole.start, "", "%s: %v", op, err)
	}
	shown, err := apply(e.t.src, []splice{cut})
	if err != nil {
		return change{}, err
	}
	inner := &editor{in: e.in, sy: e.sy, st: e.st, t: e.sy.parse(shown)}
	plain := op
	plain.Was = nil
	ch, err := inner.set(plain)
	if err != nil {
		return change{}, err
	}
	now, err := apply(shown, sorted(ch.cuts))
	if err != nil {
		return change{}, err
	}
	sp := trim(Span{0, len(e.t.src), now}, e.t.src)
	return change{says: fmt.Sprintf("written over the comment in line %d", e.t.line(twin.mark)),
		cuts: []splice{{span{sp.Start, sp.End}, sp.New}}, hold: e.holdsPath(op, v)}, nil
}

// holdsPath returns a check that op's path says v.
func (e *editor) holdsPath(op Op, v Value) func(*tree, []splice) error {
	return func(after *tree, _ []splice) error {
		active, _ := after.find(op.Path, e.st)
		if len(active) != 1 || v.Kind != raw && !after.says(active[0], v.Text) {
			return fmt.Errorf("%s does not say %q", op.Path, v.Text)
		}
		return nil
	}
}

// setNew adds a key to its section, in the manner of the keys around it.
func (e *editor) setNew(op Op, v Value) (change, error) {
	sec, err := e.container(op)
	if err != nil {
		return change{}, err
	}
	prev := e.lastKey(sec, op.Path.last().Name)
	text, err := e.sy.entry(e.t, prev, op.Path.last().Name, v)
	if err != nil {
		return change{}, e.bad(op, -1, "", "%s: %v", op, err)
	}
	cut, err := e.place(sec, prev, text)
	if err != nil {
		return change{}, e.bad(op, sec.whole.start, "", "%s: %v", op, err)
	}
	ch := change{cuts: []splice{cut}, says: fmt.Sprintf("new in %s", place(joined(op.Path.parent())))}
	if prev != nil {
		ch.says = fmt.Sprintf("new, after line %d", e.t.line(max(prev.whole.start, prev.whole.end-1)))
	}
	ch.hold = func(after *tree, cuts []splice) error {
		fresh := freshNodes(after, cuts)
		if !isOne(fresh) || !e.st.same(fresh[0].name, op.Path.last().Name) || !fresh[0].parent.sameChain(sec) {
			return fmt.Errorf("%q is not one entry %s", text, op.Path)
		}
		if v.Kind != raw && !after.says(fresh[0], v.Text) {
			return fmt.Errorf("%s says %q", op.Path, fresh[0].text())
		}
		return nil
	}
	return ch, nil
}

// isOne reports whether entries are one with what is in it.
func isOne(fresh []*node) bool {
	if len(fresh) == 0 {
		return false
	}
	for _, n := range fresh[1:] {
		if n.whole.start < fresh[0].whole.start || n.whole.end > fresh[0].whole.end {
			return false
		}
	}
	return true
}

// joined returns a path's names as section names them.
func joined(p Path) string {
	if len(p) == 0 {
		return ""
	}
	return p.String()
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

// proveValues makes ch hold only if each of the values then stands where it
// was put, as the value of an active entry.
func proveValues(ch change, values []splice) change {
	put := make(map[splice]bool, len(values))
	for _, c := range values {
		put[c] = true
	}
	ch.hold = func(after *tree, cuts []splice) error {
		want := map[int]string{} // the text that must end at an offset
		shift := 0
		for _, c := range cuts {
			shift += len(c.text) - (c.end - c.start)
			if put[c] {
				want[c.end+shift] = c.text
			}
		}
		for _, n := range after.entries() {
			if n.val.start < 0 {
				continue
			}
			if text, ok := want[n.val.end]; ok && isValue(text, n.val.of(after.src)) {
				delete(want, n.val.end)
			}
		}
		for end, text := range want {
			if text != "" || !after.emptyAt(end) {
				return fmt.Errorf("%q is not read as the value", text)
			}
		}
		return nil
	}
	return ch
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
		if n.val.start >= 0 && n.val.empty() && n.whole.start <= at && at <= lineEnd(t.src, n.whole.start) {
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
