package usher

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// local is a directory that this process opens itself.
type local struct {
	root  *os.Root
	write bool
	only  []string
}

func openLocal(d Dir) (*local, error) {
	root, err := os.OpenRoot(d.Path)
	if err != nil {
		return nil, err
	}
	return &local{root, d.Write, d.Only}, nil
}

// shown refuses names besides those that may be looked at.
func (l *local) shown(op, name string) error {
	if len(l.only) > 0 && !slices.Contains(l.only, name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
	}
	return nil
}

// itself opens the directory, nothing where not all of it may be looked at.
func (l *local) itself() (*os.File, error) {
	if len(l.only) > 0 {
		return nil, nil
	}
	return l.root.Open(".")
}

// open does not wait for the other end of a fifo, and opens no device.
func (l *local) open(name string) (*os.File, error) {
	if err := l.shown("open", name); err != nil {
		return nil, err
	}
	f, err := l.root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	i, err := f.Stat()
	switch {
	case err != nil:
	case i.IsDir():
		err = &fs.PathError{Op: "open", Path: name, Err: syscall.EISDIR}
	case !i.Mode().IsRegular():
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("not a regular file")}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (l *local) stat(name string, follow bool) (entry, error) {
	if name != "." { // that it is there, who opens it must see
		if err := l.shown("stat", name); err != nil {
			return entry{}, err
		}
	}
	stat := l.root.Lstat
	if follow {
		stat = l.root.Stat
	}
	i, err := stat(name)
	if err != nil {
		return entry{}, err
	}
	e := entryOf(i)
	e.N = path.Base(name)
	return e, nil
}

func (l *local) readDir(name string) ([]entry, error) {
	if err := l.shown("readdir", name); err != nil {
		return nil, err
	}
	list, err := fs.ReadDir(l.root.FS(), name)
	if err != nil {
		return nil, err
	}
	entries := make([]entry, 0, len(list))
	for _, d := range list {
		i, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed since
		}
		if err != nil {
			return nil, err
		}
		entries = append(entries, entryOf(i))
	}
	return entries, nil
}

func (l *local) readLink(name string) (string, error) {
	if err := l.shown("readlink", name); err != nil {
		return "", err
	}
	return l.root.Readlink(name)
}

func (l *local) writable(op, name string) error {
	if !l.write {
		return &fs.PathError{Op: op, Path: name, Err: unix.EROFS}
	}
	return nil
}

// create makes a file of a temporary name beside the one that it will have.
func (l *local) create(name string, perm fs.FileMode) (*os.File, string, error) {
	if err := l.writable("create", name); err != nil {
		return nil, "", err
	}
	for {
		temporary := path.Join(path.Dir(name), fmt.Sprintf(".%s.%08x", shorten(path.Base(name)), rand.Uint32()))
		f, err := l.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		return f, temporary, err
	}
}

// shorten leaves room for what a temporary name adds.
func shorten(name string) string { return name[:min(len(name), nameMax-16)] }

func (l *local) rename(from, to string) error {
	if err := l.writable("rename", to); err != nil {
		return err
	}
	return l.root.Rename(from, to)
}

func (l *local) mkdirAll(name string, perm fs.FileMode) error {
	if err := l.writable("mkdir", name); err != nil {
		return err
	}
	return l.root.MkdirAll(name, perm)
}

func (l *local) remove(name string) error {
	if err := l.writable("remove", name); err != nil {
		return err
	}
	return l.root.Remove(name)
}

func (l *local) close() error { return l.root.Close() }

// nameMax is Linux's limit of a file name, in bytes.
const nameMax = 255
