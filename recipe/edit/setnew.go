package edit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// setMissing writes a key that is not active: over its commented twin, or new.
func (e *editor) setMissing(op Op, twins []*node) (change, error) {
	if e.st.headed && len(op.Path) == 1 {
		return change{}, e.outside(op)
	}
	if twin := e.bestTwin(twins); twin != nil && twin.settable() && op.Count.N < 2 {
		if err := e.was(op, twin); err != nil {
			return change{}, err
		}
		return e.setTwin(op, twin, op.To[0])
	}
	if op.Was != nil || op.Count.N > 1 || !op.Path.last().fits(op.To[0]) || op.Path.last().Any {
		return change{}, e.missing(op)
	}
	return e.setNew(op, op.To[0])
}

// outside says that a key of no section would count for nothing, and which
// section may be meant.
func (e *editor) outside(op Op) error {
	name := op.Path.last()
	hint := "name its section, as in `SECTION/" + name.String() + "`"
	if near := e.elsewhere(name.Name); len(near) > 0 && near[0].section() != "" {
		hint = e.elsewhereHint(near)
	} else if secs := e.sectionsIn(nil); len(secs) > 0 {
		hint = fmt.Sprintf("name its section, as in `%s/%s`; those of the file are %s", Path{{Name: secs[0]}}, name, strings.Join(first(secs, 12), ", "))
	}
	return e.bad(op, -1, hint, "%s is not there, and a key outside of the sections would count for nothing", op.Path)
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
	return e.proveValues(ch, []splice{cut}, v, op.Path.last()), nil
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
		if len(active) != 1 || v.Kind != raw && !after.holds(active[0], v) {
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
	ch := change{cuts: []splice{cut}, says: fmt.Sprintf("new in %s", place(joined(op.Path.parent()))), fresh: true, hint: e.slip(sec, op.Path)}
	if prev != nil {
		ch.says = fmt.Sprintf("new, after line %d", e.t.line(max(prev.whole.start, prev.whole.end-1)))
	}
	ch.hold = func(after *tree, cuts []splice) error {
		fresh := freshNodes(after, cuts)
		if !isOne(fresh) || !e.st.same(fresh[0].name, op.Path.last().Name) || !(chains{}).same(fresh[0].parent, sec) {
			return fmt.Errorf("%q is not one entry %s", text, op.Path)
		}
		if v.Kind != raw && !after.holds(fresh[0], v) {
			return fmt.Errorf("%s says %q", op.Path, fresh[0].text())
		}
		return nil
	}
	return ch, nil
}

// slip says which entry a key that is not there was mistyped for, if any: one of
// sec, or one of that name in a section, of a file that has no keys but in sections.
func (e *editor) slip(sec *node, p Path) string {
	name := p.last().Name
	if near := e.elsewhere(name); len(p) == 1 && len(near) > 0 && !slices.ContainsFunc(e.t.root.active(), func(n *node) bool { return !n.block }) {
		return fmt.Sprintf("the file has its keys in sections, and `%s` stands in %s, in line %d: did you mean `%s/%s`?", name, place(near[0].section()), e.t.line(near[0].whole.start), near[0].section(), name)
	}
	if said := p.last().said; said != "" {
		name = said
	}
	var names []string
	for _, k := range sec.kids {
		names = append(names, k.phrase(name))
	}
	meant := diag.Slip(name, names)
	for i, k := range sec.kids {
		if meant != "" && names[i] == meant {
			return fmt.Sprintf("`%s` is not in the file, but `%s` is, in line %d: did you mean that?", name, meant, e.t.line(k.whole.start))
		}
	}
	return ""
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
