package buildroot

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
)

// effectsOf are what the scripts of packages that come with outputs changed where
// these were built, without a directory to stack.
func (b *Builder) effectsOf(libraries []library) ([]*effects.Effects, error) {
	var list []*effects.Effects
	for _, l := range libraries {
		if l.effects == "" {
			continue
		}
		x, err := readTree(b.Store, l.effects)
		if err != nil {
			return nil, err
		}
		e, err := effects.Kept(x)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// configured makes a layer with what of kept is to be seen in a root, none if that
// is nothing: base are the files of its packages and of all effects, those of kept
// below its own, and layers all that lies below. Owners are root, as in all of a
// buildroot that no script of its own asked for.
func (b *Builder) configured(kept []*effects.Effects, layers []string, base map[string]*layer.File, date time.Time) ([]string, error) {
	if len(kept) == 0 {
		return nil, nil
	}
	lines, err := linesWith(kept, layersOpener(layers))
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	dir, err := b.ownLayer("configured")
	if err != nil {
		return nil, err
	}
	w := layerWriter{dir: dir, below: layer.New(slices.Collect(maps.Values(base))...), time: date}
	for _, e := range kept {
		for _, f := range e.Index.Files {
			if seen := base[f.Path]; seen == f || seen == nil && f.Type == layer.Whiteout {
				b.layEffect(&w, e, f)
			}
		}
	}
	for _, file := range slices.Sorted(maps.Keys(lines)) {
		f := layer.Content(file, 0o644, []byte(lines[file]), layer.Origin{})
		if old := base[file]; old != nil {
			f.Mode = old.Mode
		}
		w.write(f)
	}
	w.date()
	return []string{dir}, w.err
}

// layEffect writes one file of a package's effects into a layer.
func (b *Builder) layEffect(w *layerWriter, e *effects.Effects, f *layer.File) {
	w.parents(path.Dir(f.Path))
	at := filepath.Join(w.dir, f.Path)
	switch f.Type {
	case layer.Dir, layer.Opaque:
		w.mkdir(f)
		if w.err == nil && f.Type == layer.Opaque {
			w.err = unix.Setxattr(at, "user.overlay.opaque", []byte("y"), 0)
		}
		return
	case layer.Whiteout:
		if w.err == nil {
			w.err = unix.Mknod(at, unix.S_IFCHR, 0)
		}
		return
	case layer.Hardlink: // its first name may be another's here
		i := slices.IndexFunc(e.Index.Files, func(g *layer.File) bool { return g.Path == f.Link })
		if i < 0 {
			return
		}
		first := *e.Index.Files[i]
		first.Path = f.Path
		f = &first
	}
	if w.err == nil {
		w.err = place(b.Store, Opener{b.Store}, w.dir, f)
	}
}

// linesWith are the files kept by line, as they are with what the scripts of other
// roots wrote there; open opens a root's own. Those that stay are not among them.
func linesWith(kept []*effects.Effects, open layer.Opener) (map[string]string, error) {
	own := map[string]string{}
	for _, e := range kept {
		for _, l := range e.Lines {
			own[l.File] = ""
		}
	}
	if len(own) == 0 {
		return nil, nil
	}
	for _, file := range effects.LineFiles() {
		r, err := open.Open(&layer.File{Path: file})
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var text strings.Builder
		_, err = io.Copy(&text, r)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		own[file] = text.String()
	}
	return effects.JoinLines(own, kept), nil
}
