// Package git takes commits out of git repositories.
//
// The git program of this machine speaks to the other side and checks the objects
// that come, as it does for everybody; what becomes of them is ours. Objects go into
// a bare repository that lasts as long as one export. From there a commit's files are
// written as a tar archive that follows from the commit alone: no attribute, filter,
// hook or configuration of anybody has a say in it, and its SHA-256, not git's SHA-1,
// is what locks trust. Submodules are part of it, at the commits that the tree names.
//
// git runs with none of the caller's configuration and environment. What needs the
// caller, ssh with its keys and agent and the repositories of this machine, is a
// [Stream] that somebody else opens: see [Dial], which may run as another user than
// the rest.
package git

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// A Client gets commits. Its methods may be called by many at a time.
type Client struct {
	// Store has the directories in which git works.
	Store *store.Store

	// Dial opens the way to a repository that is reached by ssh or lies on this
	// machine; [Dial] if nil.
	Dial func(ctx context.Context, u giturl.URL) (*Stream, error)

	// Login returns the name and password for a repository at an https or http
	// address; empty if there are none. Nil: there are never any.
	Login func(ctx context.Context, address string) (name, password string, err error)
}

// Found is what an archive was made of.
type Found struct {
	Modules  []Module // in the order of their paths
	Pointers []string // files of which Git LFS has the contents, and the repository not
}

// A Module is a submodule that is in an archive.
type Module struct {
	Path   string
	URL    string // as the first address of the repository has it
	Commit string
}

// Export implements fetch.Exporter.
func (c *Client) Export(ctx context.Context, address string, t fetch.GitTree, w io.Writer) error {
	_, err := c.Write(ctx, address, address, t, w)
	return err
}

// Write writes the archive of a tree that the repository at address has, and says what
// it was made of; as is the address by which it is known, to which those of its
// submodules may be relative.
func (c *Client) Write(ctx context.Context, address, as string, t fetch.GitTree, w io.Writer) (Found, error) {
	s, err := c.session()
	if err != nil {
		return Found{}, err
	}
	defer s.close()
	x := &export{session: s, out: newArchive(w), modules: !t.NoSubmodules}
	place, err := placeOf(address, as)
	if err != nil {
		return Found{}, err
	}
	if err := x.repository(ctx, place, t, "", 0); err != nil {
		return Found{}, interrupted(ctx, err)
	}
	return x.found, x.out.close()
}

// Resolve returns the commit that a tag or branch of a repository is.
func (c *Client) Resolve(ctx context.Context, address, tag, branch string) (commit string, err error) {
	s, err := c.session()
	if err != nil {
		return "", err
	}
	defer s.close()
	place, err := placeOf(address, address)
	if err != nil {
		return "", err
	}
	commit, err = s.resolve(ctx, place.url, refOf(tag, branch))
	return commit, interrupted(ctx, err)
}

// interrupted is why a context ended, in place of what a program that was killed for
// it said.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// A place is a repository, and what it is known by.
type place struct{ url, as giturl.URL }

func placeOf(address, as string) (place, error) {
	u, err := giturl.Parse(address)
	if err != nil {
		return place{}, final("correct the address", "%w", err)
	}
	known, err := giturl.Parse(as)
	if err != nil {
		return place{}, final("correct the address", "%w", err)
	}
	return place{u, known}, nil
}

// final is a failure that another attempt would meet as well.
func final(remedy, format string, a ...any) *fetch.GitError {
	return &fetch.GitError{Err: fmt.Errorf(format, a...), Remedy: remedy}
}

// A session is a directory in which programs work for one call.
type session struct {
	*Client
	scratch *store.Scratch
	git     string // the program
	dir     string
}

func (c *Client) session() (*session, error) {
	program, err := lookPath(gitProgram)
	if err != nil {
		return nil, err
	}
	scratch, err := c.Store.Scratch("git")
	if err != nil {
		return nil, err
	}
	s := &session{Client: c, scratch: scratch, git: program, dir: scratch.Dir()}
	if err := os.WriteFile(filepath.Join(s.dir, configFile), []byte(config), 0o600); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close removes what the programs left.
func (s *session) close() { s.scratch.Close() } // what remains is scratch, which gc takes

// The programs that may be needed, and the packages that have them.
const (
	gitProgram = "git"
	sshProgram = "ssh"
)

func packageOf(program string) string {
	if program == sshProgram {
		return "openssh-client"
	}
	return program
}

// lookPath finds a program.
func lookPath(program string) (string, error) {
	file, err := exec.LookPath(program)
	if errors.Is(err, exec.ErrNotFound) {
		return "", final("apt-get install "+packageOf(program), "the program %s is not installed", program)
	}
	return file, err
}

// remedyOf is what helps against a failure, if that is known.
func remedyOf(err error) string {
	var e *fetch.GitError
	if errors.As(err, &e) {
		return e.Remedy
	}
	return ""
}
