package index

import (
	"iter"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// Text returns a string of the index, which lives as long as the index.
func (t *tables) Text(s Text) string {
	b := t.strings[s.Off : s.Off+s.Len]
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// NameOf returns a name's text, without its architecture.
func (t *tables) NameOf(id uint32) string { return t.Text(t.Names[id].Text) }

// VersionOf returns the version number of Versions[v].
func (t *tables) VersionOf(v uint32) string { return t.Text(t.Versions[v].Version) }

// Find returns the number of a name of the native architecture, or None. Names that
// only stand for another architecture's package are not found.
func (t *tables) Find(name string) uint32 { return t.find(name, native) }

func (t *tables) find(name string, arch uint16) uint32 {
	id := t.buckets[fnv(name)&uint32(len(t.buckets)-1)]
	for id != None && (t.Names[id].Arch != arch || t.Text(t.Names[id].Text) != name) {
		id = t.Names[id].next
	}
	return id
}

// FindArch returns the number of a package's name for an architecture, or None. What
// is for "all" architectures counts as native.
func (ix *Index) FindArch(name, arch string) uint32 {
	if arch == "all" {
		arch = ix.Arch()
	}
	n := slices.Index(ix.meta.Arches, arch)
	if n < 0 {
		return None
	}
	return ix.find(name, uint16(n))
}

// SameText reports whether two names differ in their architecture at most.
func (t *tables) SameText(a, b uint32) bool { return t.Names[a].Text == t.Names[b].Text }

// Label is how people write a name: "libc6", "libc6:arm64" if it is foreign.
func (ix *Index) Label(id uint32) string {
	if n := int(ix.Names[id].Arch); n != native && n < len(ix.meta.Arches) {
		return ix.NameOf(id) + ":" + ix.meta.Arches[n]
	}
	return ix.NameOf(id)
}

// DepsOf returns the dependencies of a version, in the order of DepType.
func (t *tables) DepsOf(v uint32) []Dep {
	s := t.Versions[v].Deps
	return t.Deps[s.First:s.End()]
}

// Group returns the dependency that deps begin with, all its alternatives.
func Group(deps []Dep) []Dep {
	n := 1
	for deps[n-1].Or() {
		n++
	}
	return deps[:n]
}

// ProvidesOf returns what a version provides.
func (t *tables) ProvidesOf(v uint32) []Provide {
	s := t.Versions[v].Provides
	return t.Provides[s.First:s.End()]
}

// ProvidersOf returns who provides a name, as numbers of Provides, newest first.
func (t *tables) ProvidersOf(name uint32) []uint32 {
	s := t.Names[name].Providers
	return t.ProvidedBy[s.First:s.End()]
}

// ConstraintsOf returns the numbers of all that something says of a name.
func (ix *Index) ConstraintsOf(name uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for c, s := ix.Names[name].Constraints.First, ix.Names[name].Constraints; c < s.End(); c++ {
			if !yield(c) {
				return
			}
		}
		for _, c := range ix.more[name] {
			if !yield(c) {
				return
			}
		}
	}
}

// Accepts reports whether version v of the constraint's own name is in its range.
func (t *tables) Accepts(c *Constraint, v uint32) bool {
	return relation.Op(c.Op).Holds(t.Text(t.Versions[v].Version), t.Text(c.Version))
}

// AcceptsProvide reports whether a Provide of the constraint's name is in its
// range: one without a version is only where no version is asked for.
func (t *tables) AcceptsProvide(c *Constraint, p *Provide) bool {
	switch {
	case relation.Op(c.Op) == relation.None:
		return true
	case p.Version.Len == 0:
		return false
	}
	return relation.Op(c.Op).Holds(t.Text(p.Version), t.Text(c.Version))
}

// Meets reports whether one of the versions for which in is true meets a
// constraint, as itself or by what it provides.
func (t *tables) Meets(constraint uint32, in func(version uint32) bool) bool {
	c := &t.Constraints[constraint]
	vs := t.Names[c.Name].Versions
	for v := vs.First; v < vs.End(); v++ {
		if in(v) && t.Accepts(c, v) {
			return true
		}
	}
	for _, i := range t.ProvidersOf(c.Name) {
		if p := &t.Provides[i]; in(p.Owner) && t.AcceptsProvide(c, p) {
			return true
		}
	}
	return false
}

// Arch returns the native architecture.
func (ix *Index) Arch() string { return ix.meta.Arches[native] }

// Arches returns the architectures of the index, the native one first.
func (ix *Index) Arches() []string { return ix.meta.Arches }

// Inputs returns the index's Packages files, without their data.
func (ix *Index) Inputs() []Input { return ix.meta.Inputs }

// Unusable returns the stanzas that were left out.
func (ix *Index) Unusable() []Unusable { return ix.meta.Unusable }

// InputOf returns the first of the Packages files that a version is in.
func (ix *Index) InputOf(v uint32) *Input {
	return &ix.meta.Inputs[bits.TrailingZeros64(ix.Versions[v].Inputs)]
}

// In reports whether version v is in an archive or suite of that name: the
// archive's name in the workspace, or its Suite or Codename.
func (ix *Index) In(v uint32, suite string) bool {
	for i, in := range ix.meta.Inputs {
		if ix.Versions[v].Inputs>>i&1 == 1 && (in.Archive == suite || in.Suite == suite || in.Codename == suite) {
			return true
		}
	}
	return false
}
