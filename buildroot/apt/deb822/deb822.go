// Package deb822 reads Debian's control file syntax (Debian Policy 5.1): stanzas
// of fields, separated by empty lines. It allocates nothing: all that it returns
// is part of the input, so that an index of 60 MB is read at the speed of memory.
//
// It knows no field and no file; what fields mean is their readers' matter.
package deb822

import (
	"bytes"
	"fmt"
)

// A Reader walks through a file. The zero value reads nothing; see [NewReader].
type Reader struct {
	data []byte
	at   int  // of the next line
	in   bool // a stanza
	err  error

	field Field
}

// A Field is one field of a stanza.
type Field struct {
	Name  string // as written: "Package"
	Value string // without white space at both ends; further lines follow "\n" as they are
	Start int    // offset of its first byte in the input
}

// A SyntaxError says what is no control file, and where.
type SyntaxError struct {
	Line int // from 1
	Msg  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// NewReader reads data, which must not change as long as results are used.
func NewReader(data []byte) *Reader { return &Reader{data: data} }

// Stanza moves to the next stanza, past what is left of this one, and reports
// whether there is one.
func (r *Reader) Stanza() bool {
	for r.in && r.Field() {
	}
	for r.err == nil && r.at < len(r.data) && (blank(r.line()) || r.line()[0] == '#') {
		r.skip()
	}
	r.in = r.err == nil && r.at < len(r.data)
	return r.in
}

// Field moves to the next field of the stanza and reports whether there is one;
// [Reader.Current] has it. Lines that begin with # are comments.
func (r *Reader) Field() bool {
	for r.err == nil && r.at < len(r.data) {
		line := r.line()
		if blank(line) {
			return false
		}
		if line[0] == '#' {
			r.skip()
			continue
		}
		return r.read(line)
	}
	return false
}

// Current returns the field that Field moved to.
func (r *Reader) Current() Field { return r.field }

// Offset returns where the next line begins.
func (r *Reader) Offset() int { return r.at }

// Err returns the *[SyntaxError] that ended the reading, or nil.
func (r *Reader) Err() error { return r.err }

// line returns the line at r.at, without its end.
func (r *Reader) line() []byte {
	rest := r.data[r.at:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		return rest[:i]
	}
	return rest
}

// skip goes behind the line at r.at.
func (r *Reader) skip() {
	r.at = min(r.at+len(r.line())+1, len(r.data))
}

// read reads the field whose first line is line.
func (r *Reader) read(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return r.fail("a continuation line stands before the first field")
	case colon <= 0:
		return r.fail("%.40q has no field name with a colon", line)
	case bytes.ContainsAny(line[:colon], " \t"):
		return r.fail("%.40q is no field name", line[:colon])
	}
	start := r.at
	end := r.at + len(line)
	for end+1 < len(r.data) && (r.data[end+1] == ' ' || r.data[end+1] == '\t') {
		next := bytes.IndexByte(r.data[end+1:], '\n')
		if next < 0 {
			next = len(r.data) - end - 1
		}
		if blank(r.data[end+1 : end+1+next]) {
			break
		}
		end += 1 + next
	}
	r.field = Field{
		Name:  text(line[:colon]),
		Value: text(bytes.TrimSpace(r.data[start+colon+1 : end])),
		Start: start,
	}
	r.at = min(end+1, len(r.data))
	return true
}

func (r *Reader) fail(format string, args ...any) bool {
	r.err = &SyntaxError{Line: 1 + bytes.Count(r.data[:r.at], []byte("\n")), Msg: fmt.Sprintf(format, args...)}
	return false
}

// blank reports whether a line separates stanzas.
func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\r' {
			return false
		}
	}
	return true
}
