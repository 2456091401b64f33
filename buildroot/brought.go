package buildroot

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// brought makes a layer with what recipes bring into a root besides their outputs,
// none if that is nothing: base are the files of its packages and their effects,
// layers all that lies below. Owners are as in all of a buildroot that no script
// asked for: root.
func (b *Builder) brought(r plan.Root, layers []string, base map[string]*layer.File, date time.Time, inputs map[plan.ID]store.Result) ([]string, error) {
	if len(r.Recipes) == 0 {
		return nil, nil
	}
	var parts []image.Part
	for _, from := range r.Recipes {
		part := image.Part{Recipe: from.Recipe, Files: map[string][]byte{}}
		for _, f := range from.Data {
			part.Files[f.Name] = f.Data
		}
		parts = append(parts, part)
	}
	trees := []*layer.Tree{layer.New()}
	for _, f := range base {
		trees[0].Put(f)
	}
	digests := outputDigests(r.Outputs, inputs)
	for i := range digests {
		x, err := readTree(b.Store, digests[len(digests)-1-i]) // the lowest first
		if err != nil {
			return nil, err
		}
		trees = append(trees, x.Tree())
	}
	below := layer.Merge(trees...)
	files, err := image.Bring(below, parts, layersOpener(layers))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	dir, err := b.ownLayer("brought")
	if err != nil {
		return nil, err
	}
	w := layerWriter{dir: dir, below: below, time: date}
	for _, f := range files {
		w.write(f)
	}
	w.date()
	return []string{dir}, w.err
}

// A layerWriter writes files into a directory that is to lie on others.
type layerWriter struct {
	dir   string
	below *layer.Tree
	time  time.Time // of all that it makes
	made  []string  // directories, each behind those above it
	err   error
}

// write puts one file into the layer.
func (w *layerWriter) write(f *layer.File) {
	w.parents(path.Dir(f.Path))
	at := filepath.Join(w.dir, f.Path)
	switch {
	case w.err != nil:
	case f.Type == layer.Dir:
		w.mkdir(f)
	case f.Type == layer.Symlink:
		w.err = os.Symlink(f.Link, at)
	default:
		if w.err = os.WriteFile(at, f.Data, 0o600); w.err == nil {
			w.err = os.Chmod(at, fs.FileMode(f.Mode)&fs.ModePerm)
		}
		if w.err == nil {
			w.err = os.Chtimes(at, w.time, w.time)
		}
	}
}

// parents makes the directories above a file as the layers below have them, whose
// modes they cover.
func (w *layerWriter) parents(dir string) {
	if _, err := os.Lstat(filepath.Join(w.dir, dir)); err == nil || dir == "/" {
		return
	}
	w.parents(path.Dir(dir))
	f := w.below.Get(dir)
	if f == nil {
		f = &layer.File{Path: dir, Mode: 0o755}
	}
	w.mkdir(f)
}

// mkdir makes a directory, or gives one its mode.
func (w *layerWriter) mkdir(f *layer.File) {
	at := filepath.Join(w.dir, f.Path)
	if w.err == nil {
		w.err = os.MkdirAll(at, 0o755)
	}
	if w.err == nil {
		mode := fs.FileMode(f.Mode) & fs.ModePerm
		if f.Mode&0o1000 != 0 {
			mode |= fs.ModeSticky
		}
		w.err = os.Chmod(at, mode)
	}
	w.made = append(w.made, at)
}

// date gives the directories their time, when nothing more is to be written.
func (w *layerWriter) date() {
	for _, at := range slices.Backward(w.made) {
		if w.err == nil {
			w.err = os.Chtimes(at, w.time, w.time)
		}
	}
}
