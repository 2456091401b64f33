package image

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/buildroot/artefact"
	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// fromFile is the origin of what the recipe itself puts into the image.
func (a *assembly) fromFile(what string) layer.Origin { return fromFile(a.in.Recipe, what) }

func fromFile(r *recipe.Instance, what string) layer.Origin {
	return layer.Origin{Kind: layer.FromFile, Name: lock.FullName(r), What: what}
}

// mistake notes one at a place of the recipe.
func (a *assembly) mistake(pos diag.Pos, hint, format string, args ...any) {
	if pos.IsZero() {
		pos.File = a.in.Recipe.File
	}
	a.mistakes.Add(&diag.Error{Pos: pos, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// place is where a path really is: links in the directories above it are
// followed, the last part is not. So a file for /bin/x comes to lie at
// /usr/bin/x. What is missing will be made.
func place(t *layer.Tree, p string) (string, error) {
	p = deb.Canonical(p)
	at, rest := "/", strings.TrimPrefix(path.Dir(p), "/")
	for rest != "" {
		part, more, _ := strings.Cut(rest, "/")
		next := path.Join(at, part)
		switch f := t.Get(next); {
		case f == nil:
			return path.Join(next, more, path.Base(p)), nil
		case f != nil && f.Type == layer.Symlink:
			target, g, err := t.Resolve(next)
			if err != nil {
				return "", err
			}
			if g != nil && g.Type != layer.Dir {
				return "", fmt.Errorf("%s is no directory", next)
			}
			next = target
		case f != nil && f.Type != layer.Dir:
			return "", fmt.Errorf("%s is no directory", next)
		}
		at, rest = next, more
	}
	return path.Join(at, path.Base(p)), nil
}

// exists is t.Exists for a tree that has all its directories: cheap also where
// nothing is there.
func exists(t *layer.Tree, p string) bool {
	at, err := place(t, path.Clean(p))
	if err != nil {
		return false
	}
	f := t.Get(at)
	return f != nil && (f.Type != layer.Symlink || t.Exists(at))
}

// remove takes away what the globs name. Each must name something.
func (a *assembly) remove(t *layer.Tree, globs []recipe.Ref) {
	for _, g := range globs {
		hits := matching(t, deb.Canonical(g.Name))
		hits = slices.DeleteFunc(hits, func(f *layer.File) bool { return f.Origin.Kind == layer.FromSkeleton })
		if len(hits) == 0 {
			what, hint := a.absent(t, g.Name, "names nothing")
			if why, _ := a.leftOut(g.Name); why != "" {
				hint = "leave it out of [remove], too"
			}
			a.mistake(g.Pos, hint, "remove %q %s", g.Name, what)
		}
		for _, f := range hits {
			t.Delete(f.Path)
			a.removed[f.Path] = true
		}
	}
}

// matching returns the files that a glob names, in path order.
func matching(t *layer.Tree, glob string) []*layer.File {
	base := glob
	for strings.ContainsAny(base, `*?[{\`) {
		base = path.Dir(base)
	}
	var hits []*layer.File
	if f := t.Get(base); f != nil && (base == glob || doublestar.MatchUnvalidated(glob, base)) {
		hits = append(hits, f)
	}
	if base == glob {
		return hits
	}
	for f := range t.Under(base) {
		if doublestar.MatchUnvalidated(glob, f.Path) {
			hits = append(hits, f)
		}
	}
	return hits
}

// nearHint names the path that was most likely meant.
func (a *assembly) nearHint(t *layer.Tree, p string) string {
	if strings.ContainsAny(p, `*?[{`) {
		return ""
	}
	var same, all []string
	for _, f := range t.Files() {
		if f.Path == p {
			continue
		}
		if path.Base(f.Path) == path.Base(p) {
			same = append(same, f.Path)
		}
		if path.Dir(f.Path) == path.Dir(p) {
			all = append(all, f.Path)
		}
	}
	if near := diag.Nearest(p, all); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(same) > 0 {
		return fmt.Sprintf("did you mean %q?", same[0])
	}
	return ""
}

// lay puts the recipe's directories, files, links and sudo rules on top. What
// `from = "/…"` names is read from below, which is the tree before anything was
// removed.
func (a *assembly) lay(t, below *layer.Tree) {
	for _, c := range a.contents() {
		for _, d := range c.Dirs {
			a.dir(t, c, d)
		}
		for _, f := range c.Files {
			if !f.Early {
				a.file(t, below, c, f)
			}
		}
		for _, l := range c.Links {
			a.link(t, c, l)
		}
		for _, s := range c.Sudo {
			a.sudo(t, c, s)
		}
	}
}

func (a *assembly) dir(t *layer.Tree, c content, d recipe.Dir) {
	p, err := place(t, d.Path)
	if err != nil {
		a.mistake(d.Pos, "", "directory %s: %v", d.Path, err)
		return
	}
	old := t.Get(p)
	if old != nil && old.Type != layer.Dir {
		a.mistake(d.Pos, "", "directory %s: %s has a %s there", d.Path, old.Origin, old.Type)
		return
	}
	a.names(d.Owner, d.Pos)
	a.mkdir(t, p, d.Owner, d.Mode, c.from("dir"))
	if f := t.Get(p); old != nil && c.foreign(old) && (old.Mode != f.Mode || old.User != f.User || old.Group != f.Group) {
		a.mistake(d.Pos, "make it the same in both", "directory %s: %s makes it with another mode or owner", d.Path, old.Origin)
	}
}

// mkdir makes a directory, or gives one its owner and mode.
func (a *assembly) mkdir(t *layer.Tree, p, owner string, mode uint32, from layer.Origin) {
	t.MkdirAll(path.Dir(p), from)
	f := &layer.File{Path: p, Type: layer.Dir, Mode: mode, Origin: from}
	f.User, f.Group = a.owner(owner)
	t.Put(f)
}

// owner divides "user:group". A user without one is with its primary group.
func (a *assembly) owner(s string) (user, group string) {
	user, group = artefact.Owner(cmp.Or(s, "root"))
	if u := a.accounts.users[user]; u != nil && !strings.Contains(s, ":") && u.group != "" {
		group = u.group
	}
	return user, group
}

// file puts one [file] entry into t: a file, or all that a directory has.
func (a *assembly) file(t, below *layer.Tree, c content, f recipe.File) {
	for _, src := range a.expanded(below, c, f) {
		p, err := place(t, src.path)
		if err != nil {
			a.mistake(f.Pos, "", "file %s: %v", src.path, err)
			continue
		}
		g := layer.Content(p, f.Mode.Or(usualMode(src.data)), src.data, c.from("file"))
		a.names(f.Owner, f.Pos)
		g.User, g.Group = a.owner(f.Owner)
		g.Facts = layer.FactsOf(bytes.NewReader(src.data), int64(len(src.data)))
		a.put(t, c, g, f.Replace, f.Pos, "file")
	}
}

// expanded are the files that one [file] entry brings, as they are to be.
func (a *assembly) expanded(below *layer.Tree, c content, f recipe.File) []source {
	list := a.sources(below, c, f)
	if !f.Expand || f.From == "" {
		return list
	}
	for i := range list {
		text, err := expand(string(list[i].data), c.of.Recipe.Vars)
		if err != nil {
			a.mistake(f.Pos, "write $${ for a ${ that is to stay", "%s, %v", f.From, err)
		}
		list[i].data = []byte(text)
	}
	return list
}

// usualMode is the mode of a file whose recipe gives none: by its first bytes,
// because archives and other systems lose the executable bit.
func usualMode(data []byte) uint32 {
	if bytes.HasPrefix(data, []byte("#!")) || bytes.HasPrefix(data, []byte("\x7fELF")) {
		return 0o755
	}
	return 0o644
}

// put lays one file or link where a package may have another.
func (a *assembly) put(t *layer.Tree, c content, f *layer.File, replace bool, pos diag.Pos, key string) {
	old := t.Get(f.Path)
	foreign := old != nil && c.foreign(old)
	packaged := old != nil && (old.Origin.Kind == layer.FromPackage || old.Origin.Kind == layer.FromEffect) || old == nil && a.removed[f.Path] || foreign
	switch {
	case madeHere(f.Path):
		a.mistake(pos, "users and groups are declared as [user] and [group]", "%s %s: it is made for each image", key, f.Path)
		return
	case old != nil && old.Type == layer.Dir:
		a.mistake(pos, "", "%s %s: %s has a directory there", key, f.Path, old.Origin)
		return
	case foreign && !replace && !same(old, f):
		a.mistake(pos, "say replace = true in the recipe whose file it is to be", "%s %s: recipes %s and %s bring different files there", key, f.Path, old.Origin.Name, lock.FullName(c.of.Recipe))
		return
	case packaged && !replace && !a.anyway && !same(old, f):
		a.mistake(pos, "say replace = true if that is meant, or write [edit] to change parts of it",
			"%s %s: %s has that file", key, f.Path, a.ownerOf(old, f.Path))
		return
	case !packaged && replace && !a.anyway:
		a.mistake(pos, strings.TrimSuffix("leave replace out; "+a.nearHint(t, f.Path), "; "), "%s %s: replace is said, and no package has that file", key, f.Path)
		return
	}
	t.MkdirAll(path.Dir(f.Path), c.from("dir"))
	t.Put(f)
}

// ownerOf says who has a file, also if it was removed before.
func (a *assembly) ownerOf(old *layer.File, p string) string {
	if old != nil {
		return old.Origin.String()
	}
	return "a package (below [remove])"
}

// same reports whether both have the same bytes or lead to the same place.
func same(a, b *layer.File) bool {
	return a != nil && a.Type == b.Type && a.Digest == b.Digest && a.Link == b.Link
}

// madeHere reports whether the file is made last, out of other declarations.
func madeHere(p string) bool {
	switch p {
	case "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow", "/etc/ld.so.cache":
		return true
	}
	return false
}

// A source is a file to be laid somewhere.
type source struct {
	path string
	data []byte
}

// sources finds the bytes of a [file] entry.
func (a *assembly) sources(below *layer.Tree, c content, f recipe.File) []source {
	whole := strings.HasSuffix(f.Path, "/")
	switch {
	case f.From == "":
		return []source{{f.Path, []byte(f.Content)}}
	case f.Place == recipe.InImage:
		return a.fromImage(below, f, whole)
	}
	name := strings.TrimSuffix(f.From, "/")
	if f.Place == recipe.InWorkspace {
		name = "//" + strings.TrimPrefix(name, "//")
	}
	if data, ok := c.of.Files[name]; ok && !whole {
		return []source{{f.Path, data}}
	}
	var list []source
	for file, data := range c.of.Files {
		if rest, ok := strings.CutPrefix(file, name+"/"); ok && whole {
			list = append(list, source{path.Join(f.Path, rest), data})
		}
	}
	if len(list) == 0 {
		what := "file"
		if whole {
			what = "directory"
		}
		a.mistake(f.Pos, "", "file %s: there is no %s %s", f.Path, what, f.From)
	}
	slices.SortFunc(list, func(x, y source) int { return layer.Compare(x.path, y.path) })
	return list
}

// fromImage copies files of the image itself, through links.
func (a *assembly) fromImage(below *layer.Tree, f recipe.File, whole bool) []source {
	at, file, err := below.Resolve(deb.Canonical(f.From))
	if err != nil {
		what, hint := a.absent(below, f.From, "nothing in the image is "+f.From)
		a.mistake(f.Pos, hint, "file %s: %s", f.Path, what)
		return nil
	}
	isDir := file == nil || file.Type == layer.Dir
	if isDir != whole {
		hint := "write the path with a final slash to copy a directory"
		if whole {
			hint = "write the path without a final slash to copy one file"
		}
		a.mistake(f.Pos, hint, "file %s: %s is a %s", f.Path, f.From, kindOf(isDir))
		return nil
	}
	if !isDir {
		return a.bytesOf(file, f.Path)
	}
	var list []source
	for g := range below.Under(at) {
		if g.Type == layer.Regular {
			list = append(list, a.bytesOf(g, path.Join(f.Path, strings.TrimPrefix(g.Path, at)))...)
		}
	}
	return list
}

func kindOf(dir bool) string {
	if dir {
		return "directory"
	}
	return "file"
}

func (a *assembly) bytesOf(f *layer.File, to string) []source {
	data, err := a.read(f)
	if err != nil {
		a.fail(err)
		return nil
	}
	return []source{{to, data}}
}

func (a *assembly) link(t *layer.Tree, c content, l recipe.Link) {
	p, err := place(t, l.Path)
	if err != nil {
		a.mistake(l.Pos, "", "link %s: %v", l.Path, err)
		return
	}
	f := symlink(p, l.To)
	f.Origin = c.from("link")
	a.put(t, c, f, l.Replace, l.Pos, "link")
	a.links[p] = l
}
