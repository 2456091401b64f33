package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ashlar-build/ashlar/buildroot/git"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// git makes what asks git repositories.
func (e *env) git() (*git.Client, error) {
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	return &git.Client{Store: s, Dial: e.dialGit, Login: func(ctx context.Context, address string) (name, password string, err error) {
		return e.opened.fetch.Login(ctx, address) // whoever asks has it
	}}, nil
}

// dialGit opens the way to a repository as the person who started this program: the
// process that stayed root does it, if there is one, since nobody else has its keys,
// and ssh works for no user that the system does not know.
func (e *env) dialGit(ctx context.Context, u giturl.URL) (*git.Stream, error) {
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	if c == nil {
		return git.Dial(ctx, u)
	}
	files, err := c.Connect(u.String())
	if err != nil {
		return nil, err
	}
	if len(files) != 2 {
		return nil, fmt.Errorf("connect to %s: %d files came", u, len(files))
	}
	return git.NewStream(files[0], files[1])
}

// connectGit opens the way to a repository for the other process, which can name the
// repository and nothing else.
func connectGit(ctx context.Context, address string) ([]*os.File, error) {
	u, err := giturl.Parse(address)
	if err != nil {
		return nil, err
	}
	stream, err := git.Dial(ctx, u)
	if err != nil {
		return nil, err
	}
	return []*os.File{stream.Conn, stream.Said}, nil
}

// repositories are the addresses of all repositories that recipes of the workspace
// name. Recipes that cannot be read name none: `ashlar check` is there for them.
func (e *env) repositories() []string {
	w, err := e.loadSome()
	if err != nil {
		return nil
	}
	var all []string
	for _, i := range w.Graph().All {
		for _, s := range i.Sources {
			all = append(all, s.Git...)
		}
	}
	return all
}
