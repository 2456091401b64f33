package image

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A universe is the packages of one root, and how they depend on each other.
type universe struct {
	name     string // "runtime" or "build", for messages
	pkgs     []*pkg // by name, then architecture
	byName   map[string][]*pkg
	provides map[string][]offer // by virtual name, in the order of pkgs
	waves    []Wave
}

// A pkg is one package of a universe.
type pkg struct {
	deb.Control
	in      *universe
	tree    string        // name of the package's tree in the store, or ""
	files   []*layer.File // in path order; see located
	needs   [][]relation.Relation
	replace []relation.Relation
}

// An offer is a package that provides a virtual one.
type offer struct {
	by      *pkg
	version string // or empty: it satisfies no versioned relation (Policy 7.5)
}

func newUniverse(name string, root Root) (*universe, error) {
	u := &universe{name: name, byName: map[string][]*pkg{}, provides: map[string][]offer{}, waves: root.Waves}
	for _, in := range root.Packages {
		p, err := u.pkg(in, root.Recommends)
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", in.Control.Name, err)
		}
		u.pkgs = append(u.pkgs, p)
	}
	slices.SortFunc(u.pkgs, func(a, b *pkg) int {
		return strings.Compare(a.Name+" "+a.Arch, b.Name+" "+b.Arch)
	})
	for _, p := range u.pkgs {
		u.byName[p.Name] = append(u.byName[p.Name], p)
		offers, err := relation.Parse(p.Get("Provides"))
		if err != nil {
			return nil, fmt.Errorf("package %s: %w", p.Name, err)
		}
		for _, o := range offers {
			u.provides[o.Name] = append(u.provides[o.Name], offer{by: p, version: o.Version})
		}
	}
	return u, nil
}

func (u *universe) pkg(in Package, recommends bool) (*pkg, error) {
	p := &pkg{Control: in.Control, in: u, files: in.Index.Files, tree: in.Tree}
	fields := []string{"Pre-Depends", "Depends"}
	if recommends {
		fields = append(fields, "Recommends")
	}
	for _, field := range fields {
		all, err := relation.Parse(p.Get(field))
		if err != nil {
			return nil, err
		}
		for len(all) > 0 {
			n := 1 + slices.IndexFunc(all, func(r relation.Relation) bool { return !r.Or })
			p.needs = append(p.needs, all[:n])
			all = all[n:]
		}
	}
	var err error
	p.replace, err = relation.Parse(p.Get("Replaces"))
	return p, err
}

// located is the package's files with the name of their tree in the store.
func (p *pkg) located() []*layer.File {
	if p.tree == "" {
		return p.files
	}
	slab := make([]layer.File, len(p.files))
	list := make([]*layer.File, len(p.files))
	for i, f := range p.files {
		slab[i] = *f
		slab[i].In = p.tree
		list[i] = &slab[i]
	}
	p.files, p.tree = list, ""
	return list
}

// satisfy returns the packages that satisfy one alternative, the real one
// first, then those that provide it.
func (u *universe) satisfy(r relation.Relation) []*pkg {
	var found []*pkg
	for _, p := range u.byName[r.Name] {
		if r.Op.Holds(p.Version, r.Version) {
			found = append(found, p)
		}
	}
	for _, o := range u.provides[r.Name] {
		if r.Op == relation.None || o.version != "" && r.Op.Holds(o.version, r.Version) {
			found = append(found, o.by)
		}
	}
	return found
}

// choose returns the package that satisfies a group of alternatives: one that is
// kept already if there is any, or else the first in the order of the group. It
// is nil if the root has none, which for essential and cut packages is no
// mistake.
func (u *universe) choose(group []relation.Relation, kept func(*pkg) bool) *pkg {
	var first *pkg
	for _, r := range group {
		for _, p := range u.satisfy(r) {
			if kept(p) {
				return p
			}
			if first == nil {
				first = p
			}
		}
	}
	return first
}

// get returns the package of that name, or nil.
func (u *universe) get(name string) *pkg {
	if list := u.byName[name]; len(list) > 0 {
		return list[0]
	}
	return nil
}
