package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/usher"
)

// checkOutputs refuses a place that a command cannot write to, before it has worked
// for hours. Who stayed root has looked already.
func (e *env) checkOutputs(cmd *command, args []string) error {
	if cmd.outputs == nil {
		return nil
	}
	if c, err := e.usher(); err != nil || c != nil {
		return err
	}
	for _, p := range cmd.outputs(args) {
		dir, isDir := strings.CutSuffix(p, "/")
		if !isDir {
			dir = filepath.Dir(p)
		}
		switch info, err := os.Stat(dir); {
		case errors.Is(err, fs.ErrNotExist) && !isDir:
			return fmt.Errorf("write %s: there is no directory %s", p, dir)
		case err == nil && !info.IsDir(), errors.Is(err, syscall.ENOTDIR):
			return fmt.Errorf("write %s: %s is no directory", strings.TrimSuffix(p, "/"), dir)
		}
	}
	return nil
}

// outputDir has fill write to a directory. Where only the usher can, fill gets a
// copy of what index there is, and what it wrote is carried over: blobs first,
// the index last.
func (e *env) outputDir(dir string, fill func(dir string) error) error {
	c, err := e.usher()
	if err != nil {
		return err
	}
	if c == nil {
		return fill(dir)
	}
	there, err := c.Open(outputDir)
	if err != nil {
		return err
	}
	defer there.Close()
	scratch, err := e.opened.store.Scratch("output")
	if err != nil {
		return err
	}
	defer scratch.Close()
	here := filepath.Join(scratch.Dir(), "layout")
	if err := os.Mkdir(here, 0o755); err != nil {
		return err
	}
	for _, name := range []string{"index.json", "oci-layout"} {
		data, err := fs.ReadFile(there, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(here, name), data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	if err := fill(here); err != nil {
		return err
	}
	return carry(here, there)
}

// carry copies a directory over. index.json goes last: it names the others.
func carry(here string, there *usher.Files) error {
	var names []string
	err := fs.WalkDir(os.DirFS(here), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return there.MkdirAll(name, 0o755)
		}
		names = append(names, name)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(names, func(a, b string) int {
		last := func(n string) int {
			if path.Base(n) == "index.json" {
				return 1
			}
			return 0
		}
		return last(a) - last(b)
	})
	for _, name := range names {
		if err := carryFile(filepath.Join(here, name), there, name); err != nil {
			return err
		}
	}
	return nil
}

func carryFile(from string, there *usher.Files, name string) error {
	if _, err := there.Stat(name); err == nil && path.Dir(name) != "." {
		return nil // a blob, which has its bytes for its name
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := there.Create(name, 0o644)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, f); err != nil {
		return err
	}
	return w.Close()
}
