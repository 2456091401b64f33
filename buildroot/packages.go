package buildroot

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// treeName is what unpack, build and collect call their one tree.
const treeName = "tree"

// packages are the package trees that a build has read, by the tree's digest.
type packages struct {
	mu   sync.Mutex
	read map[string]*deb.Package
}

func (b *Builder) unpack(ctx context.Context, u *plan.Unpack) (finisher, error) {
	f, err := b.Store.Blob(u.SHA256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	draft, err := b.Store.NewTree()
	if err != nil {
		return nil, err
	}
	p, err := deb.Unpack(ctx, f, draft.Dir(), deb.Options{Name: b.plan.Downloads[u.SHA256].Name})
	if err != nil {
		if bad := (*deb.Error)(nil); errors.As(err, &bad) {
			err = bad.Err // the action says what is unpacked
		}
		return nil, draft.Fail(err)
	}
	digest, err := layer.Digest(p.Index)
	if err != nil {
		return nil, draft.Fail(err)
	}
	return func(ctx context.Context) (store.Result, error) {
		if err := draft.Commit(ctx, digest); err != nil {
			return store.Result{}, err
		}
		p.Dir, _ = b.Store.Tree(digest)
		b.packages.put(digest, p)
		return store.Result{Trees: map[string]string{treeName: digest}}, nil
	}, nil
}

func (c *packages) put(digest string, p *deb.Package) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read == nil {
		c.read = map[string]*deb.Package{}
	}
	c.read[digest] = p
}

func (c *packages) get(digest string) *deb.Package {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read[digest]
}

// pkg returns the package that an unpack action made.
func (b *Builder) pkg(r store.Result) (*deb.Package, error) { return b.packageTree(r.Trees[treeName]) }

// packageTree reads a package tree of the store, once.
func (b *Builder) packageTree(digest string) (*deb.Package, error) {
	if p := b.packages.get(digest); p != nil {
		return p, nil
	}
	dir, ok := b.Store.Tree(digest)
	if !ok {
		return nil, fmt.Errorf("the store lost package tree %s while it was in use", digest)
	}
	p, err := deb.Open(dir)
	if err != nil {
		return nil, err
	}
	b.packages.put(digest, p)
	return p, nil
}

// pkgs returns the packages of unpack actions, in their order.
func (b *Builder) pkgs(ids []plan.ID, inputs map[plan.ID]store.Result) ([]*deb.Package, error) {
	list := make([]*deb.Package, len(ids))
	var g errgroup.Group
	g.SetLimit(runtime.NumCPU())
	for i, id := range ids {
		g.Go(func() (err error) {
			list[i], err = b.pkg(inputs[id])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return list, nil
}
