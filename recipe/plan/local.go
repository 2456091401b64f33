package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Lister says what directories of the workspace hold.
type Lister interface {
	// List returns the files below a directory of the workspace, sorted by path,
	// as far as keep takes their paths below it.
	List(dir string, keep func(path string) bool) ([]Entry, error)
}

// An Entry is one file of a directory: a regular one, or a symbolic link.
type Entry struct {
	Path   string // below the directory
	SHA256 string // of a regular file
	Exec   bool   // of a regular file
	Link   string // a symbolic link's target
}

// local plans a source that is a directory of the workspace. Its files are named
// by one digest of their paths and contents; times and owners are no part of
// them, since they differ between checkouts.
func (p *planner) local(r *recipe.Instance, s recipe.Source, src *Source) {
	src.Dir = r.SourceDir(s)
	keep := func(path string) bool { return Chosen(s.Include, s.Except, path) }
	var err error
	if src.Entries, err = p.Dirs.List(src.Dir, keep); err != nil {
		p.errs.Add(&diag.Error{Pos: s.DirPos, Msg: fmt.Sprintf("cannot read the source: %v", err)})
		return
	}
	for _, glob := range s.Include {
		if !slices.ContainsFunc(src.Entries, func(e Entry) bool { return doublestar.MatchUnvalidated(glob, e.Path) }) {
			p.errs.Add(&diag.Error{Pos: s.DirPos, Msg: fmt.Sprintf("no file of the directory %s matches %q", src.Dir, glob), Hint: "files that .gitignore names are not part of the source"})
		}
	}
}

// digestOf names a list of entries.
func digestOf(entries []Entry) string {
	h := sha256.New()
	for _, e := range entries {
		for _, f := range []string{e.Path, e.SHA256, fmt.Sprint(e.Exec), e.Link} {
			h.Write(appendField(nil, f))
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Chosen reports whether globs take a path: one of include, if there are any,
// and none of except.
func Chosen(include, except []string, path string) bool {
	match := func(glob string) bool { return doublestar.MatchUnvalidated(glob, path) }
	return (len(include) == 0 || slices.ContainsFunc(include, match)) && !slices.ContainsFunc(except, match)
}
