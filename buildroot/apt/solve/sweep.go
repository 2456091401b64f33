package solve

import "github.com/ashlar-build/ashlar/buildroot/apt/index"

// sweep drops what was marked on the way and is now needed by nobody. Needed is
// what was asked for or is essential, and what that depends on, recommends or
// suggests.
func (s *solver) sweep() {
	reached := map[uint32]bool{}
	for _, n := range s.installed() {
		const vital = index.Essential | index.Important | index.Forced
		if !s.is(n, auto) || s.ix.Name(n).Flags&vital != 0 {
			s.reach(n, reached)
		}
	}
	var dropped []uint32
	for _, n := range s.installed() {
		if !reached[n] && s.remove(n) {
			dropped = append(dropped, n)
		}
	}
	for len(dropped) > 0 && s.anyLacks() {
		n := len(dropped)
		dropped = s.putBack(dropped)
		if len(dropped) == n {
			break
		}
	}
}

// anyLacks reports whether something marked is broken, or lacks what it
// recommends if that is wanted.
func (s *solver) anyLacks() bool {
	for _, n := range s.order {
		if s.is(n, marked) && s.lacks(n, s.wanted) {
			return true
		}
	}
	return false
}

// reach notes n and all that it keeps.
func (s *solver) reach(n uint32, reached map[uint32]bool) {
	todo := []uint32{n}
	for len(todo) > 0 {
		n, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if reached[n] {
			continue
		}
		reached[n] = true
		for _, d := range s.ix.DepsOf(s.install(n)) {
			if d.Type().Negative() {
				continue
			}
			c := s.ix.Constraint(d.Constraint())
			if v := s.install(c.Name); v != index.None && s.ix.Accepts(c, v) {
				todo = append(todo, c.Name)
			}
			for _, i := range s.ix.ProvidersOf(c.Name) {
				if p := s.ix.Provide(i); s.isInstall(p.Owner) && s.ix.AcceptsProvide(c, p) {
					todo = append(todo, s.ix.Version(p.Owner).Name)
				}
			}
		}
	}
}

// putBack marks again the dropped packages that a marked one names, and returns
// the others.
func (s *solver) putBack(dropped []uint32) []uint32 {
	named := map[uint32]bool{}
	for _, n := range s.installed() {
		for _, d := range s.ix.DepsOf(s.install(n)) {
			if d.Type().Critical() && !d.Type().Negative() {
				named[s.ix.Constraint(d.Constraint()).Name] = true
			}
		}
	}
	var rest []uint32
	for _, n := range dropped {
		if !named[n] || !s.mark(n, false, 0, false) {
			rest = append(rest, n)
		}
	}
	return rest
}
