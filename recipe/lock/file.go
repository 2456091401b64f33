package lock

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// This file alone knows TOML. A lock of a distribution has tens of thousands of
// lines, so it goes through go-toml's parser, whose API may change, straight into
// the structures: the decoder on top of it looks for each key among all before.

// A file is the lock as TOML has it.
type file struct {
	Format   int64
	Archives named[fileArchive]
	IDs      named[int64]
	Sources  named[fileSource]
	Vendors  named[fileVendor]
	Bases    named[fileBase]
	Sets     named[fileSet]
	Packages named[filePackage]
	Edited   named[string]
}

type fileArchive struct {
	URI, Suite, Date string
	Components       []string
}

type fileSource struct {
	Commit, SHA256 string
	Size           int64
	Modules        entries[fileModule]
}

type fileModule struct{ Path, URL, Commit string }

type fileVendor struct {
	Of    string
	Files entries[fileVendorFile]
}

type fileVendorFile struct {
	At, URL, SHA256 string
	Size            int64
}

type fileBase struct{ Packages []string }

type fileSet struct {
	Base, Suite    string
	Like           string // the set that lists the packages
	Asks, Packages []string
}

type filePackage struct {
	Size                     int64
	SHA256, From, Path, Date string
	Pre                      []string
}

// A keyed is a table: field returns a pointer to what a key stands for, nil if there
// is no such key.
type keyed interface{ field(key string) any }

// named is a table whose keys are names.
type named[T any] map[string]*T

func (n *named[T]) field(key string) any {
	if *n == nil {
		*n = named[T]{}
	}
	v := (*n)[key]
	if v == nil {
		v = new(T)
		(*n)[key] = v
	}
	return v
}

// entries is a list of tables.
type entries[T any] []T

func (e *entries[T]) add() any {
	*e = append(*e, *new(T))
	return &(*e)[len(*e)-1]
}

func (f *file) field(key string) any {
	switch key {
	case "format":
		return &f.Format
	case "archive":
		return &f.Archives
	case "id":
		return &f.IDs
	case "source":
		return &f.Sources
	case "vendor":
		return &f.Vendors
	case "base":
		return &f.Bases
	case "set":
		return &f.Sets
	case "package":
		return &f.Packages
	case "edited":
		return &f.Edited
	}
	return nil
}

func (a *fileArchive) field(key string) any {
	switch key {
	case "uri":
		return &a.URI
	case "suite":
		return &a.Suite
	case "components":
		return &a.Components
	case "date":
		return &a.Date
	}
	return nil
}

func (s *fileSource) field(key string) any {
	switch key {
	case "commit":
		return &s.Commit
	case "sha256":
		return &s.SHA256
	case "size":
		return &s.Size
	case "modules":
		return &s.Modules
	}
	return nil
}

func (m *fileModule) field(key string) any {
	switch key {
	case "path":
		return &m.Path
	case "url":
		return &m.URL
	case "commit":
		return &m.Commit
	}
	return nil
}

func (v *fileVendor) field(key string) any {
	switch key {
	case "of":
		return &v.Of
	case "files":
		return &v.Files
	}
	return nil
}

func (f *fileVendorFile) field(key string) any {
	switch key {
	case "at":
		return &f.At
	case "url":
		return &f.URL
	case "sha256":
		return &f.SHA256
	case "size":
		return &f.Size
	}
	return nil
}

func (b *fileBase) field(key string) any {
	if key == "packages" {
		return &b.Packages
	}
	return nil
}

func (s *fileSet) field(key string) any {
	switch key {
	case "base":
		return &s.Base
	case "suite":
		return &s.Suite
	case "asks":
		return &s.Asks
	case "packages":
		return &s.Packages
	case "like":
		return &s.Like
	}
	return nil
}

func (p *filePackage) field(key string) any {
	switch key {
	case "size":
		return &p.Size
	case "sha256":
		return &p.SHA256
	case "from":
		return &p.From
	case "path":
		return &p.Path
	case "date":
		return &p.Date
	case "pre":
		return &p.Pre
	}
	return nil
}

// A filler fills a file in.
type filler struct {
	p     unstable.Parser
	d     *decoder
	began map[any]bool // the tables that have had a header, or braces
	path  []string     // of the keys, for messages
}

// fill reads all of the decoder's source. What is no TOML ends it; other mistakes are
// noted.
func (d *decoder) fill(f *file) {
	r := filler{d: d, began: map[any]bool{}}
	r.p.Reset(d.src)
	var at any = f
	for r.p.NextExpression() {
		switch e := r.p.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			r.path = r.path[:0]
			var last *unstable.Node
			at, last = r.walk(f, e.Key())
			switch {
			case at == nil:
			case e.Kind == unstable.ArrayTable:
				r.bad(last, "%s is no list", r.name())
			case !r.begin(at):
				r.bad(last, "table %s stands twice", r.name())
			}
		case unstable.KeyValue:
			mark := len(r.path)
			r.set(at, e)
			r.path = r.path[:mark]
		}
	}
	if err := r.p.Error(); err != nil {
		var at unstable.Range
		if syntax := (*unstable.ParserError)(nil); errors.As(err, &syntax) && len(syntax.Highlight) > 0 {
			at = r.p.Range(syntax.Highlight)
		}
		d.mistakeAt(int(at.Offset), err.Error())
	}
}

// walk follows a key from a table, and returns what it stands for; nil, once that
// was noted, for one that is not known.
func (r *filler) walk(at any, keys unstable.Iterator) (any, *unstable.Node) {
	var last *unstable.Node
	for keys.Next() {
		last = keys.Node()
		r.path = append(r.path, string(last.Data))
		table, ok := at.(keyed)
		if ok {
			at = table.field(string(last.Data))
			ok = at != nil
		}
		if !ok {
			r.bad(last, "unknown key %q", r.name())
			return nil, nil
		}
	}
	return at, last
}

// set takes `key = value` of a table.
func (r *filler) set(at any, e *unstable.Node) {
	if at == nil { // of a table that is not known
		return
	}
	to, key := r.walk(at, e.Key())
	if to == nil {
		return
	}
	v, twice, ok := e.Value(), false, true
	switch to := to.(type) {
	case *string:
		if twice, ok = *to != "", v.Kind == unstable.String; ok {
			*to = string(v.Data)
		}
	case *int64:
		twice = *to != 0
		n, err := strconv.ParseInt(string(v.Data), 0, 64)
		*to, ok = n, v.Kind == unstable.Integer && err == nil
	case *[]string:
		twice = *to != nil
		*to, ok = words(v)
	case interface{ add() any }:
		ok = r.list(to, v)
	case keyed:
		ok = r.inline(to, v)
		twice = ok && !r.begin(to)
	}
	switch {
	case !ok:
		r.bad(key, "%s is not what ashlar writes there", r.name())
	case twice:
		r.bad(key, "%s stands twice", r.name())
	}
}

func (r *filler) begin(table any) bool {
	before := r.began[table]
	r.began[table] = true
	return !before
}

// words are the strings of a list.
func words(v *unstable.Node) ([]string, bool) {
	list := []string{}
	for kids := v.Children(); kids.Next(); {
		if kids.Node().Kind != unstable.String {
			return nil, false
		}
		list = append(list, string(kids.Node().Data))
	}
	return list, v.Kind == unstable.Array
}

// list takes a list of tables in.
func (r *filler) list(to interface{ add() any }, v *unstable.Node) bool {
	ok := v.Kind == unstable.Array
	for kids := v.Children(); ok && kids.Next(); {
		ok = r.inline(to.add(), kids.Node())
	}
	return ok
}

// inline takes a table in braces in.
func (r *filler) inline(to any, v *unstable.Node) bool {
	if v.Kind != unstable.InlineTable {
		return false
	}
	mark := len(r.path)
	for kids := v.Children(); kids.Next(); {
		r.set(to, kids.Node())
		r.path = r.path[:mark]
	}
	return true
}

func (r *filler) name() string { return strings.Join(r.path, ".") }

func (r *filler) bad(key *unstable.Node, format string, args ...any) {
	r.d.mistakeAt(int(key.Raw.Offset), fmt.Sprintf(format, args...))
}
