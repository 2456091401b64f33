package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// stages are a recipe's steps by the builds that run them: a step with inputs is
// alone in one. There is one for a recipe without steps, too.
func stages(steps []recipe.Step) [][]recipe.Step {
	all := [][]recipe.Step{nil}
	for i, s := range steps {
		if i > 0 && len(s.Inputs)+len(steps[i-1].Inputs) > 0 {
			all = append(all, nil)
		}
		last := &all[len(all)-1]
		*last = append(*last, s)
	}
	return all
}

func stepNames(steps []recipe.Step) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// Inputs are the globs of what the steps see of the source; none: all of it.
func (b *Build) Inputs() []recipe.Ref {
	if len(b.Steps) != 1 {
		return nil
	}
	return b.Steps[0].Inputs
}

// Layered reports whether the source lies below what the steps write, so that
// what they change of it can be told.
func (b *Build) Layered() bool { return b.Stage || len(b.Earlier) > 0 }

// Sees reports whether globs, of a step's inputs, take a path of the source: one
// of them, and none of those that leave out. Without globs all are taken.
func Sees(globs []recipe.Ref, name string) bool {
	seen := len(globs) == 0
	for _, g := range globs {
		glob, not := strings.CutPrefix(g.Name, "!")
		if !doublestar.MatchUnvalidated(glob, name) {
			continue
		}
		if not {
			return false
		}
		seen = true
	}
	return seen
}

// Blind finds the globs of inputs that match none of the source's paths.
func Blind(globs []recipe.Ref, paths []string) []*diag.Error {
	var mistakes []*diag.Error
	for _, g := range globs {
		glob := strings.TrimPrefix(g.Name, "!")
		if slices.ContainsFunc(paths, func(p string) bool { return doublestar.MatchUnvalidated(glob, p) }) {
			continue
		}
		e := &diag.Error{Pos: g.Pos, Msg: fmt.Sprintf("no file of the source matches %q", glob), Hint: "inputs are files of the source, not what other steps made"}
		if slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, glob+"/") }) {
			e.Hint = fmt.Sprintf("it is a directory: write %q", glob+"/**")
		} else if near := diag.Nearest(glob, paths); near != "" {
			e.Hint = fmt.Sprintf("the nearest is %q", near)
		}
		mistakes = append(mistakes, e)
	}
	return mistakes
}

// see leaves of the sources, and of their edits, what the steps of b see.
func (p *planner) see(b *Build) {
	globs := b.Inputs()
	var sources []Source
	var paths []string
	known := true // all paths are known here
	for _, s := range b.Sources {
		if path.IsAbs(s.Into) {
			if s.narrow(nil); !b.Stage { // it comes with the last steps
				sources = append(sources, s)
			}
			continue
		}
		names, all := s.paths()
		paths, known = append(paths, names...), known && all
		sees := func(name string) bool { return Sees(globs, name) }
		if s.narrow(globs); len(globs) == 0 || !all || slices.ContainsFunc(names, sees) {
			sources = append(sources, s)
		}
	}
	if known && p.errs.Err() == nil {
		p.errs.Add(Blind(globs, paths)...)
	}
	b.Sources = sources
	b.Edits = slices.DeleteFunc(slices.Clone(b.Edits), func(e recipe.Edit) bool { return e.Files == 0 && !Sees(globs, e.Path) })
}

// paths are those of a source below the source's root, if all is true.
func (s *Source) paths() (names []string, all bool) {
	switch {
	case s.Dir != "":
		for _, e := range s.Entries {
			names = append(names, path.Join(s.Into, e.Path))
		}
	case !s.Unpack:
		names = []string{path.Join(s.Into, s.File)}
	default:
		return nil, false
	}
	return names, len(s.Patches) == 0
}

// narrow names a directory by those of its files that globs take.
func (s *Source) narrow(globs []recipe.Ref) {
	if s.Dir == "" {
		return
	}
	var seen []Entry
	s.Seen = nil
	for _, e := range s.Entries {
		if name := path.Join(s.Into, e.Path); Sees(globs, name) {
			seen = append(seen, e)
			s.Seen = append(s.Seen, Seen{Path: name, Is: digestOf([]Entry{e})[:12]})
		}
	}
	s.Tree = digestOf(seen)
}

// blobs are the downloads that a build reads.
func (b *Build) blobs() []string {
	var blobs []string
	for _, s := range b.Sources {
		if s.SHA256 != "" {
			blobs = append(blobs, s.SHA256)
		}
	}
	return blobs
}
