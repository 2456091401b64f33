package plan

import (
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// skip returns the packages of a set whose scripts are not to run, sorted.
func (p *planner) skip(r *recipe.Instance, set lock.Set) []string {
	var names []string
	for _, s := range r.NoScripts {
		if slices.Contains(p.names(set.Packages), s.Name) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (p *planner) names(refs []string) []string {
	var names []string
	for _, q := range p.packages(refs) {
		names = append(names, q.Name)
	}
	return names
}

// checkSkips finds packages of scripts.skip that the recipe does not have, and
// those that the base has, which is configured once for all recipes.
func (p *planner) checkSkips(r *recipe.Instance) {
	if len(r.NoScripts) == 0 {
		return
	}
	var all, essential []string
	for _, set := range p.Lock.Sets {
		if set.Recipe == lock.FullName(r) && set.Arch == r.Arch {
			base, _ := p.Lock.Base(set.Base)
			all = append(all, p.names(set.Packages)...)
			essential = append(essential, p.names(base.Packages)...)
		}
	}
	for _, s := range r.NoScripts {
		switch {
		case slices.Contains(essential, s.Name):
			p.errs.Add(&diag.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s is one of the essential packages that all roots begin with: its scripts run", s.Name)})
		case len(all) > 0 && !slices.Contains(all, s.Name):
			e := &diag.Error{Pos: s.Pos, Msg: fmt.Sprintf("no package of %s is called %q", r.Name, s.Name)}
			if near := diag.Nearest(s.Name, all); near != "" {
				e.Hint = fmt.Sprintf("did you mean %q?", near)
			}
			p.errs.Add(e)
		}
	}
}
