package lock

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// Decode reads an ashlar.lock. Its mistakes are places in name, all of them
// together; their remedy is to lock again, but for what a merge has left.
func Decode(name string, src []byte) (*Lock, error) {
	d := decoder{name: name, src: src}
	if at := conflict(src); at >= 0 {
		d.add(at, "git has left both sides of a merge here", "take one side whole (git checkout --ours ashlar.lock); `ashlar lock` then adds what the other's recipes need")
		return nil, d.errs.Err()
	}
	var f file
	d.fill(&f)
	if f.Format != format && f.Format != 0 {
		d.errs = diag.List{} // of what it has there is nothing to be said
	}
	if f.Format != format && d.errs.Len() == 0 {
		d.mistake("format", fmt.Sprintf("this lock has format %d; this ashlar reads %d", f.Format, format))
	}
	if d.errs.Len() > 0 {
		return nil, d.errs.Err()
	}
	l := d.lock(f)
	return l, d.errs.Err()
}

// conflict returns where the line is that git(1) writes where it cannot merge, or -1.
func conflict(src []byte) int {
	mark := []byte("\n<<<<<<< ")
	if bytes.HasPrefix(src, mark[1:]) {
		return 0
	}
	if i := bytes.Index(src, mark); i >= 0 {
		return i + 1
	}
	return -1
}

const remedy = "ashlar.lock is written by `ashlar lock`: restore it from version control, or remove it and lock again"

type decoder struct {
	name string
	src  []byte
	errs diag.List
}

// mistake reports msg at the first line that holds needle.
func (d *decoder) mistake(needle, msg string) {
	d.mistakeAt(max(bytes.Index(d.src, []byte(needle)), 0), msg)
}

func (d *decoder) mistakeAt(offset int, msg string) { d.add(offset, msg, remedy) }

func (d *decoder) add(offset int, msg, hint string) {
	line := 1 + bytes.Count(d.src[:offset], []byte("\n"))
	col := offset - bytes.LastIndexByte(d.src[:offset], '\n')
	d.errs.Add(&diag.Error{Pos: diag.Pos{File: d.name, Line: line, Col: col}, Line: lineOf(d.src, line), Msg: msg, Hint: hint})
}

func lineOf(src []byte, n int) string {
	for ; n > 1; n-- {
		_, src, _ = bytes.Cut(src, []byte("\n"))
	}
	line, _, _ := bytes.Cut(src, []byte("\n"))
	return string(line)
}

func (d *decoder) lock(f file) *Lock {
	l := &Lock{}
	for name, a := range f.Archives {
		l.Archives = append(l.Archives, Archive{Name: name, URI: a.URI, Suite: a.Suite, Components: a.Components, Date: a.Date})
	}
	for name, n := range f.IDs {
		l.IDs = append(l.IDs, ID{Name: name, Number: int(*n)})
	}
	for name, s := range f.Sources {
		l.Sources = append(l.Sources, d.source(name, *s))
	}
	for name, v := range f.Vendors {
		l.Vendors = append(l.Vendors, d.vendor(name, *v))
	}
	for k, p := range f.Packages {
		l.Packages = append(l.Packages, d.pkg(k, *p))
	}
	for k, s := range f.Bases {
		l.Bases = append(l.Bases, Base{Name: k, Packages: s.Packages})
	}
	for k, s := range f.Sets {
		if set, ok := d.set(f, k, *s); ok {
			l.Sets = append(l.Sets, set)
		}
	}
	for k, digest := range f.Edited {
		words := strings.SplitN(k, " ", 3)
		if len(words) < 3 || !strings.HasPrefix(words[2], "/") {
			d.mistake(k, fmt.Sprintf("edited file %q is not named by recipe, architecture and path", k))
			continue
		}
		d.digest(*digest, k)
		l.Edited = append(l.Edited, Edited{Recipe: words[0], Arch: words[1], Path: words[2], SHA256: *digest})
	}
	l.sort()
	d.refs(l)
	return l
}

func (d *decoder) set(f file, k string, s fileSet) (Set, bool) {
	first, last := strings.Index(k, " "), strings.LastIndex(k, " ")
	if first < 0 || first == last {
		d.mistake(k, fmt.Sprintf("set %q is not named by recipe, use and architecture", k))
		return Set{}, false
	}
	if s.Like != "" {
		other := f.Sets[s.Like]
		if other == nil || other.Like != "" || len(s.Packages) > 0 {
			d.mistake(quote(k), fmt.Sprintf("set %q is like %q, which lists no packages", k, s.Like))
			return Set{}, false
		}
		s.Packages = other.Packages // the very same, so that equal ones are known at once
	}
	return Set{Recipe: k[:first], Use: k[first+1 : last], Arch: k[last+1:], Suite: s.Suite, Base: s.Base, Asks: s.Asks, Packages: s.Packages}, true
}

func (l *Lock) sort() {
	slices.SortFunc(l.Archives, func(a, b Archive) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.IDs, func(a, b ID) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(l.Edited, compareEdited)
	slices.SortFunc(l.Sources, compareSources)
	slices.SortFunc(l.Vendors, compareVendors)
	slices.SortFunc(l.Packages, comparePackages)
	slices.SortFunc(l.Bases, compareBases)
	slices.SortFunc(l.Sets, compareSets)
}

func (d *decoder) pkg(k string, p filePackage) Package {
	w := d.words(k, 3)
	d.digest(p.SHA256, k)
	if p.Size <= 0 || p.Path == "" || strings.Contains("/"+p.Path+"/", "/../") || p.From == "" {
		d.mistake(k, fmt.Sprintf("package %q lacks its size, path or archive", k))
	}
	return Package{Name: w[0], Version: w[1], Arch: w[2], SHA256: p.SHA256, Size: p.Size, From: p.From, Path: p.Path, Date: p.Date, Pre: p.Pre}
}

func (d *decoder) source(name string, f fileSource) Source {
	s := Source{Name: name, Commit: f.Commit, SHA256: f.SHA256, Size: f.Size}
	d.digest(f.SHA256, name)
	if f.Commit != "" {
		d.commit(f.Commit, name)
	}
	for _, m := range f.Modules {
		d.commit(m.Commit, name)
		if !fs.ValidPath(m.Path) || m.URL == "" {
			d.mistake(quote(name), fmt.Sprintf("%q has a submodule without a path or url", name))
		}
		s.Modules = append(s.Modules, Module(m))
	}
	return s
}

func (d *decoder) vendor(name string, f fileVendor) Vendor {
	v := Vendor{Name: name, Of: f.Of}
	d.digest(f.Of, name)
	for _, file := range f.Files {
		d.digest(file.SHA256, file.At)
		if !fs.ValidPath(file.At) || !strings.Contains(file.At, "/") || file.URL == "" {
			d.mistake(quote(file.At), fmt.Sprintf("%q is no place in a cache, or it has no url", file.At))
		}
		v.Files = append(v.Files, VendorFile{At: file.At, URL: file.URL, SHA256: file.SHA256, Size: file.Size})
	}
	return v
}

func (d *decoder) words(k string, n int) []string {
	w := strings.Fields(k)
	if len(w) != n {
		d.mistake(k, fmt.Sprintf("%q should have %d words", k, n))
		w = append(w, make([]string, n)...)
	}
	return w[:n]
}

func (d *decoder) digest(s, of string) {
	if len(s) != 64 || !isHex(s) {
		d.mistake(of, fmt.Sprintf("%q has no SHA-256 of 64 hex digits", of))
	}
}

// commit checks the name of a git commit: SHA-1 or SHA-256, as its repository has
// it.
func (d *decoder) commit(s, of string) {
	if len(s) != 40 && len(s) != 64 || !isHex(s) {
		d.mistake(of, fmt.Sprintf("%q has no commit of 40 or 64 hex digits", of))
	}
}

func isHex(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') {
			return false
		}
	}
	return true
}

// refs checks that every set names packages that the lock has.
func (d *decoder) refs(l *Lock) {
	index := l.Index()
	for _, s := range l.Bases {
		d.known(index, s.Name, s.Packages)
	}
	for _, s := range l.Sets {
		if _, ok := l.Base(s.Base); !ok {
			d.mistake(quote(s.Base), fmt.Sprintf("base %q is not there", s.Base))
		}
		d.known(index, s.Recipe+" "+s.Use+" "+s.Arch, s.Packages)
	}
}

func (d *decoder) known(index Index, set string, refs []string) {
	for _, ref := range refs {
		if _, ok := index[ref]; !ok {
			d.mistake(quote(set), fmt.Sprintf("%q names %q, which no line of [package] has", set, ref))
		}
	}
}
