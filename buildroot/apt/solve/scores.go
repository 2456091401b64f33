package solve

import (
	"iter"
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
	score := make([]int, s.ix.NameCount())
	all := s.installed()
	const vital = index.Essential | index.Important | index.Forced
	for _, n := range all {
		score[n] += priorityScore[min(s.ix.Version(s.install(n)).Priority, index.Extra)]
		if s.ix.Name(n).Flags&vital != 0 {
			score[n] += scoreVital
		}
	}
	s.gain(all, score)
	s.inherit(all, score)
	for _, p := range s.picks {
		score[p.Name] += scoreProtected
	}
	for n := range s.ix.NameCount() {
		if s.ix.Name(n).Flags&vital != 0 {
			score[n] += scoreVitalLate
		}
	}
	return score
}

// gain adds what the dependencies on packages are worth to those that they name and to
// those that provide such a name: dependencies without a version, and those whose version
// is the installed one's. A package is worth no less for being in its own way.
func (s *solver) gain(all []uint32, score []int) {
	for _, n := range all {
		for _, d := range s.ix.DepsOf(s.install(n)) {
			c := s.ix.Constraint(d.Constraint())
			if relation.Op(c.Op) != relation.None {
				if v := s.install(c.Name); v == index.None || !s.ix.Accepts(c, v) {
					continue
				}
			}
			own := func(target uint32) bool { return d.Type().Negative() && s.ix.SameText(target, n) }
			if !own(c.Name) {
				score[c.Name] += worth(d.Type())
			}
			for target := range s.providing(c) {
				if !own(target) {
					score[target] += worth(d.Type())
				}
			}
		}
	}
}

// providing goes through the marked packages that provide what c asks for, once even for
// one that provides the name in several versions.
func (s *solver) providing(c *index.Constraint) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		last := index.None
		for _, i := range s.ix.ProvidersOf(c.Name) {
			p := s.ix.Provide(i)
			if p.Owner == last || !s.isInstall(p.Owner) || !s.ix.AcceptsProvide(c, p) {
				continue
			}
			if last = p.Owner; !yield(s.ix.Version(last).Name) {
				return
			}
		}
	}
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

// inherit passes the positive scores of dependants on to the packages that their
// dependencies name, whatever the version, and to those that provide what such a package
// is called; one step far.
func (s *solver) inherit(all []uint32, score []int) {
	old := slices.Clone(score)
	for _, n := range all {
		if old[n] <= 0 {
			continue
		}
		for _, d := range s.ix.DepsOf(s.install(n)) {
			target := s.ix.Constraint(d.Constraint()).Name
			if worth(d.Type()) <= 0 || !s.is(target, marked) {
				continue
			}
			score[target] += old[n]
			for provider := range s.providing(&index.Constraint{Name: target}) {
				score[provider] += old[n]
			}
		}
	}
}
