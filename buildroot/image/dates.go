package image

import (
	"path"
	"slices"

	"github.com/ashlar-build/ashlar/layer"
)

// date gives what was made here the time of the newest file that was not, and
// returns it. So nothing in the image tells when it was assembled.
//
// Directories that several packages have are without a time, 1970: they stand in
// the layers of each of them, and whose time they had would depend on what else
// is in the image. To those who compare times, such as fontconfig and GTK, what
// maintainer scripts made of such a directory is valid.
func (a *assembly) date(t *layer.Tree) int64 {
	newest := int64(0)
	for _, f := range t.Files() {
		if !madeNow(f) {
			newest = max(newest, f.MTime)
		}
	}
	common := a.runtime.commonDirs()
	for _, f := range slices.Clone(t.Files()) {
		mtime := f.MTime
		switch {
		case f.Type == layer.Dir && (f.Origin.Kind == layer.FromSkeleton || f.Origin.Kind == layer.FromPackage && common[f.Path]):
			mtime = 0
		case madeNow(f) && mtime == 0:
			mtime = newest
		}
		if mtime != f.MTime {
			g := *f
			g.MTime = mtime
			t.Put(&g)
		}
	}
	return newest
}

// touch gives directories of packages and their scripts that the recipes put
// something into, or took something out of, a time of that, as a file system would,
// in t and in top, which is what lies on the base: caches that scripts made of such
// a directory are found to be stale. It returns the directories as they were, for
// the layers of packages.
func (a *assembly) touch(t, top *layer.Tree, newest int64) map[string]*layer.File {
	dirs := map[string]bool{}
	for _, f := range top.Files() {
		if f.Type == layer.Whiteout || ofRecipe(f) {
			a.touched(t, f.Path, dirs)
		}
	}
	if a.in.Base == nil { // else what is gone is a whiteout, unless the base has it not
		for p := range a.removed {
			a.touched(t, p, dirs)
		}
	}
	mtime := a.unlike(newest, dirs)
	before := map[string]*layer.File{}
	for dir := range dirs {
		f := top.Get(dir)
		if f == nil || f.Type != layer.Dir || ofRecipe(f) {
			continue
		}
		g := *f
		g.MTime = mtime
		before[dir] = f
		top.Put(&g)
		t.Put(&g)
	}
	return before
}

// touched adds the directory of a path, and those above that are there for it alone,
// as far as that is known.
func (a *assembly) touched(t *layer.Tree, p string, dirs map[string]bool) {
	for p != "/" {
		p = path.Dir(p)
		dirs[p] = true
		if f := t.Get(p); f != nil && f.Origin.Kind != layer.FromSkeleton {
			return
		}
	}
}

// unlike is a time, newest if it can be, that none of the directories had when scripts
// saw it: fontconfig takes a cache for valid if the directory has the time that it
// notes.
func (a *assembly) unlike(newest int64, dirs map[string]bool) int64 {
	had := map[int64]bool{}
	note := func(files []*layer.File) {
		for _, f := range files {
			if f.Type == layer.Dir && dirs[f.Path] {
				had[f.MTime] = true
			}
		}
	}
	for _, u := range a.universes() {
		for _, p := range u.pkgs {
			note(p.files)
		}
		for _, w := range u.waves {
			note(w.Index.Files)
		}
	}
	for had[newest] {
		newest--
	}
	return newest
}

// ofRecipe reports whether a recipe has the file, or what is in it.
func ofRecipe(f *layer.File) bool {
	switch f.Origin.Kind {
	case layer.FromPackage, layer.FromEffect, layer.FromSkeleton:
		return false
	}
	return true
}

// madeNow reports whether the file is none that existed before.
func madeNow(f *layer.File) bool {
	switch f.Origin.Kind {
	case layer.FromPackage, layer.FromEffect, layer.FromRecipe:
		return false
	}
	return true
}

// commonDirs are the directories that more than one package has.
func (u *universe) commonDirs() map[string]bool {
	common := map[string]bool{}
	for _, p := range u.pkgs {
		for _, f := range p.files {
			if f.Type == layer.Dir {
				_, again := common[f.Path]
				common[f.Path] = again
			}
		}
	}
	return common
}
