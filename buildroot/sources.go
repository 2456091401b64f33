package buildroot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/source"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// sources unpacks what the build begins with, patches it and edits it. The
// newest file among them dates the build: SOURCE_DATE_EPOCH follows from the
// sources alone.
func (w *building) placeSources(ctx context.Context) error {
	for _, s := range w.do.Sources {
		if err := w.placeSource(ctx, s); err != nil {
			return fmt.Errorf("source %s: %w", cmp.Or(s.File, s.Dir), err)
		}
	}
	if err := w.blindfold(); err != nil {
		return err
	}
	return w.editSources()
}

func (w *building) placeSource(ctx context.Context, s plan.Source) error {
	dir := filepath.Join(w.source(), s.Into)
	if filepath.IsAbs(s.Into) {
		dir = filepath.Join(w.upper(), outDir, s.Into)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := w.place(ctx, s, dir); err != nil {
		return err
	}
	for _, p := range s.Patches {
		if err := source.Patch(dir, p.Name, p.Data); err != nil {
			return err
		}
	}
	return nil
}

// place puts the files of a source into a directory.
func (w *building) place(ctx context.Context, s plan.Source, dir string) error {
	if s.Tree != "" {
		return placeLocal(ctx, w.Workspace, s, dir)
	}
	f, err := w.Store.Blob(s.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	head, err := source.Head(f)
	if err != nil {
		return err
	}
	if !s.Unpack || !source.IsArchive(head) {
		return copyTo(f, filepath.Join(dir, s.File))
	}
	rep, err := source.Unpack(ctx, f, dir, source.Options{Include: s.Include, Except: s.Except})
	if err != nil {
		return err
	}
	w.dated(rep.Newest)
	return nil
}

func (w *building) dated(t time.Time) {
	if t.After(w.epoch) {
		w.epoch = t
	}
}

func copyTo(r io.Reader, file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, r); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// listing returns the paths below ${out} and elsewhere in the root that steps
// have made so far, without the source.
func listing(upper string) []string {
	var paths []string
	filepath.WalkDir(upper, func(file string, d os.DirEntry, err error) error {
		path := strings.TrimPrefix(file, upper)
		switch {
		case err != nil:
			return nil // a directory that nobody may read: what is below stays unknown
		case d.IsDir() && notHarvested(path):
			return filepath.SkipDir
		case !d.IsDir():
			paths = append(paths, strings.TrimPrefix(path, outDir))
		}
		return nil
	})
	return paths
}

// notHarvested are directories whose contents never belong to a recipe, such as
// the inode numbers that ldconfig keeps.
func notHarvested(path string) bool {
	return slices.Contains(neverHarvested(), path)
}

func neverHarvested() []string {
	return []string{sourceDir, language.Dir, "/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys", "/root/.cache", "/var/cache/ldconfig"}
}

// replaced adds to the error of a download what a recipe should say if its source
// is meant to be the file that came.
func replaced(err error) error {
	if other := (*fetch.DigestError)(nil); errors.As(err, &other) {
		return fmt.Errorf("%w\nhint: if the authors published it anew, the recipe should say %s = %q", err, other.Kind, other.Got)
	}
	return err
}
