package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/giturl"
)

// An export writes one archive.
type export struct {
	*session
	out     *archive
	modules bool // submodules come, too
	found   Found
	repos   int // that were made
}

// More of them than anybody has: somebody wants to keep us busy.
const (
	maxDepth   = 16
	maxModules = 2000
)

// repository writes what a commit of a repository holds, below at in the archive.
func (x *export) repository(ctx context.Context, p place, t fetch.GitTree, at string, depth int) error {
	x.repos++
	if depth > maxDepth || x.repos > maxModules {
		return final("submodules = false leaves them out", "it has too many submodules, or they are nested too deep")
	}
	repo := filepath.Join(x.dir, strconv.Itoa(x.repos))
	if err := x.obtain(ctx, repo, p.url, t); err != nil {
		return err
	}
	defer os.RemoveAll(repo) // what remains is scratch
	if at == "" {
		date, err := x.date(ctx, repo, t.Commit)
		if err != nil {
			return err
		}
		if err := x.out.begin(date); err != nil {
			return err
		}
	}
	entries, err := x.list(ctx, repo, t.Commit)
	if err != nil {
		return err
	}
	objects, err := x.objects(ctx, repo, entries)
	if err != nil {
		return err
	}
	defer objects.close()
	var known map[string]string // of submodules, by path
	for _, e := range entries {
		switch {
		case e.kind != kindModule:
			err = x.file(objects, e, at)
		case !x.modules:
			err = x.out.dir(path.Join(at, e.path))
		default:
			if known == nil {
				if known, err = x.modulesOf(ctx, repo, t.Commit); err != nil {
					return err
				}
			}
			err = x.module(ctx, p, e, known, at, depth)
		}
		if err != nil {
			return err
		}
	}
	return objects.end()
}

// file writes one file or link.
func (x *export) file(o *objects, e entry, at string) error {
	size, err := o.next(e.object)
	if err != nil {
		return err
	}
	name := path.Join(at, e.path)
	if e.kind == kindLink {
		target, err := o.link(size)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return x.out.link(name, target)
	}
	if o.isPointer(size) {
		x.found.Pointers = append(x.found.Pointers, name)
	}
	return x.out.file(name, e.kind == kindProgram, size, o.out)
}

// module writes a submodule.
func (x *export) module(ctx context.Context, p place, e entry, known map[string]string, at string, depth int) error {
	name := path.Join(at, e.path)
	address, ok := known[e.path]
	if !ok {
		return final("submodules = false leaves them out, or ask its owners", "it has a submodule at %s, and its .gitmodules does not say where that is from", name)
	}
	url, err := p.url.Submodule(address)
	if err != nil {
		return final("submodules = false leaves them out", "submodule %s: %w", name, err)
	}
	as, err := p.as.Submodule(address)
	if err != nil {
		as = url
	}
	if err := x.out.dir(name); err != nil {
		return err
	}
	x.found.Modules = append(x.found.Modules, Module{Path: name, URL: as.String(), Commit: e.object})
	err = x.repository(ctx, place{url, as}, fetch.GitTree{Commit: e.object}, name, depth+1)
	var failure *fetch.GitError
	if errors.As(err, &failure) {
		return &fetch.GitError{Err: fmt.Errorf("submodule %s of %s: %w", name, url, failure.Err), Remedy: orModules(failure.Remedy), Again: failure.Again}
	}
	return err
}

// orModules adds to a remedy that one can do without submodules.
func orModules(remedy string) string {
	if strings.Contains(remedy, "submodules = false") {
		return remedy
	}
	return strings.TrimPrefix(remedy+", or leave submodules out with submodules = false", ", or ")
}

// obtain makes a repository that has a commit, and as little else as the other side
// allows: the commit alone; what its tag or branch is now; all there is.
func (s *session) obtain(ctx context.Context, repo string, u giturl.URL, t fetch.GitTree) error {
	format := "--object-format=sha1"
	if len(t.Commit) == 64 {
		format = "--object-format=sha256"
	}
	if _, err := s.local(ctx, s.dir, "init", "--quiet", "--bare", "--template=", format, repo); err != nil {
		return err
	}
	r := refOf(t.Tag, t.Branch)
	all := []string{"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"}
	tries := [][]string{{"--depth=1", t.Commit}, all}
	if r != "" {
		tries = [][]string{{"--depth=1", t.Commit}, {"--depth=1", string(r)}, {string(r)}, all}
	}
	for _, try := range tries {
		err := s.fetch(ctx, repo, u, try)
		switch {
		case errors.Is(err, errAbsent):
			return s.absent(ctx, u, t.Commit, r)
		case errors.Is(err, errRefused):
			continue
		case err != nil:
			return err
		}
		if kind, err := s.local(ctx, repo, "cat-file", "-t", t.Commit); err == nil {
			return s.isCommit(ctx, repo, t.Commit, strings.TrimSpace(string(kind)))
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return s.absent(ctx, u, t.Commit, r)
}

// fetch brings what refspecs name into a repository.
func (s *session) fetch(ctx context.Context, repo string, u giturl.URL, refspecs []string) error {
	args := []string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance", "--update-shallow"}
	for len(refspecs) > 0 && strings.HasPrefix(refspecs[0], "-") {
		args, refspecs = append(args, refspecs[0]), refspecs[1:]
	}
	_, err := s.remote(ctx, repo, u, append(append(args, address), refspecs...)...)
	return err
}

// isCommit refuses the name of another object.
func (s *session) isCommit(ctx context.Context, repo, object, kind string) error {
	if kind == "commit" {
		return nil
	}
	if commit, err := s.local(ctx, repo, "rev-parse", "--verify", "--quiet", object+"^{commit}"); err == nil {
		return final("write commit = "+strconv.Quote(strings.TrimSpace(string(commit))), "%s is a %s, and no commit", object, kind)
	}
	return final("git rev-parse prints the name of a commit", "%s is a %s, and no commit", object, kind)
}

// absent says that a repository has not got a commit, and what of it is known.
func (s *session) absent(ctx context.Context, u giturl.URL, commit string, r ref) error {
	if r != "" {
		now, err := s.resolve(ctx, u, r)
		var failure *fetch.GitError
		switch {
		case err == nil && now != commit:
			return final("look at what was changed; `ashlar update` moves the lock to it", "it has no commit %s any more: %s was moved to %s", commit, r, now)
		case errors.As(err, &failure) && !failure.Again:
			return final("ask its owners, or name another address", "it has no commit %s any more, and no %s", commit, r)
		case err != nil:
			return err
		}
	}
	return final("correct the commit, or the address", "it has no commit %s", commit)
}

// date is when a commit was made, as git archive dates files: within the time that all
// kinds of archives can tell.
func (s *session) date(ctx context.Context, repo, commit string) (time.Time, error) {
	out, err := s.local(ctx, repo, "log", "-1", "--format=%ct", commit)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("git log printed the date %q", out)
	}
	return time.Unix(min(max(seconds, firstDate), lastDate), 0).UTC(), nil
}

const (
	firstDate = 315532800 // 1980-01-01, before which zip archives cannot date files
	lastDate  = 1<<32 - 1 // beyond which file systems cannot
)

// modulesOf are the addresses that a commit's .gitmodules gives its submodules, by
// path; none if it has no such file.
func (s *session) modulesOf(ctx context.Context, repo, commit string) (map[string]string, error) {
	blob := commit + ":.gitmodules"
	if kind, err := s.local(ctx, repo, "cat-file", "-t", blob); err != nil || strings.TrimSpace(string(kind)) != "blob" {
		return nil, nil
	}
	out, err := s.local(ctx, repo, "config", "-z", "--blob="+blob, "--get-regexp", `^submodule\..*\.(path|url)$`)
	if err != nil {
		return nil, final("submodules = false leaves them out", "its .gitmodules cannot be read (%w)", err)
	}
	return parseModules(out), nil
}

// parseModules reads what git config -z prints: a key, a newline and a value, each
// ended by a null byte.
func parseModules(out []byte) map[string]string {
	paths, urls := map[string]string{}, map[string]string{}
	for item := range strings.SplitSeq(string(out), "\x00") {
		key, value, ok := strings.Cut(item, "\n")
		if !ok {
			continue
		}
		if name, ok := strings.CutSuffix(key, ".path"); ok {
			paths[name] = path.Clean(value)
		}
		if name, ok := strings.CutSuffix(key, ".url"); ok {
			urls[name] = value
		}
	}
	found := map[string]string{}
	for name, p := range paths {
		if u := urls[name]; u != "" {
			found[p] = u
		}
	}
	return found
}
