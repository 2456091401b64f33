package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// Waves splits packages of a set for an architecture into those that are configured
// together, in order. dpkg configures what a package pre-depends on before it
// unpacks it (Debian Policy 7.2): what satisfies Pre-Depends, and what these need,
// which is all in Pre, makes a wave before. The last wave is all the rest; it may be
// empty. Each wave is sorted by name, whatever the order of packages. Packages of the
// base are not given.
func Waves(packages []lock.Package, arch string) ([][]lock.Package, error) {
	s := splitter{packages: packages, arch: arch, done: map[string]bool{}}
	if !slices.ContainsFunc(packages, func(p lock.Package) bool { return len(p.Pre) > 0 }) {
		return [][]lock.Package{s.take(nil)}, nil
	}
	s.byLabel = map[string]lock.Package{}
	for _, p := range packages {
		s.byLabel[p.Label(arch)] = p
	}
	var waves [][]lock.Package
	for {
		early, waiting := s.next()
		if len(early) == 0 && len(waiting) > 0 {
			return nil, fmt.Errorf("pre-dependencies go round in a circle among %s", strings.Join(waiting, ", "))
		}
		if len(early) == 0 {
			break
		}
		waves = append(waves, s.take(early))
	}
	return append(waves, s.take(nil)), nil
}

// A splitter holds what was put into waves so far. Its packages are known by label.
type splitter struct {
	packages []lock.Package
	arch     string
	byLabel  map[string]lock.Package
	done     map[string]bool
}

// open lists the packages that p still waits for.
func (s *splitter) open(p lock.Package) []lock.Package {
	var open []lock.Package
	for _, n := range p.Pre {
		if q, in := s.find(p, n); in && !s.done[q.Label(s.arch)] {
			open = append(open, q)
		}
	}
	return open
}

// find returns the package that p names in its Pre. What bears no architecture is for
// that of p, or for all.
func (s *splitter) find(p lock.Package, name string) (lock.Package, bool) {
	if own := p.Label(s.arch); own != p.Name && !strings.Contains(name, ":") {
		if q, in := s.byLabel[name+":"+p.Arch]; in {
			return q, true
		}
		q, in := s.byLabel[name]
		return q, in && q.Arch == "all"
	}
	q, in := s.byLabel[strings.TrimSuffix(name, ":"+s.arch)]
	return q, in
}

// next returns what can be configured now for somebody's Pre-Depends, and the labels
// of those whose Pre-Depends are not met yet.
func (s *splitter) next() (early map[string]bool, waiting []string) {
	early = map[string]bool{}
	for _, p := range s.packages {
		open := s.open(p)
		if s.done[p.Label(s.arch)] || len(open) == 0 {
			continue
		}
		waiting = append(waiting, p.Label(s.arch))
		if slices.ContainsFunc(open, func(q lock.Package) bool { return len(s.open(q)) > 0 }) {
			continue
		}
		for _, q := range open {
			early[q.Label(s.arch)] = true
		}
	}
	return early, waiting
}

// take returns the packages that are wanted, or all if want is nil, and not done, and
// marks them done.
func (s *splitter) take(want map[string]bool) []lock.Package {
	wave := make([]lock.Package, 0, len(s.packages)-len(s.done))
	for _, p := range s.packages {
		if label := p.Label(s.arch); !s.done[label] && (want == nil || want[label]) {
			wave = append(wave, p)
		}
	}
	for _, p := range wave {
		s.done[p.Label(s.arch)] = true
	}
	slices.SortFunc(wave, func(a, b lock.Package) int { return strings.Compare(a.Label(s.arch), b.Label(s.arch)) })
	return wave
}
