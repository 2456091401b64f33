package effects

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A group is packages that are configured together: one, or several that
// depend on each other.
type group []*deb.Package

// order puts packages into the order in which dpkg could configure them, what a
// package depends on before it (Debian Policy 7.2). Packages that depend on each
// other are one group. The order depends on names and relations only.
//
// A relation that a package of an earlier wave satisfies asks for no order; of
// alternatives inside the wave the first that is there counts. Versions are the
// resolver's business.
func order(wave, before []*deb.Package) ([]group, error) {
	g := grapher{wave: map[string][]*deb.Package{}, before: map[string][]*deb.Package{}, native: native(before, wave)}
	for _, p := range before {
		for _, name := range provides(p) {
			g.before[name] = append(g.before[name], p)
		}
	}
	sorted := byName(wave)
	for _, p := range sorted {
		for _, name := range provides(p) {
			g.wave[name] = append(g.wave[name], p)
		}
	}
	g.edges = map[*deb.Package][]*deb.Package{}
	for _, p := range sorted {
		needs, err := g.needs(p)
		if err != nil {
			return nil, err
		}
		g.edges[p] = needs
	}
	return components(sorted, g.edges), nil
}

// provides are the names by which others may depend on p.
func provides(p *deb.Package) []string {
	names := []string{p.Control.Name}
	list, err := relation.Parse(p.Control.Get("Provides"))
	if err != nil {
		return names // no package can depend on what nobody can read
	}
	for _, r := range list {
		names = append(names, r.Name)
	}
	return names
}

type grapher struct {
	wave   map[string][]*deb.Package // by what they provide
	before map[string][]*deb.Package // likewise
	edges  map[*deb.Package][]*deb.Package
	native string
}

// native is the architecture of a root: that of its first essential package which is
// not for all, or of its first one if none is essential.
func native(lists ...[]*deb.Package) string {
	arch := ""
	for _, p := range slices.Concat(lists...) {
		switch {
		case p.Control.Arch == "all":
		case p.Control.Essential:
			return p.Control.Arch
		case arch == "":
			arch = p.Control.Arch
		}
	}
	return arch
}

// arch is the architecture that p counts as (deb-control(5), Multi-Arch).
func (g *grapher) arch(p *deb.Package) string {
	if p.Control.Arch == "all" {
		return g.native
	}
	return p.Control.Arch
}

// meets reports whether q is for an architecture that p asks for in r, a relation on
// what q provides.
func (g *grapher) meets(p *deb.Package, r relation.Relation, q *deb.Package) bool {
	switch r.Arch {
	case "":
		return q.Control.MultiArch == "foreign" || g.arch(p) == g.arch(q)
	case "any":
		return true
	case "native":
		return g.arch(q) == g.native
	}
	return g.arch(q) == r.Arch
}

// needs are the packages of the wave that are to be configured before p.
func (g *grapher) needs(p *deb.Package) ([]*deb.Package, error) {
	var out []*deb.Package
	for _, field := range []string{"Pre-Depends", "Depends"} {
		list, err := relation.Parse(p.Control.Get(field))
		if err != nil {
			return nil, fmt.Errorf("read %s of %s: %w", field, p.Control.Name, err)
		}
		var any []relation.Relation
		for _, r := range list {
			any = append(any, r)
			if r.Or {
				continue
			}
			out = append(out, g.choose(any, p)...)
			any = nil
		}
	}
	return out, nil
}

// choose is who of the wave satisfies one of alternatives, the first one first.
func (g *grapher) choose(any []relation.Relation, self *deb.Package) []*deb.Package {
	for _, r := range any {
		if slices.ContainsFunc(g.before[r.Name], func(q *deb.Package) bool { return g.meets(self, r, q) }) {
			return nil
		}
	}
	for _, r := range any {
		var who []*deb.Package
		for _, q := range g.wave[r.Name] {
			if g.meets(self, r, q) {
				who = append(who, q)
			}
		}
		if slices.Contains(who, self) {
			return nil
		}
		// A real package of the name goes before those that provide it.
		for _, p := range who {
			if p.Control.Name == r.Name {
				return []*deb.Package{p}
			}
		}
		if len(who) > 0 {
			return who[:1]
		}
	}
	return nil
}

// components are the strongly connected components of the graph, each behind
// those that it needs (Tarjan 1972).
func components(nodes []*deb.Package, edges map[*deb.Package][]*deb.Package) []group {
	t := tarjan{edges: edges, index: map[*deb.Package]int{}, low: map[*deb.Package]int{}, on: map[*deb.Package]bool{}}
	for _, n := range nodes {
		if t.index[n] == 0 {
			t.visit(n)
		}
	}
	return t.out
}

type tarjan struct {
	edges      map[*deb.Package][]*deb.Package
	index, low map[*deb.Package]int
	on         map[*deb.Package]bool
	stack      []*deb.Package
	out        []group
}

func (t *tarjan) visit(n *deb.Package) {
	t.index[n] = len(t.index) + 1
	t.low[n] = t.index[n]
	t.stack = append(t.stack, n)
	t.on[n] = true
	for _, m := range t.edges[n] {
		if t.index[m] == 0 {
			t.visit(m)
			t.low[n] = min(t.low[n], t.low[m])
		} else if t.on[m] {
			t.low[n] = min(t.low[n], t.index[m])
		}
	}
	if t.low[n] != t.index[n] {
		return
	}
	at := slices.Index(t.stack, n)
	g := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, m := range g {
		t.on[m] = false
	}
	slices.Reverse(g) // those that others came to last need the least
	t.out = append(t.out, g)
}

// first is the order of preinst scripts: these make what the others count on,
// then by name.
func preinstOrder(wave []*deb.Package) []*deb.Package {
	first := []string{"base-passwd", "base-files", "dash", "bash", "libc6", "debconf"}
	rank := func(p *deb.Package) int {
		if i := slices.Index(first, p.Control.Name); i >= 0 {
			return i
		}
		return len(first)
	}
	return slices.SortedStableFunc(slices.Values(byName(wave)), func(a, b *deb.Package) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a.Control.Name, b.Control.Name)
	})
}
