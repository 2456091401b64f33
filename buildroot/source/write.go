package source

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"
)

// A writer puts members below its root.
type writer struct {
	ctx    context.Context
	root   *os.Root
	opts   Options
	left   int64  // bytes that may still be written
	top    string // is taken off each name
	report Report
	dirs   []member // whose modes and times are set last
}

func (w *writer) member(m member) error {
	if err := w.ctx.Err(); err != nil {
		return context.Cause(w.ctx)
	}
	clean := path.Clean(m.name)
	if path.IsAbs(m.name) || clean == ".." || strings.HasPrefix(clean, "../") {
		return errors.New("its name climbs out of the archive: this is no honest archive")
	}
	if clean+"/" == w.top || clean == "." {
		return nil
	}
	name := strings.TrimPrefix(clean, w.top)
	if m.kind != tar.TypeDir && !w.opts.chosen(name) {
		return nil
	}
	if err := w.root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if m.time.After(w.report.Newest) && m.kind != tar.TypeDir {
		w.report.Newest = m.time
	}
	return w.write(name, m)
}

func (w *writer) write(name string, m member) error {
	switch m.kind {
	case tar.TypeDir:
		m.name = name
		if len(w.opts.Include) == 0 && w.opts.chosen(name) {
			w.dirs = append(w.dirs, m)
			return w.root.MkdirAll(name, 0o755)
		}
		return nil
	case tar.TypeReg:
		return w.regular(name, m)
	case tar.TypeSymlink:
		w.report.Files++
		return w.replace(name, func() error { return w.root.Symlink(m.link, name) })
	case tar.TypeLink:
		w.report.Files++
		old := strings.TrimPrefix(path.Clean(m.link), w.top)
		return w.replace(name, func() error { return w.root.Link(old, name) })
	}
	return fmt.Errorf("it is a device, fifo or other special file (tar type %q), which no source needs", m.kind)
}

// replace makes name anew: of two members of one name the later one counts.
func (w *writer) replace(name string, create func() error) error {
	err := create()
	if errors.Is(err, os.ErrExist) {
		if err := w.root.Remove(name); err != nil {
			return err
		}
		err = create()
	}
	return err
}

func (w *writer) regular(name string, m member) (err error) {
	w.report.Files++
	var f *os.File
	err = w.replace(name, func() error {
		f, err = w.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(f, io.LimitReader(m.body, w.left+1))
	if err != nil {
		return err
	}
	if w.left -= n; w.left < 0 {
		return fmt.Errorf("the archive unpacks to more than %d bytes", w.opts.Limit)
	}
	if err := f.Chmod(mode(m)); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return w.root.Chtimes(name, m.time, m.time)
}

// mode is a plain one: what matters of an archive's is the execute bit.
func mode(m member) os.FileMode {
	if m.mode&0o111 != 0 {
		return 0o755
	}
	return 0o644
}

// finish sets the times of directories, which writing into them has changed.
func (w *writer) finish() error {
	for _, d := range w.dirs {
		if err := w.root.Chtimes(d.name, time.Time{}, d.time); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
