package apt

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
)

// A base is the essential packages and what they need, solved alone, so that it
// is the same for all requests of the same archives.
type base struct {
	picks    []solve.Pick
	versions []uint32
}

// essential solves the base, in the order in which the archives name it; an
// empty one if none is asked for.
func essential(ix *index.Index, asked bool) (base, error) {
	var b base
	if !asked {
		return b, nil
	}
	for _, n := range ix.Essential {
		b.picks = append(b.picks, solve.Pick{Name: n, Version: ix.Names[n].Candidate})
	}
	var err error
	b.versions, err = solve.Solve(ix, b.picks, solve.Options{})
	return b, err
}

// without returns what a joint solution has beyond the base; changed says what
// it would change in it.
func (b base) without(ix *index.Index, joint []uint32) (rest []uint32, changed string) {
	for _, v := range joint {
		if !slices.Contains(b.versions, v) {
			rest = append(rest, v)
		}
	}
	for _, v := range b.versions {
		if slices.Contains(joint, v) {
			continue
		}
		name := ix.Versions[v].Name
		text := fmt.Sprintf("it would take the essential set's %s %s away", ix.NameOf(name), ix.VersionOf(v))
		for _, w := range joint {
			if ix.Versions[w].Name == name {
				text = fmt.Sprintf("it would put %s %s in the place of the essential set's %s", ix.NameOf(name), ix.VersionOf(w), ix.VersionOf(v))
			}
		}
		return rest, text
	}
	return rest, ""
}

// pre names the packages of versions that meet the Pre-Depends of v, and all that
// these depend on in turn, sorted.
func pre(ix *index.Index, v uint32, versions, joint []uint32) []string {
	early := direct(ix, v, versions, joint, func(d index.Dep) bool { return d.Type() == index.PreDepends })
	for i := 0; i < len(early); i++ {
		for _, w := range direct(ix, early[i], versions, joint, func(d index.Dep) bool { return d.Type() <= index.Depends }) {
			if w != v && !slices.Contains(early, w) {
				early = append(early, w)
			}
		}
	}
	var names []string
	for _, w := range early {
		names = append(names, strings.Clone(ix.NameOf(ix.Versions[w].Name)))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// direct are those of versions that meet the dependencies of v that count. Of
// each it is the first alternative that is met: by the package of that name, or
// else by all that provide it.
func direct(ix *index.Index, v uint32, versions, joint []uint32, counts func(index.Dep) bool) []uint32 {
	var found []uint32
	deps := ix.DepsOf(v)
	for len(deps) > 0 {
		g := index.Group(deps)
		deps = deps[len(g):]
		if !counts(g[0]) {
			continue
		}
		for _, d := range g {
			met := meeting(ix, d, joint)
			for _, w := range met {
				if slices.Contains(versions, w) && w != v {
					found = append(found, w)
				}
			}
			if len(met) > 0 {
				break
			}
		}
	}
	return found
}

// meeting lists the versions of joint that meet d.
func meeting(ix *index.Index, d index.Dep, joint []uint32) []uint32 {
	c := &ix.Constraints[d.Constraint()]
	vs := ix.Names[c.Name].Versions
	for w := vs.First; w < vs.End(); w++ {
		if slices.Contains(joint, w) && ix.Accepts(c, w) {
			return []uint32{w}
		}
	}
	var all []uint32
	for _, i := range ix.ProvidersOf(c.Name) {
		if p := &ix.Provides[i]; slices.Contains(joint, p.Owner) && ix.AcceptsProvide(c, p) {
			all = append(all, p.Owner)
		}
	}
	return all
}
