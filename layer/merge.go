package layer

import (
	"fmt"
	"path"
	"slices"
)

// Merge lays trees on one another, the lowest first, as an overlay mount shows
// them: of two files with one path the upper one counts, directories unite, a
// [Whiteout] takes away what lies below it, an [Opaque] directory and anything
// that is no directory hide what a lower tree has inside. The result has no
// Whiteout left, and Opaque directories have become ordinary ones.
//
// A lower file whose first name is hidden lives on under its further names.
func Merge(trees ...*Tree) *Tree {
	lists := make([][]*File, len(trees))
	for i, t := range trees {
		lists[i] = t.Files()
	}
	files := mergeAll(lists)
	if len(lists) == 1 {
		files = slices.Clone(files)
	}
	files = settle(files)
	t := &Tree{files: make(map[string]*File, len(files)), order: files}
	for _, f := range files {
		t.files[f.Path] = f
		if f.Type == Hardlink {
			if t.names == nil {
				t.names = map[string][]string{}
			}
			t.names[f.Link] = append(t.names[f.Link], f.Path)
		}
	}
	return t
}

// mergeAll merges by halves, so that of n trees a file is compared log n times.
func mergeAll(lists [][]*File) []*File {
	switch len(lists) {
	case 0:
		return nil
	case 1:
		return lists[0]
	}
	half := len(lists) / 2
	return mergeTwo(mergeAll(lists[:half]), mergeAll(lists[half:]))
}

// A merging is two trees on their way to become one.
type merging struct {
	out   []*File
	hide  string           // the upper path that hides what the lower tree has inside
	lost  map[string]*File // lower files with bytes that are no longer there
	links []int            // where in out lower hard links are
}

// mergeTwo keeps whiteouts and opaque directories: what comes from below may
// have something for them to hide.
func mergeTwo(lower, upper []*File) []*File {
	m := merging{out: make([]*File, 0, len(lower)+len(upper))}
	for _, u := range upper {
		n := 0
		for n < len(lower) && Compare(lower[n].Path, u.Path) < 0 {
			m.lower(lower[n])
			n++
		}
		lower = lower[n:]
		if u.Type != Dir && !m.hidden(u) {
			m.hide = u.Path
		}
		if len(lower) > 0 && lower[0].Path == u.Path {
			u = m.both(lower[0], u)
			lower = lower[1:]
		}
		m.out = append(m.out, u)
	}
	for _, l := range lower {
		m.lower(l)
	}
	m.bequeath()
	return m.out
}

func (m *merging) hidden(f *File) bool { return m.hide != "" && Below(f.Path, m.hide) }

// lower takes a file that the upper tree does not have.
func (m *merging) lower(f *File) {
	if m.hidden(f) {
		m.lose(f)
		return
	}
	if f.Type == Hardlink {
		m.links = append(m.links, len(m.out))
	}
	m.out = append(m.out, f)
}

func (m *merging) lose(f *File) {
	if f.Type != Regular {
		return
	}
	if m.lost == nil {
		m.lost = map[string]*File{}
	}
	m.lost[f.Path] = f
}

// both is what is to be seen where the upper tree has u over l: a directory
// over an opaque one or over a whiteout still hides what is further below.
func (m *merging) both(l, u *File) *File {
	if !(u.Type == Regular && u.Digest == l.Digest) {
		m.lose(l)
	}
	if u.Type != Dir || l.Type == Dir {
		return u
	}
	opaque := *u
	opaque.Type = Opaque
	return &opaque
}

// bequeath gives the bytes of each lost file to the first of its further names.
func (m *merging) bequeath() {
	if len(m.lost) == 0 {
		return
	}
	heirs := map[string]string{}
	for _, i := range m.links {
		f := m.out[i]
		first := m.lost[f.Link]
		if first == nil {
			continue
		}
		heir, ok := heirs[f.Link]
		if !ok {
			heirs[f.Link] = f.Path
			m.out[i] = ownerOf(first, f)
			continue
		}
		link := *f
		link.Link = heir
		m.out[i] = &link
	}
}

// settle takes out what only says something about lower trees.
func settle(files []*File) []*File {
	out := files[:0]
	for _, f := range files {
		switch f.Type {
		case Whiteout:
			continue
		case Opaque:
			dir := *f
			dir.Type = Dir
			f = &dir
		}
		out = append(out, f)
	}
	return out
}

// Check reports the first thing that no file system could hold: a path that is
// not clean, a file below something that is no directory, a hard link without
// its first name.
func (t *Tree) Check() error {
	for _, f := range t.Files() {
		if err := CheckPath(f.Path); err != nil {
			return err
		}
		if f.Type == Hardlink {
			if first := t.files[f.Link]; first == nil || first.Type != Regular {
				return fmt.Errorf("%s: hard link to %s, which is no file of the tree", f.Path, f.Link)
			}
		}
		for dir := path.Dir(f.Path); dir != "/"; dir = path.Dir(dir) {
			up := t.files[dir]
			if up == nil {
				continue
			}
			if !isDir(up) {
				return fmt.Errorf("%s: %s is no directory", f.Path, dir)
			}
			break
		}
	}
	return nil
}

// CheckPath reports why p can be no File's path: it is not absolute, not clean,
// or has a NUL byte.
func CheckPath(p string) error {
	if len(p) == 0 || p[0] != '/' {
		return fmt.Errorf("path %q: not absolute", p)
	}
	if p == "/" {
		return nil
	}
	from := 1
	for i := 1; i <= len(p); i++ {
		if i < len(p) && p[i] == 0 {
			return fmt.Errorf("path %q: has a NUL byte", p)
		}
		if i < len(p) && p[i] != '/' {
			continue
		}
		switch p[from:i] {
		case "", ".", "..":
			return fmt.Errorf("path %q: not clean", p)
		}
		from = i + 1
	}
	return nil
}
