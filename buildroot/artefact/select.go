package artefact

import (
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/bmatcuk/doublestar/v4"
)

// A selection is one call of Select.
type selection struct {
	in       Input
	made     *layer.Tree       // Root with Out on top, without packages' own files
	owned    map[string]string // files in Root that are a package's: its name
	wrote    map[string]string // path → the step after which it was first there
	taken    map[string]*pick
	waved    map[string]bool // left out by a "!", by Discard or by Own
	dropped  []string        // what Discard left behind
	mistakes diag.List
}

// A pick is one path that a set takes.
type pick struct {
	set  int // index in Sets
	item recipe.Artefact
	mode bool // item.Mode is for this path
}

func newSelection(in Input) *selection {
	s := &selection{
		in: in, owned: map[string]string{}, wrote: map[string]string{},
		taken: map[string]*pick{}, waved: map[string]bool{},
	}
	var trees []*layer.Tree
	for _, t := range []*layer.Tree{in.Root, in.Out} {
		if t != nil {
			trees = append(trees, t)
		}
	}
	s.made = layer.Merge(trees...)
	s.disown()
	for _, step := range in.Steps {
		for _, p := range step.Paths {
			if _, known := s.wrote[p]; !known {
				s.wrote[p] = step.Name
			}
		}
	}
	return s
}

// disown takes packages' own files out of what can be chosen: a step may have
// changed one, but that is no output.
func (s *selection) disown() {
	if s.in.Owner == nil || s.in.Root == nil {
		return
	}
	s.made.DeleteFunc(func(f *layer.File) bool {
		if f.Type == layer.Dir || s.inOut(f.Path) {
			return false
		}
		owner := s.in.Owner(f.Path)
		if owner != "" {
			s.owned[f.Path] = owner
		}
		return owner != ""
	})
}

// inOut reports whether the file was left below ${out}.
func (s *selection) inOut(p string) bool { return s.in.Out != nil && s.in.Out.Get(p) != nil }

// takeAll lets each set choose: main last, whatever its place. What a set
// leaves out is left out of all.
func (s *selection) takeAll() {
	if len(s.in.Sets) == 0 && len(s.in.Steps) == 0 {
		s.in.Sets = []recipe.Set{{Name: "main", Files: []recipe.Artefact{{Glob: "/**"}}}}
	}
	for _, set := range s.in.Sets {
		for _, item := range set.Files {
			if !item.Not {
				continue
			}
			for _, f := range s.match(item) {
				s.waved[f.Path] = true
			}
		}
	}
	for _, last := range []bool{false, true} {
		for i, set := range s.in.Sets {
			if (set.Name == "main") == last {
				s.take(i)
			}
		}
	}
}

// take lets one set choose. Of two items of one set that name a file the later
// one says what becomes of it.
func (s *selection) take(i int) {
	for _, item := range s.in.Sets[i].Files {
		if item.Not {
			continue
		}
		hits := s.match(item)
		bytes := slices.ContainsFunc(hits, hasBytes)
		for _, f := range hits {
			if old := s.taken[f.Path]; s.waved[f.Path] || old != nil && old.set != i {
				continue
			}
			mode := hasBytes(f) || f.Type == layer.Dir && !bytes
			if !hasMeta(item.Glob) {
				mode = f.Path == item.Glob
			}
			s.taken[f.Path] = &pick{set: i, item: item, mode: mode}
		}
	}
}

func hasBytes(f *layer.File) bool { return f.Type == layer.Regular || f.Type == layer.Hardlink }

// match returns what an item names in path order, with all that is below a
// directory it names. A glob that names nothing is a mistake.
func (s *selection) match(item recipe.Artefact) []*layer.File {
	if item.Usual == "" {
		hits := glob(s.made, item.Glob)
		if len(hits) == 0 && !item.Pos.IsZero() {
			s.missing(item)
		}
		return hits
	}
	seen := map[string]bool{}
	var hits []*layer.File
	for _, pattern := range usual(item.Usual) {
		for _, f := range glob(s.made, pattern) {
			if !seen[f.Path] && ofKind(item.Usual, f) {
				seen[f.Path] = true
				hits = append(hits, f)
			}
		}
	}
	return hits
}

// hasMeta reports whether the pattern can name more than one path.
func hasMeta(pattern string) bool { return strings.ContainsAny(pattern, `*?[{\`) }

// glob returns the files of t that the pattern matches, and all below matching
// directories.
func glob(t *layer.Tree, pattern string) []*layer.File {
	base := pattern
	for hasMeta(base) {
		base = path.Dir(base)
	}
	var hits []*layer.File
	dir := "" // the last directory that matched
	visit := func(f *layer.File) {
		switch {
		case dir != "" && layer.Below(f.Path, dir):
		case doublestar.MatchUnvalidated(pattern, f.Path):
			if f.Type == layer.Dir {
				dir = f.Path
			}
		default:
			return
		}
		hits = append(hits, f)
	}
	if f := t.Get(base); f != nil {
		visit(f)
	}
	for f := range t.Under(base) {
		visit(f)
	}
	return hits
}
