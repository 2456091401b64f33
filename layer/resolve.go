package layer

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// ErrLoop is the cause of a [Tree.Resolve] that met more links than Linux follows.
var ErrLoop = errors.New("too many symbolic links")

// A NotFound says which path was missing on the way to another.
type NotFound struct {
	Path    string // asked for
	Missing string // where links led, and nothing was
	Link    string // the last symbolic link on the way, or empty
}

// Error has the link that dangles, if it is one.
func (e *NotFound) Error() string {
	if e.Link == "" {
		return e.Missing + ": not there"
	}
	return fmt.Sprintf("%s: link to %s, which is not there", e.Link, e.Missing)
}

// maxLinks is Linux's MAXSYMLINKS, path_resolution(7).
const maxLinks = 40

// Resolve finds what a process whose root is the tree would get for p: it
// follows symbolic links in every part of p, absolute ones from the tree's
// root, and ".." stops there. It returns the path where that is and the file,
// nil for a directory that is only there because of what it holds.
//
// The error is a [*NotFound], or wraps [ErrLoop].
func (t *Tree) Resolve(p string) (string, *File, error) { return t.walk(p, nil) }

// walk is Resolve, and calls via with each symbolic link that it follows.
func (t *Tree) walk(p string, via func(*File)) (string, *File, error) {
	at, f, rest, links, link := "/", t.files["/"], p, 0, ""
	for rest != "" {
		part, more, _ := strings.Cut(rest, "/")
		rest = more
		switch part {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			f = t.files[at]
			continue
		}
		next := join(at, p, part)
		f = t.files[next]
		switch {
		case f == nil && len(t.below(next)) == 0:
			return "", nil, &NotFound{Path: p, Missing: path.Join(next, rest), Link: link}
		case f != nil && f.Type == Symlink:
			if links++; links > maxLinks {
				return "", nil, fmt.Errorf("%s: %w", p, ErrLoop)
			}
			if via != nil {
				via(f)
			}
			link = next
			rest = f.Link + "/" + rest
			if f.Link[0] == '/' {
				at = "/"
			}
			f = t.files[at]
		case f != nil && !isDir(f) && strings.Trim(rest, "/") != "":
			return "", nil, &NotFound{Path: p, Missing: path.Join(next, rest), Link: link}
		default:
			at = next
		}
	}
	return at, f, nil
}

// join is dir/part; as long as no link was followed it is a part of p, and
// nothing is allocated.
func join(dir, p, part string) string {
	n := len(dir)
	if dir == "/" {
		n = 0
	}
	if end := n + 1 + len(part); end <= len(p) && p[n] == '/' && p[n+1:end] == part && p[:n] == dir[:n] {
		return p[:end]
	}
	return dir[:n] + "/" + part
}

// ReadFile reads the whole file to which p leads, from its Data or through open,
// if it has no more than limit bytes.
func (t *Tree) ReadFile(p string, open Opener, limit int64) ([]byte, error) {
	at, f, err := t.Resolve(p)
	if err != nil {
		return nil, err
	}
	if f != nil && f.Type == Hardlink {
		f = t.files[f.Link]
	}
	switch {
	case f == nil || f.Type != Regular:
		return nil, fmt.Errorf("%s: no regular file", at)
	case f.Size > limit:
		return nil, fmt.Errorf("%s: larger than %d bytes", at, limit)
	case f.Data != nil || f.Size == 0:
		return f.Data, nil
	case open == nil:
		return nil, fmt.Errorf("%s: its bytes are not at hand", at)
	}
	r, err := open.Open(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	defer r.Close() // it was only read
	data, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", at, err)
	}
	return data, nil
}

// Exists reports whether p leads to something, through links.
func (t *Tree) Exists(p string) bool {
	_, _, err := t.Resolve(p)
	return err == nil
}

// Target is where the symbolic link f leads, before any other link is followed.
func (f *File) Target() string {
	if strings.HasPrefix(f.Link, "/") {
		return path.Clean(f.Link)
	}
	return path.Join(path.Dir(f.Path), f.Link)
}
