package plan

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// Input is what a plan is made of.
type Input struct {
	Graph *recipe.Graph // its goals are to be built, in their order
	Lock  *lock.Lock
	URLs  func(lock.Package) []string // where a package may be had, best first
	Files fs.FS                       // the workspace, for the files that recipes name
	Dirs  Lister                      // the workspace, for sources that are directories
	Tests bool                        // plan the roots of the goals' tests, too
}

// New plans all goals together, and what they need. Its mistakes are a lock that
// does not fit its recipes, and files that recipes name and nobody has.
func New(in Input) (*Plan, error) {
	p := &planner{
		Input:  in,
		plan:   &Plan{Downloads: map[string]Download{}, Sources: map[string]Download{}, Roots: map[string]Root{}, byID: map[ID]*Action{}, names: newNamer()},
		index:  in.Lock.Index(),
		bases:  map[string]root{},
		unpack: map[string]ID{},
		roots:  map[rootKey]root{},
		split:  map[wavesKey][][]lock.Package{},
		goals:  map[Goal]bool{},
		made:   map[*recipe.Instance]*made{},
	}
	for _, r := range in.Graph.Goals {
		p.goal(r)
	}
	for _, r := range in.Graph.Goals {
		if in.Tests {
			p.companions(r)
		}
	}
	if err := p.errs.Err(); err != nil {
		return nil, err
	}
	return p.plan, nil
}

type planner struct {
	Input
	plan   *Plan
	index  lock.Index
	bases  map[string]root
	unpack map[string]ID // by the package's digest
	roots  map[rootKey]root
	split  map[wavesKey][][]lock.Package
	goals  map[Goal]bool // those of the plan
	made   map[*recipe.Instance]*made
	errs   diag.List
}

// A made is what was planned of an instance.
type made struct {
	wishes  map[string]lock.Wish // by use
	build   root                 // that its steps run in
	collect ID                   // or "": it has neither sources nor steps
	image   ID                   // or "": it was not asked for
}

func (p *planner) goal(r *recipe.Instance) {
	name := lock.FullName(r)
	m := p.recipe(r)
	for _, t := range r.Tests {
		if p.Tests && t.Run != "" {
			root := p.set(r, "test "+t.Name, m.wishes)
			parts := p.Graph.ForTest(r, t)
			root.Outputs, root.Recipes = p.outputs(parts), p.brings(parts)
			p.plan.Roots[name+" test "+t.Name] = root.Root
		}
	}
	goal := Goal{Recipe: name, Action: m.collect}
	if r.Image != nil {
		goal.Action = p.image(r)
	}
	p.add(goal)
}

// add adds a goal, unless it is one already.
func (p *planner) add(goal Goal) {
	if goal.Action != "" && !p.goals[goal] {
		p.goals[goal] = true
		p.plan.Goals = append(p.plan.Goals, goal)
	}
}

// companions plans the images that start beside r's in its tests.
func (p *planner) companions(r *recipe.Instance) {
	for _, t := range r.Tests {
		for _, c := range t.With {
			if other := p.Graph.Find(c.Dep, r); other != nil && other.Image != nil {
				p.add(Goal{Recipe: lock.FullName(other), Action: p.image(other)})
			}
		}
	}
}

// recipe plans what an instance's steps make, once.
func (p *planner) recipe(r *recipe.Instance) *made {
	if m := p.made[r]; m != nil {
		return m
	}
	m := &made{wishes: map[string]lock.Wish{}}
	p.made[r] = m
	p.checkSkips(r)
	for _, w := range lock.Wishes(p.Graph, r) {
		m.wishes[w.Use] = w
	}
	if len(r.Steps)+len(r.Sources) == 0 {
		return m
	}
	if len(r.Steps) > 0 {
		m.build = p.set(r, lock.UseBuild, m.wishes)
		parts := p.Graph.ForSteps(r)
		m.build.Outputs, m.build.Recipes = p.outputs(parts), p.brings(parts)
		p.plan.Roots[lock.FullName(r)+" build"] = m.build.Root
	}
	m.collect = p.collect(r, m.build, p.build(r, m.build))
	return m
}

// outputs are the sets of parts that have any.
func (p *planner) outputs(parts []recipe.Part) []Output {
	var all []Output
	for _, part := range parts {
		by := p.recipe(part.Recipe).collect
		for _, set := range part.Sets {
			if by != "" {
				all = append(all, Output{Recipe: lock.FullName(part.Recipe), Set: set, By: by})
			}
		}
	}
	return all
}

func words(asks []string, suite string) string {
	return fmt.Sprintf("[%s] from %s", strings.Join(asks, ", "), suite)
}

// stale reports a lock that does not fit, at the first dependency if there is one.
func (p *planner) stale(r *recipe.Instance, deps []recipe.Dep, msg string) {
	e := &diag.Error{Pos: diag.Pos{File: r.File}, Msg: msg, Hint: "run `ashlar lock`, which pins what is not pinned yet and moves nothing else"}
	if len(deps) > 0 {
		e.Pos = deps[0].Pos
	}
	p.errs.Add(e)
}
