package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// The names of files in a workspace.
const (
	workspaceFile = "ashlar.toml"
	recipesDir    = "recipes"
	recipeFile    = "recipe.toml"
)

// Load reads ashlar.toml and recipes/*/recipe.toml, or only the named recipes
// and those that they need. A name may have a variant behind it, `NAME@V`,
// which must exist. The error has all mistakes of all files, each a
// *diag.Error; a file that cannot be read, and a name that no recipe has, are
// errors of their own.
//
// Beside what [Parse] checks, files that recipes name must exist, and so must
// the recipes, variants and outputs that they depend on, without a circle.
func Load(fsys fs.FS, names ...string) (*Workspace, error) {
	l := loader{fsys: fsys, recipes: map[string]*Recipe{}, failed: map[string]bool{}, made: map[*Recipe][]*Instance{}}
	if err := l.workspace(); err != nil {
		return nil, err
	}
	if err := l.load(names); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(l.recipes)) {
		l.w.Recipes = append(l.w.Recipes, l.recipes[name])
	}
	l.cross()
	if l.errs.Len() > 0 {
		return nil, l.errs.Err()
	}
	return l.w, l.variants(names)
}

// A loader reads a workspace.
type loader struct {
	fsys    fs.FS
	w       *Workspace
	errs    diag.List
	recipes map[string]*Recipe // by name
	failed  map[string]bool    // names of recipes that have mistakes
	made    map[*Recipe][]*Instance
}

// workspace reads ashlar.toml, if there is one.
func (l *loader) workspace() error {
	src, err := fs.ReadFile(l.fsys, workspaceFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.w = &Workspace{File: workspaceFile, Suite: DefaultSuite, Arches: []string{DefaultArch}}
		return nil
	case err != nil:
		return err
	}
	var errs *diag.List
	l.w, errs = parseWorkspace(workspaceFile, src)
	l.errs.Add(errs.Errors()...)
	return nil
}

// load reads the named recipes and what they need, or all.
func (l *loader) load(names []string) error {
	if len(names) == 0 {
		return l.loadAll()
	}
	var queue []string
	for _, name := range names {
		name, _, _ = strings.Cut(name, "@")
		queue = append(queue, name)
	}
	asked := len(queue)
	for n := 0; n < len(queue); n++ {
		name := queue[n]
		if l.recipes[name] != nil || l.failed[name] {
			continue
		}
		err := l.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			if n < asked {
				all, _ := l.list()
				return fmt.Errorf("no recipe is called %q%s", name, inBrackets(nearHint(name, all)))
			}
			continue // whoever needs it will be told
		}
		if err != nil {
			return err
		}
		for _, d := range l.needs(l.recipes[name]) {
			queue = append(queue, d.Recipe)
		}
	}
	return nil
}

// loadAll reads what is there. It does not look which directories have a recipe:
// to open it tells as much.
func (l *loader) loadAll() error {
	entries, err := fs.ReadDir(l.fsys, recipesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			continue
		}
		if err := l.read(e.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// inBrackets puts a hint behind an error of one line.
func inBrackets(hint string) string {
	if hint == "" {
		return ""
	}
	return " (" + hint + ")"
}

// list returns the directories that hold a recipe, sorted.
func (l *loader) list() ([]string, error) {
	found, err := fs.Glob(l.fsys, path.Join(recipesDir, "*", recipeFile))
	if err != nil {
		return nil, err
	}
	var all []string
	for _, file := range found {
		all = append(all, path.Base(path.Dir(file)))
	}
	slices.Sort(all)
	return all, nil
}

// read reads the recipe of a directory, whose name it must have.
func (l *loader) read(name string) error {
	file := path.Join(recipesDir, name, recipeFile)
	src, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return err
	}
	r, errs := parse(file, src)
	if r != nil && r.Name != name && isRecipeName(r.Name) {
		rd := r.reader(errs, Target{})
		rd.badValue(r.body.get("recipe").get("name"), fmt.Sprintf("call the directory %q, or leave name out", r.Name),
			"recipe %q stands in the directory %q", r.Name, name)
	}
	if r != nil && (len(l.w.Arches) != 1 || l.w.Arches[0] != DefaultArch || l.w.Suite != DefaultSuite) {
		r.check(errs, l.w.Arches, l.w.Suite)
	}
	l.errs.Add(errs.Errors()...)
	if r == nil || errs.Len() > 0 {
		l.failed[name] = true
		return nil
	}
	l.recipes[name] = r
	return nil
}

// variants checks those that names ask for.
func (l *loader) variants(names []string) error {
	for _, name := range names {
		name, variant, asked := strings.Cut(name, "@")
		r := l.recipes[name]
		if asked && !slices.Contains(r.Variants, variant) {
			return fmt.Errorf("recipe %s has no variant %q%s", name, variant, inBrackets(nearHint(variant, r.Variants)))
		}
	}
	return nil
}
