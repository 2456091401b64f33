// Package solve finds the packages that a list of names brings in, and finds the
// same ones as apt's classic resolver does over an empty system with
// `--no-install-recommends`.
//
// apt decides while it walks: it marks packages depth first, in the order of the
// request and of each stanza, and which of several providers it takes depends on
// what is marked already. So this package walks in the same order, and keeps the
// few facts of the index that change on the way: who is marked, whose candidate
// is gone, who is protected. It never searches back; what a wrong turn left is
// mended by scores (resolver.go) and swept up (sweep.go), as apt does.
//
// It knows no archive and no file but the index.
package solve

import (
	"cmp"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A Pick is what one entry of a request asks for, as [Choose] picked it: one version
// of the index, or a dependency that whatever meets it may meet.
type Pick struct {
	Name    uint32
	Version uint32 // None of a dependency

	Relation []relation.Relation // the alternatives of a dependency

	// Suite, if the request named one, is also where dependencies may come from
	// (follow.go).
	Suite string

	at []int // in the request: by dependency, if it is what stands for dependencies
}

// Meeting lists the versions that meet a dependency, whether they are candidates or
// not.
func (p Pick) Meeting(ix *index.Index) []uint32 {
	with, v := ix.With(standInName, p.Relation, nil)
	var all []uint32
	for _, d := range with.DepsOf(v) {
		all = append(all, meeting(with, d.Constraint())...)
	}
	return all
}

// Options are the choices of a solution. The zero value is apt's
// --no-install-recommends.
type Options struct {
	Recommends bool     // install what packages recommend, where it can be had
	Plain      []uint32 // versions whose own Recommends do not count all the same
	Prefer     []uint32 // versions that are candidates in place of the archives'
}

// Solve returns the versions that the picks bring in, themselves included,
// sorted by name, native ones before foreign ones. The order of the picks matters, but
// that dependencies come last, together. If they cannot be installed together, the
// error is a *[Refusal].
func Solve(ix *index.Index, picks []Pick, opts Options) ([]uint32, error) {
	ix, picks, standIn := together(ix, picks)
	s := newSolver(ix, opts)
	s.picks, s.standIn = picks, standIn
	for _, v := range opts.Prefer {
		s.prefer(ix.Version(v).Name, v)
	}
	for _, p := range picks {
		s.prefer(p.Name, p.Version)
		s.set(p.Name, protected)
		s.mark(p.Name, false, 0, true)
	}
	s.follow()
	for _, p := range picks {
		s.mark(p.Name, true, 0, true)
	}
	if s.anyBroken() {
		s.mend()
	}
	if !s.anyBroken() {
		s.sweep()
	}
	if s.anyBroken() {
		return nil, s.refuse(picks)
	}
	var all []uint32
	for _, n := range s.installed() {
		if n != standIn {
			all = append(all, s.install(n))
		}
	}
	slices.SortFunc(all, func(a, b uint32) int {
		x, y := ix.Name(ix.Version(a).Name), ix.Name(ix.Version(b).Name)
		return cmp.Or(cmp.Compare(ix.Text(x.Text), ix.Text(y.Text)), cmp.Compare(x.Arch, y.Arch))
	})
	return all, nil
}

// standInName is how apt calls the package that stands for dependencies.
const standInName = "satisfy:command-line"

// together drops later picks of the same version, and puts one in the place of all
// dependencies: of a package that has them, whose name is standIn. It is None if there
// are none.
func together(ix *index.Index, picks []Pick) (with *index.Index, out []Pick, standIn uint32) {
	seen := make(map[uint32]bool, len(picks))
	var depends []relation.Relation
	var at []int
	for i, p := range picks {
		switch {
		case p.Relation != nil:
			depends, at = append(depends, p.Relation...), append(at, i)
		case !seen[p.Version]:
			seen[p.Version] = true
			p.at = []int{i}
			out = append(out, p)
		}
	}
	if depends == nil {
		return ix, out, index.None
	}
	with, version := ix.With(standInName, depends, nil)
	standIn = with.Version(version).Name
	return with, append(out, Pick{Name: standIn, Version: version, at: at}), standIn
}
