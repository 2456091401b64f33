package solve

import "github.com/ashlar-build/ashlar/buildroot/apt/index"

// maxDepth is where apt gives up going deeper.
const maxDepth = 3000

// What a solver notes of a name.
const (
	marked    uint8 = 1 << iota // to be installed
	protected                   // stays as it is, marked or not
	auto                        // marked for another's sake
	listed                      // in solver.order
	plain                       // its Recommends do not count
)

// A solver is the state of one solution. Its arrays are by number of the name
// and fresh from the system: memory of names that nobody asks for stays unused.
type solver struct {
	ix    *index.Index
	opts  Options
	picks []Pick

	standIn uint32 // the name of what stands for dependencies, or None

	flags []uint8
	inst  []uint32 // the version to be installed, plus one
	cand  []uint32 // the candidate, plus two; one if it was taken away; zero if the index has it

	// bi and bc say by constraint whether an installed version or a candidate
	// meets it. Like apt's cached states they are renewed when a package's mark
	// changes and not when a candidate is taken away: answers depend on it.
	bi, bc []uint64

	order []uint32 // names that were marked, first ones first
	fails map[uint32]failure
	needs map[uint32]uint32 // for whose sake a name was marked
}

func newSolver(ix *index.Index, opts Options) *solver {
	n, met := ix.NameCount(), ix.Met()
	s := &solver{
		ix: ix, opts: opts,
		flags: make([]uint8, n),
		inst:  make([]uint32, n),
		cand:  make([]uint32, n),
		bi:    make([]uint64, len(met)),
		bc:    met,
		fails: map[uint32]failure{},
		needs: map[uint32]uint32{},
	}
	for _, v := range opts.Plain {
		s.set(ix.Version(v).Name, plain)
	}
	return s
}

func (s *solver) is(n uint32, flag uint8) bool { return s.flags[n]&flag != 0 }
func (s *solver) set(n uint32, flag uint8)     { s.flags[n] |= flag }
func (s *solver) unset(n uint32, flag uint8)   { s.flags[n] &^= flag }

// install returns the version of n that is to be installed, or None.
func (s *solver) install(n uint32) uint32 { return s.inst[n] - 1 }

// candidate returns the version of n that would be installed, or None.
func (s *solver) candidate(n uint32) uint32 {
	if c := s.cand[n]; c != 0 {
		return c - 2 // one minus two is None
	}
	return s.ix.Name(n).Candidate
}

// prefer makes a version the candidate.
func (s *solver) prefer(n, version uint32) {
	if s.candidate(n) == version {
		return
	}
	if s.is(n, marked) && s.install(n) == s.candidate(n) {
		s.inst[n] = version + 1
	}
	s.cand[n] = version + 2
	s.update(n)
}

// drop takes the candidate of n away. What depends on it is not told.
func (s *solver) drop(n uint32) {
	s.cand[n] = s.inst[n] + 1
}

// put marks n with its candidate.
func (s *solver) put(n uint32, user bool) {
	switch {
	case user:
		s.unset(n, auto)
	case !s.is(n, marked):
		s.set(n, auto)
	}
	s.inst[n] = s.candidate(n) + 1
	if !s.is(n, listed) {
		s.order = append(s.order, n)
	}
	s.set(n, marked|listed)
	s.update(n)
}

// keep unmarks n, if it may be: reports whether it is unmarked now.
func (s *solver) keep(n uint32) bool {
	switch {
	case !s.is(n, marked):
		return true
	case s.is(n, protected):
		return false
	}
	s.take(n)
	return true
}

// remove is keep for a package that apt would rather delete: never an essential
// one.
func (s *solver) remove(n uint32) bool {
	const vital = index.Essential | index.Important | index.Forced
	if s.is(n, marked) && s.ix.Name(n).Flags&vital != 0 {
		return false
	}
	return s.keep(n)
}

// take unmarks n.
func (s *solver) take(n uint32) {
	s.inst[n] = 0
	s.unset(n, marked)
	s.update(n)
}

// update renews what is known of the constraints on n and on what its candidate
// provides.
func (s *solver) update(n uint32) {
	s.renew(n)
	if c := s.candidate(n); c != index.None {
		for _, p := range s.ix.ProvidesOf(c) {
			s.renew(p.Name)
		}
	}
}

func (s *solver) renew(n uint32) {
	for c := range s.ix.ConstraintsOf(n) {
		put(s.bi, c, s.ix.Meets(c, s.isInstall))
		put(s.bc, c, s.ix.Meets(c, s.isCandidate))
	}
}

func (s *solver) isInstall(v uint32) bool   { return s.inst[s.ix.Version(v).Name] == v+1 }
func (s *solver) isCandidate(v uint32) bool { return s.candidate(s.ix.Version(v).Name) == v }

func put(bits []uint64, i uint32, on bool) {
	if on {
		bits[i/64] |= 1 << (i % 64)
	} else {
		bits[i/64] &^= 1 << (i % 64)
	}
}

func get(bits []uint64, i uint32) bool { return bits[i/64]>>(i%64)&1 == 1 }

// met reports whether one alternative of a positive group is met.
func (s *solver) met(g []index.Dep, bits []uint64) bool {
	for _, d := range g {
		if get(bits, d.Constraint()) {
			return true
		}
	}
	return false
}

// groups lists the dependencies of a version.
func (s *solver) groups(v uint32) [][]index.Dep {
	var all [][]index.Dep
	for deps := s.ix.DepsOf(v); len(deps) > 0; {
		g := index.Group(deps)
		all = append(all, g)
		deps = deps[len(g):]
	}
	return all
}

// hits lists the versions that a negative dependency of package owner speaks of
// and that in picks: others than its own, by name or by what they provide. The same
// package for another architecture does not count, but for what is said of just that;
// and that is not meant for those that provide it.
func (s *solver) hits(owner uint32, d index.Dep, in func(uint32) bool) []uint32 {
	c := s.ix.Constraint(d.Constraint())
	arch := d.Type() == index.ArchConflicts || d.Type() == index.ArchBreaks
	same := func(n uint32) bool { return owner != index.None && s.ix.SameText(n, owner) }
	var all []uint32
	if arch || !same(c.Name) {
		vs := s.ix.Name(c.Name).Versions
		for v := vs.First; v < vs.End(); v++ {
			if in(v) && s.ix.Accepts(c, v) {
				all = append(all, v)
			}
		}
	}
	if arch {
		return all
	}
	for _, i := range s.ix.ProvidersOf(c.Name) {
		p := s.ix.Provide(i)
		if !same(s.ix.Version(p.Owner).Name) && in(p.Owner) && s.ix.AcceptsProvide(c, p) {
			all = append(all, p.Owner)
		}
	}
	return all
}

// wanted reports whether dependencies of a type are to be met for a package.
func (s *solver) wanted(n uint32, t index.DepType) bool {
	return t.Critical() || t == index.Recommends && s.opts.Recommends && !s.is(n, plain)
}

// holds reports whether a dependency of package owner is met by what is marked.
func (s *solver) holds(owner uint32, g []index.Dep) bool {
	if g[0].Type().Negative() {
		return len(s.hits(owner, g[0], s.isInstall)) == 0
	}
	return s.met(g, s.bi)
}

// broken reports whether n is marked and a dependency of it that must be met is
// not.
func (s *solver) broken(n uint32) bool {
	return s.lacks(n, func(_ uint32, t index.DepType) bool { return t.Critical() })
}

// lacks reports whether a dependency of one of the types is not met.
func (s *solver) lacks(n uint32, of func(uint32, index.DepType) bool) bool {
	v := s.install(n)
	if v == index.None {
		return false
	}
	for deps := s.ix.DepsOf(v); len(deps) > 0; {
		g := index.Group(deps)
		deps = deps[len(g):]
		if of(n, g[0].Type()) && !s.holds(n, g) {
			return true
		}
	}
	return false
}

// installed lists what is marked, in the order of apt's hash table among the
// names that ever were.
func (s *solver) installed() []uint32 {
	var all []uint32
	for _, n := range s.order {
		if s.is(n, marked) {
			all = append(all, n)
		}
	}
	return all
}

func (s *solver) anyBroken() bool { return s.brokenCount() > 0 }

func (s *solver) brokenCount() int {
	count := 0
	for _, n := range s.order {
		if s.is(n, marked) && s.broken(n) {
			count++
		}
	}
	return count
}
