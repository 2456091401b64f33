package edit

import (
	"fmt"
	"slices"
)

// comment puts entries into comments.
func (e *editor) comment(op Op) (change, error) {
	active, twins := e.t.find(op.Path, e.st)
	if len(active) == 0 && len(twins) > 0 && op.Count.N == 0 {
		return change{says: fmt.Sprintf("already so: commented out in line %d", e.t.line(twins[0].mark))}, nil
	}
	ch, err := e.each(op, active, e.hide)
	gone := ch.hold
	ch.hold = func(after *tree, cuts []splice) error {
		if err := gone(after, cuts); err != nil {
			return err
		}
		return e.hidden(op, active, after, cuts)
	}
	if err == nil && e.showsEnd(active) && !e.comesBack(op, active, ch.cuts) {
		ch.hint = "`uncomment` will not bring it back as it was: lines in comments are read one by one, by what they look like"
	}
	return ch, err
}

// showsEnd reports whether entries show by themselves where a comment ends.
func (e *editor) showsEnd(active []*node) bool {
	_, ok := e.sy.(carver)
	return ok || active[0].block
}

// comesBack reports whether uncomment undoes what cuts do to the entries of op.
func (e *editor) comesBack(op Op, active []*node, cuts []splice) bool {
	hidden, err := apply(e.t.src, sorted(cuts))
	if err != nil {
		return false
	}
	inner := &editor{in: e.in, sy: e.sy, st: e.st, t: e.sy.parse(hidden)}
	back, err := inner.uncomment(op)
	if err != nil {
		return false
	}
	shown, err := apply(hidden, sorted(back.cuts))
	if err != nil {
		return false
	}
	now, _ := e.sy.parse(shown).find(op.Path, e.st)
	return slices.EqualFunc(now, active, func(a, b *node) bool { return a.text() == b.text() && sameKids(a, b) })
}

// hidden checks that entries, where they are read in their comments at all, come
// out of them as they were.
func (e *editor) hidden(op Op, active []*node, after *tree, cuts []splice) error {
	if e.showsEnd(active) {
		return nil
	}
	twins := freshTwins(after, cuts)
	if len(twins) == 0 {
		return nil
	}
	inner := &editor{in: e.in, sy: e.sy, st: e.st, t: after}
	var shown []splice
	for _, n := range twins {
		more, err := inner.show(n)
		if err != nil {
			return err
		}
		shown = append(shown, more...)
	}
	text, err := apply(after.src, sorted(shown))
	if err != nil {
		return err
	}
	back, _ := e.sy.parse(text).find(op.Path, e.st)
	if len(twins) != len(active) || !slices.EqualFunc(back, active, func(a, b *node) bool { return a.text() == b.text() }) {
		return fmt.Errorf("in its comment it would be read as %q; `unset` takes it away", clip(after.src[twins[0].whole.start:twins[0].whole.end]))
	}
	return nil
}

// freshTwins returns the entries in comments that begin in the new text of cuts.
func freshTwins(after *tree, cuts []splice) []*node {
	var texts []span
	shift := 0
	for _, c := range cuts {
		texts = append(texts, span{c.start + shift, c.start + shift + len(c.text)})
		shift += len(c.text) - (c.end - c.start)
	}
	var fresh []*node
	after.root.walk(func(n *node) {
		i, found := slices.BinarySearchFunc(texts, n.mark, func(s span, at int) int { return s.start - at })
		if n.twin && (found || i > 0 && n.mark < texts[i-1].end) {
			fresh = append(fresh, n)
		}
	})
	return fresh
}

// uncomment takes entries out of their comments.
func (e *editor) uncomment(op Op) (change, error) {
	active, twins := e.t.find(op.Path, e.st)
	if op.Count.N == 0 {
		if len(active) == 1 {
			return change{says: fmt.Sprintf("already so: active in line %d", e.t.line(active[0].whole.start))}, nil
		}
		if twin := e.bestTwin(twins); twin != nil {
			if rival := e.rival(twins, twin); rival != nil {
				return change{}, e.bad(op, twin.mark, e.tellApart([]*node{rival, twin}), "%s stands in %s", op.Path, plural(len(twins), "comment"))
			}
			twins = []*node{twin}
		}
	}
	if len(twins) == 0 {
		return change{}, e.noTwin(op, active)
	}
	if !op.Count.holds(len(twins)) {
		return change{}, e.bad(op, twins[0].mark, e.tellApart(twins), "%s is commented out %s, at %s; expected %s", op.Path, times(len(twins)), e.lineList(twins), op.Count)
	}
	if err := e.dead(op, twins[0].parent, twins[0].name, twins[0].mark); err != nil {
		return change{}, err
	}
	ch := change{}
	for _, n := range twins {
		cuts, err := e.show(n)
		if err != nil {
			return change{}, e.bad(op, n.mark, "", "%s: %v", op, err)
		}
		ch.cuts = append(ch.cuts, cuts...)
	}
	want := len(active) + len(twins)
	ch.hold = func(after *tree, _ []splice) error {
		if now, _ := after.find(op.Path, e.st); len(now) != want {
			return fmt.Errorf("%s stands %s", op.Path, times(len(now)))
		}
		return nil
	}
	return ch, nil
}

// rival returns another twin that is as good as the best one and says
// something else.
func (e *editor) rival(twins []*node, best *node) *node {
	for _, t := range twins {
		if t != best && !t.parent.commented() && e.gap(t) == e.gap(best) && t.text() != best.text() {
			return t
		}
	}
	return nil
}

// noTwin says that nothing is commented out that could be uncommented.
func (e *editor) noTwin(op Op, active []*node) error {
	if len(active) > 0 {
		return e.bad(op, active[0].whole.start, e.tellApart(active), "%s is active already, %s", op.Path, times(len(active)))
	}
	return e.missing(op)
}
