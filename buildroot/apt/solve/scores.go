package solve

import (
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// What apt adds to the scores of packages.
const (
	scoreVital     = 100   // essential or important
	scoreVitalLate = 5000  // the same, when scores have been passed on
	scoreProtected = 10000 // asked for
)

// priorityScore is by index.Priority.
var priorityScore = [...]int{0, 3, 2, 1, -1, -2}

// scores says by name how much a package is worth keeping.
func (s *solver) scores() []int {
	score := make([]int, len(s.ix.Names))
	all := s.installed()
	const vital = index.Essential | index.Important | index.Forced
	for _, n := range all {
		score[n] += priorityScore[min(s.ix.Versions[s.install(n)].Priority, index.Extra)]
		if s.ix.Names[n].Flags&vital != 0 {
			score[n] += scoreVital
		}
	}
	gain := s.gains(all)
	for n, g := range gain {
		score[n] += g
	}
	s.provide(score, gain)
	s.inherit(all, score)
	for _, p := range s.picks {
		score[p.Name] += scoreProtected
	}
	for n := range score {
		if s.ix.Names[n].Flags&vital != 0 {
			score[n] += scoreVitalLate
		}
	}
	return score
}

// gains says by name how much the dependencies on it are worth: those without a
// version, and those whose version is the installed one's.
func (s *solver) gains(all []uint32) []int {
	gain := make([]int, len(s.ix.Names))
	for _, n := range all {
		for _, d := range s.ix.DepsOf(s.install(n)) {
			c := &s.ix.Constraints[d.Constraint()]
			if relation.Op(c.Op) != relation.None {
				if v := s.install(c.Name); v == index.None || !s.ix.Accepts(c, v) {
					continue
				}
			}
			gain[c.Name] += worth(d.Type())
		}
	}
	return gain
}

// worth is what a dependency adds to the score of what it names.
func worth(t index.DepType) int {
	switch t {
	case index.PreDepends, index.Depends, index.Recommends:
		return 1
	case index.Conflicts, index.Breaks, index.ArchConflicts, index.ArchBreaks:
		return -1
	}
	return 0
}

// provide passes what a name gained on to the packages that provide it.
func (s *solver) provide(score, gain []int) {
	for _, n := range s.ix.HashOrder {
		if gain[n] == 0 {
			continue
		}
		last := index.None // a package may provide a name in several versions
		for _, i := range s.ix.ProvidersOf(n) {
			if p := &s.ix.Provides[i]; s.isInstall(p.Owner) && p.Owner != last {
				score[s.ix.Versions[p.Owner].Name] += gain[n]
				last = p.Owner
			}
		}
	}
}

// inherit passes the positive scores of dependants on to the packages that their
// dependencies name, whatever the version, one step far.
func (s *solver) inherit(all []uint32, score []int) {
	old := slices.Clone(score)
	for _, n := range all {
		if old[n] <= 0 {
			continue
		}
		for _, d := range s.ix.DepsOf(s.install(n)) {
			target := s.ix.Constraints[d.Constraint()].Name
			if worth(d.Type()) > 0 && s.is(target, marked) {
				score[target] += old[n]
			}
		}
	}
}
