package solve

import (
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// follow makes versions of the suites that picks name the candidates for what the
// picks need. Nothing of apt's manual says when it does; these are the rules that its
// answers about small archives follow.
//
// A dependency is left alone if something that meets it could be installed at once,
// beside what the picks marked: a candidate without dependencies, above all. Else each
// alternative that names a version is tried: what the suite has of that package, if
// that is in the range, becomes the candidate, and what it needs is followed in the same
// way. If that does not go through it is undone, but for the last alternative; and a
// Depends of which no alternative goes through ends the way.
func (s *solver) follow() {
	for _, p := range s.picks {
		if p.Suite != "" {
			f := follower{solver: s, suite: p.Suite}
			f.version(p.Version, 0)
		}
	}
}

// A follower goes from one pick.
type follower struct {
	*solver
	suite string
	steps []step // that were not undone
}

// A step made a version the candidate of its name.
type step struct {
	version uint32
	name    uint32
	old     uint32 // solver.cand before
}

// version makes v the candidate and follows what it needs. It reports whether it went
// through.
func (f *follower) version(v uint32, depth int) bool {
	if depth > maxDepth {
		return false
	}
	if slices.ContainsFunc(f.steps, func(s step) bool { return s.version == v }) {
		return true
	}
	n := f.ix.Version(v).Name
	f.steps = append(f.steps, step{v, n, f.cand[n]})
	f.prefer(n, v)
	for _, g := range f.groups(v) {
		t := g[0].Type()
		if t.Negative() || !f.wanted(n, t) || slices.ContainsFunc(f.solutions(g), f.atOnce) {
			continue
		}
		if !f.group(g, depth) && t.Critical() {
			return false
		}
	}
	return true
}

// group tries the alternatives of a dependency.
func (f *follower) group(g []index.Dep, depth int) bool {
	for _, d := range g {
		w := f.inSuite(d)
		if w == index.None {
			continue
		}
		before := len(f.steps)
		if f.version(w, depth+1) {
			return true
		}
		if d.Or() {
			f.undo(before)
		}
	}
	return false
}

// undo takes back all steps but the first n.
func (f *follower) undo(n int) {
	for _, s := range slices.Backward(f.steps[n:]) {
		old := s.old - 2 // as solver.candidate reads it
		if s.old == 0 {
			old = f.ix.Name(s.name).Candidate
		}
		f.prefer(s.name, old)
	}
	f.steps = f.steps[:n]
}

// atOnce reports whether a version could be installed with nothing but what is marked;
// a marked one that lacks something counts no more than others.
func (f *follower) atOnce(v uint32) bool {
	n := f.ix.Version(v).Name
	return !slices.ContainsFunc(f.groups(v), func(g []index.Dep) bool {
		return g[0].Type().Critical() && !f.holds(n, g)
	})
}

// inSuite returns the suite's version for an alternative that names a version: the
// highest that it has of the package, if that is in the range; or None. What provides
// such a name is not asked.
func (f *follower) inSuite(d index.Dep) uint32 {
	c := f.ix.Constraint(d.Constraint())
	if relation.Op(c.Op) == relation.None {
		return index.None
	}
	vs := f.ix.Name(c.Name).Versions
	for v := vs.First; v < vs.End(); v++ {
		if f.ix.In(v, f.suite) {
			if f.ix.Accepts(c, v) {
				return v
			}
			break
		}
	}
	return index.None
}
