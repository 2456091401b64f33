package image

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/sbom"
	"github.com/ashlar-build/ashlar/recipe"
)

// A Result is an assembled image.
type Result struct {
	// Tree has every file of the image, with origins. Owners are names; IDs has
	// their numbers, as the image's own passwd and group do.
	Tree    *layer.Tree
	IDs     layer.IDs
	Layers  []layer.Layer // the lowest first; those that lie on Base's, if there is one
	Config  oci.Config
	Created int64 // of the newest file, in seconds since 1970: what an archive's Epoch is to be
	Report  Report

	// Packages are those of which something is in the image, by name, with what
	// they say of themselves: for a bill of materials.
	Packages []sbom.Package
	Recipes  []*recipe.Instance // of which it has something, its own the last
}

// finish makes what follows from all that was laid.
func (a *assembly) finish(t *layer.Tree, roots []root) (*Result, error) {
	if a.image.Cut == "needed" {
		a.needed(t)
	}
	a.converters(t)
	a.checkKeep(t)
	if err := a.checkDebconf(); err != nil {
		return nil, err
	}
	made := a.enlist(t)
	if err := a.mistakes.Err(); err != nil || a.err != nil {
		return nil, firstError(a.err, err)
	}
	packages, files, err := a.database(t)
	if err != nil {
		return nil, err
	}
	for _, f := range slices.Concat(made, a.libraryCache(t), files) {
		lay(t, f)
	}
	created := a.date(t)
	if err := t.Check(); err != nil {
		return nil, fmt.Errorf("assemble image: %w", err)
	}
	a.complete(t, roots)
	top := t
	if a.in.Base != nil {
		top = layer.Above(a.in.Base, t)
	}
	before := a.touch(t, top, created)
	res := &Result{
		Tree: t, IDs: a.accounts.ids(), Created: created, Config: a.config(created), Report: a.report, Packages: packages,
		Layers: layer.Split(top, layer.SplitOptions{Source: a.source, Rank: a.rank, Before: before}),
	}
	for _, p := range a.parts {
		res.Recipes = append(res.Recipes, p.Recipe)
	}
	return res, nil
}

// keeps reports whether a pattern of image.keep names the path.
func (a *assembly) keeps(p string) bool {
	return slices.ContainsFunc(a.image.Keep, func(k recipe.Ref) bool {
		return layer.Below(p, k.Name) || doublestar.MatchUnvalidated(k.Name, p)
	})
}

// checkKeep finds entries of image.keep that keep nothing.
func (a *assembly) checkKeep(t *layer.Tree) {
	for _, k := range a.image.Keep {
		if len(matching(t, k.Name)) > 0 {
			continue
		}
		hint := a.nearHint(t, k.Name)
		if p := a.provider(k.Name); p != nil {
			hint = fmt.Sprintf("package %s has it: add it to depends.runtime", p.Name)
		}
		a.mistake(k.Pos, hint, "keep %q names nothing in the image", k.Name)
	}
}

// source is the source package of a kept one.
func (a *assembly) source(name string) string {
	for _, p := range a.kept.order {
		if p.Name == name {
			source, _, _ := strings.Cut(p.Get("Source"), " ")
			return cmp.Or(source, name)
		}
	}
	return name
}

// rank tells what most images have, so that it lies lowest and is shared. It is
// a fixed list: what else is in an image must not change its lower layers.
func (a *assembly) rank(name string) int {
	common := []string{"libc6", "libgcc-s1", "zlib1g", "libssl3t64", "ca-certificates", "libzstd1", "libstdc++6", "tzdata", "libcrypt1", "base-files"}
	if i := slices.Index(common, name); i >= 0 {
		return len(common) - i
	}
	return 0
}

// complete fills in the report.
func (a *assembly) complete(t *layer.Tree, roots []root) {
	r := &a.report
	kept := map[string]*Kept{}
	for _, p := range a.kept.order {
		r.Kept = append(r.Kept, Kept{Package: p.Name, Version: p.Version, Arch: p.Arch, Why: a.kept.reasons[p]})
	}
	for i := range r.Kept {
		kept[r.Kept[i].Package] = &r.Kept[i]
	}
	for _, f := range t.Files() {
		if k := kept[f.Origin.Name]; k != nil && f.Origin.Kind == layer.FromPackage && f.Type != layer.Dir {
			k.Files++
			k.Size += f.Size
		}
		if chain := a.closure.Why(f.Path); len(chain) > 0 && f.Type != layer.Dir {
			last := chain[len(chain)-1]
			r.Needs = append(r.Needs, Need{Path: f.Path, By: last.By, Kind: string(last.Kind), Want: last.Want})
		}
	}
	if a.image.Cut == "needed" {
		r.Kept = slices.DeleteFunc(r.Kept, func(k Kept) bool { return k.Files == 0 })
	}
	if a.image.Cut != "full" {
		r.Cut = a.cutReport(roots, a.kept)
	}
	a.effectReports(t)
	a.unwritable(t)
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
	slices.SortFunc(r.Dropped, func(a, b Dropped) int { return layer.Compare(a.Path, b.Path) })
	slices.SortFunc(r.Warnings, func(a, b Warning) int {
		return cmp.Or(layer.Compare(a.Path, b.Path), strings.Compare(a.Text, b.Text))
	})
}

// effectReports takes over what was noted of the scripts of kept packages.
func (a *assembly) effectReports(t *layer.Tree) {
	r := &a.report
	for _, u := range a.universes() {
		for _, w := range u.waves {
			for _, e := range w.Reports {
				if !a.effective(u, e.Package) {
					continue
				}
				switch e.Kind {
				case effects.Secret:
					r.Secrets = append(r.Secrets, e.Path)
				case effects.HostName:
					if f := t.Get(e.Path); f != nil && f.Origin.Kind != layer.FromEdit {
						r.ToEdit = append(r.ToEdit, e.Path)
					}
				case effects.Suspect:
					if t.Get(e.Path) != nil {
						a.warning(e.Path, "looks like a secret that package %s made (%s): remove it if it is one", e.Package, e.Text)
					}
				case effects.Unstable:
					if t.Get(e.Path) != nil {
						a.note("%s has other bytes each time it is made: %s", e.Path, e.Text)
					}
				}
			}
		}
	}
	slices.Sort(r.Secrets)
	slices.Sort(r.ToEdit)
	r.Secrets, r.ToEdit = slices.Compact(r.Secrets), slices.Compact(r.ToEdit)
}

// libraryCache makes ld.so.cache for the libraries that the image has: without
// it ld.so looks in its own directories only.
func (a *assembly) libraryCache(t *layer.Tree) []*layer.File {
	if !a.kept.named("libc6") {
		return nil
	}
	data := layer.LdCache(t, a.in.Open, "ashlar")
	if data == nil {
		return nil
	}
	return []*layer.File{layer.Content("/etc/ld.so.cache", 0o644, data, fromSkeleton())}
}

// database returns the packages of which something is in the image, which can
// be more than the kept ones, and the files in which scanners look for them. These
// come from the packages, so that a new version changes the layer of its package
// and no other.
func (a *assembly) database(t *layer.Tree) ([]sbom.Package, []*layer.File, error) {
	var list []sbom.Package
	for _, u := range a.universes() {
		for _, p := range u.pkgs {
			if u == a.runtime || a.kept.has(p) {
				list = append(list, p.said())
			}
		}
	}
	list = sbom.Present(t, list)
	slices.SortFunc(list, func(a, b sbom.Package) int { return strings.Compare(a.Name, b.Name) })
	files, err := sbom.StatusFiles(list)
	return list, files, err
}

// said is what a package says of itself.
func (p *pkg) said() sbom.Package {
	source, _, _ := strings.Cut(p.Get("Source"), " ")
	s := sbom.Package{
		Name: p.Name, Version: p.Version, Architecture: p.Arch, Source: cmp.Or(source, p.Name),
		Homepage: p.Get("Homepage"), Maintainer: p.Get("Maintainer"), Control: map[string]string{},
	}
	for _, f := range p.Fields {
		s.Control[f.Name] = f.Value
	}
	return s
}
