package store

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Caches lists the caches there are, by name.
func (s *Store) Caches() ([]string, error) {
	dirs, err := fs.ReadDir(s.root.FS(), cachesDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("caches: %w", err)
	}
	var names []string
	for _, d := range dirs {
		if d.IsDir() && checkName(d.Name()) == nil {
			names = append(names, d.Name())
		}
	}
	return names, nil
}

// ExportCaches writes these caches as a tar archive, NAME/FILE and so on, in the
// order of paths: equal caches give equal archives. Builds may use them meanwhile;
// a file that is gone when its turn comes is left out.
func (s *Store) ExportCaches(ctx context.Context, w io.Writer, names []string) error {
	t := tar.NewWriter(w)
	for _, name := range slices.Sorted(slices.Values(names)) {
		c, err := s.Cache(name)
		if err != nil {
			return err
		}
		err = exportDir(ctx, t, c.Dir(), name)
		if err := errors.Join(err, c.Close()); err != nil {
			return fmt.Errorf("export cache %s: %w", name, err)
		}
	}
	return t.Close()
}

func exportDir(ctx context.Context, t *tar.Writer, dir, name string) error {
	return filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case d.Type().IsRegular():
			rel, err := filepath.Rel(dir, file)
			if err == nil {
				err = exportFile(t, file, path.Join(name, rel))
			}
			return unlessAbsent(err)
		}
		return nil
	})
}

func exportFile(t *tar.Writer, file, name string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime().Truncate(1e9), Format: tar.FormatPAX}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.CopyN(t, f, info.Size())
	return err
}

// ImportCaches adds the files of an archive that ExportCaches wrote to the caches
// that it names, as far as valid takes their names. What is there stays. It returns
// how many files came, and how many were there.
func (s *Store) ImportCaches(ctx context.Context, r io.Reader, valid func(name string) bool) (came, had int, err error) {
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return came, had, nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return came, had, fmt.Errorf("import caches: %w", err)
		}
		name, file, _ := strings.Cut(h.Name, "/")
		if h.Typeflag != tar.TypeReg || sparse(h) || checkName(name) != nil || !valid(name) || !filepath.IsLocal(file) {
			return came, had, fmt.Errorf("import caches: %q is no file of a cache", h.Name)
		}
		fresh, err := s.importFile(t, h, name, file)
		if err != nil {
			return came, had, fmt.Errorf("import caches: %s: %w", h.Name, err)
		}
		if fresh {
			came++
		} else {
			had++
		}
	}
}

// sparse reports whether a file may be longer than what the archive has of it.
func sparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// importFile adds one file to a cache: whole, or not at all.
func (s *Store) importFile(r io.Reader, h *tar.Header, name, file string) (fresh bool, err error) {
	c, err := s.Cache(name)
	if err != nil {
		return false, err
	}
	defer c.Close()
	root, err := os.OpenRoot(c.Dir())
	if err != nil {
		return false, err
	}
	defer root.Close()
	if _, err := root.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if err := root.MkdirAll(path.Dir(file), 0o755); err != nil {
		return false, err
	}
	ses, err := s.begin()
	if err != nil {
		return false, err
	}
	temp := path.Join(path.Dir(file), path.Base(ses.temp("import")))
	w, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false, Full(err)
	}
	_, err = io.Copy(w, r)
	if err == nil {
		err = w.Chmod(fs.FileMode(h.Mode).Perm())
	}
	err = errors.Join(err, w.Close())
	if err == nil {
		err = root.Chtimes(temp, h.ModTime, h.ModTime)
	}
	if err == nil {
		err = root.Rename(temp, file)
	}
	if err != nil {
		root.Remove(temp)
	}
	return err == nil, Full(err)
}
