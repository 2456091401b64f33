package pin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/git"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/giturl"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// Repositories asks git repositories; *git.Client does.
type Repositories interface {
	Resolve(ctx context.Context, address, tag, branch string) (commit string, err error)
	Write(ctx context.Context, address, as string, t fetch.GitTree, w io.Writer) (git.Found, error)
}

func gitTree(s recipe.Source, commit string) *fetch.GitTree {
	return &fetch.GitTree{Commit: commit, Tag: s.Tag, Branch: s.Branch, NoSubmodules: s.NoSubmodules}
}

// gitName is how messages call a source of git.
func gitName(s recipe.Source) string {
	u, _ := giturl.Parse(s.Git[0]) // the recipe was checked
	return u.Name()
}

// pinGit asks a repository what a source is there now, and gets it unless the lock
// has it.
func (p *Pinner) pinGit(ctx context.Context, s recipe.Source, old lock.Source) (lock.Source, error) {
	pin := old
	err := p.Fetch.Repositories(ctx, gitName(s), s.Git, func(ctx context.Context, address string) error {
		commit, err := p.commit(ctx, s, address)
		if err != nil || commit == old.Commit {
			return err
		}
		pin, err = p.getGit(ctx, s, address, commit)
		return err
	})
	var nowhere *fetch.Error
	if errors.As(err, &nowhere) {
		return pin, &diag.Error{Pos: s.GitPos, Msg: nowhere.What(), Hint: nowhere.Remedies()}
	}
	return pin, err
}

// commit is the commit that a source has at an address.
func (p *Pinner) commit(ctx context.Context, s recipe.Source, address string) (string, error) {
	if s.Tag+s.Branch == "" {
		return s.Commit, nil
	}
	commit, err := p.Git.Resolve(ctx, address, s.Tag, s.Branch)
	if err == nil && s.Commit != "" && s.Commit != commit {
		err = &fetch.GitError{
			Err:    fmt.Errorf("tag %s is commit %s there, and the recipe says %s", s.Tag, commit, s.Commit),
			Remedy: "if the tag was moved, ask its owners why; else correct the commit",
		}
	}
	return commit, err
}

// getGit puts what a commit holds into the store.
func (p *Pinner) getGit(ctx context.Context, s recipe.Source, address, commit string) (lock.Source, error) {
	pin := lock.Source{Name: lock.SourceName(s), Commit: commit}
	r, w := io.Pipe()
	var found git.Found
	done := make(chan struct{})
	go func() {
		defer close(done)
		var err error
		found, err = p.Git.Write(ctx, address, s.Git[0], *gitTree(s, commit), w)
		w.CloseWithError(err)
	}()
	var err error
	pin.SHA256, pin.Size, err = p.Store.Put(ctx, r, "")
	r.CloseWithError(errors.New("nobody reads"))
	<-done
	if err != nil {
		return pin, err
	}
	for _, m := range found.Modules {
		pin.Modules = append(pin.Modules, lock.Module(m))
	}
	if n := len(found.Pointers); n > 0 {
		p.warn(s.GitPos, "Git LFS has the contents of %d files of %s, and its repository has none: %s", n, gitName(s), strings.Join(found.Pointers[:min(n, maxTold)], ", "))
	}
	return pin, nil
}

// maxTold is how many names a warning tells of many.
const maxTold = 3
