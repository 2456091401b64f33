package buildroot

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

// editSources carries out the edits of files in the unpacked source.
func (w *building) editSources() error {
	root, err := os.OpenRoot(w.source())
	if err != nil {
		return err
	}
	defer root.Close()
	patches := map[string][]byte{}
	for _, f := range w.do.Patches {
		patches[f.Name] = f.Data
	}
	var mistakes diag.List
	for _, e := range w.do.Edits {
		names, err := namedBy(root.FS(), e)
		if err != nil {
			return err
		}
		if e.Files > 0 && len(names) != e.Files && len(w.do.Inputs()) == 0 {
			mistakes.Add(wrongCount(e, names))
			continue
		}
		for _, name := range names {
			data, err := root.ReadFile(name)
			if err != nil {
				mistakes.Add(noFile(e))
				continue
			}
			now, found, err := editSource(e, name, data, patches)
			if err == nil && len(found) == 0 {
				err = rewrite(root, name, now)
			}
			if err != nil {
				return err
			}
			mistakes.Add(found...)
		}
	}
	return mistakes.Err()
}

// CheckSources makes the edits of the sources of r that are directories of the
// workspace, and returns what does not hold. Where other sources are, too, files
// that no directory has are left to the build, and so is what is patched first.
func CheckSources(files fs.FS, r *recipe.Instance, patches map[string][]byte) ([]*diag.Error, error) {
	dirs, all := localDirs(r)
	var mistakes diag.List
	for _, e := range r.Edits {
		if path.IsAbs(e.Path) || len(dirs) == 0 {
			continue
		}
		var names []string
		for _, d := range dirs {
			there, found, err := d.try(files, e, patches)
			if err != nil {
				return nil, err
			}
			names = append(names, there...)
			mistakes.Add(found...)
		}
		switch {
		case !all:
		case e.Files > 0 && len(names) != e.Files:
			mistakes.Add(wrongCount(e, names))
		case e.Files == 0 && len(names) == 0:
			mistakes.Add(noFile(e))
		}
	}
	return mistakes.Errors(), nil
}

// A localDir is a source that is a directory of the workspace.
type localDir struct {
	dir, into string
}

// localDirs returns those of r that are edited as they are, and whether they are
// all that it is made of.
func localDirs(r *recipe.Instance) (dirs []localDir, all bool) {
	all = true
	for _, s := range r.Sources {
		d := localDir{s.Dir, s.Into}
		if s.FromRecipe {
			d.dir = path.Join(path.Dir(r.File), s.Dir)
		}
		switch {
		case path.IsAbs(s.Into):
		case s.Dir == "" || len(s.Patches) > 0:
			all = false
		default:
			dirs = append(dirs, d)
		}
	}
	return dirs, all
}

// try makes an edit of the files that the directory has of those that it is of,
// and returns their names in the source.
func (d localDir) try(files fs.FS, e recipe.Edit, patches map[string][]byte) (there []string, mistakes []*diag.Error, err error) {
	below, ok := strings.CutPrefix(path.Clean(e.Path), strings.TrimPrefix(path.Clean(d.into)+"/", "./"))
	if !ok {
		return nil, nil, nil
	}
	e.Path = below
	tree, err := fs.Sub(files, d.dir)
	if err != nil {
		return nil, nil, err
	}
	names, err := namedBy(tree, e)
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			continue
		}
		shown := path.Join(d.into, name)
		there = append(there, shown)
		_, found, err := editSource(e, shown, data, patches)
		if err != nil {
			return nil, nil, err
		}
		mistakes = append(mistakes, found...)
	}
	return there, mistakes, nil
}

// namedBy returns the files of a source that an edit is of: one, or all that a
// glob names.
func namedBy(tree fs.FS, e recipe.Edit) ([]string, error) {
	if e.Files == 0 {
		return []string{e.Path}, nil
	}
	return doublestar.Glob(tree, e.Path, doublestar.WithFilesOnly())
}

// editSource makes an edit of one file of a source.
func editSource(e recipe.Edit, name string, data []byte, patches map[string][]byte) (now []byte, mistakes []*diag.Error, err error) {
	res, err := edit.Apply(edit.Input{Name: name, Bytes: data, Format: e.Format, Ops: e.Ops, Files: patches})
	if found := diag.Of(err); len(found) > 0 {
		return nil, found, nil
	}
	return res.Bytes, nil, err
}

// noFile says that an edit is of a file that is not there.
func noFile(e recipe.Edit) *diag.Error {
	return &diag.Error{Pos: e.Pos, Msg: fmt.Sprintf("the source has no file %s", e.Path)}
}

// wrongCount says that a glob names another number of files than the edit says.
func wrongCount(e recipe.Edit, names []string) *diag.Error {
	hint := ""
	if len(names) > 0 {
		slices.Sort(names)
		hint = "it names " + strings.Join(names, ", ")
	}
	return &diag.Error{Pos: e.Pos, Msg: fmt.Sprintf("%q names %d of the source's files, not %d", e.Path, len(names), e.Files), Hint: hint}
}

// rewrite replaces a file's bytes and keeps its mode and time, so that make sees
// no newer file than upstream meant.
func rewrite(root *os.Root, name string, data []byte) error {
	info, err := root.Stat(name)
	if err != nil {
		return err
	}
	if err := root.WriteFile(name, data, info.Mode()); err != nil {
		return err
	}
	return root.Chtimes(name, info.ModTime(), info.ModTime())
}
