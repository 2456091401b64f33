package edit

import (
	"fmt"
	"slices"
	"strings"
)

// setList gives a repeated key its values: those there are changed, the
// others added after them or taken away.
func (e *editor) setList(op Op, active, twins []*node) (change, error) {
	if op.Count.N > 0 && !op.Count.holds(len(active)) {
		return change{}, e.count(op, active)
	}
	if op.Was != nil && len(op.Was) != len(active) {
		return change{}, e.bad(op, -1, "look at what the new default means, then change `was`", "%s stands %s, was has %d", op.Path, times(len(active)), len(op.Was))
	}
	if len(active) == 0 {
		return e.setListNew(op, twins)
	}
	for _, n := range active[1:] {
		if n.parent != active[0].parent {
			return change{}, e.bad(op, n.whole.start, e.tellApart([]*node{active[0].parent, n.parent}), "%s stands in several sections, at %s", op.Path, e.lineList(active))
		}
	}
	if err := e.was(op, active...); err != nil {
		return change{}, err
	}
	var ch change
	for i, n := range active {
		if i >= len(op.To) {
			cut, err := e.cut(n)
			if err != nil {
				return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
			}
			ch.cuts = append(ch.cuts, cut)
			continue
		}
		if err := e.setOne(&ch, op, n, op.To[i]); err != nil {
			return change{}, err
		}
	}
	if len(op.To) > len(active) {
		cut, err := e.more(op, active[len(active)-1], op.To[len(active):])
		if err != nil {
			return change{}, err
		}
		ch.cuts = append(ch.cuts, cut)
	}
	return e.proveList(ch, op, active[:min(len(active), len(op.To))]...), nil
}

// setListNew writes a repeated key that is not active yet.
func (e *editor) setListNew(op Op, twins []*node) (change, error) {
	one := op
	one.List, one.To = false, op.To[:1]
	ch, err := e.setMissing(one, twins)
	if err != nil || len(op.To) == 1 {
		return ch, err
	}
	if twin := e.bestTwin(twins); twin != nil && twin.settable() {
		cut, err := e.more(op, twin, op.To[1:])
		if err != nil {
			return change{}, err
		}
		ch.cuts = append(ch.cuts, cut)
		return e.proveList(ch, op), nil
	}
	sec, err := e.container(op)
	if err != nil {
		return change{}, err
	}
	prev := e.lastKey(sec, op.Path.last().Name)
	var all []string
	for _, v := range op.To {
		text, err := e.sy.entry(e.t, prev, op.Path.last().Name, v)
		if err != nil {
			return change{}, e.bad(op, -1, "", "%s: %v", op, err)
		}
		all = append(all, text)
	}
	cut, err := e.place(sec, prev, strings.Join(all, "\n"))
	if err != nil {
		return change{}, e.bad(op, -1, "", "%s: %v", op, err)
	}
	ch.cuts = []splice{cut}
	return e.proveList(ch, op), nil
}

// more returns the splice that adds entries for vs behind n.
func (e *editor) more(op Op, n *node, vs []Value) (splice, error) {
	var all []string
	for _, v := range vs {
		text, err := e.sy.entry(e.t, n, n.name, v)
		if err != nil {
			return splice{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
		all = append(all, text)
	}
	cut, err := e.place(n.parent, n, strings.Join(all, "\n"))
	if err != nil {
		return splice{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
	}
	return cut, nil
}

// proveList makes ch hold only if the key then has the values of op: the entries
// that its path names, or, where their own values named them, those that were kept
// and the new ones.
func (e *editor) proveList(ch change, op Op, kept ...*node) change {
	byValue := slices.ContainsFunc(op.Path.last().Tests, func(t Test) bool { return t.Key == "." })
	ch.hold = func(after *tree, cuts []splice) error {
		now, _ := after.find(op.Path, e.st)
		if byValue {
			now = e.after(kept, op.Path.last(), after, cuts)
		}
		var got []string
		for _, n := range now {
			got = append(got, n.text())
		}
		if !slices.EqualFunc(now, op.To, after.holds) {
			return fmt.Errorf("%s says %q", op.Path, got)
		}
		return nil
	}
	return ch
}

// after returns the entries that kept ones are in the result, and the new ones of
// their name.
func (e *editor) after(kept []*node, step Step, after *tree, cuts []splice) []*node {
	starts := map[int]bool{}
	for _, n := range kept {
		if at, ok := moved(cuts, n.whole.start); ok {
			starts[at] = true
		}
	}
	for _, n := range freshNodes(after, cuts) {
		if e.st.same(n.name, step.Name) {
			starts[n.whole.start] = true
		}
	}
	return slices.DeleteFunc(after.entries(), func(n *node) bool { return !starts[n.whole.start] })
}
