package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func logCommand() *command {
	return &command{
		name: "log", args: "NAME [ACTION]", short: "print what a recipe's steps wrote",
		long: `Prints all that the steps of a recipe wrote when they last ran: up to the failure, if
one failed. ACTION is the beginning of an ID that ` + "`ashlar plan`" + ` prints, for the log of
another action, such as the scripts of packages.`,
		store: true, run: runLog,
	}
}

func runLog(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) < 1 || len(names) > 2 {
		return usagef("log takes a recipe, and perhaps an action")
	}
	w, err := env.load(recipeNames(names[:1])...)
	if err != nil {
		return err
	}
	p, instances, err := w.plan(names[:1], false)
	if err != nil {
		return err
	}
	full := lock.FullName(instances[0])
	a := buildOf(p, full)
	if len(names) == 2 {
		if a, err = actionOf(p, names[1]); err != nil {
			return err
		}
	}
	if a == nil {
		return fmt.Errorf("recipe %s has no steps; `ashlar plan %s` lists its actions, and `ashlar log %s ID` prints the log of one", full, full, full)
	}
	log, err := env.openLog(a)
	if err != nil {
		return err
	}
	defer log.Close()
	_, err = io.Copy(env.out, log)
	return err
}

// openLog opens the log of an action that ran, or that failed.
func (e *env) openLog(a *plan.Action) (io.ReadCloser, error) {
	s, err := e.store()
	if err != nil {
		return nil, err
	}
	r, ok, err := s.Result(string(a.ID))
	if err != nil {
		return nil, err
	}
	if ok {
		log, err := buildroot.OpenLog(s, r)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%q wrote nothing", a.Label)
		}
		return log, err
	}
	if a.Kind == plan.KindBuild {
		if log, err := buildroot.OpenLeftLog(s, a.Recipe); !errors.Is(err, fs.ErrNotExist) {
			return log, err
		}
	}
	return nil, fmt.Errorf("%q has not run as the recipe is now: `ashlar build %s` runs it", a.Label, a.Recipe)
}

// buildOf is the action that runs a recipe's steps, the last if there are
// several, or nil. Its locales are built, too, but not by steps of its own.
func buildOf(p *plan.Plan, recipe string) *plan.Action {
	for _, a := range slices.Backward(p.Actions) {
		if b, ok := a.Do.(*plan.Build); ok && a.Label == "build "+recipe && len(b.Steps) > 0 {
			return a
		}
	}
	return nil
}

// actionOf finds the one action whose ID begins so.
func actionOf(p *plan.Plan, prefix string) (*plan.Action, error) {
	var found *plan.Action
	for _, a := range p.Actions {
		if !strings.HasPrefix(string(a.ID), prefix) {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("several actions have an ID that begins with %q: write more of it", prefix)
		}
		found = a
	}
	if found == nil {
		return nil, fmt.Errorf("no action has an ID that begins with %q: `ashlar plan` lists them", prefix)
	}
	return found, nil
}
