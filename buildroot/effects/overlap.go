package effects

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// collect finds which package's file is to be seen at each path of the wave, in
// the order in which dpkg would unpack the packages.
func (u *unpacking) collect() error {
	u.earlier, u.links = map[string]*deb.Package{}, map[string]string{}
	for _, p := range u.Before {
		for _, f := range p.Index.Files {
			if f.Type != layer.Dir && u.earlier[f.Path] == nil {
				u.earlier[f.Path] = p
			}
		}
	}
	for _, p := range preinstOrder(u.Packages) {
		for _, c := range p.Conffiles {
			u.conffile[deb.Canonical(c.Path)] = true
		}
		for _, f := range p.Index.Files {
			if err := u.take(shippedFile{p, f}, u.through(f.Path)); err != nil {
				return err
			}
		}
	}
	return nil
}

// through is where a path comes to lie: below a link that was there before a
// package's directory, where the link leads.
func (u *unpacking) through(p string) string {
	for dir := path.Dir(p); len(u.links) > 0 && dir != "/"; dir = path.Dir(dir) {
		if to, ok := u.links[dir]; ok {
			return path.Join(to, strings.TrimPrefix(p, dir))
		}
	}
	return p
}

// take unpacks one file at a path, or finds that dpkg would not.
func (u *unpacking) take(s shippedFile, at string) error {
	old, have := u.there(at, s.file.Type)
	switch {
	case !have:
		u.ships[at] = s
	case old.file.Type == layer.Dir && s.file.Type == layer.Dir:
	case old.file.Type == layer.Dir && s.file.Type == layer.Symlink:
		u.kept = append(u.kept, at) // a directory that is there stays
		return nil
	case old.file.Type == layer.Symlink && s.file.Type == layer.Dir:
		to, dir := u.leads(at)
		if !dir {
			return mixed(old, s, at)
		}
		u.links[at] = to
		u.moved = append(u.moved, at)
		u.ships[at] = old
		return nil
	case old.file.Type == layer.Dir || s.file.Type == layer.Dir:
		return mixed(old, s, at)
	default:
		return u.both(old, s, at)
	}
	if at != s.file.Path {
		u.moved = append(u.moved, at)
	}
	return nil
}

// there is what is at a path before a file of some type is unpacked. A file
// counts as its package's even if a script has changed it since; one that only
// scripts know is in nobody's way, unless something else than a file is to be
// there.
func (u *unpacking) there(at string, t layer.Type) (shippedFile, bool) {
	if s, ok := u.ships[at]; ok {
		return s, true
	}
	f := u.below.get(at)
	if f == nil {
		return shippedFile{}, false
	}
	if f.Type == layer.Opaque {
		dir := *f
		dir.Type, f = layer.Dir, &dir
	}
	p := u.earlier[at]
	if p == nil && (f.Type == layer.Dir) == (t == layer.Dir) {
		return shippedFile{}, false
	}
	return shippedFile{p, f}, true
}

// leads is where a link of the root as it now is leads, and whether that is a
// directory.
func (u *unpacking) leads(at string) (string, bool) {
	t := layer.New(slices.Collect(maps.Values(u.below.files))...)
	for p, s := range u.ships {
		f := *s.file
		f.Path = p
		t.Put(&f)
	}
	to, f, err := t.Resolve(at)
	return to, err == nil && (f == nil || f.Type == layer.Dir)
}

// mixed refuses a directory and something else at one path.
func mixed(a, b shippedFile, at string) error {
	return fmt.Errorf("%s has a %s at %s, and %s a %s: leave one of them out", a.name(), kindName(a.file), at, b.name(), kindName(b.file))
}

// name is the package's, or who else has the file.
func (s shippedFile) name() string {
	if s.pkg != nil {
		return s.pkg.Control.Name
	}
	return s.file.Origin.Name
}

func kindName(f *layer.File) string {
	switch f.Type {
	case layer.Dir:
		return "directory"
	case layer.Symlink:
		return "link"
	}
	return "file"
}

// both chooses between two packages' files of one path.
func (u *unpacking) both(a, b shippedFile, at string) error {
	if a.pkg.Control.Name == b.pkg.Control.Name {
		return u.instances(a, b, at)
	}
	u.several[at] = true
	ab, err := replaces(a.pkg, b.pkg)
	if err != nil {
		return err
	}
	ba, err := replaces(b.pkg, a.pkg)
	if err != nil {
		return err
	}
	if by := u.divertedBy(at); by != "" && (by == a.pkg.Control.Name || by == b.pkg.Control.Name) {
		ab, ba = by == a.pkg.Control.Name, by == b.pkg.Control.Name
	}
	switch {
	case !ab && !ba:
		return fmt.Errorf("%s and %s both have %s, and neither says that it replaces the other: leave one of them out",
			a.pkg.Control.Name, b.pkg.Control.Name, at)
	case ba: // the later one, as with dpkg, also if both say so
		u.ships[at] = b
	default:
		u.ships[at] = a
	}
	u.reports = append(u.reports, Report{Kind: Overlap, Path: at, Package: u.ships[at].pkg.Control.Name,
		Text: fmt.Sprintf("%s and %s both have it", a.pkg.Control.Name, b.pkg.Control.Name)})
	return nil
}

// instances lets a package for two architectures share files of the same bytes
// (Multi-Arch: same, deb-control(5)).
func (u *unpacking) instances(a, b shippedFile, at string) error {
	f, g := a.file, b.file
	if f.Type == g.Type && f.Digest == g.Digest && f.Link == g.Link {
		return nil
	}
	return fmt.Errorf("%s for %s and for %s have different files at %s: leave one of them out",
		a.pkg.Control.Name, a.pkg.Control.Arch, b.pkg.Control.Arch, at)
}

// replaces reports whether a's Replaces names b.
func replaces(a, b *deb.Package) (bool, error) {
	list, err := relation.Parse(a.Control.Get("Replaces"))
	if err != nil {
		return false, fmt.Errorf("read Replaces of %s: %w", a.Control.Name, err)
	}
	for _, r := range list {
		if r.Name == b.Control.Name && r.Op.Holds(b.Control.Version, r.Version) {
			return true, nil
		}
	}
	return false, nil
}
