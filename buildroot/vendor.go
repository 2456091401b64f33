package buildroot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/source"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// vendor makes a tree of the offline caches of a recipe's languages. It lies
// below the root that steps write to, so that no step can change it for another.
func (b *Builder) vendor(ctx context.Context, do *plan.Vendor) (finish finisher, err error) {
	draft, err := b.Store.NewTree()
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = draft.Fail(err)
		}
	}()
	top := filepath.Join(draft.Dir(), "root")
	dir := filepath.Join(top, language.Dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	for _, f := range do.Files {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := b.vendorFile(ctx, dir, f); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(f.At), err)
		}
	}
	for _, t := range do.Texts {
		if err := vendorText(dir, t); err != nil {
			return nil, err
		}
	}
	index, err := plainIndex(top)
	if err != nil {
		return nil, err
	}
	digest, err := writeIndex(draft.Dir(), index)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (store.Result, error) {
		return store.Result{Trees: map[string]string{treeName: digest}}, draft.Commit(ctx, digest)
	}, nil
}

// vendorFile puts one download into the caches below dir.
func (b *Builder) vendorFile(ctx context.Context, dir string, f language.File) error {
	blob, err := b.Store.Blob(f.SHA256)
	if err != nil {
		return err
	}
	defer blob.Close()
	at := filepath.Join(dir, f.At)
	if !f.Unpack {
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		return copyTo(blob, at)
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		return err
	}
	_, err = source.Unpack(ctx, blob, at, source.Options{})
	return err
}

func vendorText(dir string, t language.Text) error {
	at := filepath.Join(dir, t.At)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return copyTo(strings.NewReader(t.Content), at)
}

// plainIndex describes a directory that no container wrote to.
func plainIndex(top string) (*layer.Index, error) {
	changes, err := plainChanges(top)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(changes, func(a, b job.Change) int { return layer.Compare(a.Path, b.Path) })
	x := &layer.Index{}
	for _, c := range changes {
		f := &layer.File{Path: c.Path, Type: layer.Type(c.Kind), Mode: c.Mode, Link: c.Link, User: "root", Group: "root"}
		if c.Kind == job.Regular {
			if err := describe(f, filepath.Join(top, c.Path)); err != nil {
				return nil, err
			}
		}
		if c.Path != "/" {
			x.Files = append(x.Files, f)
		}
	}
	return x, nil
}

// vendored is the layer that has the caches of a build, if it has any.
func (b *Builder) vendored(do *plan.Build, inputs map[plan.ID]store.Result) ([]string, error) {
	if do.Vendor == "" {
		return nil, nil
	}
	dir, ok := b.Store.Tree(inputs[do.Vendor].Trees[treeName])
	if !ok {
		return nil, errors.Join(fs.ErrNotExist, errors.New("the store lost the packages of languages while they were in use"))
	}
	return []string{filepath.Join(dir, "root")}, nil
}
