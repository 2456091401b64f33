package effects

import (
	"fmt"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// collect finds which package's file is to be seen at each path of the wave.
func (u *unpacking) collect() error {
	earlier := map[string]*deb.Package{}
	for _, p := range u.Before {
		for _, f := range p.Index.Files {
			if f.Type != layer.Dir && earlier[f.Path] == nil {
				earlier[f.Path] = p
			}
		}
	}
	for _, p := range preinstOrder(u.Packages) {
		for _, c := range p.Conffiles {
			u.conffile[deb.Canonical(c.Path)] = true
		}
		for _, f := range p.Index.Files {
			old, have := u.ships[f.Path]
			if !have {
				if q, g := earlier[f.Path], u.below.get(f.Path); q != nil && g != nil && f.Type != layer.Dir {
					old, have = shippedFile{q, g}, true
				}
			}
			if !have {
				u.ships[f.Path] = shippedFile{p, f}
				continue
			}
			if err := u.both(old, shippedFile{p, f}); err != nil {
				return err
			}
		}
	}
	return nil
}

// both chooses between two packages' files of one path.
func (u *unpacking) both(a, b shippedFile) error {
	p := b.file.Path
	if a.file.Type == layer.Dir && b.file.Type == layer.Dir {
		return nil
	}
	u.several[p] = true
	ab, err := replaces(a.pkg, b.pkg)
	if err != nil {
		return err
	}
	ba, err := replaces(b.pkg, a.pkg)
	if err != nil {
		return err
	}
	if by := u.divertedBy(p); by != "" && (by == a.pkg.Control.Name || by == b.pkg.Control.Name) {
		ab, ba = by == a.pkg.Control.Name, by == b.pkg.Control.Name
	}
	switch {
	case !ab && !ba:
		return fmt.Errorf("%s and %s both have %s, and neither says that it replaces the other: leave one of them out",
			a.pkg.Control.Name, b.pkg.Control.Name, p)
	case ba: // the later one, as with dpkg, also if both say so
		u.ships[p] = b
	default:
		u.ships[p] = a
	}
	u.reports = append(u.reports, Report{Kind: Overlap, Path: p, Package: u.ships[p].pkg.Control.Name,
		Text: fmt.Sprintf("%s and %s both have it", a.pkg.Control.Name, b.pkg.Control.Name)})
	return nil
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
