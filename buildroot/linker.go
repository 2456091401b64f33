package buildroot

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// linkerCache makes a layer with the /etc/ld.so.cache that ldconfig would write for
// a root with outputs of other recipes, as it does when a package with libraries is
// installed: base are the files of its packages and their effects. There is none
// where neither packages with libraries came along nor the outputs have one.
func (b *Builder) linkerCache(layers []string, outputs []plan.Output, libraries bool, base map[string]*layer.File, date time.Time, inputs map[plan.ID]store.Result) ([]string, error) {
	var trees []*layer.Tree
	for _, digest := range outputDigests(outputs, inputs) {
		x, err := readTree(b.Store, digest)
		if err != nil {
			return nil, err
		}
		libraries = libraries || slices.ContainsFunc(x.Files, func(f *layer.File) bool { return f.Facts != nil && f.Facts.Soname != "" })
		trees = append(trees, forLinker(x.Files))
	}
	if !libraries {
		return nil, nil
	}
	all := make([]*layer.File, 0, len(base))
	for _, f := range base {
		all = append(all, f)
	}
	slices.Reverse(trees) // the lowest first
	root := layer.Merge(append([]*layer.Tree{forLinker(all)}, trees...)...)
	data := layer.LdCache(root, layersOpener(layers), "ashlar")
	b.mu.Lock()
	defer b.mu.Unlock()
	dir, err := b.ownLayer("linker")
	if err != nil {
		return nil, err
	}
	w := layerWriter{dir: dir, below: root, time: date}
	w.write(layer.Content("/etc/ld.so.cache", 0o644, data, layer.Origin{}))
	w.date()
	return []string{dir}, w.err
}

// forLinker is a tree of what the linker's cache depends on.
func forLinker(files []*layer.File) *layer.Tree {
	t := layer.New()
	for _, f := range files {
		if f.Type == layer.Dir || f.Type == layer.Symlink || strings.Contains(f.Path, ".so") {
			t.Put(f)
		}
	}
	return t
}

// A layersOpener opens files of a stack of layers, top first.
type layersOpener []string

func (l layersOpener) Open(f *layer.File) (io.ReadCloser, error) {
	for _, dir := range l {
		r, err := os.Open(filepath.Join(dir, f.Path))
		if !errors.Is(err, fs.ErrNotExist) {
			return r, err
		}
	}
	return nil, &fs.PathError{Op: "open", Path: f.Path, Err: fs.ErrNotExist}
}
