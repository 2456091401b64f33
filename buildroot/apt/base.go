package apt

import (
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
)

// A base is the essential packages and what they need, solved alone, so that it
// is the same for all requests of the same archives.
type base struct {
	picks    []solve.Pick
	versions []uint32
}

// essential solves the base, in the order in which the archives name it; an
// empty one if none is asked for.
func essential(ix *index.Index, asked bool, h holds) (base, error) {
	var b base
	if !asked {
		return b, nil
	}
	for _, n := range ix.Essential() {
		b.picks = append(b.picks, solve.Pick{Name: n, Version: h.candidate(ix, n)})
	}
	var err error
	b.versions, err = solve.Solve(ix, b.picks, solve.Options{Prefer: h.versions()})
	return b, err
}

// without returns what a joint solution has beyond the base; changed says what
// it would change in it.
func (b base) without(ix *index.Index, joint []uint32) (rest []uint32, changed string) {
	for _, v := range joint {
		if !slices.Contains(b.versions, v) {
			rest = append(rest, v)
		}
	}
	for _, v := range b.versions {
		if slices.Contains(joint, v) {
			continue
		}
		name := ix.Version(v).Name
		text := fmt.Sprintf("it would take the essential set's %s %s away", ix.Label(name), ix.VersionOf(v))
		for _, w := range joint {
			if ix.Version(w).Name == name {
				text = fmt.Sprintf("it would put %s %s in the place of the essential set's %s", ix.Label(name), ix.VersionOf(w), ix.VersionOf(v))
			}
		}
		return rest, text
	}
	return rest, ""
}
