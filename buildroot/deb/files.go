package deb

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
)

// errEnough ends a look through an archive.
var errEnough = errors.New("enough")

// Files looks through the files of a package without unpacking it, in its order,
// until use returns false. Paths are absolute and canonical (see [Canonical]); of a
// link target is where it leads, as the archive has it, and the contents are empty.
func Files(ctx context.Context, r io.Reader, use func(path, target string, contents io.Reader) (more bool, err error)) error {
	u := &unpacker{pkg: &Package{}}
	u.defaults()
	a, err := newArReader(r)
	if err != nil {
		return err
	}
	if err := u.format(a); err != nil {
		return err
	}
	if err := u.part(ctx, a, "control.tar", func(_ context.Context, r io.Reader) error {
		_, err := io.Copy(io.Discard, io.LimitReader(r, maxControl))
		return err
	}); err != nil {
		return err
	}
	err = u.part(ctx, a, "data.tar", func(ctx context.Context, r io.Reader) error {
		t := tar.NewReader(io.LimitReader(r, defaultMaxBytes))
		for ctx.Err() == nil {
			h, err := t.Next()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			name, err := memberPath(h.Name)
			if err != nil {
				return err
			}
			if h.Typeflag == tar.TypeDir {
				continue
			}
			more, err := use(Canonical(name), h.Linkname, t)
			if err != nil {
				return err
			}
			if !more {
				return errEnough
			}
		}
		return context.Cause(ctx)
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read package: %w", err)
	}
	return nil
}
