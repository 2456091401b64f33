package apt

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// holds are the versions that stay, by name.
type holds map[uint32]uint32

// held says which packages can stay among versions, a solution of picks without holds:
// those that the archives still have, and that go together with the versions that move.
func held(ix *index.Index, packages []lock.Package, picks []solve.Pick, versions []uint32) holds {
	h := holds{}
	for _, p := range packages {
		v := find(ix, p)
		if v == index.None {
			continue
		}
		if n := ix.Version(v).Name; !slices.Contains(versions, v) && slices.ContainsFunc(versions, func(w uint32) bool { return ix.Version(w).Name == n }) {
			h[n] = v
		}
	}
	for h.release(ix, picks, versions) {
	}
	return h
}

// find returns the version of the index that is a package of a lock, or None.
func find(ix *index.Index, p lock.Package) uint32 {
	id := ix.FindArch(p.Name, p.Arch)
	if id == index.None {
		return index.None
	}
	vs := ix.Name(id).Versions
	for v := vs.First; v < vs.End(); v++ {
		if hex.EncodeToString(ix.Version(v).SHA256[:]) == p.SHA256 {
			return v
		}
	}
	return index.None
}

// release lets go of what does not go together, and reports whether there was any.
// Where a version that moves and one that stays are at odds, the one that stays
// gives way.
func (h holds) release(ix *index.Index, picks []solve.Pick, versions []uint32) (released bool) {
	now := make([]uint32, len(versions))
	for i, v := range versions {
		now[i] = v
		if old, ok := h[ix.Version(v).Name]; ok {
			now[i] = old
		}
	}
	in := func(v uint32) bool { return slices.Contains(now, v) }
	for _, p := range picks {
		if all := p.Meeting(ix); p.Relation != nil && !slices.ContainsFunc(all, in) {
			for _, v := range all {
				released = h.drop(ix.Version(v).Name) || released
			}
		}
	}
	for _, v := range now {
		own := ix.Version(v).Name
		_, stays := h[own]
		for deps := ix.DepsOf(v); len(deps) > 0; {
			g := index.Group(deps)
			deps = deps[len(g):]
			if !h.odds(ix, own, g, in) {
				continue
			}
			if stays {
				delete(h, own)
				return true
			}
			for _, d := range g {
				if target := ix.Constraint(d.Constraint()).Name; h.drop(target) {
					released = true
				}
				for _, i := range ix.ProvidersOf(ix.Constraint(d.Constraint()).Name) {
					if h.drop(ix.Version(ix.Provide(i).Owner).Name) {
						released = true
					}
				}
			}
		}
	}
	return released
}

// odds reports whether a dependency of a package does not hold among the versions
// for which in is true.
func (h holds) odds(ix *index.Index, own uint32, g []index.Dep, in func(uint32) bool) bool {
	switch t := g[0].Type(); {
	case t == index.Recommends || t == index.Suggests:
		return false
	case t.Negative():
		return slices.ContainsFunc(g, func(d index.Dep) bool {
			return ix.Meets(d.Constraint(), func(v uint32) bool { return in(v) && !ix.SameText(ix.Version(v).Name, own) })
		})
	}
	return !slices.ContainsFunc(g, func(d index.Dep) bool { return ix.Meets(d.Constraint(), in) })
}

func (h holds) drop(n uint32) bool {
	_, ok := h[n]
	delete(h, n)
	return ok
}

// versions are the versions that stay, in a fixed order.
func (h holds) versions() []uint32 { return slices.Sorted(maps.Values(h)) }

// candidate is the version of a name that would be installed.
func (h holds) candidate(ix *index.Index, n uint32) uint32 {
	if v, ok := h[n]; ok {
		return v
	}
	return ix.Name(n).Candidate
}

// instead returns the version that stays in place of the candidate that a relation
// chose, if it is in the relation's range. A relation that names one version, or a
// suite, means it.
func (h holds) instead(ix *index.Index, text string, chosen uint32) uint32 {
	n := ix.Version(chosen).Name
	old, ok := h[n]
	if !ok || ix.Name(n).Candidate != chosen {
		return chosen
	}
	for alt := range strings.SplitSeq(text, "|") {
		rels, err := relation.Parse(strings.TrimSpace(alt))
		if err == nil && len(rels) == 1 && rels[0].Name == ix.NameOf(n) && rels[0].Op.Holds(ix.VersionOf(old), rels[0].Version) {
			return old
		}
	}
	return chosen
}
