package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A planned is what a command looks into: some recipes, their plan, and the store.
type planned struct {
	workspace *workspace
	plan      *plan.Plan
	graph     *recipe.Graph
	store     *store.Store
}

// planned reads and plans the recipes of these names, all if there are none.
func (e *env) planned(names ...string) (*planned, error) {
	w, err := e.load(recipeNames(names)...)
	if err != nil {
		return nil, err
	}
	p, g, err := w.plan(names, e.tests)
	if err != nil {
		return nil, err
	}
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	return &planned{workspace: w, plan: p, graph: g, store: s}, nil
}

// builder makes a Builder for the plan, which is closed when the command ends.
func (e *env) builder(p *planned, progress *progress) (*buildroot.Builder, error) {
	f, err := e.fetcher(progress.download)
	if err != nil {
		return nil, err
	}
	world := buildroot.Env{Store: p.store, Fetch: f, Start: e.runner, Caches: p.store, Workspace: p.workspace.files, Secret: e.secret}
	b := buildroot.New(p.plan, world, buildroot.Options{Jobs: e.jobs, Memory: e.memory, FailFast: e.failFast, Report: progress.event})
	e.deferClose(b.Close)
	return b, nil
}

// builds are the actions that run the first goal's steps, in their order.
func (p *planned) builds() []*plan.Action {
	full := lock.FullName(p.graph.Goals[0])
	var all []*plan.Action
	for _, a := range p.plan.Actions {
		b, ok := a.Do.(*plan.Build)
		if ok && len(b.Steps) > 0 && (a.Label == "build "+full || strings.HasPrefix(a.Label, "build "+full+": ")) {
			all = append(all, a)
		}
	}
	return all
}

// action finds the one action whose ID begins so.
func (p *planned) action(prefix string) (*plan.Action, error) {
	begins := func(a *plan.Action) bool { return strings.HasPrefix(string(a.ID), prefix) }
	at := slices.IndexFunc(p.plan.Actions, begins)
	switch {
	case at < 0:
		return nil, fmt.Errorf("no action has an ID that begins with %q: `ashlar plan` lists them", prefix)
	case slices.ContainsFunc(p.plan.Actions[at+1:], begins):
		return nil, fmt.Errorf("several actions have an ID that begins with %q: write more of it", prefix)
	}
	return p.plan.Actions[at], nil
}
