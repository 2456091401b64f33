package solve

import (
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// mark marks n for installation, with what it depends on if deps, and reports
// whether that worked. user says that it was asked for by name.
func (s *solver) mark(n uint32, deps bool, depth int, user bool) bool {
	switch {
	case depth > maxDepth || s.ix.Name(n).Versions.Count == 0:
		return false
	case !user && s.is(n, protected) && !s.is(n, marked):
		return false
	}
	v := s.candidate(n)
	if v == index.None {
		return false
	}
	if s.is(n, marked) && !s.is(n, protected) && !s.lacks(n, s.wanted) {
		return true
	}
	was := s.is(n, protected)
	if g := s.impossible(v); deps && g != nil {
		s.fail(n, failure{version: v, group: g})
		if !was {
			s.drop(n)
		}
		return false
	}
	if user {
		s.put(n, true)
	}
	if !deps {
		if !user {
			s.put(n, false)
		}
		return true
	}
	positive, negative := s.collect(n, v, was)
	ok := s.clear(n, v, negative, was || user, was)
	if !ok && !was && !user {
		return false
	}
	if !user {
		s.put(n, false)
	}
	s.set(n, protected)
	ok = s.meet(n, v, positive, depth, was, user) && ok
	if !was {
		s.unset(n, protected)
	}
	if !ok && !was && !user {
		s.take(n)
		s.drop(n)
	}
	return ok
}

// impossible returns the first dependency of a version that neither what is
// marked nor any candidate meets, or nil.
func (s *solver) impossible(v uint32) []index.Dep {
	for deps := s.ix.DepsOf(v); len(deps) > 0; {
		g := index.Group(deps)
		deps = deps[len(g):]
		if t := g[0].Type(); t.Critical() && !t.Negative() && !s.met(g, s.bi) && !s.met(g, s.bc) {
			return g
		}
	}
	return nil
}

// collect lists the dependencies that must be looked at: those that are not met,
// or all of a protected package.
func (s *solver) collect(n, v uint32, all bool) (positive, negative [][]index.Dep) {
	for deps := s.ix.DepsOf(v); len(deps) > 0; {
		g := index.Group(deps)
		deps = deps[len(g):]
		switch t := g[0].Type(); {
		case !s.wanted(n, t) || !all && s.holds(n, g):
		case t.Negative():
			negative = append(negative, g)
		default:
			positive = append(positive, g)
		}
	}
	return positive, negative
}

// clear makes room for version v of n: what it conflicts with is unmarked, and,
// if n is protected, cannot come back. What is hit is looked at as providers are,
// the better ones first. goOn keeps on after a failure.
func (s *solver) clear(n, v uint32, negative [][]index.Dep, goOn, isProtected bool) bool {
	ok := true
	var gone []uint32
	for _, g := range negative {
		hits := s.hits(n, g[0], s.isCandidate)
		target := s.ix.Constraint(g[0].Constraint()).Name
		slices.SortFunc(hits, func(a, b uint32) int { return s.better(a, b, target) })
		for _, hit := range hits {
			q := s.ix.Version(hit).Name
			switch {
			case s.is(q, marked) && !s.keep(q):
				s.fail(n, failure{version: v, group: g, other: hit})
				if !goOn {
					return false
				}
				ok = false
			case isProtected:
				s.fail(q, failure{version: hit, group: g, other: v, excluded: true})
				gone = append(gone, q)
			}
		}
	}
	for _, q := range gone {
		s.drop(q)
		s.set(q, protected)
	}
	return ok
}

// meet marks what meets the groups of version v of n.
func (s *solver) meet(n, v uint32, groups [][]index.Dep, depth int, was, user bool) bool {
	ok := true
	for _, g := range groups {
		critical := g[0].Type().Critical()
		if s.met(g, s.bi) {
			if was && critical {
				s.pin(g, depth)
			}
			continue
		}
		if s.meetOne(n, g, depth, was && critical) || !critical {
			continue
		}
		s.fail(n, failure{version: v, group: g})
		ok = false
		if !was && !user {
			break
		}
	}
	return ok
}

// pin protects the package that alone can meet a group of a protected package.
func (s *solver) pin(g []index.Dep, depth int) {
	all := s.solutions(g)
	if len(all) != 1 {
		return
	}
	if q := s.ix.Version(all[0]).Name; !s.is(q, protected) {
		s.set(q, protected)
		s.mark(q, true, depth+1, false)
	}
}

// meetOne marks the first solution of a group that can be marked.
func (s *solver) meetOne(n uint32, g []index.Dep, depth int, protect bool) bool {
	all := s.solutions(g)
	for _, w := range all {
		q := s.ix.Version(w).Name
		if s.candidate(q) != w {
			continue
		}
		if _, ok := s.needs[q]; !ok {
			s.needs[q] = n
		}
		if protect && len(all) == 1 {
			if !s.mark(q, false, depth+1, false) {
				continue
			}
			s.set(q, protected)
		}
		if s.mark(q, true, depth+1, false) {
			return true
		}
	}
	return false
}

// solutions lists the candidates that meet a group: alternatives from left to
// right, and for each the better providers first.
func (s *solver) solutions(g []index.Dep) []uint32 {
	var all []uint32
	for _, d := range g {
		if !get(s.bc, d.Constraint()) {
			continue
		}
		c := s.ix.Constraint(d.Constraint())
		first := len(all)
		if v := s.candidate(c.Name); v != index.None && s.ix.Accepts(c, v) && !slices.Contains(all, v) {
			all = append(all, v)
		}
		for _, i := range s.ix.ProvidersOf(c.Name) {
			p := s.ix.Provide(i)
			if s.isCandidate(p.Owner) && s.ix.AcceptsProvide(c, p) && !slices.Contains(all, p.Owner) {
				all = append(all, p.Owner)
			}
		}
		slices.SortFunc(all[first:], func(a, b uint32) int { return s.better(a, b, c.Name) })
	}
	return all
}

// better orders two versions that meet a dependency on target. That one of them is for
// the architecture of target counts for nothing: native ones are taken first.
func (s *solver) better(a, b, target uint32) int {
	x, y := s.ix.Version(a), s.ix.Version(b)
	for _, first := range [...]func(n uint32) bool{
		func(n uint32) bool { return s.is(n, protected) },
		func(n uint32) bool { return s.ix.SameText(n, target) },
		func(n uint32) bool { return s.ix.Name(n).Flags&(index.Essential|index.Forced) != 0 },
		func(n uint32) bool { return s.ix.Name(n).Flags&index.Important != 0 },
	} {
		if p, q := first(x.Name), first(y.Name); p != q {
			if p {
				return -1
			}
			return 1
		}
	}
	if p, q := s.ix.Name(x.Name).Arch, s.ix.Name(y.Name).Arch; p != q {
		return int(p) - int(q)
	}
	if x.Priority != y.Priority {
		return int(x.Priority) - int(y.Priority)
	}
	return int(int64(y.Name) - int64(x.Name))
}
