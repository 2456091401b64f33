package index

import (
	"slices"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// With returns an index that has one package more, of the native architecture and of
// no archive, and the number of its only version. Nothing finds the package by its
// name and nothing depends on it: it stands for what its relations ask for together,
// as the packages do that apt makes for `apt-get satisfy` and `apt-get build-dep`.
// Relations whose condition does not hold are left out.
//
// The index that With was called on must outlive the new one.
func (ix *Index) With(name string, depends, conflicts []relation.Relation) (*Index, uint32) {
	w := with{&Index{tables: ix.tables, meta: ix.meta, more: map[uint32][]uint32{}}, map[uint32]uint32{}}
	w.copyTables()
	for n, ids := range ix.more {
		w.more[n] = slices.Clone(ids)
	}
	id := w.name(name)
	version := uint32(len(w.Versions))
	first := uint32(len(w.Deps))
	for _, g := range here(depends, ix.Arch()) {
		for _, r := range g {
			w.depend(Depends, w.target(r), r)
		}
		w.Deps[len(w.Deps)-1] &^= depOr
	}
	for _, g := range here(conflicts, ix.Arch()) {
		for _, r := range g {
			for _, target := range w.targets(r) {
				w.depend(Conflicts, target, r)
			}
		}
	}
	w.Versions = append(w.Versions, Version{Name: id, Version: w.text("1"), Arch: w.text(ix.Arch()), Deps: Span{first, uint32(len(w.Deps)) - first}})
	w.Names[id].Candidate, w.Names[id].Versions = version, Span{version, 1}
	return w.Index, version
}

// here are the groups of a list without the alternatives that do not hold for an
// architecture.
func here(list []relation.Relation, arch string) [][]relation.Relation {
	var groups [][]relation.Relation
	var group []relation.Relation
	for _, r := range list {
		if r.Condition.Holds(arch, nil) {
			group = append(group, r)
		}
		if !r.Or && len(group) > 0 {
			groups, group = append(groups, group), nil
		}
	}
	return groups
}

// A with is an index that is being added to.
type with struct {
	*Index
	stands map[uint32]uint32 // by name that was added: `x:ARCH` for x
}

// copyTables makes the arrays that are added to the index's own.
func (w with) copyTables() {
	w.strings, w.Names, w.Versions, w.Deps = roomy(w.strings), roomy(w.Names), roomy(w.Versions), roomy(w.Deps)
	w.Constraints, w.HashOrder, w.Met = roomy(w.Constraints), roomy(w.HashOrder), roomy(w.Met)
	w.Provides, w.ProvidedBy = slices.Clip(w.Provides), slices.Clip(w.ProvidedBy) // few relations add to them
}

// roomy copies a slice and leaves room for what one package adds.
func roomy[T any](s []T) []T { return append(make([]T, 0, len(s)+256), s...) }

func (w with) text(s string) Text {
	t := Text{uint32(len(w.strings)), uint32(len(s))}
	w.strings = append(w.strings, s...)
	return t
}

// name makes a name, of which there are no packages yet.
func (w with) name(text string) uint32 {
	id := uint32(len(w.Names))
	w.Names = append(w.Names, Name{Text: w.text(text), Candidate: None, Flags: Hidden, next: None})
	at, _ := slices.BinarySearchFunc(w.HashOrder, id, func(a, b uint32) int {
		return w.compareHashed(a, b, bucketOf(w.NameOf(a)), bucketOf(w.NameOf(b)))
	})
	w.HashOrder = slices.Insert(w.HashOrder, at, id)
	return id
}

// target returns the name that a relation means.
func (w with) target(r relation.Relation) uint32 {
	arch := r.Arch
	if arch == "native" {
		arch = w.Arch()
	}
	text := r.Name
	if arch != "" {
		text += ":" + arch
	}
	if id := w.Find(text); id != None {
		return id
	}
	id := w.name(text)
	if of := w.FindArch(r.Name, arch); of != None && arch != "" {
		w.qualify(id, of)
	}
	return id
}

// qualify lets those provide id, which is `x:ARCH`, that builder.qualify does. What is
// said of id is renewed with what is said of x.
func (w with) qualify(id, of uint32) {
	var owners []uint32
	vs := w.Names[of].Versions
	for v := vs.First; v < vs.End(); v++ {
		owners = append(owners, v)
	}
	for _, i := range w.ProvidersOf(of) {
		if owner := w.Provides[i].Owner; w.Names[w.Versions[owner].Name].Arch == w.Names[of].Arch {
			owners = append(owners, owner)
		}
	}
	first := uint32(len(w.ProvidedBy))
	for _, v := range slices.Backward(owners) { // newest first
		w.ProvidedBy = append(w.ProvidedBy, uint32(len(w.Provides)))
		w.Provides = append(w.Provides, Provide{Name: id, Owner: v, Version: w.Versions[v].Version})
	}
	w.Names[id].Providers = Span{first, uint32(len(owners))}
	w.stands[id] = of
}

// targets returns the names that a conflict means: of all architectures, unless it
// says of which.
func (w with) targets(r relation.Relation) []uint32 {
	if r.Arch != "" {
		return []uint32{w.target(r)}
	}
	var all []uint32
	for _, arch := range w.Arches() {
		if id := w.FindArch(r.Name, arch); id != None {
			all = append(all, id)
		}
	}
	return all
}

// depend adds one alternative, with another behind it if it is a Depends.
func (w with) depend(t DepType, target uint32, r relation.Relation) {
	d := Dep(t)<<depTypeShift | Dep(w.constraint(target, r))
	if !t.Negative() {
		d |= depOr
	}
	w.Deps = append(w.Deps, d)
}

// constraint returns the number of a constraint, a new one if there is none such.
func (w with) constraint(target uint32, r relation.Relation) uint32 {
	for i := range w.ConstraintsOf(target) {
		if c := &w.Constraints[i]; relation.Op(c.Op) == r.Op && w.Text(c.Version) == r.Version {
			return i
		}
	}
	i := uint32(len(w.Constraints))
	w.Constraints = append(w.Constraints, Constraint{Name: target, Op: uint32(r.Op), Version: w.text(r.Version)})
	w.more[target] = append(w.more[target], i)
	if of, ok := w.stands[target]; ok {
		w.more[of] = append(w.more[of], i)
	}
	if int(i/64) == len(w.Met) {
		w.Met = append(w.Met, 0)
	}
	if w.Meets(i, func(v uint32) bool { return w.Names[w.Versions[v].Name].Candidate == v }) {
		w.Met[i/64] |= 1 << (i % 64)
	}
	return i
}
