// Package solve finds the packages that a list of names brings in, and finds the
// same ones as apt's classic resolver does over an empty system with
// `--no-install-recommends`.
//
// apt decides while it walks: it marks packages depth first, in the order of the
// request and of each stanza, and which of several providers it takes depends on
// what is marked already. So this package walks in the same order, and keeps the
// few facts of the index that change on the way: who is marked, whose candidate
// is gone, who is protected. It never searches back; what a wrong turn left is
// mended by scores (resolver.go) and swept up (sweep.go), as apt does.
//
// It knows no archive and no file but the index.
package solve

import (
	"cmp"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// A Pick is one package of a request, as [Choose] picked it.
type Pick struct {
	Name    uint32
	Version uint32 // of the index; never None

	// Suite, if the request named one, is also where those dependencies come from
	// that the candidates of other suites do not meet.
	Suite string
}

// Options are the choices of a solution. The zero value is apt's
// --no-install-recommends.
type Options struct {
	Recommends bool     // install what packages recommend, where it can be had
	Plain      []uint32 // versions whose own Recommends do not count all the same
	Prefer     []uint32 // versions that are candidates in place of the archives'
}

// Solve returns the versions that the picks bring in, themselves included,
// sorted by name, native ones before foreign ones. The order of the picks matters. If they cannot be installed
// together, the error is a *[Refusal].
func Solve(ix *index.Index, picks []Pick, opts Options) ([]uint32, error) {
	s := newSolver(ix, opts)
	picks = distinct(picks)
	s.picks = picks
	for _, v := range opts.Prefer {
		s.prefer(ix.Versions[v].Name, v)
	}
	for _, p := range picks {
		s.prefer(p.Name, p.Version)
		s.set(p.Name, protected)
		s.mark(p.Name, false, 0, true)
	}
	for _, p := range picks {
		if p.Suite != "" {
			s.follow(p.Version, p.Suite, 0)
		}
	}
	for _, p := range picks {
		s.mark(p.Name, true, 0, true)
	}
	if s.anyBroken() {
		s.mend()
	}
	if !s.anyBroken() {
		s.sweep()
	}
	if s.anyBroken() {
		return nil, s.refuse(picks)
	}
	var all []uint32
	for _, n := range s.installed() {
		all = append(all, s.install(n))
	}
	slices.SortFunc(all, func(a, b uint32) int {
		x, y := &ix.Names[ix.Versions[a].Name], &ix.Names[ix.Versions[b].Name]
		return cmp.Or(cmp.Compare(ix.Text(x.Text), ix.Text(y.Text)), cmp.Compare(x.Arch, y.Arch))
	})
	return all, nil
}

// distinct drops later picks of the same version.
func distinct(picks []Pick) []Pick {
	seen := make(map[uint32]bool, len(picks))
	var out []Pick
	for _, p := range picks {
		if !seen[p.Version] {
			seen[p.Version] = true
			out = append(out, p)
		}
	}
	return out
}

// follow makes what a suite has the candidate for what version v needs, as apt's
// `name/suite` does: not where a candidate does that needs nothing itself, but else
// also where another would do. Like apt it looks no further once the suite has
// nothing for a dependency whose candidate needs something. It reports whether it
// went through.
func (s *solver) follow(v uint32, suite string, depth int) bool {
	if depth > maxDepth {
		return false
	}
	for _, g := range s.groups(v) {
		if g[0].Type().Negative() || !s.wanted(s.ix.Versions[v].Name, g[0].Type()) {
			continue
		}
		met := s.solutions(g)
		if len(met) > 0 && !s.needsAny(met[0]) {
			continue
		}
		w := s.inSuite(g, suite)
		if w == index.None && len(met) > 0 {
			return false
		}
		if w != index.None && !s.followTo(w, suite, depth+1) {
			return false
		}
	}
	return true
}

// followTo makes a version the candidate, unless one of that number is, and follows
// what it needs.
func (s *solver) followTo(w uint32, suite string, depth int) bool {
	n := s.ix.Versions[w].Name
	if c := s.candidate(n); c != index.None && s.ix.VersionOf(c) == s.ix.VersionOf(w) {
		return true
	}
	s.prefer(n, w)
	return s.follow(w, suite, depth)
}

// needsAny reports whether a version has a dependency that must be met.
func (s *solver) needsAny(v uint32) bool {
	return slices.ContainsFunc(s.ix.DepsOf(v), func(d index.Dep) bool {
		return !d.Type().Negative() && s.wanted(s.ix.Versions[v].Name, d.Type())
	})
}

// inSuite returns the version of a suite for a group: the highest that it has of a
// package which an alternative names, if that is in range; or None. What provides
// such a name is not asked.
func (s *solver) inSuite(g []index.Dep, suite string) uint32 {
	for _, d := range g {
		c := &s.ix.Constraints[d.Constraint()]
		vs := s.ix.Names[c.Name].Versions
		for v := vs.First; v < vs.End(); v++ {
			if s.ix.In(v, suite) {
				if s.ix.Accepts(c, v) {
					return v
				}
				break
			}
		}
	}
	return index.None
}
