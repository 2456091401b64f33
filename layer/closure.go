package layer

import (
	"path"
	"slices"
	"strings"
)

// A NeedKind says in what way one file needs another.
type NeedKind string

// The kinds of a Need.
const (
	NeedEntry   NeedKind = "entry"       // asked for from outside
	NeedLibrary NeedKind = "library"     // DT_NEEDED
	NeedLoader  NeedKind = "loader"      // PT_INTERP
	NeedInterp  NeedKind = "interpreter" // #!
	NeedTarget  NeedKind = "link target" // of a symbolic or hard link
	NeedCommand NeedKind = "command"     // of a shell script
	NeedShell   NeedKind = "shell"       // of a program that imports system or popen
)

// A Need is something that one file asks for.
type Need struct {
	By   string // the path of who needs it; empty for an entry
	Kind NeedKind
	Want string // as it was asked for: "libssl.so.3", "/bin/sh", "../x"
	Path string // where it is, behind all links; empty if it is not there
}

// A Missing is a Need that nothing fulfils.
type Missing struct {
	Need
	// Chain is how the asking file came in, the entry first.
	Chain []Need
	// Package has what is missing, if Options.Provide knew; it was not added.
	Package string
	// Fatal says that the image will not work: the file that needs it is reached
	// from an entry, or is no package's. What else a package's files lack is what
	// its distribution does without as well.
	Fatal bool
}

// An Added is a package that came in because of a need.
type Added struct {
	Package string
	For     Need
}

// ClosureOptions are the choices of [Close]. The zero value asks nobody.
type ClosureOptions struct {
	// Reached leaves what no entry leads to unchecked. Otherwise all files of
	// the tree are checked, after what the entries lead to.
	Reached bool
	// Provide finds a package that is not in the tree by a library's soname or
	// by an absolute path. If it also returns the package's files, these are
	// added below the tree's for a library or an ELF interpreter.
	Provide func(want string) (pkg string, files *Tree)
	// Open reads shell scripts and ld.so.conf; nil: only those with Data.
	Open Opener
	// Path is where commands are looked up: Debian's if empty.
	Path []string
	// Later says of a path that is not in the tree that it will be there when
	// the image runs. What is below /dev, /proc, /sys, /run and /tmp always will.
	Later func(path string) bool
}

// A Closure is what a tree's files need of one another.
type Closure struct {
	Tree     *Tree     // the tree that was given, with what was added
	Added    []Added   // in the order in which they came in
	Missing  []Missing // those reached from the entries first
	Shell    []Need    // reached programs that call a shell, if the tree has no /bin/sh
	Commands []Missing // commands of reached shell scripts that are not there; never Fatal, because scripts ask first

	o       ClosureOptions
	dirs    []string        // ld.so.conf's
	found   map[string]Need // how each path was reached first
	queue   []string
	libs    map[string]string // machine and soname → path
	bases   map[string][]string
	entry   bool // what is found now is reached from an entry
	reach   map[string]bool
	scanned map[string]bool
}

// Close finds all that the entries need, and what those need, and so on, and
// then, unless told otherwise, what the other files of the tree need. An entry
// is an absolute path, or a command to be looked up; a directory stands for
// all that is below it. t is not changed.
func Close(t *Tree, entries []string, o ClosureOptions) *Closure {
	if len(o.Path) == 0 {
		o.Path = strings.Split("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ":")
	}
	c := &Closure{
		Tree: t, o: o, dirs: LibraryDirs(t, o.Open), entry: true,
		found: map[string]Need{}, libs: map[string]string{},
		reach: map[string]bool{}, scanned: map[string]bool{},
	}
	for _, e := range entries {
		c.enter(e)
	}
	c.drain()
	c.entry = false
	for n := -1; !o.Reached && n != c.Tree.Len(); {
		n = c.Tree.Len()
		for _, f := range slices.Clone(c.Tree.Files()) {
			if _, ok := c.found[f.Path]; !ok && f.asks() {
				c.found[f.Path] = Need{}
				c.queue = append(c.queue, f.Path)
			}
			c.drain()
		}
	}
	c.shells()
	return c
}

// enter takes one entry.
func (c *Closure) enter(e string) {
	want := Need{Kind: NeedEntry, Want: e}
	if !strings.HasPrefix(e, "/") {
		e = c.command(e)
	}
	at, f, ok := c.follow(want, e)
	if !ok {
		c.miss(want)
		return
	}
	if f == nil || isDir(f) {
		for below := range c.Tree.Under(at) {
			c.arrive(below.Path, Need{Kind: NeedEntry, Want: e, Path: below.Path})
		}
	}
}

// command finds a program by name, or returns a path where it is not.
func (c *Closure) command(name string) string {
	for _, dir := range c.o.Path {
		p := path.Join(dir, name)
		if _, f, err := c.Tree.Resolve(p); err == nil && f != nil && !isDir(f) {
			return p
		}
	}
	return ""
}

// follow resolves p for a need, and notes the links on the way as reached by it.
func (c *Closure) follow(n Need, p string) (string, *File, bool) {
	if p == "" {
		return "", nil, false
	}
	var links []string
	at, f, err := c.Tree.walk(p, func(l *File) { links = append(links, l.Path) })
	if err != nil {
		return "", nil, false
	}
	for _, l := range links {
		via := n
		via.Path = l
		c.arrive(l, via)
	}
	n.Path = at
	c.arrive(at, n)
	return at, f, true
}

// arrive notes that a path is needed, and puts it in line the first time.
func (c *Closure) arrive(p string, n Need) {
	if c.entry {
		c.reach[p] = true
	}
	if _, ok := c.found[p]; ok {
		return
	}
	c.found[p] = n
	c.queue = append(c.queue, p)
}

func (c *Closure) drain() {
	for len(c.queue) > 0 {
		p := c.queue[0]
		c.queue = c.queue[1:]
		if f := c.Tree.Get(p); f != nil {
			c.visit(f)
		}
	}
}

// asks reports whether the file can need others.
func (f *File) asks() bool { return f.Facts != nil || f.Type == Symlink || f.Type == Hardlink }

// visit finds what one file needs.
func (c *Closure) visit(f *File) {
	switch f.Type {
	case Symlink:
		c.want(f, NeedTarget, f.Link, f.Target())
		return
	case Hardlink:
		c.want(f, NeedTarget, f.Link, f.Link)
		return
	}
	x := f.Facts
	if f.Type != Regular || x == nil {
		return
	}
	if x.Machine == "" {
		c.script(f, x)
		return
	}
	if x.Interp != "" {
		c.want(f, NeedLoader, x.Interp, x.Interp)
	}
	for _, soname := range x.Needed {
		c.library(f, soname)
	}
}

// want notes that f needs what is at p.
func (c *Closure) want(f *File, kind NeedKind, want, p string) {
	n := Need{By: f.Path, Kind: kind, Want: want}
	if _, _, ok := c.follow(n, p); ok {
		return
	}
	if kind == NeedTarget && c.later(p) {
		return
	}
	if kind == NeedLoader && c.provide(f, n, p) {
		if _, _, ok := c.follow(n, p); ok {
			return
		}
	}
	c.miss(n)
}

// later reports whether p, or what it leads to, will be made when the image runs.
func (c *Closure) later(p string) bool {
	for _, dir := range []string{"/dev", "/proc", "/sys", "/run", "/tmp", "/var/run", "/var/lock"} {
		if p == dir || Below(p, dir) {
			return true
		}
	}
	return c.o.Later != nil && c.o.Later(p)
}

// strict says that what the file needs must be there: it is reached from an
// entry, or it is not a distribution's.
func (c *Closure) strict(by string) bool {
	f := c.Tree.Get(by)
	return f == nil || c.reach[by] || f.Origin.Kind != FromPackage
}

// provide asks for a package and lays its files below the tree.
func (c *Closure) provide(f *File, n Need, want string) bool {
	if c.o.Provide == nil || !c.strict(f.Path) {
		return false
	}
	pkg, files := c.o.Provide(want)
	if pkg == "" || files == nil {
		return false
	}
	for _, a := range c.Added {
		if a.Package == pkg {
			return false
		}
	}
	c.Added = append(c.Added, Added{pkg, n})
	c.Tree = Merge(files, c.Tree)
	clear(c.libs)
	c.bases = nil
	return true
}

func (c *Closure) miss(n Need) {
	m := Missing{Need: n, Chain: c.Why(n.By), Fatal: c.strict(n.By)}
	if n.Kind == NeedTarget && c.shippedSo(n) {
		m.Fatal = false
	}
	if c.o.Provide != nil {
		want := n.Want
		if n.Kind == NeedTarget {
			want = c.Tree.Get(n.By).Target()
		}
		m.Package, _ = c.o.Provide(want)
	}
	c.Missing = append(c.Missing, m)
}

// shippedSo reports whether a dangling link is a package's own, which its
// distribution has dangling too.
func (c *Closure) shippedSo(n Need) bool {
	f := c.Tree.Get(n.By)
	return f != nil && f.Origin.Kind == FromPackage
}

// Why is the chain of needs that leads to a path, from the entry on. It is
// empty for a path that nothing needs: its Origin is all there is to say.
func (c *Closure) Why(p string) []Need {
	var chain []Need
	for seen := 0; p != "" && seen <= len(c.found); seen++ {
		n, ok := c.found[p]
		if !ok || n.Kind == "" {
			break
		}
		chain = append(chain, n)
		p = n.By
	}
	slices.Reverse(chain)
	return chain
}

// Reach is the tree of all that the entries lead to, with the directories
// above: what an image keeps when it is cut to what it needs.
func (c *Closure) Reach() *Tree {
	t := New()
	for p := range c.reach {
		f := c.Tree.Get(p)
		if f == nil {
			continue
		}
		t.Put(f)
	}
	for f := range c.Tree.All() {
		if isDir(f) && t.Get(f.Path) == nil && hasInside(t, f) {
			t.Put(f)
		}
	}
	return t
}

// shells warns of reached programs that start a shell that is not there.
func (c *Closure) shells() {
	if c.Tree.Exists("/bin/sh") {
		return
	}
	for _, f := range c.Tree.Files() {
		if !c.reach[f.Path] || f.Facts == nil {
			continue
		}
		for _, call := range f.Facts.Calls {
			if call != IconvOpen {
				c.Shell = append(c.Shell, Need{By: f.Path, Kind: NeedShell, Want: call})
			}
		}
	}
}
