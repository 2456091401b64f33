package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// WorkspaceFile is the name of a workspace's own settings in it.
const WorkspaceFile = "ashlar.toml"

// The names of a workspace's other files.
const (
	recipesDir = "recipes"
	recipeFile = "recipe.toml"
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

// LoadSettings reads ashlar.toml alone: no mistake of a recipe matters.
func LoadSettings(fsys fs.FS) (*Workspace, error) {
	l := loader{fsys: fsys}
	if err := l.workspace(); err != nil {
		return nil, err
	}
	return l.w, l.errs.Err()
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
	src, err := fs.ReadFile(l.fsys, WorkspaceFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		l.w = &Workspace{File: WorkspaceFile, Suite: DefaultSuite, Arches: []string{DefaultArch}}
		return nil
	case err != nil:
		return err
	}
	var errs *diag.List
	l.w, errs = parseWorkspace(WorkspaceFile, src)
	l.errs.Add(errs.Errors()...)
	return nil
}

// load reads the named recipes and what they need, or all: first those that were
// asked for, then those that these need, and so on.
func (l *loader) load(names []string) error {
	level, err := l.asked(names)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for asked := len(names) > 0; len(level) > 0; asked = false {
		for n, f := range l.read(level) {
			err := l.take(level[n], f)
			switch {
			case errors.Is(err, fs.ErrNotExist) && asked:
				all, _ := l.list()
				return fmt.Errorf("no recipe is called %q%s", level[n], inBrackets(nearHint(ofPath(level[n]), all)))
			case err != nil && !errors.Is(err, fs.ErrNotExist): // of one that is not there whoever needs it is told
				return err
			}
			seen[level[n]] = true
		}
		var next []string
		for _, name := range level {
			for _, d := range l.needs(l.recipes[name]) {
				if !seen[d.Recipe] {
					seen[d.Recipe] = true
					next = append(next, d.Recipe)
				}
			}
		}
		level = next
	}
	return nil
}

// ofPath is the name that is meant by a path to a recipe, as shells complete them.
func ofPath(name string) string {
	return path.Base(strings.TrimSuffix(name, "/"+recipeFile))
}

// asked are the names of recipes to begin with, each once. Of all that are there it
// does not look which directories have a recipe: to open it tells as much.
func (l *loader) asked(names []string) ([]string, error) {
	var level []string
	for _, name := range names {
		if name, _, _ = strings.Cut(name, "@"); !slices.Contains(level, name) {
			level = append(level, name)
		}
	}
	if len(names) > 0 {
		return level, nil
	}
	entries, err := fs.ReadDir(l.fsys, recipesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			level = append(level, e.Name())
		}
	}
	return level, nil
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

// A found is a recipe as its file has it, or why it cannot be read.
type found struct {
	recipe *Recipe
	errs   *diag.List
	err    error
}

// read reads the recipes of these directories, as many at once as there are
// processors: they know nothing of each other.
func (l *loader) read(names []string) []found {
	all := make([]found, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for n, name := range names {
		g.Go(func() error {
			all[n] = l.one(name)
			return nil
		})
	}
	g.Wait()
	return all
}

// one reads the recipe of a directory, whose name it must have.
func (l *loader) one(name string) found {
	file := path.Join(recipesDir, name, recipeFile)
	src, err := fs.ReadFile(l.fsys, file)
	if err != nil {
		return found{err: err}
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
	return found{recipe: r, errs: errs}
}

// take notes what was found for a name.
func (l *loader) take(name string, f found) error {
	if f.err != nil {
		return f.err
	}
	l.errs.Add(f.errs.Errors()...)
	if f.recipe == nil || f.errs.Len() > 0 {
		l.failed[name] = true
		return nil
	}
	l.recipes[name] = f.recipe
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
