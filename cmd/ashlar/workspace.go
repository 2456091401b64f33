package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt"
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
	lock  *lock.Lock // the one of the file, once read, or another one to plan with
}

// load reads the recipes with these names and those that they need, all if there are
// none, and prints what might not be meant in these.
func (e *env) load(names ...string) (*workspace, error) {
	w, err := e.loadRecipes(names...)
	if err == nil {
		e.warnOf(w, names)
	}
	return w, err
}

// warnOf prints what might not be meant in the recipes with these names, all if there
// are none.
func (e *env) warnOf(w *workspace, names []string) {
	for _, r := range w.Recipes {
		if len(names) > 0 && !slices.Contains(names, r.Name) {
			continue
		}
		for _, warning := range r.Warnings() {
			fmt.Fprintf(e.err, "warning: %v\n", warning)
		}
	}
}

// firstRecipe is what somebody may begin with who has none.
const firstRecipe = `
    [depends]
    runtime = ["hello"]

    [image]
    entrypoint = ["hello"]
    user       = "nobody"`

// loadRecipes is load without warnings.
func (e *env) loadRecipes(names ...string) (*workspace, error) {
	w, err := e.loadSome(names...)
	if err == nil && len(w.Recipes) == 0 {
		err = &diag.Error{
			Msg:  "there are no recipes here: a recipe is recipes/NAME/recipe.toml below the workspace, which -C names",
			Hint: "begin with recipes/hello/recipe.toml, then `ashlar lock` and `ashlar build`:\n" + firstRecipe,
		}
	}
	return w, err
}

// loadSome is loadRecipes for commands that can do without recipes.
func (e *env) loadSome(names ...string) (*workspace, error) {
	return e.loadBy(func(files fs.FS) (*recipe.Workspace, error) { return recipe.Load(files, names...) })
}

// loadSettings reads the workspace's settings, and no recipe.
func (e *env) loadSettings() (*workspace, error) { return e.loadBy(recipe.LoadSettings) }

func (e *env) loadBy(load func(files fs.FS) (*recipe.Workspace, error)) (*workspace, error) {
	files, err := e.workspaceFiles()
	if err != nil {
		return nil, err
	}
	w, err := load(files)
	if err != nil {
		return nil, err
	}
	e.vendorAt = w.Vendor
	e.tokens = w.Tokens()
	return &workspace{Workspace: w, files: files, store: e.store}, nil
}

// buildable refuses what this version cannot build.
func (w *workspace) buildable(g *recipe.Graph) error {
	var mistakes diag.List
	seen := map[string]bool{}
	for _, i := range g.All {
		if !seen[i.Name] {
			seen[i.Name] = true
			mistakes.Add(w.Recipe(i.Name).Unsupported()...)
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
	if w.lock != nil {
		return w.lock, nil
	}
	data, err := fs.ReadFile(w.files, lock.FileName)
	if errors.Is(err, fs.ErrNotExist) {
		return &lock.Lock{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", lock.FileName, cause(err))
	}
	w.lock, err = lock.Decode(lock.FileName, data)
	return w.lock, err
}

// cause is what a file's error says without the system call and the path.
func cause(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// archives are those that an instance's packages come from: the workspace's, and
// those of its recipe and of the recipes that it has something of.
func (w *workspace) archives(g *recipe.Graph, i *recipe.Instance) ([]lock.Archive, error) {
	var list []lock.Archive
	add := func(of *recipe.Instance, all []recipe.Archive) error {
		for _, a := range all {
			archive, err := w.archive(of, a)
			if err != nil {
				return err
			}
			at := slices.IndexFunc(list, func(b lock.Archive) bool { return a.Name == b.Name })
			switch {
			case at < 0:
				list = append(list, archive)
			case !reflect.DeepEqual(list[at], archive):
				return &diag.Error{Pos: a.Pos, Msg: fmt.Sprintf("archive %s is another one in a recipe that %s has something of", a.Name, lock.FullName(i)), Hint: "declare it once, in ashlar.toml, or give one of them another name"}
			}
		}
		return nil
	}
	if err := add(i, w.Archives(i.Suite)); err != nil {
		return nil, err
	}
	for _, of := range w.archiveOwners(g, i) {
		if err := add(of, w.ArchivesOf(of)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// archivesOf are the archives of each instance. Of one name there is one, because a lock
// names archives only.
func (w *workspace) archivesOf(g *recipe.Graph, instances []*recipe.Instance) (map[*recipe.Instance][]lock.Archive, error) {
	all := map[*recipe.Instance][]lock.Archive{}
	first := map[string]lock.Archive{}
	for _, i := range instances {
		list, err := w.archives(g, i)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			b, ok := first[a.Name]
			if ok && (a.URI != b.URI || a.Suite != b.Suite || !slices.Equal(a.Components, b.Components)) {
				return nil, &diag.Error{Pos: declared(i, a.Name), Msg: fmt.Sprintf("archive %s is %s for %s, and %s for another recipe", a.Name, inWords(a), lock.FullName(i), inWords(b)), Hint: "give one of them another name, or declare one in ashlar.toml for all"}
			}
			first[a.Name] = a
		}
		all[i] = list
	}
	return all, nil
}

// declared is where a recipe declares an archive; nowhere if another recipe does.
func declared(i *recipe.Instance, name string) diag.Pos {
	for _, a := range i.Archives {
		if a.Name == name {
			return a.Pos
		}
	}
	return diag.Pos{}
}

// inWords is an archive as sources.list(5) has it.
func inWords(a lock.Archive) string {
	return strings.Join(append([]string{a.URI, a.Suite}, a.Components...), " ")
}

// archiveOwners are i and the recipes that it has something of.
func (w *workspace) archiveOwners(g *recipe.Graph, i *recipe.Instance) []*recipe.Instance {
	parts := g.ForSteps(i)
	if i.Image != nil {
		parts = append(parts, g.ForImage(i)...)
	}
	for _, t := range i.Tests {
		parts = append(parts, g.ForTest(i, t)...)
	}
	owners := []*recipe.Instance{i}
	for _, p := range parts {
		if len(p.Recipe.Archives) > 0 && !slices.Contains(owners, p.Recipe) {
			owners = append(owners, p.Recipe)
		}
	}
	return owners
}

func (w *workspace) archive(of *recipe.Instance, a recipe.Archive) (lock.Archive, error) {
	archive := lock.Archive{Name: a.Name, URI: a.URI, Suite: a.Suite, Components: a.Components, Include: a.Include, Mirrors: a.Mirrors}
	if a.SignedBy.Name == "" {
		return archive, nil
	}
	key, err := fs.ReadFile(w.files, of.Locate(a.SignedBy.Name))
	if err != nil {
		return archive, &diag.Error{Pos: a.SignedBy.Pos, Msg: fmt.Sprintf("cannot read the key of archive %s: %v", a.Name, err)}
	}
	archive.SignedBy = []string{string(key)}
	return archive, nil
}

// plan plans the named recipes, all if there are no names. Their graph has the
// instances.
func (w *workspace) plan(names []string, tests bool) (*plan.Plan, *recipe.Graph, error) {
	g := w.Graph(names...)
	if err := w.buildable(g); err != nil {
		return nil, nil, err
	}
	l, err := w.readLock()
	if err != nil {
		return nil, nil, err
	}
	var archives []lock.Archive
	for _, i := range g.All {
		list, err := w.archives(g, i)
		if err != nil {
			return nil, nil, err
		}
		for _, a := range list {
			if !slices.ContainsFunc(archives, func(b lock.Archive) bool { return reflect.DeepEqual(a, b) }) {
				archives = append(archives, a)
			}
		}
	}
	s, err := w.store()
	if err != nil {
		return nil, nil, err
	}
	p, err := plan.New(plan.Input{
		Graph: g, Lock: l, Files: w.files, Dirs: local.New(w.files, filepath.Join(s.Dir(), "local")), Tests: tests,
		URLs: func(q lock.Package) []string { return apt.URLs(l, q, archives) },
	})
	return p, g, err
}
