package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// Waves splits packages into those that are configured together, in order.
// dpkg configures what a package pre-depends on before it unpacks it (Debian
// Policy 7.2): what satisfies Pre-Depends, and what these need, which is all in
// Pre, makes a wave before. The last wave is all the rest; it may be empty. Each wave is sorted by
// name, whatever the order of packages. Packages of the base are not given.
func Waves(packages []lock.Package) ([][]lock.Package, error) {
	if !slices.ContainsFunc(packages, func(p lock.Package) bool { return len(p.Pre) > 0 }) {
		return [][]lock.Package{take(packages, map[string]bool{}, func(string) bool { return true })}, nil
	}
	byName := map[string]lock.Package{}
	for _, p := range packages {
		byName[p.Name] = p
	}
	done := map[string]bool{}
	var waves [][]lock.Package
	for {
		early, waiting := nextWave(packages, byName, done)
		if len(early) == 0 && len(waiting) > 0 {
			return nil, fmt.Errorf("pre-dependencies go round in a circle among %s", strings.Join(waiting, ", "))
		}
		if len(early) == 0 {
			break
		}
		waves = append(waves, take(packages, done, func(name string) bool { return early[name] }))
	}
	return append(waves, take(packages, done, func(string) bool { return true })), nil
}

// nextWave returns what can be configured now for somebody's Pre-Depends, and
// the names of those whose Pre-Depends are not met yet.
func nextWave(packages []lock.Package, byName map[string]lock.Package, done map[string]bool) (early map[string]bool, waiting []string) {
	early = map[string]bool{}
	met := func(p lock.Package) bool {
		return !slices.ContainsFunc(p.Pre, func(n string) bool { _, in := byName[n]; return in && !done[n] })
	}
	for _, p := range packages {
		if done[p.Name] || met(p) {
			continue
		}
		waiting = append(waiting, p.Name)
		ready := !slices.ContainsFunc(p.Pre, func(n string) bool { q, in := byName[n]; return in && !done[n] && !met(q) })
		for _, n := range p.Pre {
			if _, in := byName[n]; ready && in && !done[n] {
				early[n] = true
			}
		}
	}
	return early, waiting
}

// take returns the packages that are wanted and not done, and marks them done.
func take(packages []lock.Package, done map[string]bool, want func(name string) bool) []lock.Package {
	var wave []lock.Package
	for _, p := range packages {
		if !done[p.Name] && want(p.Name) {
			wave = append(wave, p)
		}
	}
	for _, p := range wave {
		done[p.Name] = true
	}
	slices.SortFunc(wave, func(a, b lock.Package) int { return strings.Compare(a.Name, b.Name) })
	return wave
}
