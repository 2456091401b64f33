// Package diag has mistakes that people make in files: where, what is wrong and
// what to do about it, and the one form in which they are printed.
//
// A mistake is a value ([Error]) that carries its line, so that printing it
// needs no file. Mistakes of one pass are collected in a [List] and come out
// together, in the order of the files. The package knows no format and prints
// only where it is told to.
package diag

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// A Pos is a place in a file. The zero value is no place.
type Pos struct {
	File string // as it was given: "recipes/nginx/recipe.toml"
	Line int    // from 1; 0 means the file as a whole
	Col  int    // from 1, in bytes, as compilers count
	End  int    // column behind the last byte of the place, on the same line
}

// String returns "file:line:col", or what of it is known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.File == "":
		return fmt.Sprintf("%d:%d", p.Line, p.Col)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// IsZero reports whether p is no place at all.
func (p Pos) IsZero() bool { return p == Pos{} }

// An Error is one mistake in a file.
type Error struct {
	Pos  Pos
	Msg  string // what is wrong, lower case, one sentence: `unknown key "urll"`
	Hint string // what to do, or empty: `did you mean "url"?`
	Line string // the text of the line that Pos names, without its end; may be empty
}

// Error returns "file:line:col: message". The hint and the line are for [Print].
func (e *Error) Error() string {
	if where := e.Pos.String(); where != "" {
		return where + ": " + e.Msg
	}
	return e.Msg
}

// A List collects the mistakes of one pass. The zero value is empty and ready.
type List struct {
	errs  []*Error
	files []string // in the order in which they first made a mistake
	seen  map[key]bool
}

// A key is what makes two mistakes the same.
type key struct {
	pos Pos
	msg string
}

// Add adds a mistake, unless the same one at the same place is there already.
func (l *List) Add(errs ...*Error) {
	for _, e := range errs {
		k := key{e.Pos, e.Msg}
		if l.seen[k] {
			continue
		}
		if l.seen == nil {
			l.seen = map[key]bool{}
		}
		l.seen[k] = true
		if !slices.Contains(l.files, e.Pos.File) {
			l.files = append(l.files, e.Pos.File)
		}
		l.errs = append(l.errs, e)
	}
}

// Errors returns the mistakes: files in the order in which they were first
// added, and each file's from its top to its end.
func (l *List) Errors() []*Error {
	rank := make(map[string]int, len(l.files))
	for i, f := range l.files {
		rank[f] = i
	}
	sorted := slices.Clone(l.errs)
	slices.SortStableFunc(sorted, func(a, b *Error) int {
		if d := rank[a.Pos.File] - rank[b.Pos.File]; d != 0 {
			return d
		}
		if d := a.Pos.Line - b.Pos.Line; d != 0 {
			return d
		}
		return a.Pos.Col - b.Pos.Col
	})
	return sorted
}

// Len returns the number of mistakes.
func (l *List) Len() int { return len(l.errs) }

// Since returns the mistakes that were added when there were n already.
func (l *List) Since(n int) []*Error { return slices.Clone(l.errs[n:]) }

// Err returns all mistakes as one error, a *multierror.Error of *Error, or nil.
func (l *List) Err() error {
	if len(l.errs) == 0 {
		return nil
	}
	all := &multierror.Error{ErrorFormat: format}
	for _, e := range l.Errors() {
		all.Errors = append(all.Errors, e)
	}
	return all
}

// format is what Error() of a whole list says: a mistake a line.
func format(errs []error) string {
	lines := make([]string, len(errs))
	for i, err := range errs {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Of returns the mistakes that err consists of, in its order: it looks into
// multierrors, joined errors and wrapped ones. Other errors are left out.
func Of(err error) []*Error {
	var found []*Error
	for _, e := range flatten(err) {
		if d, ok := e.(*Error); ok {
			found = append(found, d)
		}
	}
	return found
}

// flatten takes lists of errors apart. A wrapper around mistakes is left out with
// its words: their places say more. What has several causes and words of its own is
// no list.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	var many []error
	switch e := err.(type) {
	case *multierror.Error:
		if e == nil {
			return nil
		}
		many = e.Errors
	case interface{ Unwrap() []error }:
		many = e.Unwrap()
		var d *Error
		if !errors.As(err, &d) && err.Error() != format(many) {
			return []error{err}
		}
	default:
		var d *Error
		if _, is := err.(*Error); is || !errors.As(err, &d) {
			return []error{err}
		}
		return flatten(errors.Unwrap(err))
	}
	var flat []error
	for _, e := range many {
		flat = append(flat, flatten(e)...)
	}
	return flat
}
