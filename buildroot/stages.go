package buildroot

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/artefact"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A recipe with a step that sees some files only is built in several actions. In
// each the source lies in a layer of its own below what the steps write, and
// between the two lies what the steps of the actions before wrote: so of a file
// that both a step and the source have, the step's is seen, and what a step has
// removed stays away.

// sourceLayer is where in a scratch directory the source lies then.
const sourceLayer = "source"

// source is the directory that has the unpacked source.
func (w *building) source() string {
	if w.do.Layered() {
		return filepath.Join(w.scratch.Dir(), sourceLayer, sourceDir)
	}
	return filepath.Join(w.upper(), sourceDir)
}

// earlier are the layers that the builds before made, top first.
func (w *building) earlier(inputs map[plan.ID]store.Result) ([]string, error) {
	var layers []string
	for _, id := range slices.Backward(w.do.Earlier) {
		dir, ok := w.Store.Tree(inputs[id].Trees[treeName])
		if !ok {
			return nil, fs.ErrNotExist
		}
		layers = append(layers, filepath.Join(dir, "root"))
	}
	return layers, nil
}

// blindfold takes away what the step is not to see of the source.
func (w *building) blindfold() error {
	globs := w.do.Inputs()
	if len(globs) == 0 {
		return nil
	}
	var paths, dirs []string
	err := filepath.WalkDir(w.source(), func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			dirs = append(dirs, file)
			return nil
		}
		name, err := filepath.Rel(w.source(), file)
		paths = append(paths, name)
		if err != nil || plan.Sees(globs, name) {
			return err
		}
		return rmtree.RemoveAll(file)
	})
	if err != nil {
		return err
	}
	for _, dir := range slices.Backward(dirs[1:]) {
		os.Remove(dir) // unless something is in it
	}
	var mistakes diag.List
	mistakes.Add(plan.Blind(globs, paths)...)
	return mistakes.Err()
}

// opaqueXattr hides what lower layers have in a directory (kernel,
// filesystems/overlayfs: "userxattr").
const opaqueXattr = "user.overlay.opaque"

// unveil takes the mark from directories that hide nothing: the kernel sets it on
// every new one, and in a later build there may be something of the source below.
func (w *building) unveil(changes []job.Change) error {
	if !w.do.Layered() {
		return nil
	}
	for i, c := range changes {
		hides := func(l string) bool {
			info, err := os.Lstat(filepath.Join(l, c.Path))
			return err == nil && info.IsDir()
		}
		if !c.Opaque || slices.ContainsFunc(w.layers, hides) {
			continue
		}
		changes[i].Opaque = false
		dir := filepath.Join(w.upper(), c.Path)
		err := os.Chmod(dir, 0o700)
		if err == nil {
			err = unix.Lremovexattr(dir, opaqueXattr)
		}
		if back := os.Chmod(dir, fileMode(c.Mode)); err == nil {
			err = back
		}
		if err != nil {
			return &fs.PathError{Op: "unveil", Path: c.Path, Err: err}
		}
	}
	return nil
}

// made is what all steps of a recipe wrote, and the steps.
func (b *Builder) made(do *plan.Collect, inputs map[plan.ID]store.Result) ([]*layer.File, []artefact.Step, error) {
	var all *layer.Tree
	var steps []artefact.Step
	for _, id := range append(slices.Clip(do.Earlier), do.Made) {
		x, err := readTree(b.Store, inputs[id].Trees[treeName])
		if err != nil {
			return nil, nil, err
		}
		if len(do.Earlier) == 0 {
			return x.Files, stepsOf(x.Meta), nil
		}
		x.Files = slices.DeleteFunc(x.Files, func(f *layer.File) bool { return f.Path == sourceDir || layer.Below(f.Path, sourceDir) })
		before := all
		if all = x.Tree(); before != nil {
			all = layer.Merge(before, all)
		}
		for _, s := range stepsOf(x.Meta) {
			if before != nil {
				s.Paths = append(s.Paths, pathsOf(before)...)
			}
			steps = append(steps, s)
		}
		if id != do.Made {
			steps[len(steps)-1].Paths = pathsOf(all)
		}
	}
	return all.Files(), steps, nil
}

// pathsOf are a tree's files, as [listing] has them.
func pathsOf(t *layer.Tree) []string {
	var paths []string
	out, root := splitOut(t.Files())
	for _, part := range []*layer.Tree{out, root} {
		for _, f := range part.Files() {
			if f.Type != layer.Dir {
				paths = append(paths, f.Path)
			}
		}
	}
	return paths
}
