package image

import (
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

// A selection is the packages that an image keeps, and why each.
type selection struct {
	order   []*pkg // by name
	reasons map[*pkg]Reason
	effects map[string]bool // cut packages whose effects stay
	cut     map[*pkg]string // the rule by which an edge to it was cut
}

func (s *selection) has(p *pkg) bool { _, ok := s.reasons[p]; return ok }

// named reports whether a package of that name is kept.
func (s *selection) named(name string) bool {
	return slices.ContainsFunc(s.order, func(p *pkg) bool { return p.Name == name })
}

// A root is a package that is kept for another cause than a dependency.
type root struct {
	pkg *pkg
	why Reason
}

// keep returns the packages that roots and their dependencies are. With cutting,
// dependencies that the table says are for configuration time only are not
// followed; a root is never cut.
func (a *assembly) keep(roots []root, cutting bool) *selection {
	s := &selection{reasons: map[*pkg]Reason{}, effects: map[string]bool{}, cut: map[*pkg]string{}}
	var queue []*pkg
	add := func(p *pkg, why Reason) {
		if !s.has(p) {
			s.reasons[p] = why
			queue = append(queue, p)
		}
	}
	for _, r := range roots {
		add(r.pkg, r.why)
	}
	var waiting []root // edges that count if libpam0g comes in
	for len(queue) > 0 {
		for ; len(queue) > 0; queue = queue[1:] {
			a.follow(s, queue[0], cutting, add, &waiting)
		}
		if slices.ContainsFunc(slices.Collect(maps.Keys(s.reasons)), func(p *pkg) bool { return p.Name == "libpam0g" }) {
			for _, w := range waiting {
				add(w.pkg, w.why)
			}
			waiting = nil
			// Packages whose files in pam.d include its own count on it being
			// there, as the archive's priorities make sure (Policy 2.5).
			if p := a.runtime.get("libpam-runtime"); p != nil && cutting {
				add(p, Reason{Kind: Depends, By: "libpam0g", What: p.Name})
			}
		}
	}
	s.settle()
	return s
}

// follow adds what p depends on.
func (a *assembly) follow(s *selection, p *pkg, cutting bool, add func(*pkg, Reason), waiting *[]root) {
	for _, group := range p.needs {
		q := p.in.choose(group, s.has)
		if q != nil && q.in != a.runtime && a.runtime.get(q.Name) != nil {
			q = a.runtime.get(q.Name) // an image has one package of a name: its own root's
		}
		if q == nil || s.has(q) {
			continue
		}
		why := Reason{Kind: Depends, By: p.Name, What: group[0].Name}
		rule := ""
		if cutting {
			rule = a.rule(p, q)
		}
		switch rule {
		case "":
			add(q, why)
		case cutIfLibpam:
			*waiting = append(*waiting, root{q, why})
			s.cut[q] = rule
		default:
			s.cut[q] = rule
			if rule == cutEffects || a.cuts[q.Name].keep {
				s.effects[q.Name] = true
			}
		}
	}
}

// rule is what cuts the dependency of p on q, or "".
func (a *assembly) rule(p, q *pkg) string {
	c := a.cuts[q.Name]
	if slices.Contains(c.of, p.Name) {
		return "of " + p.Name
	}
	return c.rule
}

// settle sorts what was found; what came in by another way was not cut.
func (s *selection) settle() {
	s.order = slices.SortedFunc(maps.Keys(s.reasons), comparePkgs)
	for p := range s.reasons {
		delete(s.cut, p)
		delete(s.effects, p.Name)
	}
}

func comparePkgs(a, b *pkg) int {
	return strings.Compare(a.Name+" "+a.Arch+" "+a.in.name, b.Name+" "+b.Arch+" "+b.in.name)
}

// size is the sum of a package's files in bytes.
func (p *pkg) size() int64 {
	var n int64
	for _, f := range p.files {
		if f.Type == layer.Regular {
			n += f.Size
		}
	}
	return n
}

// cutReport says which packages were cut, what only they need, and what that
// saved.
func (a *assembly) cutReport(roots []root, kept *selection) []Cut {
	full := a.keep(roots, false)
	first := map[*pkg]*pkg{} // a package that is not kept → the cut one that it hangs on
	var cutOf func(p *pkg) *pkg
	cutOf = func(p *pkg) *pkg {
		if c, ok := first[p]; ok {
			return c
		}
		first[p] = p
		if _, ok := kept.cut[p]; !ok {
			if by := p.in.get(full.reasons[p].By); by != nil && !kept.has(by) {
				first[p] = cutOf(by)
			}
		}
		return first[p]
	}
	cuts := map[*pkg]*Cut{}
	for _, p := range full.order {
		if kept.has(p) {
			continue
		}
		c := cutOf(p)
		if cuts[c] == nil {
			cuts[c] = &Cut{Package: c.Name, Version: c.Version, Rule: kept.cut[c]}
		}
		cuts[c].Saved += p.size()
		if p != c {
			cuts[c].With = append(cuts[c].With, p.Name)
		}
	}
	var list []Cut
	for _, c := range slices.SortedFunc(maps.Keys(cuts), comparePkgs) {
		list = append(list, *cuts[c])
	}
	return list
}
