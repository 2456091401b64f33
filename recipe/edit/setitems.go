package edit

import (
	"fmt"
	"slices"
)

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
		if err := e.wasItems(op, n); err != nil {
			return change{}, err
		}
		if len(n.words) == len(op.To) && len(n.words) > 0 {
			if err := e.setItems(&ch, op, n); err != nil {
				return change{}, err
			}
			continue
		}
		text, err := l.list(e.t, n, op.To)
		if err != nil {
			return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
		ch.cuts = append(ch.cuts, splice{n.val, text})
	}
	ch.hold = e.proveItems(op)
	return ch, nil
}

// wasItems checks the items that a list must have.
func (e *editor) wasItems(op Op, n *node) error {
	same := func(vs []Value) bool {
		return slices.EqualFunc(n.words, vs, func(w word, v Value) bool { return v.is(w.text) })
	}
	if op.Was == nil || same(op.Was) || same(op.To) {
		return nil
	}
	return e.bad(op, n.whole.start, "look at what the new default means, then change `was`"+e.quoted([]*node{n}), "%s has other values than `was`", op.Path)
}

// setItems appends what gives each item of a list its value, where there are as
// many as there were.
func (e *editor) setItems(ch *change, op Op, n *node) error {
	for i, w := range n.words {
		if v := op.To[i]; !v.is(w.text) || e.st.types && w.quote != 0 && v.Kind != String {
			text, err := e.sy.arg(e.t, n, i, v)
			if err != nil {
				return e.bad(op, w.start, "", "%s: %v", op, err)
			}
			ch.cuts = append(ch.cuts, splice{w.span, text})
		}
	}
	return nil
}

// proveItems returns a check that what op names has the items of op.
func (e *editor) proveItems(op Op) func(*tree, []splice) error {
	return func(after *tree, _ []splice) error {
		now, _ := after.find(op.Path, e.st)
		for _, n := range now {
			if len(n.words) != len(op.To) {
				return fmt.Errorf("%s has %s", op.Path, plural(len(n.words), "value"))
			}
			for i, w := range n.words {
				if !op.To[i].is(w.text) {
					return fmt.Errorf("item %d of %s is read as %q", i+1, op.Path, w.text)
				}
			}
		}
		return nil
	}
}

// raw is the kind of a value that is spelt in the file's format already.
const raw Kind = 255
