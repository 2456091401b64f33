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
	w := with{&Index{tables: ix.tables, meta: ix.meta, added: ix.added.clone(), more: map[uint32][]uint32{}}, map[uint32][]uint32{}}
	for n, ids := range ix.more {
		w.more[n] = slices.Clone(ids)
	}
	id := w.name(name)
	version, first := w.VersionCount(), uint32(len(w.deps)+len(w.added.deps))
	for _, g := range here(depends, ix.Arch()) {
		for _, r := range g {
			w.depend(Depends, w.target(r), r)
		}
		w.added.deps[len(w.added.deps)-1] &^= depOr
	}
	for _, g := range here(conflicts, ix.Arch()) {
		for _, r := range g {
			for _, target := range w.targets(r) {
				w.depend(Conflicts, target, r)
			}
		}
	}
	count := uint32(len(w.deps)+len(w.added.deps)) - first
	w.added.versions = append(w.added.versions, Version{Name: id, Version: w.text("1"), Arch: w.text(ix.Arch()), Deps: Span{first, count}})
	w.Name(id).Candidate, w.Name(id).Versions = version, Span{version, 1}
	return w.Index, version
}

// clone copies the arrays that With adds to.
func (t *tables) clone() tables {
	return tables{
		strings: slices.Clone(t.strings), names: slices.Clone(t.names), versions: slices.Clone(t.versions),
		deps: slices.Clone(t.deps), constraints: slices.Clone(t.constraints),
		provides: slices.Clone(t.provides), providedBy: slices.Clone(t.providedBy),
	}
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
	stands map[uint32][]uint32 // by name that was added: those that it stands for
}

func (w with) text(s string) Text {
	if s == "" {
		return Text{}
	}
	t := Text{uint32(len(w.strings) + len(w.added.strings)), uint32(len(s))}
	w.added.strings = append(w.added.strings, s...)
	return t
}

// name makes a name, of which there are no packages yet.
func (w with) name(text string) uint32 {
	id := w.NameCount()
	w.added.names = append(w.added.names, Name{Text: w.text(text), Candidate: None, Flags: Hidden, next: None})
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
	if arch == "" {
		w.join(id, text)
	} else if of := w.FindArch(r.Name, arch); of != None {
		w.qualify(id, of)
	}
	return id
}

// qualify lets those provide id, which is `x:ARCH`, that builder.qualify does.
func (w with) qualify(id, of uint32) {
	var all []Provide
	vs := w.Name(of).Versions
	for v := vs.First; v < vs.End(); v++ {
		all = append(all, Provide{Owner: v, Version: w.Version(v).Version})
	}
	for _, i := range w.ProvidersOf(of) {
		if owner := w.Provide(i).Owner; w.Name(w.Version(owner).Name).Arch == w.Name(of).Arch {
			all = append(all, Provide{Owner: owner, Version: w.Version(owner).Version})
		}
	}
	slices.Reverse(all) // newest first
	w.provide(id, all)
	w.stands[id] = []uint32{of}
}

// join lets those provide id, a name of the native architecture, that builder.join does:
// what is Multi-Arch: foreign of another one.
func (w with) join(id uint32, text string) {
	var all []Provide
	for arch := range w.meta.Arches[1:] {
		of := w.find(text, uint16(arch+1))
		if of == None {
			continue
		}
		vs := w.Name(of).Versions
		for v := vs.First; v < vs.End(); v++ {
			if w.Version(v).Flags&ForeignVersion != 0 {
				all = append(all, Provide{Owner: v, Version: w.Version(v).Version})
			}
		}
		for _, i := range w.ProvidersOf(of) {
			if p := w.Provide(i); w.Version(p.Owner).Flags&ForeignVersion != 0 {
				all = append(all, *p)
			}
		}
		w.stands[id] = append(w.stands[id], of)
	}
	slices.Reverse(all)
	w.provide(id, all)
}

// provide lists who provides a name that was added.
func (w with) provide(id uint32, all []Provide) {
	w.Name(id).Providers = Span{uint32(len(w.providedBy) + len(w.added.providedBy)), uint32(len(all))}
	for _, p := range all {
		p.Name = id
		w.added.providedBy = append(w.added.providedBy, w.ProvideCount())
		w.added.provides = append(w.added.provides, p)
	}
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
	w.added.deps = append(w.added.deps, d)
}

// constraint returns the number of a constraint, a new one if there is none such. What is
// said of a name is renewed with what is said of those that it stands for.
func (w with) constraint(target uint32, r relation.Relation) uint32 {
	for i := range w.ConstraintsOf(target) {
		if c := w.Constraint(i); relation.Op(c.Op) == r.Op && w.Text(c.Version) == r.Version {
			return i
		}
	}
	i := uint32(len(w.constraints) + len(w.added.constraints))
	w.added.constraints = append(w.added.constraints, Constraint{Name: target, Op: uint32(r.Op), Version: w.text(r.Version)})
	for _, n := range append(w.stands[target], target) {
		w.more[n] = append(w.more[n], i)
	}
	return i
}
