package recipe

import (
	"cmp"
	"slices"
)

// A Part is what one recipe contributes to an image or a buildroot.
type Part struct {
	Recipe   *Instance
	Sets     []string // of its artefacts; whatever else comes, main is among them
	Packages []Dep    // that these depend on
	Image    bool     // what stands below its [image] comes, too
}

// ForSteps returns the recipes whose outputs i's steps see, each behind those it
// depends on.
func (g *Graph) ForSteps(i *Instance) []Part { return g.brought(i, i.Build) }

// ForTest returns the recipes whose outputs the script of one of i's tests sees.
func (g *Graph) ForTest(i *Instance, t Test) []Part { return g.brought(i, t.Packages) }

func (g *Graph) brought(i *Instance, deps []Dep) []Part {
	b := newBringing(g)
	b.all(deps, i)
	return b.sorted()
}

// ForImage returns the recipes that i's image holds, each behind those it
// depends on; i itself is the last.
func (g *Graph) ForImage(i *Instance) []Part {
	b := newBringing(g)
	b.image(i)
	return b.sorted()
}

// Spare returns the recipes that i's image does not ask for, and that come into
// it if a library of theirs is needed: those that the steps of its recipes saw,
// and so on, with what these depend on.
func (g *Graph) Spare(i *Instance) []Part {
	b := newBringing(g)
	known := map[*Instance]bool{}
	var queue []*Instance
	note := func(parts []Part) {
		for _, p := range parts {
			if !known[p.Recipe] {
				known[p.Recipe] = true
				queue = append(queue, p.Recipe)
			}
		}
	}
	asked := g.ForImage(i)
	note(asked)
	for ; len(queue) > 0; queue = queue[1:] {
		for _, p := range g.ForSteps(queue[0]) {
			b.set(p.Recipe, "main")
		}
		note(b.sorted())
	}
	for _, p := range asked {
		delete(b.of, p.Recipe)
	}
	return b.sorted()
}

// Asks are the packages that deps name and those that parts depend on, each
// relation once: what is resolved together.
func Asks(deps []Dep, parts ...Part) []Dep {
	var out []Dep
	seen := map[string]bool{}
	add := func(deps []Dep) {
		for _, d := range deps {
			if d.Recipe == "" && !seen[d.Text] {
				seen[d.Text] = true
				out = append(out, d)
			}
		}
	}
	add(deps)
	for _, p := range parts {
		add(p.Packages)
	}
	return out
}

// A bringing follows dependencies to all that they bring.
type bringing struct {
	g    *Graph
	seen map[output]bool
	of   map[*Instance]*Part
}

func newBringing(g *Graph) *bringing {
	return &bringing{g: g, seen: map[output]bool{}, of: map[*Instance]*Part{}}
}

// sorted are the parts in the order of the graph.
func (b *bringing) sorted() []Part {
	parts := make([]Part, 0, len(b.of))
	for _, p := range b.of {
		parts = append(parts, *p)
	}
	slices.SortFunc(parts, func(p, q Part) int { return cmp.Compare(b.g.at[p.Recipe], b.g.at[q.Recipe]) })
	return parts
}

// An output is one set of an instance.
type output struct {
	of  *Instance
	set string
}

func (b *bringing) all(deps []Dep, from *Instance) {
	for _, d := range deps {
		if d.Recipe == "" {
			continue
		}
		if i := b.g.Find(d, from); i != nil {
			b.set(i, d.Set)
		}
	}
}

// set adds one output and those that it depends on, and main, which every other
// one brings along.
func (b *bringing) set(i *Instance, set string) {
	if b.seen[output{i, set}] {
		return
	}
	b.seen[output{i, set}] = true
	deps := i.setDepends(set)
	if set == "main" {
		deps = slices.Concat(i.Runtime, deps)
	} else {
		b.set(i, "main")
	}
	p := b.part(i)
	p.Sets = append(p.Sets, set)
	p.Packages = Asks(p.Packages, Part{Packages: deps})
	b.all(deps, i)
}

func (b *bringing) part(i *Instance) *Part {
	if b.of[i] == nil {
		b.of[i] = &Part{Recipe: i}
	}
	return b.of[i]
}

// image adds what an image holds: what the one holds that it begins with, and
// the recipe's own.
func (b *bringing) image(i *Instance) {
	if i.Image != nil && i.Image.From.Recipe != "" {
		if base := b.g.Find(i.Image.From, i); base != nil {
			b.image(base)
		}
	}
	b.set(i, "main")
	p := b.part(i)
	p.Image = true
	if i.Image != nil {
		p.Packages = Asks(p.Packages, Part{Packages: i.Image.packages()})
	}
}

func (i *Instance) setDepends(name string) []Dep {
	for _, s := range i.Sets {
		if s.Name == name {
			return s.Depends
		}
	}
	return nil
}
