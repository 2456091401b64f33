// Package local reads directories of the workspace as sources: which files they
// hold, without what .gitignore files leave out, and the digest of each.
//
// What a file's bytes are is asked only if the file is another than at the last
// time, as far as the kernel can tell, so that a directory in which nothing
// changed costs a look at each name. The rules are those of the .gitignore files
// in the workspace alone: neither the user's own nor the repository's index or
// info/exclude plays a part, so that every checkout gives the same source.
package local

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/usher"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Dirs lists directories of one workspace.
type Dirs struct {
	files fs.FS
	cache *cache
}

// New makes a Dirs for the workspace files, which knows what it was once told of
// them from a file in dir, a directory of its own that need not be there.
func New(files fs.FS, dir string) *Dirs { return &Dirs{files: files, cache: newCache(dir)} }

// ownNames are the workspace's own files: a source that is the whole workspace
// does not hold how it is built, or else each look at the lock would change it.
const ownNames = "ashlar.toml ashlar.lock recipes"

// List implements plan.Lister.
func (d *Dirs) List(dir string, keep func(string) bool) ([]plan.Entry, error) {
	if err := d.cache.load(d.files); err != nil {
		return nil, err
	}
	w := walk{dirs: d, top: dir, keep: keep}
	var above *ignorer
	for _, p := range parents(dir) {
		var err error
		if above, err = w.rules(above, p); err != nil {
			return nil, err
		}
	}
	if err := w.dir(dir, above); err != nil {
		return nil, err
	}
	slices.SortFunc(w.found, func(a, b plan.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return w.found, d.cache.save()
}

// A walk lists one directory.
type walk struct {
	dirs  *Dirs
	top   string
	keep  func(string) bool
	found []plan.Entry
}

// rules adds those of a directory's .gitignore to those above it.
func (w *walk) rules(above *ignorer, dir string) (*ignorer, error) {
	text, err := fs.ReadFile(w.dirs.files, path.Join(dir, ".gitignore"))
	if errors.Is(err, fs.ErrNotExist) {
		return above, nil
	}
	if err != nil {
		return nil, err
	}
	return &ignorer{above: above, dir: dir, rules: parseIgnore(string(text))}, nil
}

func (w *walk) dir(dir string, above *ignorer) error {
	list, err := fs.ReadDir(w.dirs.files, dir)
	if err != nil {
		return err
	}
	rules := above
	if slices.ContainsFunc(list, func(e fs.DirEntry) bool { return e.Name() == ".gitignore" }) {
		if rules, err = w.rules(above, dir); err != nil {
			return err
		}
	}
	for _, e := range list {
		name := path.Join(dir, e.Name())
		own := dir == "." && slices.Contains(strings.Fields(ownNames), e.Name())
		if own || e.Name() == ".git" || rules.ignores(name, e.IsDir()) {
			continue
		}
		if e.IsDir() {
			err = w.dir(name, rules)
		} else {
			err = w.file(name, e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// below is a path of the workspace as seen from the top of the walk.
func (w *walk) below(name string) string {
	if w.top == "." {
		return name
	}
	return strings.TrimPrefix(name, w.top+"/")
}

func (w *walk) file(name string, e fs.DirEntry) error {
	entry := plan.Entry{Path: w.below(name)}
	if !w.keep(entry.Path) {
		return nil
	}
	info, err := e.Info()
	if err != nil {
		return err
	}
	switch info.Mode().Type() {
	case fs.ModeSymlink:
		entry.Link, err = fs.ReadLink(w.dirs.files, name)
	case 0:
		entry.Exec = info.Mode()&0o111 != 0
		entry.SHA256, err = w.dirs.digest(name, info)
	default:
		err = fmt.Errorf("%s is a device, fifo or socket, which no source can hold: remove it, or name it in `except`", name)
	}
	w.found = append(w.found, entry)
	return err
}

// digest is a file's SHA-256, read only if the cache does not know it.
func (d *Dirs) digest(name string, info fs.FileInfo) (string, error) {
	id, known := info.Sys().(usher.Identity)
	if sum, ok := d.cache.get(name, info, id); known && ok {
		return sum, nil
	}
	f, err := d.files.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if known {
		d.cache.put(name, info, id, sum)
	}
	return sum, nil
}
