package image

import (
	"errors"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// dangling settles the links of packages and scripts that lead nowhere. What
// they lead to may be an effect of a package that was cut: then it comes in.
// If it was cut with its package, or is of a kind that the image leaves out, the
// link goes, too. One that leads nowhere in the package's own root stays, as
// its distribution has it.
func (a *assembly) dangling(t *layer.Tree) {
	for range 3 { // what comes in may be a link itself
		wanted := a.nowhere(t)
		if len(wanted) == 0 {
			return
		}
		found := a.locate(wanted)
		again, gone := false, map[string]bool{}
		for _, l := range wanted {
			switch f := found[l.target]; {
			case f == nil && l.Origin.Kind == layer.FromEffect, f != nil && f.Origin.Kind == layer.FromPackage:
				gone[l.Path] = true
				if f != nil && !a.leaves(f) {
					a.report.Dropped = append(a.report.Dropped, Dropped{l.Path, "a link to " + f.Path + ", which is cut with package " + f.Origin.Name})
				}
			case f != nil:
				lay(t, f)
				a.note("%s is an effect of package %s, which is cut: %s leads to it", f.Path, f.Origin.Name, l.Path)
				again = true
			}
		}
		if len(gone) > 0 {
			t.DeleteFunc(func(f *layer.File) bool { return gone[f.Path] })
		}
		if !again {
			return
		}
	}
}

// A lostLink is a symbolic link and the path that is missing on its way.
type lostLink struct {
	*layer.File
	target string
}

// nowhere returns the links of packages and scripts that lead nowhere.
func (a *assembly) nowhere(t *layer.Tree) []lostLink {
	var list []lostLink
	for _, f := range slices.Clone(t.Files()) {
		if f.Type != layer.Symlink || f.Origin.Kind != layer.FromPackage && f.Origin.Kind != layer.FromEffect {
			continue
		}
		_, _, err := t.Resolve(f.Path)
		var lost *layer.NotFound
		if errors.As(err, &lost) && !a.later(lost.Missing) && !runtimePath(lost.Missing) {
			list = append(list, lostLink{f, deb.Canonical(lost.Missing)})
		}
	}
	return list
}

// runtimePath reports whether the path is made while the image runs.
func runtimePath(p string) bool {
	for _, dir := range []string{"/dev", "/proc", "/run", "/sys", "/tmp"} {
		if p == dir || layer.Below(p, dir) {
			return true
		}
	}
	return false
}

// locate finds targets outside of the image: among all effects first, then
// among packages' files.
func (a *assembly) locate(links []lostLink) map[string]*layer.File {
	wanted := map[string]bool{}
	for _, l := range links {
		wanted[l.target] = true
	}
	found := map[string]*layer.File{}
	for _, u := range a.universes() {
		for _, p := range u.pkgs {
			for _, f := range p.files {
				if wanted[f.Path] && found[f.Path] == nil {
					found[f.Path] = f
				}
			}
		}
	}
	for _, u := range a.universes() {
		for _, w := range u.waves {
			for _, f := range w.Index.Files {
				if wanted[f.Path] && (f.Type == layer.Regular || f.Type == layer.Symlink || f.Type == layer.Dir) {
					found[f.Path] = w.place(f)
				}
			}
		}
	}
	return found
}
