package layer

import (
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
)

// A Tree is a set of files, each path once. The zero value is not usable: see
// [New].
//
// A Tree never changes a [File] that it was given, so trees may share files;
// who changes a file of a tree puts a changed copy in its place. A Tree is for
// one goroutine at a time.
//
// Directories above a file need no entry of their own; [Tree.Resolve] sees them
// all the same, and an archive has them only if they are there
// ([Tree.MkdirAll]).
type Tree struct {
	files map[string]*File
	names map[string][]string // hard links: first name → the others, unsorted
	order []*File             // in path order, or nil if that has to be found again
	moves int                 // changes of order since somebody read it
}

// maxMoves is how many files are put into their place in the order one by one;
// after that sorting anew, when somebody asks, is cheaper.
const maxMoves = 64

// New makes a tree of files. Of two with one path the later is kept.
func New(files ...*File) *Tree {
	t := &Tree{files: make(map[string]*File, len(files))}
	for _, f := range files {
		t.Put(f)
	}
	return t
}

// Compare orders paths as all trees, dumps and archives have them: by bytes,
// but with the slash before any other byte, so that what is below a directory
// follows it at once.
func Compare(a, b string) int {
	n := min(len(a), len(b))
	i := 0
	for i+8 <= n && load(a[i:]) == load(b[i:]) {
		i += 8
	}
	for i < n && a[i] == b[i] {
		i++
	}
	switch {
	case i == n:
		return len(a) - len(b)
	case a[i] == '/':
		return -1
	case b[i] == '/':
		return 1
	}
	return int(a[i]) - int(b[i])
}

// load reads eight bytes at once.
func load(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// Below reports whether p is inside the directory dir, at any depth.
func Below(p, dir string) bool {
	if dir == "/" {
		return len(p) > 1 && p[0] == '/'
	}
	return len(p) > len(dir) && p[len(dir)] == '/' && strings.HasPrefix(p, dir)
}

func compareFiles(a, b *File) int { return Compare(a.Path, b.Path) }

// Len is the number of files.
func (t *Tree) Len() int { return len(t.files) }

// Get returns the file with exactly that path, following no link, or nil.
func (t *Tree) Get(path string) *File { return t.files[path] }

// Put adds f, in place of what has its path. If that was a directory and f is
// none, what was below it goes. If that was a file with further names, these
// keep its bytes, unless f has the same bytes: then it is the same file with
// another owner or mode, under all its names.
func (t *Tree) Put(f *File) {
	old := t.files[f.Path]
	if old != nil {
		t.leave(old, f)
	}
	if f.Type == Hardlink {
		if t.names == nil {
			t.names = map[string][]string{}
		}
		t.names[f.Link] = append(t.names[f.Link], f.Path)
	}
	t.replace(f)
}

// replace puts f into the tree, whatever hangs on what was there.
func (t *Tree) replace(f *File) {
	t.files[f.Path] = f
	if t.order == nil {
		return
	}
	i, found := find(t.order, f.Path)
	switch {
	case found:
		t.order[i] = f
	case i == len(t.order):
		t.order = append(t.order, f)
	case t.moved():
		t.order = slices.Insert(t.order, i, f)
	}
}

// moved reports whether the order is to be kept up, and else gives it up.
func (t *Tree) moved() bool {
	t.moves++
	if t.moves > maxMoves {
		t.order = nil
	}
	return t.order != nil
}

// leave undoes what hangs on old, in whose place comes f.
func (t *Tree) leave(old, f *File) {
	switch {
	case isDir(old) && !isDir(f):
		t.deleteBelow(old.Path)
	case old.Type == Hardlink:
		t.unname(old)
	case old.Type == Regular && !(f.Type == Regular && f.Digest == old.Digest):
		t.promote(old)
	}
}

func isDir(f *File) bool { return f.Type == Dir || f.Type == Opaque }

// unname forgets that the hard link f is a further name of its target.
func (t *Tree) unname(f *File) {
	names := slices.DeleteFunc(t.names[f.Link], func(p string) bool { return p == f.Path })
	if len(names) == 0 {
		delete(t.names, f.Link)
		return
	}
	t.names[f.Link] = names
}

// promote makes the first of f's further names the owner of its bytes, before
// f itself goes.
func (t *Tree) promote(f *File) {
	names := t.names[f.Path]
	if len(names) == 0 {
		return
	}
	delete(t.names, f.Path)
	slices.SortFunc(names, Compare)
	heir := ownerOf(f, t.files[names[0]])
	t.replace(heir)
	for _, name := range names[1:] {
		link := *t.files[name]
		link.Link = heir.Path
		t.replace(&link)
		t.names[heir.Path] = append(t.names[heir.Path], name)
	}
}

// ownerOf is the file that the hard link becomes when its first name f goes.
func ownerOf(f, link *File) *File {
	heir := *f
	heir.Path, heir.Origin = link.Path, link.Origin
	if heir.Data == nil && heir.At == "" {
		heir.At = f.Path
	}
	return &heir
}

// Delete takes out the file with that path and all that is below it. The first
// of the further names of a file that goes becomes the file.
func (t *Tree) Delete(path string) {
	t.deleteBelow(path)
	if f := t.files[path]; f != nil {
		t.drop(f)
	}
}

func (t *Tree) deleteBelow(path string) {
	for _, f := range slices.Clone(t.below(path)) {
		// Read again: an earlier deletion may have made a link the file.
		t.drop(t.files[f.Path])
	}
}

func (t *Tree) drop(f *File) {
	switch f.Type {
	case Hardlink:
		t.unname(f)
	case Regular:
		t.promote(f)
	}
	delete(t.files, f.Path)
	if t.order == nil {
		return
	}
	if i, found := find(t.order, f.Path); found && t.moved() {
		t.order = slices.Delete(t.order, i, i+1)
	}
}

// DeleteFunc takes out all files for which del is true, each by itself: what is
// below a directory stays unless del says so. It is the fast way to take out many.
func (t *Tree) DeleteFunc(del func(*File) bool) {
	var gone []*File
	for _, f := range t.Files() {
		if del(f) {
			gone = append(gone, f)
		}
	}
	for _, f := range gone {
		t.drop(t.files[f.Path])
	}
}

// Files returns the files in path order. The slice is the tree's own: it may be
// read until the tree is changed, and not written to.
func (t *Tree) Files() []*File {
	if t.order == nil && len(t.files) > 0 {
		t.order = slices.SortedFunc(maps.Values(t.files), compareFiles)
	}
	t.moves = 0
	return t.order
}

// All yields the files in path order. The tree must not be changed meanwhile.
func (t *Tree) All() iter.Seq[*File] { return slices.Values(t.Files()) }

// Under yields the files below a directory, at any depth, in path order.
func (t *Tree) Under(dir string) iter.Seq[*File] { return slices.Values(t.below(dir)) }

func (t *Tree) below(dir string) []*File {
	files := t.Files()
	from, found := find(files, dir)
	if found {
		from++
	}
	rest := files[from:]
	n, _ := slices.BinarySearchFunc(rest, dir, func(e *File, d string) int {
		if Below(e.Path, d) {
			return -1
		}
		return 1
	})
	return rest[:n]
}

// Names returns the further names of the file with that path, in path order.
func (t *Tree) Names(path string) []string {
	return slices.SortedFunc(slices.Values(t.names[path]), Compare)
}

// Clone returns a tree with the same files that can be changed by itself.
func (t *Tree) Clone() *Tree {
	c := &Tree{files: maps.Clone(t.files), order: slices.Clone(t.order)}
	if len(t.names) > 0 {
		c.names = make(map[string][]string, len(t.names))
		for k, v := range t.names {
			c.names[k] = slices.Clone(v)
		}
	}
	return c
}

// MkdirAll adds the directory and those above it that are missing, each owned
// by root with mode 0755, and returns it. What is there already stays as it is;
// a path through a file that is no directory is the caller's mistake, which
// [Tree.Check] reports.
func (t *Tree) MkdirAll(dir string, from Origin) *File {
	for missing := dir; t.files[missing] == nil; missing = path.Dir(missing) {
		t.Put(&File{Path: missing, Type: Dir, Mode: 0o755, User: "root", Group: "root", Origin: from})
		if missing == "/" {
			break
		}
	}
	return t.files[dir]
}

// Parents adds every missing directory above a file of the tree, with
// [Tree.MkdirAll].
func (t *Tree) Parents(from Origin) {
	for _, f := range slices.Clone(t.Files()) {
		if f.Path != "/" && t.files[path.Dir(f.Path)] == nil {
			t.MkdirAll(path.Dir(f.Path), from)
		}
	}
}

// find is where in files, which are in path order, p is or would be.
func find(files []*File, p string) (int, bool) {
	return slices.BinarySearchFunc(files, p, func(e *File, p string) int { return Compare(e.Path, p) })
}
