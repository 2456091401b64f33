package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func checkCommand() *command {
	return &command{
		name: "check", args: "[NAME...]", short: "report mistakes in recipes",
		long: `Reads ashlar.toml and the recipes, all of them or the named ones, and prints every
mistake with its place and what to do. Edits are tried: on files that recipes bring
themselves, on sources that are directories of the workspace, and on what packages
have, as far as the store has what the lock names. No network is asked.
Exit status 1 if there is a mistake.`,
		store: true,
		run:   runCheck,
	}
}

// checkLocal tries the edits of files that the recipes of g bring themselves, and
// of sources that are directories of the workspace.
func (w *workspace) checkLocal(g *recipe.Graph) error {
	var mistakes diag.List
	for _, goal := range g.Goals {
		asked := []recipe.Part{{Recipe: goal}}
		if goal.Image != nil {
			asked = g.ForImage(goal)
		}
		var parts []image.Part
		own := map[string][]byte{}
		for _, p := range asked {
			local, err := plan.LocalFiles(w.files, p.Recipe, p.Image)
			if err != nil {
				return err
			}
			part := image.Part{Recipe: p.Recipe, Image: p.Image, Files: map[string][]byte{}}
			for _, f := range local {
				part.Files[f.Name] = f.Data
			}
			if p.Recipe == goal {
				own = part.Files
			}
			parts = append(parts, part)
		}
		err := image.CheckLocal(parts)
		found := diag.Of(err)
		if err != nil && len(found) == 0 {
			return err
		}
		mistakes.Add(found...)
		if found, err = buildroot.CheckSources(w.files, goal, own); err != nil {
			return err
		}
		mistakes.Add(found...)
	}
	return mistakes.Err()
}

// checkPackaged tries the edits of what packages have, where the lock is of these
// recipes and the store has all packages of an image configured. It returns the
// recipes whose edits were not tried.
func (e *env) checkPackaged(ctx context.Context, w *workspace, names []string) ([]string, error) {
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	p, g, err := w.plan(names, false)
	if err != nil { // what is wrong with the lock is told by those who need it
		return editing(w.Graph(names...)), nil
	}
	progress := newProgress(e, false) // there is nothing to do
	b, err := e.builder(&planned{workspace: w, plan: p, graph: g, store: s}, progress)
	if err != nil {
		return nil, err
	}
	edits := editing(g)
	var untried []string
	images := imagesOf(p)
	for i, do := range images {
		if do == nil || !slices.Contains(edits, p.Goals[i].Recipe) {
			images[i] = nil
			continue
		}
		has, err := b.Surveyable(do)
		if err != nil {
			return nil, err
		}
		if !has {
			images[i] = nil
			untried = append(untried, p.Goals[i].Recipe)
		}
	}
	found, err := surveys(ctx, b, p.Goals, images)
	if err != nil {
		return nil, err
	}
	var mistakes diag.List
	for _, s := range found {
		mistakes.Add(s.broken()...)
	}
	return untried, mistakes.Err()
}

// editing are the goals with an image that edits files, by name.
func editing(g *recipe.Graph) []string {
	var names []string
	for _, goal := range g.Goals {
		if goal.Image == nil || slices.Contains(names, lock.FullName(goal)) {
			continue
		}
		for _, part := range g.ForImage(goal) {
			if len(part.Recipe.Edits) > 0 || part.Image && part.Recipe.Image != nil && len(part.Recipe.Image.Edits) > 0 {
				names = append(names, lock.FullName(goal))
				break
			}
		}
	}
	return names
}

func runCheck(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	w, err := env.load(recipeNames(names)...)
	if err != nil {
		return err
	}
	untried, err := env.checkPackaged(ctx, w, names)
	if err := errors.Join(w.checkLocal(w.Graph(names...)), err); err != nil {
		return err
	}
	for _, r := range w.Recipes {
		for _, u := range r.Unsupported() {
			fmt.Fprintf(env.err, "note: %v\n", u)
		}
	}
	if len(untried) > 0 {
		fmt.Fprintf(env.err, "note: edits of what packages have were not tried for %s: the store has not all that the lock names, or there is no lock\n", strings.Join(untried, ", "))
	}
	fmt.Fprintf(env.err, "%s, %s: no mistakes\n", plural(len(w.Recipes), "recipe"), plural(len(w.Graph(names...).Goals), "target"))
	return nil
}
