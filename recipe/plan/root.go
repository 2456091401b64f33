package plan

import (
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A root is a Root while it is being planned.
type root struct {
	Root
	base   int  // how many of its packages are the base's
	inputs []ID // see Root.Inputs
}

// A rootKey is a list of packages of the lock, which sets with equal ones share.
type rootKey struct {
	base  string
	first *string
	count int
}

// A wavesKey is a list likewise, for an architecture.
type wavesKey struct {
	first *string
	count int
	arch  string
}

// Inputs are the actions whose results the root is made of.
func (r Root) Inputs() []ID { return withOutputs(slices.Concat(r.Packages, r.Waves), r.Outputs) }

// withOutputs adds the actions that outputs come from, each once.
func withOutputs(ids []ID, outputs []Output) []ID {
	var by []ID
	for _, o := range outputs {
		if !slices.Contains(by, o.By) {
			by = append(by, o.By)
		}
	}
	return append(slices.Clip(ids), by...)
}

// set plans the packages of one use of a recipe.
func (p *planner) set(r *recipe.Instance, use string, wishes map[string]lock.Wish) root {
	name, deps := lock.FullName(r), wishes[use].Asks
	set, ok := p.Lock.Set(name, use, r.Arch)
	if !ok {
		p.stale(r, deps, fmt.Sprintf("%s has nothing for the %s dependencies of %s on %s", lock.FileName, use, name, r.Arch))
		return root{}
	}
	if asks := wishes[use].Lines(); !slices.Equal(asks, set.Asks) || set.Suite != r.Suite {
		p.stale(r, deps, fmt.Sprintf("%s does not fit recipe %s: its %s dependencies are now %s, and were locked as %s", lock.FileName, name, use, words(asks, r.Suite), words(set.Asks, set.Suite)))
		return root{}
	}
	base := p.base(r, set)
	users, groups := r.Users, r.Groups
	var early []Early
	switch use {
	case lock.UseRuntime:
		users, groups = accounts(p.Graph.ForImage(r))
		early = p.early(r)
	case lock.UseBuild:
		users, groups = accounts(append(p.Graph.ForSteps(r), recipe.Part{Recipe: r}))
	}
	var key rootKey // of a root that others may have, too
	if len(users)+len(groups)+len(r.Debconf) == 0 && len(set.Packages) > 0 {
		key = rootKey{set.Base, &set.Packages[0], len(set.Packages)}
		if known, ok := p.roots[key]; ok {
			return known
		}
	}
	waves, err := p.waves(set, r.Arch)
	if err != nil {
		p.errs.Add(&diag.Error{Pos: diag.Pos{File: r.File}, Msg: fmt.Sprintf("%s dependencies of %s: %v", use, name, err)})
	}
	shared := base
	for i, w := range waves {
		if len(w) == 0 && i > 0 || len(w)+len(users)+len(groups)+len(r.Debconf) == 0 {
			continue
		}
		c := Configure{Asks: deps, Debconf: r.Debconf, Skip: p.skip(r, set), Early: early}
		label := waveLabel(len(w), name)
		if len(users)+len(groups) > 0 && len(w) > 0 {
			blind := c
			blind.Blind = true
			shared = p.wave(shared, w, label+", without its accounts", name, &blind)
			c.Shared = shared.Waves[len(shared.Waves)-1]
			label += ", with its accounts"
		}
		c.Users, c.Groups = users, groups
		base = p.wave(base, w, label, name, &c)
	}
	if base.inputs == nil {
		base.inputs = base.Inputs()
	}
	if key.first != nil {
		p.roots[key] = base
	}
	return base
}

// waveLabel is for a wave of n packages.
func waveLabel(n int, name string) string {
	switch n {
	case 0:
		return "prepare the root of " + name
	case 1:
		return "configure 1 package for " + name
	}
	return fmt.Sprintf("configure %d packages for %s", n, name)
}

// accounts are those of all recipes that an image or a buildroot has: they are made
// before any maintainer script runs.
func accounts(parts []recipe.Part) (users []recipe.User, groups []recipe.Group) {
	for _, part := range parts {
		for _, u := range part.Recipe.Users {
			if !slices.ContainsFunc(users, func(v recipe.User) bool { return v.Name == u.Name }) {
				users = append(users, u)
			}
		}
		for _, g := range part.Recipe.Groups {
			if !slices.ContainsFunc(groups, func(h recipe.Group) bool { return h.Name == g.Name }) {
				groups = append(groups, g)
			}
		}
	}
	return users, groups
}

// base plans the essential packages of a suite, once.
func (p *planner) base(r *recipe.Instance, set lock.Set) root {
	key := set.Base
	if b, ok := p.bases[key]; ok {
		return b
	}
	base, ok := p.Lock.Base(key)
	if !ok {
		p.stale(r, nil, fmt.Sprintf("%s has no base %q", lock.FileName, key))
		return root{}
	}
	b := p.wave(root{}, p.packages(base.Packages), "configure the base of "+key, "", &Configure{})
	b.base = len(b.Packages)
	p.bases[key] = b
	return b
}

// waves are those of a set, which other sets with its packages share.
func (p *planner) waves(set lock.Set, arch string) ([][]lock.Package, error) {
	if len(set.Packages) == 0 {
		return Waves(nil, arch)
	}
	key := wavesKey{&set.Packages[0], len(set.Packages), arch}
	if known, ok := p.split[key]; ok {
		return known, nil
	}
	waves, err := Waves(p.packages(set.Packages), arch)
	if err == nil {
		p.split[key] = waves
	}
	return waves, err
}

func (p *planner) packages(refs []string) []lock.Package {
	packages := make([]lock.Package, len(refs))
	for i, ref := range refs {
		packages[i] = p.index[ref]
	}
	return packages
}

// wave plans one wave on top of before.
func (p *planner) wave(before root, packages []lock.Package, label, forRecipe string, c *Configure) root {
	for _, q := range packages {
		c.Packages = append(c.Packages, p.unpacked(q, forRecipe))
	}
	c.Before = before.Root
	inputs := slices.Concat(c.Packages, c.Before.Packages, c.Before.Waves)
	if c.Shared != "" {
		inputs = append(inputs, c.Shared)
	}
	id := p.plan.add(KindConfigure, label, forRecipe, 0, inputs, nil, c)
	return root{base: before.base, Root: Root{
		Packages: slices.Concat(before.Packages, c.Packages),
		Waves:    append(slices.Clone(before.Waves), id),
	}}
}

func (p *planner) unpacked(q lock.Package, forRecipe string) ID {
	if id, ok := p.unpack[q.SHA256]; ok {
		return id
	}
	name := q.Name + " " + q.Version
	id := p.plan.add(KindUnpack, "unpack "+name, forRecipe, q.Size, nil, []string{q.SHA256}, &Unpack{SHA256: q.SHA256})
	p.unpack[q.SHA256] = id
	p.plan.Downloads[q.SHA256] = Download{SHA256: q.SHA256, Size: q.Size, Name: name, URLs: p.URLs(q)}
	return id
}
