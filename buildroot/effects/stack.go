package effects

import (
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// Layers is how a root of packages and their effects is stacked, top first, as
// job.Job.Layers has it: top, which may be empty, then the effects, the latest
// first, then the packages, and policy, which is what [WritePolicy] made and may
// be empty, below. The latest effects have dpkg's database of the whole root.
//
// All effects lie above all packages: what a package of a later wave has to
// show in spite of an earlier effect is in its own wave's effects. Of the
// packages the first is on top, because dpkg leaves a directory that is there
// the mode and owner that it has; so give the base's packages first. Where two
// packages ship one file, the effects have the right one.
func Layers(top string, earlier []*Effects, packages []*deb.Package, policy string) []string {
	var layers []string
	add := func(dir string) {
		if dir != "" {
			layers = append(layers, dir)
		}
	}
	add(top)
	for _, e := range slices.Backward(earlier) {
		add(e.Root())
	}
	for _, p := range packages {
		add(p.Root())
	}
	add(policy)
	return layers
}

// Root is what a root of packages and their effects shows, by path: what [Layers]
// stacks, as data. dpkg's database is not in it.
func Root(packages []*deb.Package, earlier []*Effects) map[string]*layer.File {
	return newBelow(packages, earlier).files
}

// below is what the lower layers of a root hold, as data: packages and earlier
// effects.
type below struct {
	files map[string]*layer.File
}

// newBelow lays effects over packages, of which the first has a directory's
// owner and mode, and any may have a file: see conflicts.
func newBelow(packages []*deb.Package, earlier []*Effects) *below {
	n := 0
	for _, p := range packages {
		n += len(p.Index.Files)
	}
	b := &below{files: make(map[string]*layer.File, n)}
	for _, p := range packages {
		for _, f := range p.Index.Files {
			if b.files[f.Path] == nil {
				b.files[f.Path] = f
			}
		}
	}
	for _, e := range earlier {
		b.lay(e)
	}
	return b
}

// lay puts effects on top.
func (b *below) lay(e *Effects) {
	for _, f := range e.Index.Files {
		if f.Type == layer.Whiteout || f.Type == layer.Opaque {
			delete(b.files, f.Path)
			b.hide(f.Path)
		}
	}
	for _, f := range e.Index.Files {
		if f.Type == layer.Whiteout {
			continue
		}
		if f.Type == layer.Symlink && f.Origin.Kind == layer.FromPackage {
			b.hide(f.Path) // packages' directories that the link stands for
		}
		b.files[f.Path] = f
	}
}

// hide takes out what is below a directory. Whiteouts are few, and those of
// directories fewer.
func (b *below) hide(dir string) {
	for p := range b.files {
		if layer.Below(p, dir) {
			delete(b.files, p)
		}
	}
}

// get is what the lower layers show at a path, or nil.
func (b *below) get(p string) *layer.File { return b.files[p] }
