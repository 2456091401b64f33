package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/local"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A workspace is the recipes and the lock of a directory, as read.
type workspace struct {
	*recipe.Workspace
	files fs.FS
	store func() (*store.Store, error)
}

// load reads the recipes with these names, all if there are none, and prints
// what might not be meant.
func (e *env) load(names ...string) (*workspace, error) {
	w, err := e.loadSettings(names...)
	if err != nil {
		return nil, err
	}
	if len(w.Recipes) == 0 {
		return nil, fmt.Errorf("there are no recipes here: a recipe is recipes/NAME/recipe.toml below the workspace, which -C names")
	}
	for _, r := range w.Recipes {
		for _, warning := range r.Warnings() {
			fmt.Fprintf(e.err, "warning: %v\n", warning)
		}
	}
	return w, nil
}

// loadSettings is load for commands that can do without recipes.
func (e *env) loadSettings(names ...string) (*workspace, error) {
	files, err := e.workspaceFiles()
	if err != nil {
		return nil, err
	}
	w, err := recipe.Load(files, names...)
	if err != nil {
		return nil, err
	}
	return &workspace{Workspace: w, files: files, store: e.store}, nil
}

// instances are what the recipes say for their targets. build refuses what this
// version reads but cannot build.
func (w *workspace) instances(names []string) ([]*recipe.Instance, error) {
	var list []*recipe.Instance
	var mistakes diag.List
	for _, r := range w.Recipes {
		for _, t := range w.targets(r, names) {
			i, err := r.Instance(t)
			if err != nil {
				found := diag.Of(err)
				if len(found) == 0 {
					return nil, err
				}
				mistakes.Add(found...)
				continue
			}
			list = append(list, i)
		}
	}
	return list, mistakes.Err()
}

// targets are those of a recipe's targets that names ask for: all without names,
// the first variant for NAME, V for NAME@V.
func (w *workspace) targets(r *recipe.Recipe, names []string) []recipe.Target {
	chosen := variants(r, names)
	return slices.DeleteFunc(w.Targets(r), func(t recipe.Target) bool { return !slices.Contains(chosen, t.Variant) })
}

func variants(r *recipe.Recipe, names []string) []string {
	all := r.Variants
	if len(all) == 0 {
		all = []string{""}
	}
	if len(names) == 0 {
		return all
	}
	var chosen []string
	for _, n := range names {
		name, variant, said := strings.Cut(n, "@")
		switch {
		case name != r.Name:
		case said:
			chosen = append(chosen, variant)
		default:
			chosen = append(chosen, all[0])
		}
	}
	return chosen
}

// buildable refuses what this version cannot build.
func (w *workspace) buildable(names []string) error {
	var mistakes diag.List
	for _, r := range w.Recipes {
		if len(variants(r, names)) > 0 {
			mistakes.Add(r.Unsupported()...)
		}
	}
	return mistakes.Err()
}

// recipeNames are the recipes that names mean: NAME of NAME@VARIANT.
func recipeNames(names []string) []string {
	var list []string
	for _, n := range names {
		name, _, _ := strings.Cut(n, "@")
		list = append(list, name)
	}
	return list
}

// readLock reads ashlar.lock; an empty one if there is none.
func (w *workspace) readLock() (*lock.Lock, error) {
	data, err := fs.ReadFile(w.files, lock.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return &lock.Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	return lock.Decode(lock.FileName, data)
}

// archives are those that an instance's packages come from.
func (w *workspace) archives(i *recipe.Instance) ([]lock.Archive, error) {
	var list []lock.Archive
	for _, a := range slices.Concat(w.Archives(i.Suite), i.Archives) {
		archive := lock.Archive{Name: a.Name, URI: a.URI, Suite: a.Suite, Components: a.Components, Include: a.Include}
		if a.SignedBy.Name != "" {
			file := i.Locate(a.SignedBy.Name)
			key, err := fs.ReadFile(w.files, file)
			if err != nil {
				return nil, &diag.Error{Pos: a.SignedBy.Pos, Msg: fmt.Sprintf("cannot read the key of archive %s: %v", a.Name, err)}
			}
			archive.SignedBy = []string{string(key)}
		}
		list = append(list, archive)
	}
	return list, nil
}

// plan plans the named recipes, all if there are no names.
func (w *workspace) plan(names []string, tests bool) (*plan.Plan, []*recipe.Instance, error) {
	if err := w.buildable(names); err != nil {
		return nil, nil, err
	}
	instances, err := w.instances(names)
	if err != nil {
		return nil, nil, err
	}
	l, err := w.readLock()
	if err != nil {
		return nil, nil, err
	}
	var archives []lock.Archive
	for _, i := range instances {
		list, err := w.archives(i)
		if err != nil {
			return nil, nil, err
		}
		archives = append(archives, list...)
	}
	s, err := w.store()
	if err != nil {
		return nil, nil, err
	}
	p, err := plan.New(plan.Input{
		Instances: instances, Lock: l, Files: w.files, Dirs: local.New(w.files, filepath.Join(s.Dir(), "local")), Tests: tests,
		URLs: func(q lock.Package) []string { return apt.URLs(l, q, archives) },
	})
	return p, instances, err
}

// A pinner finds out what sources are, by fetching them into the store.
type pinner struct {
	fetch *fetch.Fetcher
	store *store.Store
}

// Pin fetches the source.
func (p pinner) Pin(ctx context.Context, s recipe.Source) (lock.Source, error) {
	pin := lock.Source{URL: s.URLs[0]}
	if s.SHA512 != "" {
		digest, err := p.fetch.Fetch(ctx, fetch.Request{Name: path.Base(s.URLs[0]), URLs: s.URLs, SHA512: s.SHA512})
		if err != nil {
			return pin, err
		}
		f, err := p.store.Blob(digest)
		if err != nil {
			return pin, err
		}
		defer f.Close()
		info, err := f.Stat()
		pin.SHA256, pin.Size = digest, info.Size()
		return pin, err
	}
	got, err := p.fetch.Get(ctx, fetch.IndexRequest{Name: path.Base(s.URLs[0]), URLs: s.URLs, MaxSize: 4 << 30})
	pin.SHA256, pin.Size = got.Digest, got.Size
	return pin, err
}
