package buildroot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

// What the result of a build action has besides its tree.
const (
	logName = "log" // blob, and file of the scratch directory: all that was said
	// madeSteps is the key of the index's Meta that has the steps' names in
	// order; madeStep and a step's number have the paths that were there after it.
	madeSteps = "steps"
	madeStep  = "step "
)

// harvest turns what the steps wrote into a tree: all of the root's changes but
// the source and what never belongs to a recipe. Which of it is an output is
// not decided here, so that a changed [artefacts] compiles nothing again.
func (w *building) harvest(ctx context.Context) (finisher, error) {
	changes, err := w.changes(ctx)
	if err != nil {
		return nil, err
	}
	for _, dir := range w.neverHarvested() {
		if err := rmtree.RemoveAll(filepath.Join(w.upper(), dir)); err != nil {
			return nil, err
		}
	}
	if err := w.searchChanges(changes); err != nil {
		return nil, err
	}
	if err := w.unveil(changes); err != nil {
		return nil, err
	}
	draft, err := w.Store.NewTree()
	if err != nil {
		return nil, err
	}
	index, err := w.index(changes)
	if err == nil {
		err = os.Rename(w.upper(), filepath.Join(draft.Dir(), "root"))
	}
	var digest string
	if err == nil {
		digest, err = writeIndex(draft.Dir(), index)
	}
	if err != nil {
		return nil, draft.Fail(err)
	}
	return func(ctx context.Context) (store.Result, error) { return w.finish(ctx, draft, digest) }, nil
}

func (w *building) finish(ctx context.Context, draft *store.Draft, digest string) (store.Result, error) {
	defer w.scratch.Close()
	if err := draft.Commit(ctx, digest); err != nil {
		return store.Result{}, err
	}
	blob, err := w.putLog(ctx, w.scratch)
	if err != nil {
		return store.Result{}, err
	}
	if err := w.Store.Forget(keptName(w.action.Recipe)); err != nil {
		return store.Result{}, err
	}
	return store.Result{
		Trees: map[string]string{treeName: digest},
		Blobs: map[string]string{logName: blob},
		Notes: w.reports,
	}, nil
}

// putLog stores what a tee wrote to a scratch directory.
func (b *Builder) putLog(ctx context.Context, scratch *store.Scratch) (digest string, err error) {
	log, err := os.Open(filepath.Join(scratch.Dir(), logName))
	if err != nil {
		return "", err
	}
	defer log.Close()
	digest, _, err = b.Store.Put(ctx, log, "")
	return digest, err
}

// changes asks the runner what the steps changed. Without steps there is none
// to ask: the sources were put there by ourselves.
func (w *building) changes(ctx context.Context) ([]job.Change, error) {
	var all []job.Change
	var err error
	if len(w.do.Steps) == 0 {
		all, err = plainChanges(w.upper())
	} else {
		var runner Runner
		if runner, err = w.run(ctx); err == nil {
			all, err = runner.Scan(ctx, w.scratch.Dir(), nil)
		}
	}
	never := w.neverHarvested()
	return slices.DeleteFunc(all, func(c job.Change) bool {
		within := func(dir string) bool { return c.Path == dir || layer.Below(c.Path, dir) }
		return c.Path == "/" || slices.ContainsFunc(never, within)
	}), err
}

// neverHarvested are directories of which nothing belongs into the result.
func (w *building) neverHarvested() []string {
	if w.do.Stage {
		return slices.DeleteFunc(neverHarvested(), func(dir string) bool { return dir == sourceDir })
	}
	return neverHarvested()
}

// index describes the changes as files, with owners' names and the step that
// made each.
func (w *building) index(changes []job.Change) (*layer.Index, error) {
	names, err := readOwners(append([]string{w.upper()}, w.layers...))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(changes, func(a, b job.Change) int { return layer.Compare(a.Path, b.Path) })
	x := &layer.Index{Meta: w.meta()}
	first := map[uint64]string{}
	for _, c := range changes {
		f, err := w.file(c, names)
		if err != nil {
			return nil, err
		}
		if f == nil {
			continue
		}
		if name, seen := first[c.Ino]; seen && c.Kind == job.Regular && c.Nlink > 1 {
			f = &layer.File{Path: c.Path, Type: layer.Hardlink, Link: name, Origin: f.Origin}
		} else if c.Kind == job.Regular {
			first[c.Ino] = c.Path
		}
		x.Files = append(x.Files, f)
	}
	return x, nil
}

func (w *building) meta() map[string]string {
	meta := map[string]string{}
	var names []string
	for i, s := range w.do.Steps {
		names = append(names, s.Name)
		if (w.do.Stage || i+1 < len(w.do.Steps)) && i < len(w.listed) { // what is there at the end stands in the index
			meta[fmt.Sprint(madeStep, i)] = strings.Join(w.listed[i], "\n")
		}
	}
	meta[madeSteps] = strings.Join(names, "\n")
	return meta
}

// file describes one change, or returns nil for one that no archive can hold.
func (w *building) file(c job.Change, names owners) (*layer.File, error) {
	f := &layer.File{
		Path: c.Path, Type: layer.Type(c.Kind), Mode: c.Mode, Link: c.Link, Caps: string(c.Caps),
		User: nameOf(names.users, c.UID), Group: nameOf(names.groups, c.GID),
		MTime:  min(c.MTime.Unix(), w.epoch.Unix()),
		Origin: layer.Origin{Kind: layer.FromRecipe, Name: w.action.Recipe, What: w.stepAt(c.CTime)},
	}
	if owner, ok := w.sourceOwner(c.Path); ok {
		f.User, f.Group = owner, owner
	}
	switch c.Kind {
	case job.Socket:
		return nil, nil
	case job.Whiteout:
		if !w.do.Layered() {
			return nil, nil
		}
		f.User, f.Group, f.MTime = "root", "root", 0
	case job.Dir:
		if c.Opaque && w.do.Layered() { // nothing of the packages below is ever an artefact
			f.Type = layer.Opaque
		}
	case job.Regular:
		return f, describe(f, filepath.Join(w.upper(), c.Path))
	}
	return f, nil
}

// stepAt is the name of the step during which t was.
func (w *building) stepAt(t time.Time) string {
	for i, end := range w.ends {
		if t.Before(end) {
			return w.do.Steps[i].Name
		}
	}
	if n := len(w.ends); n > 0 {
		return w.do.Steps[n-1].Name
	}
	return "source"
}

// sourceOwner is the owner that a source with an absolute `into` gives its files.
func (w *building) sourceOwner(path string) (string, bool) {
	for _, s := range w.do.Sources {
		if filepath.IsAbs(s.Into) && s.Owner != "" && s.Owner != "root" && layer.Below(path, outDir+s.Into) {
			return s.Owner, true
		}
	}
	return "", false
}

// describe notes a regular file's size, digest and facts.
func describe(f *layer.File, path string) error {
	r, err := openOwn(path)
	if err != nil {
		return err
	}
	defer r.Close()
	h := sha256.New()
	if f.Size, err = io.Copy(h, r); err != nil {
		return err
	}
	f.Digest = hex.EncodeToString(h.Sum(nil))
	f.Facts = layer.FactsOf(r, f.Size)
	return nil
}

// openOwn opens a file that belongs to us, whatever its mode says.
func openOwn(path string) (*os.File, error) {
	f, err := os.Open(path)
	if !os.IsPermission(err) {
		return f, err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o400); err != nil {
		return nil, err
	}
	f, err = os.Open(path)
	if back := os.Chmod(path, info.Mode()); err == nil && back != nil {
		f.Close()
		return nil, back
	}
	return f, err
}

// writeIndex writes a tree's index beside its root and returns the digest that
// names the tree.
func writeIndex(dir string, x *layer.Index) (string, error) {
	var b bytes.Buffer
	if err := layer.WriteIndex(&b, x); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, "index"), b.Bytes(), 0o644); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b.Bytes())
	return hex.EncodeToString(sum[:]), nil
}

// plainChanges lists a directory that no container wrote to.
func plainChanges(upper string) ([]job.Change, error) {
	var all []job.Change
	err := filepath.WalkDir(upper, func(file string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		c := job.Change{Path: "/" + strings.TrimPrefix(strings.TrimPrefix(file, upper), "/"), Kind: job.Regular, Mode: uint32(info.Mode().Perm()), Size: info.Size(), MTime: info.ModTime()}
		switch {
		case d.IsDir():
			c.Kind = job.Dir
		case d.Type()&os.ModeSymlink != 0:
			c.Kind = job.Symlink
			c.Link, err = os.Readlink(file)
		}
		all = append(all, c)
		return err
	})
	return all, err
}
