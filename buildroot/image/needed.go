package image

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// needed takes out what packages have and nothing that the image starts, or
// that the recipe itself brings or keeps, leads to.
func (a *assembly) needed(t *layer.Tree) {
	var entries []string
	for _, e := range a.entries() {
		entries = append(entries, e.program)
	}
	for _, f := range t.Files() {
		switch {
		case f.Type == layer.Dir:
		case !a.keeps(f.Path) && (f.Origin.Kind == layer.FromPackage || f.Origin.Kind == layer.FromEffect || f.Origin.Kind == layer.FromSkeleton):
		default:
			entries = append(entries, f.Path)
		}
	}
	o := a.closureOptions()
	o.Reached, o.Provide = true, nil
	reach := layer.Close(t, entries, o).Reach()
	full := map[string]bool{} // packages that have something left
	for _, f := range reach.Files() {
		if f.Type != layer.Dir {
			full[f.Origin.Name] = true
		}
	}
	lost := map[string][]string{} // what goes, by package
	t.DeleteFunc(func(f *layer.File) bool {
		if f.Origin.Kind != layer.FromPackage && f.Origin.Kind != layer.FromEffect || f.Type == layer.Dir || reach.Get(f.Path) != nil || a.keeps(f.Path) || skeletal(f.Path) {
			return false
		}
		lost[f.Origin.Name] = append(lost[f.Origin.Name], f.Path)
		return path.Base(f.Path) != "copyright" || !full[f.Origin.Name]
	})
	a.unread(lost, full)
	hollow := map[string]bool{}
	for _, f := range t.Files() {
		for dir := path.Dir(f.Path); f.Type != layer.Dir && !hollow[dir]; dir = path.Dir(dir) {
			hollow[dir] = true
		}
	}
	t.DeleteFunc(func(f *layer.File) bool {
		return f.Type == layer.Dir && f.Origin.Kind == layer.FromPackage && !hollow[f.Path] && !a.keeps(f.Path)
	})
}

// manyPaths is how many paths a warning lists.
const manyPaths = 4

// unread tells what is left out because nothing leads to it: which files a program
// reads, and which libraries it loads by itself, only the program knows. It warns of
// configuration; of the rest it says where that was, if the package has something left.
func (a *assembly) unread(lost map[string][]string, left map[string]bool) {
	for name, paths := range lost {
		var config []string
		places := map[string]int{}
		for _, p := range paths {
			switch {
			case layer.Below(p, "/etc"):
				config = append(config, p)
			case path.Base(p) != "copyright":
				places[placeOf(p)]++
			}
		}
		if len(config) > 0 {
			slices.Sort(config)
			a.warning("", "cut = \"needed\" leaves out %s of package %s: add to image.keep what a program reads", some(config), name)
		}
		if len(places) == 0 || !left[name] {
			continue
		}
		order := slices.SortedFunc(maps.Keys(places), func(p, q string) int {
			return cmp.Or(cmp.Compare(places[q], places[p]), strings.Compare(p, q))
		})
		for i, p := range order {
			order[i] = fmt.Sprintf("%s (%d)", p, places[p])
		}
		a.note("cut = \"needed\" leaves out of package %s what is below %s", name, some(order))
	}
}

// some lists the first of many.
func some(list []string) string {
	text := strings.Join(list[:min(len(list), manyPaths)], ", ")
	if n := len(list) - manyPaths; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// placeOf is the directory that says what a file is for: /usr/share/zoneinfo, and
// below those of libraries one more.
func placeOf(p string) string {
	parts := strings.Split(path.Dir(p), "/") // the first is empty
	n := 4
	if len(parts) > n && libraryDir(strings.Join(parts[:n], "/")) {
		n++
	}
	return cmp.Or(strings.Join(parts[:min(n, len(parts))], "/"), "/")
}
