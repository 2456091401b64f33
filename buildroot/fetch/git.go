package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

// A GitTree is what to take from a git repository: what a commit holds, as a tar
// archive.
type GitTree struct {
	Commit       string // in hexadecimal
	Tag, Branch  string // that had it; or empty
	NoSubmodules bool
}

// An Exporter gets commits from git repositories.
type Exporter interface {
	// Export writes the archive of a tree that the repository at an address has. Equal
	// trees give equal bytes. The error is a *GitError if another repository, or
	// another attempt, may do better.
	Export(ctx context.Context, address string, t GitTree, w io.Writer) error
}

// A GitError is why a repository did not give what it was asked for.
type GitError struct {
	Err    error
	Remedy string // what may help; or empty
	Again  bool   // another attempt may go better
}

func (e *GitError) Error() string { return e.Err.Error() }
func (e *GitError) Unwrap() error { return e.Err }

// Repositories calls ask with one address of a git repository after another until it
// succeeds, and again for those that may do better, as Fetch asks URLs. The error is
// an [*Error], or that of ask if it is no *GitError.
func (f *Fetcher) Repositories(ctx context.Context, name string, addresses []string, ask func(ctx context.Context, address string) error) error {
	release, err := acquire(ctx, f.jobs)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", name, err)
	}
	defer release()
	return f.rounds(ctx, name, f.repositories(addresses), func(ctx context.Context, p place) error {
		return ofGit(ask(ctx, p.git))
	})
}

// repositories are the places of what a git repository has.
func (f *Fetcher) repositories(addresses []string) []*candidate {
	var cs []*candidate
	for _, a := range addresses {
		c := &candidate{place: place{name: a, git: a}}
		if f.opts.Offline && !strings.HasPrefix(a, "file:") {
			c.failure, c.out = final(remedyOffline, "%w", ErrOffline), true
		}
		cs = append(cs, c)
	}
	return cs
}

func ofGit(err error) error {
	var e *GitError
	switch {
	case !errors.As(err, &e):
		return err
	case e.Again:
		return again(e.Remedy, "%w", e.Err)
	}
	return final(e.Remedy, "%w", e.Err)
}

// export gets the file from a git repository. What an attempt brought is worth
// nothing to the next one.
func (t *transfer) export(ctx context.Context, p place) error {
	if t.f.opts.Git == nil {
		return errors.New("nobody asks git repositories")
	}
	if err := t.reset(); err != nil {
		return err
	}
	return ofGit(t.f.opts.Git.Export(ctx, p.git, *t.req.Git, &exported{t}))
}

// exported is where the archive of a repository goes.
type exported struct{ t *transfer }

func (e *exported) Write(p []byte) (int, error) {
	if e.t.part.Size()+int64(len(p)) > e.t.limit() {
		return 0, &GitError{Err: errors.New(e.t.tooLong()), Remedy: remedyGit}
	}
	defer e.t.progress(false, nil)
	return e.t.part.Write(p)
}

// Login returns the name and password for an http or https address; empty if there
// are none. A token without a name goes by the name that git hosts take for one.
func (f *Fetcher) Login(ctx context.Context, address string) (name, password string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	if f.opts.Token != nil && confidential(u) {
		token, err := f.opts.Token(ctx, u.Hostname())
		if err != nil {
			return "", "", err
		}
		if name, password, ok := strings.Cut(token, ":"); ok {
			return name, password, nil
		}
		if token != "" {
			return tokenName, token, nil
		}
	}
	login := f.netrc[strings.ToLower(u.Hostname())]
	return login.name, login.password, nil
}

// tokenName is whose password a token is: GitHub asks for this name, GitLab, Gitea,
// Bitbucket and Azure take any.
const tokenName = "x-access-token"
