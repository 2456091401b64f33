package store

import (
	"context"
	"fmt"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// A Draft is a directory that is to become a tree. It belongs to this process:
// when the process ends, however it ends, the draft is nobody's and GC takes it.
type Draft struct {
	store *Store
	name  string
}

// NewTree makes an empty directory, mode 0700, on the store's file system. The
// caller ends it with Commit or Discard.
func (s *Store) NewTree() (*Draft, error) {
	ses, err := s.begin()
	if err != nil {
		return nil, fmt.Errorf("new tree: %w", err)
	}
	d := &Draft{store: s, name: ses.temp("tree")}
	if err := s.root.Mkdir(d.name, 0o700); err != nil {
		return nil, fmt.Errorf("new tree: %w", Full(err))
	}
	return d, nil
}

// Dir is the absolute path of the draft. It holds root/, the files, and index;
// the store looks at neither.
func (d *Draft) Dir() string { return d.store.path(d.name) }

// Commit stores the draft as the tree of a digest that the caller chose. All
// files are on the disk before the tree has its name, and the name is before
// Commit returns. If the store has such a tree already, the draft is dropped,
// which is no error. On error the draft is dropped, too.
//
// Commits that wait for each other share one sync of the file system: a caller
// with many trees commits them at once, outside of what bounds its unpacking.
// A commit under way is not interrupted by ctx.
func (d *Draft) Commit(ctx context.Context, digest string) error {
	if err := d.commit(ctx, digest); err != nil {
		d.Discard()
		return fmt.Errorf("commit tree %s: %w", digest, err)
	}
	return d.Discard() // what is left if the tree was there
}

func (d *Draft) commit(ctx context.Context, digest string) error {
	if err := checkDigest(digest); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if ok, err := d.store.use(d.store.trees, digest); ok || err != nil {
		return err
	}
	return d.store.commit(&pending{from: d.name, dir: treesDir, name: digest})
}

// Discard removes the draft. It may be called again, and after Commit.
func (d *Draft) Discard() error {
	if err := rmtree.Remove(d.Dir()); err != nil {
		return fmt.Errorf("discard tree: %w", err)
	}
	return nil
}

// Fail removes the draft that err kept from being finished. It returns err, with
// the remedy if the disk is full.
func (d *Draft) Fail(err error) error {
	d.Discard() // what it cannot remove goes with the session
	return Full(err)
}

// Tree is the directory of a tree, if the store has it. It stays as long as this
// Store is open, and nothing in it is ever to be changed.
func (s *Store) Tree(digest string) (dir string, ok bool) {
	if checkDigest(digest) != nil {
		return "", false
	}
	if ok, err := s.use(s.trees, digest); !ok || err != nil {
		return "", false
	}
	return s.path(treesDir, digest), true
}
