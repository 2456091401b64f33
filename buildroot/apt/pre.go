package apt

import (
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// An unpackOrder tells what has to be configured before a package is unpacked.
type unpackOrder struct {
	ix    *index.Index
	rest  map[uint32]bool     // versions that are asked about
	joint map[uint32]bool     // all versions of the solution
	known map[uint32][]uint32 // what a version needs to be configured, once it was asked for
}

func newUnpackOrder(ix *index.Index, rest, joint []uint32) *unpackOrder {
	o := &unpackOrder{ix: ix, rest: map[uint32]bool{}, joint: map[uint32]bool{}, known: map[uint32][]uint32{}}
	for _, v := range rest {
		o.rest[v] = true
	}
	for _, v := range joint {
		o.joint[v] = true
	}
	return o
}

// pre names the packages of rest that meet the Pre-Depends of v, and all that
// these need to be configured, sorted (lock.Package has it so).
func (o *unpackOrder) pre(v uint32) []string {
	seen := map[uint32]bool{v: true} // a package does not wait for itself
	queue := o.meeting(v, index.PreDepends)
	var names []string
	for len(queue) > 0 {
		w := queue[0]
		queue = queue[1:]
		if seen[w] {
			continue
		}
		seen[w] = true
		names = append(names, o.label(w, v))
		queue = append(queue, o.needs(w)...)
	}
	slices.Sort(names)
	return names
}

// label names w as the Pre of v does.
func (o *unpackOrder) label(w, v uint32) string {
	name, arch := strings.Clone(o.ix.NameOf(o.ix.Version(w).Name)), o.ix.Name(o.ix.Version(w).Name).Arch
	if arch == o.ix.Name(o.ix.Version(v).Name).Arch || o.ix.Text(o.ix.Version(w).Arch) == "all" {
		return name
	}
	return name + ":" + o.ix.Arches()[arch]
}

// needs are the versions that meet the Pre-Depends and Depends of v.
func (o *unpackOrder) needs(v uint32) []uint32 {
	list, ok := o.known[v]
	if !ok {
		list = o.meeting(v, index.Depends)
		o.known[v] = list
	}
	return list
}

// meeting are the versions of rest that meet the dependencies of v up to the
// type last, which is PreDepends or Depends. Of each dependency it is the first
// alternative that is met: by the package of that name, or else by all that
// provide it.
func (o *unpackOrder) meeting(v uint32, last index.DepType) []uint32 {
	var all []uint32
	deps := o.ix.DepsOf(v)
	for len(deps) > 0 && deps[0].Type() <= last {
		group := index.Group(deps)
		deps = deps[len(group):]
		for _, d := range group {
			met := o.meet(d)
			if len(met) == 0 {
				continue
			}
			all = append(all, slices.DeleteFunc(met, func(w uint32) bool { return !o.rest[w] })...)
			break
		}
	}
	return all
}

// meet are the versions of the solution that meet d.
func (o *unpackOrder) meet(d index.Dep) []uint32 {
	c := o.ix.Constraint(d.Constraint())
	vs := o.ix.Name(c.Name).Versions
	for w := vs.First; w < vs.End(); w++ {
		if o.joint[w] && o.ix.Accepts(c, w) {
			return []uint32{w}
		}
	}
	var all []uint32
	for _, i := range o.ix.ProvidersOf(c.Name) {
		if p := o.ix.Provide(i); o.joint[p.Owner] && o.ix.AcceptsProvide(c, p) {
			all = append(all, p.Owner)
		}
	}
	return all
}
