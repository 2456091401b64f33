package solve

import "github.com/ashlar-build/ashlar/buildroot/apt/index"

// maxRounds is how often the packages are gone through.
const maxRounds = 20

// A mender mends a set that marking left broken: packages of higher score win
// over those of lower.
type mender struct {
	*solver
	score    []int
	upgraded map[uint32]bool // names that upgrade has tried
	round    int
	changed  bool
}

// mend tries to make the set whole. Whether it is then is to be asked.
func (s *solver) mend() {
	m := &mender{solver: s, score: s.scores(), upgraded: map[uint32]bool{}}
	order := s.ix.HashOrder()
	sortByScore(order, m.score)
	m.changed = true
	for ; m.round < maxRounds && m.changed; m.round++ {
		m.changed = false
		for _, n := range order {
			if m.is(n, marked) && m.broken(n) {
				m.repair(n)
			}
		}
	}
}

// A rival is a package that is in the way of a dependency.
type rival struct {
	name uint32
	dep  []index.Dep
}

// What becomes of a package when no alternative of a dependency can be met.
type unwind int

const (
	unwindRemove unwind = iota
	unwindKeep
)

// repair looks at the broken dependencies of n, one after the other, and changes
// n or what is in the way until one is settled.
func (m *mender) repair(n uint32) {
	var rivals []rival
	for _, g := range m.groups(m.install(n)) {
		if !g[0].Type().Critical() || m.holds(n, g) {
			continue
		}
		before := len(rivals)
		op, done := unwindRemove, false
		for i := range g {
			if m.install(n) != index.None && m.holds(n, g) {
				break
			}
			done = m.alternative(n, g, i, &rivals, &op)
		}
		if len(g) == 1 {
			if done {
				break
			}
			continue
		}
		if len(rivals) == before && !m.holds(n, g) {
			m.unwind(n, op)
		}
		if m.install(n) == index.None {
			break
		}
	}
	if m.install(n) != index.None {
		m.clearRivals(n, rivals)
	}
}

// unwind gives n up when an or-group could not be met.
func (m *mender) unwind(n uint32, op unwind) {
	if op == unwindKeep {
		m.keep(n)
		m.changed = true
	} else if !m.is(n, protected) {
		m.remove(n)
		m.changed = true
	}
}

// alternative looks at g[i], which is not met. It reports whether the dependency
// needs no further look in this round.
func (m *mender) alternative(n uint32, g []index.Dep, i int, rivals *[]rival, op *unwind) bool {
	d := g[i]
	or := len(g) > 1
	targets := m.targets(n, d)
	if len(targets) == 0 {
		if d.Type().Negative() || m.is(n, protected) {
			return false
		}
		if or {
			return false
		}
		m.keep(n)
		m.changed = true
		return true
	}
	for _, v := range targets {
		q := m.ix.Version(v).Name
		if d.Type().Negative() && !m.isInstall(v) {
			continue
		}
		if !d.Type().Negative() && m.is(n, protected) {
			if m.upgrade(q) {
				m.score[q] = min(m.score[q], m.score[n])
				return false
			}
			continue
		}
		if m.score[n] <= m.score[q] || !d.Type().Negative() {
			m.yield(n, q, or, op)
			m.changed = true
			return true
		}
		if (d.Type() == index.Breaks || d.Type() == index.ArchBreaks) && len(m.hits(n, d, m.isCandidate)) == 0 {
			m.mark(q, false, 0, false)
			continue
		}
		if m.is(q, protected) {
			continue
		}
		*rivals = append(*rivals, rival{q, g})
	}
	return false
}

// targets lists all versions, of any state, that d speaks of.
func (m *mender) targets(n uint32, d index.Dep) []uint32 {
	owner := index.None
	if d.Type().Negative() {
		owner = n
	}
	return m.hits(owner, d, func(uint32) bool { return true })
}

// yield lets n go rather than change q.
func (m *mender) yield(n, q uint32, or bool, op *unwind) {
	if m.keep(n) {
		*op = unwindKeep
		if or {
			m.mark(n, false, 0, false)
		}
		return
	}
	if m.round > 1 {
		m.score[n] = max(m.score[n], m.score[q])
	}
}

// upgrade tries to make n whole by marking what its dependencies name.
func (m *mender) upgrade(n uint32) bool {
	if m.upgraded[n] || m.candidate(n) == index.None || m.is(n, protected) {
		return false
	}
	m.upgraded[n] = true
	if !m.mark(n, false, 0, false) {
		return false
	}
	for _, g := range m.groups(m.install(n)) {
		if !g[0].Type().Critical() || m.holds(n, g) {
			continue
		}
		if !m.upgradeOne(n, g) {
			m.keep(n)
			return false
		}
	}
	return true
}

// upgradeOne tries the alternatives of one dependency of n.
func (m *mender) upgradeOne(n uint32, g []index.Dep) bool {
	for _, d := range g {
		q := m.smartTarget(n, d)
		switch {
		case m.is(q, protected):
		case d.Type().Negative():
			return true // the next round does it better
		case get(m.bc, d.Constraint()):
			if m.upgrade(q) {
				return true
			}
		}
	}
	return false
}

// smartTarget is the package that d names, or for a virtual one the first that
// provides it and is not n itself.
func (m *mender) smartTarget(n uint32, d index.Dep) uint32 {
	name := m.ix.Constraint(d.Constraint()).Name
	if m.ix.Name(name).Versions.Count > 0 {
		return name
	}
	for _, i := range m.ix.ProvidersOf(name) {
		if q := m.ix.Version(m.ix.Provide(i).Owner).Name; q != n {
			return q
		}
	}
	return name
}

// clearRivals removes what is in the way of n.
func (m *mender) clearRivals(n uint32, rivals []rival) {
	for _, r := range rivals {
		if r.dep[0].Type().Negative() {
			m.keep(r.name)
			m.changed = true
		}
		if m.round > 1 {
			m.score[r.name] = max(m.score[r.name], m.score[n])
		}
	}
}
