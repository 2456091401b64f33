package artefact

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/bmatcuk/doublestar/v4"
)

// missing says why an item names nothing: because the file is a package's, a
// step took it away, or it never was.
func (s *selection) missing(item recipe.Artefact) {
	what, written := "artefact", item.Glob
	if item.Not {
		what, written = "exception", "!"+item.Glob
	}
	mistake := &diag.Error{Pos: item.Pos}
	had, gone := s.lost(item.Glob)
	near := s.nearest(item.Glob)
	switch owner := s.owned[item.Glob]; {
	case owner != "":
		mistake.Msg = fmt.Sprintf("%s is a file of %s, not one that the steps made", item.Glob, owner)
		mistake.Hint = fmt.Sprintf("name %q in depends.runtime, or let a step write the file below ${out}", dependency(owner))
	case had != "":
		mistake.Msg = fmt.Sprintf("%s %q is missing: it was there after step %q and gone after step %q", what, written, had, gone)
	case near != "":
		mistake.Msg = fmt.Sprintf("%s %q is missing: no step made it", what, written)
		mistake.Hint = fmt.Sprintf("the nearest path that exists is %q", near)
	default:
		mistake.Msg = fmt.Sprintf("%s %q is missing: no step made it", what, written)
		mistake.Hint = "let a step write it below ${out}, or take it out of [artefacts]"
	}
	s.mistakes.Add(mistake)
}

// dependency is how depends names what owns a file.
func dependency(owner string) string {
	if name, ok := strings.CutPrefix(owner, "recipe "); ok {
		return "recipe:" + name
	}
	return strings.TrimPrefix(owner, "package ")
}

// lost finds the step that had what the pattern names, and the next one, after
// which it was gone.
func (s *selection) lost(pattern string) (had, gone string) {
	for i := len(s.in.Steps) - 2; i >= 0; i-- {
		if slices.ContainsFunc(s.in.Steps[i].Paths, func(p string) bool { return doublestar.MatchUnvalidated(pattern, p) }) {
			return s.in.Steps[i].Name, s.in.Steps[i+1].Name
		}
	}
	return "", ""
}

// nearest returns the path that the pattern was most likely meant to name: one
// with the same last name, or else the one that differs least.
func (s *selection) nearest(pattern string) string {
	want := strings.TrimSuffix(pattern, "/**")
	var same, all []string
	for _, f := range s.made.Files() {
		if f.Path == "/" {
			continue
		}
		if ok, err := doublestar.Match(path.Base(want), path.Base(f.Path)); ok && err == nil {
			same = append(same, f.Path)
		}
		all = append(all, f.Path)
	}
	if len(same) > 0 && path.Base(want) != "*" && path.Base(want) != "**" {
		slices.SortStableFunc(same, func(a, b string) int { return shared(b, want) - shared(a, want) })
		return same[0]
	}
	return diag.Nearest(want, all)
}

// shared counts the bytes that two paths have in common at their ends.
func shared(a, b string) int {
	front, back := 0, 0
	for front < min(len(a), len(b)) && a[front] == b[front] {
		front++
	}
	for back < min(len(a), len(b))-front && a[len(a)-1-back] == b[len(b)-1-back] {
		back++
	}
	return front + back
}

// listed is how many paths a mistake names one by one.
const listed = 20

// checkRest sees to it that everything below ${out} has been spoken for.
func (s *selection) checkRest() {
	for _, pattern := range slices.Concat(s.in.Discard, DefaultDiscard()) {
		for _, f := range glob(s.made, pattern) {
			s.discard(f)
		}
	}
	if s.in.Out == nil {
		return
	}
	var rest []string
	for _, f := range s.in.Out.Files() {
		if f.Type != layer.Dir && !s.spokenFor(f.Path) {
			rest = append(rest, f.Path)
		}
	}
	if len(rest) == 0 {
		return
	}
	if len(s.in.Sets) == 0 {
		s.mistakes.Add(&diag.Error{
			Pos:  s.in.NoSets,
			Msg:  fmt.Sprintf("no [artefacts] say which of the %d files that the steps made are the outputs", len(rest)),
			Hint: "write\n[artefacts]\nmain = [" + s.lines(rest) + "\n]",
		})
		return
	}
	at := s.in.Sets[len(s.in.Sets)-1]
	for _, set := range s.in.Sets {
		if set.Name == "main" {
			at = set
		}
	}
	s.mistakes.Add(&diag.Error{
		Pos:  at.Pos,
		Msg:  fmt.Sprintf("%s in no set of [artefacts]: %s", madeFiles(len(rest)), sample(rest)),
		Hint: fmt.Sprintf("add to %s, or with ! in front to leave them out:%s", at.Name, s.lines(rest)),
	})
}

func (s *selection) discard(f *layer.File) {
	if s.taken[f.Path] != nil || s.waved[f.Path] {
		return
	}
	s.waved[f.Path] = true
	if f.Type != layer.Dir && s.inOut(f.Path) {
		s.dropped = append(s.dropped, f.Path)
	}
}

// spokenFor reports whether someone takes the path or knowingly leaves it.
func (s *selection) spokenFor(p string) bool {
	if s.taken[p] != nil || s.waved[p] {
		return true
	}
	return slices.ContainsFunc(s.in.Own, func(own string) bool {
		return own == p || strings.HasSuffix(own, "/") && strings.HasPrefix(p, own)
	})
}

// lines writes entries of a TOML list that name all of rest, a line each.
func (s *selection) lines(rest []string) string {
	var b strings.Builder
	for _, p := range s.fold(rest) {
		fmt.Fprintf(&b, "\n    %q,", p)
	}
	return b.String()
}

// fold writes a directory as one pattern where all that is in it is in rest.
func (s *selection) fold(rest []string) []string {
	open := map[string]int{} // directory → how many files of rest are below it
	all := map[string]int{}  // directory → how many files are below it
	above := func(p string, in map[string]int) {
		for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
			in[dir]++
		}
	}
	for _, f := range s.in.Out.Files() {
		if f.Type != layer.Dir {
			above(f.Path, all)
		}
	}
	for _, p := range rest {
		above(p, open)
	}
	var folded []string
	for _, p := range rest {
		entry := escape(p)
		for dir := path.Dir(p); dir != "/"; dir = path.Dir(dir) {
			if open[dir] == all[dir] && open[dir] > 1 && !ordinary(dir) {
				entry = escape(dir) + "/**"
			}
		}
		if len(folded) == 0 || folded[len(folded)-1] != entry {
			folded = append(folded, entry)
		}
	}
	return folded
}

// escape writes a path as the pattern that names just it.
func escape(p string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`).Replace(p)
}

func madeFiles(n int) string {
	if n == 1 {
		return "a file that the steps made is"
	}
	return fmt.Sprintf("%d files that the steps made are", n)
}

// sample names the first few paths.
func sample(paths []string) string {
	if len(paths) <= listed {
		return strings.Join(paths, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(paths[:listed], ", "), len(paths)-listed)
}
