package index

import (
	"iter"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

// at returns a record: of the file, or of those behind it that With added.
func at[T any](file, added []T, i uint32) *T {
	if int(i) < len(file) {
		return &file[i]
	}
	return &added[int(i)-len(file)]
}

// part returns a span of records, all of the file or all added.
func part[T any](file, added []T, s Span) []T {
	if int(s.First) < len(file) || s.Count == 0 {
		return file[min(int(s.First), len(file)):][:s.Count]
	}
	return added[int(s.First)-len(file):][:s.Count]
}

// Name returns the record of a name by its number. Nobody writes to it.
func (ix *Index) Name(id uint32) *Name { return at(ix.names, ix.added.names, id) }

// Version returns the record of a version.
func (ix *Index) Version(v uint32) *Version { return at(ix.versions, ix.added.versions, v) }

// Constraint returns the record of a constraint.
func (ix *Index) Constraint(c uint32) *Constraint { return at(ix.constraints, ix.added.constraints, c) }

// Provide returns the record of a Provide.
func (ix *Index) Provide(p uint32) *Provide { return at(ix.provides, ix.added.provides, p) }

// NameCount returns how many names there are.
func (ix *Index) NameCount() uint32 { return uint32(len(ix.names) + len(ix.added.names)) }

// VersionCount returns how many versions there are.
func (ix *Index) VersionCount() uint32 { return uint32(len(ix.versions) + len(ix.added.versions)) }

// ProvideCount returns how many Provides there are.
func (ix *Index) ProvideCount() uint32 { return uint32(len(ix.provides) + len(ix.added.provides)) }

// Essential lists the names whose candidate is marked Essential, by number.
func (ix *Index) Essential() []uint32 { return ix.essential }

// HashOrder returns a new list of all names in the order of apt's hash table.
func (ix *Index) HashOrder() []uint32 {
	order := append(make([]uint32, 0, ix.NameCount()), ix.hashOrder...)
	for i := range ix.added.names {
		id := uint32(len(ix.names) + i)
		at, _ := slices.BinarySearchFunc(order, id, func(a, b uint32) int {
			return ix.compareHashed(a, b, bucketOf(ix.NameOf(a)), bucketOf(ix.NameOf(b)))
		})
		order = slices.Insert(order, at, id)
	}
	return order
}

// Met returns a new list of bits: bit i says that a candidate meets constraint i.
func (ix *Index) Met() []uint64 {
	n := len(ix.constraints) + len(ix.added.constraints)
	met := append(make([]uint64, 0, n/64+1), ix.met...)[:n/64+1]
	for i := range ix.added.constraints {
		c := uint32(len(ix.constraints) + i)
		if ix.Meets(c, func(v uint32) bool { return ix.Name(ix.Version(v).Name).Candidate == v }) {
			met[c/64] |= 1 << (c % 64)
		}
	}
	return met
}

// Text returns a string of the index, which lives as long as the index.
func (ix *Index) Text(s Text) string {
	b := part(ix.strings, ix.added.strings, Span{s.Off, s.Len})
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// NameOf returns a name's text, without its architecture.
func (ix *Index) NameOf(id uint32) string { return ix.Text(ix.Name(id).Text) }

// VersionOf returns the version number of a version.
func (ix *Index) VersionOf(v uint32) string { return ix.Text(ix.Version(v).Version) }

// Find returns the number of a name of the native architecture, or None. Names that
// only stand for another architecture's package are not found.
func (ix *Index) Find(name string) uint32 { return ix.find(name, native) }

func (ix *Index) find(name string, arch uint16) uint32 {
	id := ix.buckets[fnv(name)&uint32(len(ix.buckets)-1)]
	for id != None && (ix.names[id].Arch != arch || ix.NameOf(id) != name) {
		id = ix.names[id].next
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
func (ix *Index) SameText(a, b uint32) bool { return ix.Name(a).Text == ix.Name(b).Text }

// Label is how people write a name: "libc6", "libc6:arm64" if it is foreign.
func (ix *Index) Label(id uint32) string {
	if n := int(ix.Name(id).Arch); n != native && n < len(ix.meta.Arches) {
		return ix.NameOf(id) + ":" + ix.meta.Arches[n]
	}
	return ix.NameOf(id)
}

// DepsOf returns the dependencies of a version, in the order of DepType.
func (ix *Index) DepsOf(v uint32) []Dep { return part(ix.deps, ix.added.deps, ix.Version(v).Deps) }

// Group returns the dependency that deps begin with, all its alternatives.
func Group(deps []Dep) []Dep {
	n := 1
	for deps[n-1].Or() {
		n++
	}
	return deps[:n]
}

// ProvidesOf returns what a version provides.
func (ix *Index) ProvidesOf(v uint32) []Provide {
	return part(ix.provides, ix.added.provides, ix.Version(v).Provides)
}

// ProvidersOf returns who provides a name, as numbers of Provides, newest first.
func (ix *Index) ProvidersOf(name uint32) []uint32 {
	return part(ix.providedBy, ix.added.providedBy, ix.Name(name).Providers)
}

// ConstraintsOf returns the numbers of all that something says of a name.
func (ix *Index) ConstraintsOf(name uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for c, s := ix.Name(name).Constraints.First, ix.Name(name).Constraints; c < s.End(); c++ {
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
func (ix *Index) Accepts(c *Constraint, v uint32) bool {
	return relation.Op(c.Op).Holds(ix.VersionOf(v), ix.Text(c.Version))
}

// AcceptsProvide reports whether a Provide of the constraint's name is in its
// range: one without a version is only where no version is asked for.
func (ix *Index) AcceptsProvide(c *Constraint, p *Provide) bool {
	switch {
	case relation.Op(c.Op) == relation.None:
		return true
	case p.Version.Len == 0:
		return false
	}
	return relation.Op(c.Op).Holds(ix.Text(p.Version), ix.Text(c.Version))
}

// Meets reports whether one of the versions for which in is true meets a
// constraint, as itself or by what it provides.
func (ix *Index) Meets(constraint uint32, in func(version uint32) bool) bool {
	c := ix.Constraint(constraint)
	vs := ix.Name(c.Name).Versions
	for v := vs.First; v < vs.End(); v++ {
		if in(v) && ix.Accepts(c, v) {
			return true
		}
	}
	for _, i := range ix.ProvidersOf(c.Name) {
		if p := ix.Provide(i); in(p.Owner) && ix.AcceptsProvide(c, p) {
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
	return &ix.meta.Inputs[bits.TrailingZeros64(ix.Version(v).Inputs)]
}

// In reports whether version v is in an archive or suite of that name: the
// archive's name in the workspace, or its Suite or Codename.
func (ix *Index) In(v uint32, suite string) bool {
	for i, in := range ix.meta.Inputs {
		if ix.Version(v).Inputs>>i&1 == 1 && (in.Archive == suite || in.Suite == suite || in.Codename == suite) {
			return true
		}
	}
	return false
}
