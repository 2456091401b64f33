package layer

import "slices"

// Above is what has to lie on base to make t of it: files that base has not or
// has otherwise, and a whiteout for each that t has not. A file that differs in
// its time alone is base's, and t gets that one.
func Above(base, t *Tree) *Tree {
	top := New()
	moved := map[string]bool{} // paths that do not stay below
	for _, f := range slices.Clone(t.Files()) {
		old := base.Get(f.Path)
		switch {
		case old == nil || !equalButTime(old, f):
			top.Put(f)
			moved[f.Path] = true
			if f.Type == Hardlink {
				moved[f.Link] = true
			}
		case old.MTime != f.MTime:
			g := *f
			g.MTime = old.MTime
			t.Put(&g)
		}
	}
	for _, f := range t.Files() { // a layer has all names of a file or none
		if moved[f.Path] || f.Type == Hardlink && moved[f.Link] {
			top.Put(f)
		}
	}
	gone := ""
	for _, f := range base.Files() {
		if t.Get(f.Path) != nil || gone != "" && Below(f.Path, gone) {
			continue
		}
		top.Put(&File{Path: f.Path, Type: Whiteout, Mode: 0, User: "root", Group: "root", Origin: f.Origin})
		gone = f.Path
	}
	for _, f := range slices.Clone(top.Files()) { // a file stands in a layer with the directories above it
		for dir := parent(f.Path); dir != ""; dir = parent(dir) {
			if d := t.Get(dir); d != nil && top.Get(dir) == nil {
				top.Put(d)
			}
		}
	}
	return top
}

// parent is the directory above a path, "" above the root.
func parent(p string) string {
	for i := len(p) - 1; i > 0; i-- {
		if p[i] == '/' {
			return p[:i]
		}
	}
	return ""
}

func equalButTime(a, b *File) bool {
	return a.Type == b.Type && a.Mode == b.Mode && a.User == b.User && a.Group == b.Group && a.Link == b.Link &&
		a.Digest == b.Digest && a.Size == b.Size && a.Caps == b.Caps && a.Dev == b.Dev
}
