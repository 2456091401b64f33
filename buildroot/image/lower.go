package image

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// lower makes the tree below: the skeleton, packages, early changes, effects
// and artefacts, in this order.
func (a *assembly) lower() *layer.Tree {
	t := a.skeleton()
	a.unpack(t)
	a.addFromLibcBin(t)
	a.addCopyrights(t)
	addAliases(t)
	for _, c := range a.contents() {
		a.remove(t, c.Remove.Early)
		for _, f := range c.Files {
			if f.Early {
				a.file(t, t, c, f)
			}
		}
	}
	a.edit(t, true)
	for _, u := range a.universes() {
		for _, w := range u.waves {
			a.layEffects(t, u, w)
		}
	}
	chooseAlternatives(t, a.alternatives())
	for _, p := range a.parts {
		for _, out := range p.Outputs {
			a.layOutput(t, p, out)
		}
	}
	return t
}

// lay puts f into t with the directories above it, so that t has them all. The
// tree finds its order again when that is asked for: so what lays many files
// asks only for what it knows the path of.
func lay(t *layer.Tree, f *layer.File) {
	if dir := path.Dir(f.Path); t.Get(dir) == nil {
		t.MkdirAll(dir, fromSkeleton())
	}
	t.Put(f)
}

// universes are those that packages came from.
func (a *assembly) universes() []*universe {
	if a.build == nil {
		return []*universe{a.runtime}
	}
	return []*universe{a.runtime, a.build}
}

// unpack lays the kept packages on each other, without what the image leaves
// out.
func (a *assembly) unpack(t *layer.Tree) {
	stay := make([][]*layer.File, len(a.kept.order))
	full, hollow := dirs{}, dirs{} // that have something, and that something was taken out of
	for i, p := range a.kept.order {
		for _, f := range p.located() {
			if a.leaves(f) {
				hollow.above(f.Path)
				continue
			}
			stay[i] = append(stay[i], f)
			if f.Type != layer.Dir {
				full.above(f.Path)
			}
		}
	}
	for _, files := range stay {
		for _, f := range files { // a directory that a package ships empty is meant
			if f.Type == layer.Dir && !hollow[f.Path] {
				full.above(f.Path)
			}
		}
	}
	for i, p := range a.kept.order {
		for _, f := range stay[i] {
			if f.Type != layer.Dir || !hollow[f.Path] || full[f.Path] {
				a.unpackFile(t, p, f)
			}
		}
		adopt(t, stay[i], p.files)
	}
}

// adopt gives hard links whose first name was left out the bytes that it had.
// all has the first names.
func adopt(t *layer.Tree, laid, all []*layer.File) {
	heirs := map[string]string{}
	for _, f := range laid {
		if f.Type != layer.Hardlink || t.Get(f.Path) != f || t.Get(f.Link) != nil {
			continue
		}
		g := *f
		if heir := heirs[f.Link]; heir != "" {
			g.Link = heir
			t.Put(&g)
			continue
		}
		i, ok := slices.BinarySearchFunc(all, f.Link, func(e *layer.File, p string) int { return layer.Compare(e.Path, p) })
		if !ok {
			continue // layer.Tree.Check tells
		}
		g = *all[i]
		g.Path, g.At, g.In = f.Path, cmp.Or(g.At, f.Link), cmp.Or(g.In, f.In)
		heirs[f.Link] = f.Path
		t.Put(&g)
	}
}

// dirs are directories.
type dirs map[string]bool

// above adds those above a path.
func (d dirs) above(p string) {
	for dir := path.Dir(p); !d[dir]; dir = path.Dir(dir) {
		d[dir] = true
	}
}

// unpackFile lays one file of a package. A directory keeps the mode and owner
// that it has, as with dpkg.
func (a *assembly) unpackFile(t *layer.Tree, p *pkg, f *layer.File) {
	switch old := t.Get(f.Path); {
	case old == nil, old.Origin.Kind == layer.FromSkeleton && old.Type != layer.Dir:
		lay(t, f)
	case old.Type != layer.Dir:
		a.overlap(t, p, f, old)
	}
}

// overlap settles that two packages have one file: only the one that replaces
// the other may (Policy 7.6).
func (a *assembly) overlap(t *layer.Tree, p *pkg, f, old *layer.File) {
	if same(old, f) || f.Type == layer.Dir {
		return
	}
	other := p.in.get(old.Origin.Name)
	switch {
	case other == nil || replaces(p, other):
		t.Put(f)
	case replaces(other, p):
	default:
		a.fail(fmt.Errorf("packages %s and %s both have %s, and neither says that it replaces the other", other.Name, p.Name, f.Path))
	}
}

func replaces(p, other *pkg) bool {
	return slices.ContainsFunc(p.replace, func(r relation.Relation) bool {
		return r.Name == other.Name && r.Op.Holds(other.Version, r.Version)
	})
}

// leaves reports whether an image does without the file by its kind.
func (a *assembly) leaves(f *layer.File) bool {
	if a.image.Cut == "full" {
		return false
	}
	if !documentation(f.Path) && !a.foreign(f.Path) && !forInit(f.Path) && !a.forOthers(f.Path) {
		return false
	}
	return !a.keeps(f.Path)
}

// documentation reports whether the path is what dpkg's path-exclude leaves out
// in Debian's slim images. Copyright files stay: licences ask for them.
func documentation(p string) bool {
	rest, ok := strings.CutPrefix(p, "/usr/share/")
	if !ok {
		return strings.HasPrefix(p, "/var/cache/man/") || manualPage(p)
	}
	kind, rest, below := strings.Cut(rest, "/")
	switch kind {
	case "doc":
		_, name, inside := strings.Cut(rest, "/")
		return inside && name != "copyright"
	case "man", "info", "groff", "lintian", "linda", "doc-base", "gtk-doc", "help", "bug":
		return below
	}
	return manualPage(p)
}

// manualPage reports whether the path is in a section of manual pages that a
// package has somewhere else, as java and postgresql do.
func manualPage(p string) bool {
	_, section, ok := strings.Cut(p, "/man/man")
	return ok && strings.HasPrefix(p, "/usr/") && len(section) > 1 && section[0] >= '1' && section[0] <= '9' && strings.Contains(section, "/")
}

// forOthers reports whether the file is there for another package's program,
// which the image does not have.
func (a *assembly) forOthers(p string) bool {
	for dir, readers := range readers() {
		if layer.Below(p, dir) {
			return !slices.ContainsFunc(readers, a.kept.named)
		}
	}
	return false
}

// forInit reports whether only an init system would want the file.
func forInit(p string) bool {
	return layer.Below(p, "/etc") && effects.ClassOf(p) == effects.ClassInit
}

// foreign reports whether the file is a translation into a language that the
// image does not ask for.
func (a *assembly) foreign(p string) bool {
	rest, ok := strings.CutPrefix(p, "/usr/share/locale/")
	if !ok {
		return false
	}
	lang, _, below := strings.Cut(rest, "/")
	if !below && strings.Contains(lang, ".") {
		return false // locale.alias
	}
	for _, asked := range a.languages() {
		short, _, _ := strings.Cut(asked, "_")
		if lang == asked || lang == short {
			return false
		}
	}
	return true
}

// languages are the locales that the image asks for, without their character
// sets: "de_DE".
func (a *assembly) languages() []string {
	var list []string
	for _, l := range append([]string{a.image.Locale}, a.image.Locales...) {
		l, _, _ = strings.Cut(l, ".")
		if l != "" && l != "C" && l != "POSIX" {
			list = append(list, l)
		}
	}
	return list
}

// addCopyrights follows packages whose directory of documentation is a link to
// another's that is not kept (Policy 12.5), so that each has its copyright file.
func (a *assembly) addCopyrights(t *layer.Tree) {
	for _, p := range a.kept.order {
		f := t.Get("/usr/share/doc/" + p.Name)
		if f == nil || f.Type != layer.Symlink {
			continue
		}
		want := path.Join(f.Target(), "copyright")
		if other := p.in.get(path.Base(f.Target())); other != nil && t.Get(want) == nil {
			for _, g := range other.located() {
				if g.Path == want || g.Path == f.Target() {
					lay(t, g)
				}
			}
		}
	}
}

// layEffects lays what the scripts of kept packages changed, and those of cut
// ones whose effects the table keeps.
func (a *assembly) layEffects(t *layer.Tree, u *universe, w Wave) {
	full, hollow := dirs{}, dirs{}
	var stay, laid []*layer.File
	for _, f := range w.Index.Files {
		switch {
		case !a.effective(u, f.Origin.Name) || effects.SharedByLine(f.Path) || madeHere(f.Path):
		case effects.ClassOf(f.Path) == effects.ClassRoot || a.leaves(f):
			hollow.above(f.Path)
		default:
			stay = append(stay, f)
			if f.Type != layer.Dir {
				full.above(f.Path)
			}
		}
	}
	for _, f := range stay {
		if f.Type == layer.Dir && hollow[f.Path] && !full[f.Path] && t.Get(f.Path) == nil {
			continue // all that it was made for is left out
		}
		f = w.place(f)
		switch {
		case f.Type == layer.Whiteout:
			if t.Get(f.Path) != nil {
				t.Delete(f.Path)
			}
			continue
		case f.Type == layer.Opaque:
			if t.Get(f.Path) != nil {
				t.Delete(f.Path)
			}
			dir := *f
			dir.Type = layer.Dir
			f = &dir
		case f.Type == layer.Symlink && f.Origin.Kind == layer.FromPackage:
			t.Delete(f.Path) // what packages have below it lies where the link leads
		}
		lay(t, f)
		laid = append(laid, f)
	}
	adopt(t, laid, w.Index.Files)
}

// effective reports whether what that package's scripts did is in the image.
func (a *assembly) effective(u *universe, name string) bool {
	return a.kept.effects[name] || slices.ContainsFunc(u.byName[name], a.kept.has)
}

// place is f with the name of its tree in the store.
func (w Wave) place(f *layer.File) *layer.File {
	if w.Tree == "" {
		return f
	}
	g := *f
	g.In = w.Tree
	return &g
}

// alternatives reads what packages offer, as the last wave left it.
func (a *assembly) alternatives() []*alternative {
	byName := map[string]*layer.File{}
	for _, u := range slices.Backward(a.universes()) {
		for _, w := range u.waves {
			for _, f := range w.Index.Files {
				if path.Dir(f.Path) == "/var/lib/dpkg/alternatives" && f.Type == layer.Regular {
					byName[path.Base(f.Path)] = w.place(f)
				}
			}
		}
	}
	var all []*alternative
	for name, f := range byName {
		data, err := a.read(f)
		if err != nil {
			a.fail(err)
			continue
		}
		alt, err := parseAlternative(name, string(data))
		if err != nil {
			a.fail(err)
			continue
		}
		all = append(all, alt)
	}
	return all
}

// layOutput lays a recipe's artefacts. No package and no other recipe may have
// another file in the same place; a plain directory leaves one that is there as
// it is.
func (a *assembly) layOutput(t *layer.Tree, p *Part, out Output) {
	for _, f := range out.Tree.Files() {
		old := t.Get(f.Path)
		switch {
		case old == nil || old.Origin.Kind == layer.FromSkeleton && old.Type != layer.Dir:
		case f.Type == layer.Dir && old.Type == layer.Dir:
			if f.Mode == 0o755 && f.User == "root" && f.Group == "root" {
				continue
			}
		case same(old, f):
			continue
		default:
			a.mistakes.Add(&diag.Error{
				Pos: outputPos(p, out), Msg: fmt.Sprintf("%s: recipe %s and %s both have it", f.Path, out.Recipe, old.Origin),
				Hint: fmt.Sprintf("leave it out of the one with \"!%s\" in [artefacts], or do without the other", f.Path),
			})
			continue
		}
		lay(t, f)
	}
}

// outputPos is where a mistake about an output belongs.
func outputPos(p *Part, out Output) diag.Pos {
	for _, set := range p.Recipe.Sets {
		if set.Name == out.Set {
			return set.Pos
		}
	}
	return diag.Pos{File: p.Recipe.File}
}
