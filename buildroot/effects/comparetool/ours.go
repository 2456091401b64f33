package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

// A root is a root file system as data.
type root struct {
	files map[string]*layer.File
	open  func(*layer.File) ([]byte, error) // a regular file's bytes
	count int                               // packages in it
}

// text is the bytes of the regular file at a path; nil if there is none.
func (r *root) text(p string) ([]byte, error) {
	f := r.files[p]
	if f == nil || f.Type != layer.Regular {
		return nil, nil
	}
	return r.open(f)
}

// ours reads the buildroot of a set from a store.
func (w *workspace) ours(s set) (*root, error) {
	st, err := store.Open(w.stores[0], store.Options{})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	var packages []*deb.Package
	trees, err := w.trees(st, s, "unpack")
	for _, digest := range trees {
		dir, _ := st.Tree(digest)
		p, err := deb.Open(dir)
		if err != nil {
			return nil, err
		}
		locate(p.Index, p.Root())
		packages = append(packages, p)
	}
	if err != nil {
		return nil, err
	}
	var waves []*effects.Effects
	if trees, err = w.trees(st, s, "configure"); err != nil {
		return nil, err
	}
	for _, digest := range trees {
		dir, _ := st.Tree(digest)
		e, err := effects.Open(dir)
		if err != nil {
			return nil, err
		}
		locate(e.Index, e.Root())
		waves = append(waves, e)
	}
	r := &root{files: effects.Root(packages, waves), open: readFile, count: len(packages)}
	return r, r.addDatabase(waves[len(waves)-1].Root())
}

// locate notes where the bytes of files are.
func locate(x *layer.Index, dir string) {
	for _, f := range x.Files {
		f.In = dir
		if f.At == "" {
			f.At = f.Path
		}
	}
}

// readFile reads a file of ours that its mode may lock.
func readFile(f *layer.File) ([]byte, error) {
	path := filepath.Join(f.In, f.At)
	data, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrPermission) {
		return data, err
	}
	if err := os.Chmod(path, 0o400); err != nil {
		return nil, err
	}
	data, err = os.ReadFile(path)
	return data, errors.Join(err, os.Chmod(path, fs.FileMode(f.Mode&0o777)))
}

// addDatabase adds dpkg's database, which is in no index.
func (r *root) addDatabase(top string) error {
	return filepath.WalkDir(filepath.Join(top, "var/lib/dpkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f := &layer.File{Path: strings.TrimPrefix(path, top), Mode: uint32(info.Mode().Perm()), User: "root", Group: "root", In: top, Type: layer.Dir}
		f.At = f.Path
		if r.files[f.Path] != nil {
			return nil
		}
		if !d.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			f.Type, f.Size, f.Digest = layer.Regular, int64(len(data)), digest(data)
		}
		r.files[f.Path] = f
		return nil
	})
}
