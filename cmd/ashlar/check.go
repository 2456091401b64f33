package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func checkCommand() *command {
	return &command{
		name: "check", args: "[NAME...]", short: "report mistakes in recipes",
		long: `Reads ashlar.toml and the recipes, all of them or the named ones, and prints every
mistake with its place and what to do. Edits of files that recipes bring themselves
are tried; what packages have is not looked at, and no network is asked.
Exit status 1 if there is a mistake.`,
		run: runCheck,
	}
}

// checkLocal tries the edits of files that the recipes of g bring themselves.
func (w *workspace) checkLocal(g *recipe.Graph) error {
	var mistakes diag.List
	for _, goal := range g.Goals {
		asked := []recipe.Part{{Recipe: goal}}
		if goal.Image != nil {
			asked = g.ForImage(goal)
		}
		var parts []image.Part
		for _, p := range asked {
			local, err := plan.LocalFiles(w.files, p.Recipe, p.Image)
			if err != nil {
				return err
			}
			part := image.Part{Recipe: p.Recipe, Image: p.Image, Files: map[string][]byte{}}
			for _, f := range local {
				part.Files[f.Name] = f.Data
			}
			parts = append(parts, part)
		}
		err := image.CheckLocal(parts)
		found := diag.Of(err)
		if err != nil && len(found) == 0 {
			return err
		}
		mistakes.Add(found...)
	}
	return mistakes.Err()
}

func runCheck(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	w, err := env.load(recipeNames(names)...)
	if err != nil {
		return err
	}
	if err := w.checkLocal(w.Graph(names...)); err != nil {
		return err
	}
	for _, r := range w.Recipes {
		for _, u := range r.Unsupported() {
			fmt.Fprintf(env.err, "note: %v\n", u)
		}
	}
	fmt.Fprintf(env.err, "%s, %s: no mistakes\n", plural(len(w.Recipes), "recipe"), plural(len(w.Graph(names...).Goals), "target"))
	return nil
}
