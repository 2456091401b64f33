package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Damage is an entry that is no longer what it was stored as.
type Damage struct {
	Name  string // "blobs/DIGEST" or "trees/DIGEST"
	Cause error
}

// Checked is what Check came to.
type Checked struct {
	Blobs, Trees int
	Damaged      []Damage // which are gone; sorted by name
}

// Check reads all blobs and has tree look at each tree, and removes what is
// damaged, so that it is made or fetched again when it is next needed. To be
// looked at is no use: what was to go for its age still is.
func (s *Store) Check(ctx context.Context, tree func(ctx context.Context, dir, digest string) error) (Checked, error) {
	c := &checker{store: s, tree: tree}
	if err := c.run(ctx); err != nil {
		return c.Checked, fmt.Errorf("check store: %w", err)
	}
	slices.SortFunc(c.Damaged, func(a, b Damage) int { return strings.Compare(a.Name, b.Name) })
	return c.Checked, nil
}

type checker struct {
	store *Store
	tree  func(ctx context.Context, dir, digest string) error

	mu sync.Mutex
	Checked
}

func (c *checker) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for _, dir := range []string{blobsDir, treesDir} {
		names, err := fs.ReadDir(c.store.root.FS(), dir)
		if err != nil {
			return errors.Join(err, g.Wait())
		}
		for _, n := range names {
			if checkDigest(n.Name()) == nil {
				g.Go(func() error { return c.entry(ctx, dir, n.Name()) })
			}
		}
	}
	return g.Wait()
}

// entry checks one entry, if GC has left it there.
func (c *checker) entry(ctx context.Context, dir, digest string) error {
	name := path.Join(dir, digest)
	before, err := c.store.root.Lstat(name)
	if err != nil {
		return unlessAbsent(err)
	}
	var cause error
	if dir == blobsDir {
		cause = c.blob(ctx, digest)
	} else {
		cause = c.tree(ctx, c.store.path(name), digest)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if dir == blobsDir {
		c.Blobs++
	} else {
		c.Trees++
	}
	if cause == nil {
		return nil
	}
	dropped, err := c.store.drop(name, before)
	if dropped {
		c.Damaged = append(c.Damaged, Damage{name, cause})
	}
	return err
}

func (c *checker) blob(ctx context.Context, digest string) error {
	f, err := c.store.blobs.Open(digest)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	size, err := c.store.copyAll(ctx, h, f)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return &DigestError{Want: digest, Got: got, Size: size}
	}
	return nil
}

// drop removes an entry, unless another has come in its place since before.
func (s *Store) drop(name string, before fs.FileInfo) (dropped bool, err error) {
	ses, err := s.begin()
	if err != nil {
		return false, err
	}
	unlock, err := s.hold(useLock, unix.LOCK_EX)
	if err != nil {
		return false, err
	}
	defer unlock()
	now, err := s.root.Lstat(name)
	if err != nil || !os.SameFile(now, before) {
		return false, unlessAbsent(err)
	}
	return true, s.root.Rename(name, ses.temp("damaged"))
}
