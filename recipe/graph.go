package recipe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Graph is what recipes say for their targets, and how they need each other.
// The Image of an instance whose image begins with another one's has the
// settings of both.
type Graph struct {
	Goals []*Instance // what was asked for, by recipe, then in the order of its targets
	All   []*Instance // the goals and all that they reach, each behind what it needs

	w    *Workspace
	made map[unit]*Instance
	at   map[*Instance]int // in All
}

// A unit is what is built at once: a recipe in one variant for one architecture.
type unit struct{ recipe, variant, arch string }

// Graph returns the named recipes for their targets, and what they need: all
// recipes without names, the first variant for NAME, V for NAME@V.
func (w *Workspace) Graph(names ...string) *Graph {
	g := &Graph{w: w, made: map[unit]*Instance{}, at: map[*Instance]int{}}
	a := newArranger(w, nil)
	for _, r := range w.Recipes {
		chosen := r.chosen(names)
		for _, t := range w.Targets(r) {
			if i := a.units[unit{r.Name, t.Variant, t.Arch}]; i != nil && slices.Contains(chosen, t.Variant) {
				a.visit(i)
				g.Goals = append(g.Goals, i)
			}
		}
	}
	for n := 0; n < len(a.order); n++ { // the tests need what is no part of what they test
		for _, d := range a.order[n].testNeeds() {
			if i := a.find(d, a.order[n]); i != nil {
				a.visit(i)
			}
		}
	}
	for n, i := range a.order {
		i = g.merged(i)
		g.All = append(g.All, i)
		g.at[i] = n
	}
	for n, i := range g.Goals {
		g.Goals[n] = g.made[i.unit()]
	}
	return g
}

// chosen are the variants that names ask for.
func (r *Recipe) chosen(names []string) []string {
	all := r.Variants
	if len(all) == 0 {
		all = []string{""}
	}
	if len(names) == 0 {
		return all
	}
	var chosen []string
	for _, n := range names {
		name, variant, said := strings.Cut(n, "@")
		switch {
		case name != r.Name:
		case said:
			chosen = append(chosen, variant)
		default:
			chosen = append(chosen, all[0])
		}
	}
	return chosen
}

// merged is i with the settings of the image that its own begins with, which
// was merged before.
func (g *Graph) merged(i *Instance) *Instance {
	if i.Image != nil && i.Image.From.Recipe != "" {
		if base := g.Find(i.Image.From, i); base != nil && base.Image != nil {
			with := *i
			with.Image = i.Image.over(base.Image)
			i = &with
		}
	}
	g.made[i.unit()] = i
	return i
}

func (i *Instance) unit() unit { return unit{i.Name, i.Variant, i.Arch} }

// Find returns the instance that a dependency of from names, for from's
// architecture, or nil if the graph has none.
func (g *Graph) Find(d Dep, from *Instance) *Instance {
	return g.made[g.w.unitOf(d, from)]
}

// unitOf is what a dependency of from names.
func (w *Workspace) unitOf(d Dep, from *Instance) unit {
	switch r := w.Recipe(d.Recipe); {
	case d.Variant != "":
	case d.Recipe == from.Name: // it speaks of itself
		d.Variant = from.Variant
	case r != nil && len(r.Variants) > 0:
		d.Variant = r.Variants[0]
	}
	return unit{d.Recipe, d.Variant, from.Arch}
}

// A Use is a reason for which one instance needs another.
type Use struct {
	Of   *Instance
	How  string // "build", "runtime", "from" or "test"
	Sets []string
}

// Uses are what i needs of others, each instance once for each reason, in the
// order in which the recipe names them.
func (g *Graph) Uses(i *Instance) []Use {
	var uses []Use
	add := func(how string, deps []Dep) {
		for _, d := range deps {
			if d.Recipe == "" || i.ownOutput(d) {
				continue
			}
			of := g.Find(d, i)
			at := slices.IndexFunc(uses, func(u Use) bool { return u.Of == of && u.How == how })
			switch {
			case of == nil:
			case at < 0:
				uses = append(uses, Use{of, how, []string{d.Set}})
			default:
				uses[at].Sets = append(uses[at].Sets, d.Set)
			}
		}
	}
	add("build", i.Build)
	add("runtime", i.Runtime)
	for _, s := range i.Sets {
		add("runtime", s.Depends)
	}
	if i.Image != nil {
		add("from", []Dep{i.Image.From})
	}
	add("test", i.testNeeds())
	return uses
}

// needs returns the recipes that must be built before i.
func (i *Instance) needs() []Dep {
	out := slices.Concat(i.Build, i.Runtime)
	for _, s := range i.Sets {
		out = append(out, s.Depends...)
	}
	if i.Image != nil {
		out = append(out, i.Image.From)
	}
	return slices.DeleteFunc(out, func(d Dep) bool { return d.Recipe == "" })
}

// ownOutput reports whether d is an output of i itself, for its image.
func (i *Instance) ownOutput(d Dep) bool {
	return d.Recipe == i.Name && (d.Variant == "" || d.Variant == i.Variant) && d.Set != "main" && !slices.Contains(depTexts(i.Build), d.Text)
}

// testNeeds returns the recipes that i's tests need.
func (i *Instance) testNeeds() []Dep {
	var out []Dep
	for _, t := range i.Tests {
		out = append(out, t.Packages...)
		for _, c := range t.With {
			out = append(out, c.Dep)
		}
	}
	return slices.DeleteFunc(out, func(d Dep) bool { return d.Recipe == "" })
}

// depTexts returns the texts of dependencies.
func depTexts(deps []Dep) []string {
	var out []string
	for _, d := range deps {
		out = append(out, d.Text)
	}
	return out
}

// An arranger puts instances behind those that they need.
type arranger struct {
	w     *Workspace
	errs  *diag.List // nil: mistakes were told before
	units map[unit]*Instance
	state map[*Instance]int
	way   []edge // from what was visited first to where we are
	order []*Instance
}

// An edge is one need of an instance.
type edge struct {
	from *Instance
	dep  Dep
}

func newArranger(w *Workspace, errs *diag.List) *arranger {
	a := &arranger{w: w, errs: errs, units: map[unit]*Instance{}, state: map[*Instance]int{}}
	for _, r := range w.Recipes {
		for _, t := range w.Targets(r) {
			if i, err := r.Instance(t); err == nil {
				a.units[i.unit()] = i
			}
		}
	}
	return a
}

// find returns the instance that a dependency names, or nil.
func (a *arranger) find(d Dep, from *Instance) *Instance { return a.units[a.w.unitOf(d, from)] }

// The states of an instance that was seen.
const (
	arranging = 1 + iota
	arranged
)

// visit puts i into the order behind what it needs.
func (a *arranger) visit(i *Instance) {
	if a.state[i] != 0 {
		return
	}
	a.state[i] = arranging
	for _, d := range i.needs() {
		next := a.find(d, i)
		switch {
		case i.ownOutput(d):
			continue
		case next == nil:
			a.absent(i, d)
			continue
		}
		a.way = append(a.way, edge{i, d})
		if a.state[next] == arranging {
			a.circle(next)
		}
		a.visit(next)
		a.way = a.way[:len(a.way)-1]
	}
	a.state[i] = arranged
	a.order = append(a.order, i)
}

// absent notes a need of a recipe that is not for that architecture. One that is
// not there at all has been noted.
func (a *arranger) absent(i *Instance, d Dep) {
	r := a.w.Recipe(d.Recipe)
	if r == nil || a.errs == nil || d.Variant != "" && !slices.Contains(r.Variants, d.Variant) {
		return
	}
	a.mistake(edge{i, d}, "name the architectures in brackets behind the dependency, or add this one to the other recipe's arch", "recipe %s is not built for %s", d.Recipe, i.Arch)
}

// circle notes that an instance needs itself, once, at the first need of the
// way.
func (a *arranger) circle(i *Instance) {
	if a.errs == nil {
		return
	}
	at := slices.IndexFunc(a.way, func(e edge) bool { return e.from == i })
	names := []string{i.Name}
	var lines strings.Builder
	for _, e := range a.way[at:] {
		names = append(names, e.dep.Recipe)
		fmt.Fprintf(&lines, "\n    %s: %s needs %s", e.dep.Pos, e.from.Name, e.dep.Text)
	}
	a.mistake(a.way[at], "do without one of these:"+lines.String(), "recipe %s needs itself: %s", i.Name, strings.Join(names, " → "))
}

func (a *arranger) mistake(e edge, hint, format string, args ...any) {
	r := a.w.Recipe(e.from.Name)
	r.reader(a.errs, e.from.Target).at(Ref{e.dep.Text, e.dep.Pos}, hint, format, args...)
}
