package main

import (
	"context"
	"flag"
	"fmt"
)

func checkCommand() *command {
	return &command{
		name: "check", args: "[NAME...]", short: "report mistakes in recipes",
		long: `Reads ashlar.toml and the recipes, all of them or the named ones, and prints every
mistake with its place and what to do. It opens nothing else and asks no network.
Exit status 1 if there is a mistake.`,
		run: runCheck,
	}
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
	for _, r := range w.Recipes {
		for _, u := range r.Unsupported() {
			fmt.Fprintf(env.err, "note: %v\n", u)
		}
	}
	fmt.Fprintf(env.err, "%s, %s: no mistakes\n", plural(len(w.Recipes), "recipe"), plural(len(w.Graph(names...).Goals), "target"))
	return nil
}
