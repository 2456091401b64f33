package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func shellCommand() *command {
	return &command{
		name: "shell", args: "NAME [-- CMD...]", short: "enter a recipe's buildroot, as its steps see it",
		long: `Starts bash in the buildroot of a recipe, with the environment of its steps. After a
failed step it is the very root that the step left; otherwise a fresh one with the
source unpacked. What is done there is thrown away, but for a failed step's root, which
stays until the next build. Behind -- stands another command.`,
		store: true, run: runShell,
	}
}

func runShell(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, behind, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("shell takes one recipe")
	}
	w, err := env.load(recipeNames(names)...)
	if err != nil {
		return err
	}
	p, instances, err := w.plan(names, false)
	if err != nil {
		return err
	}
	full := lock.FullName(instances[0])
	var do *plan.Build
	var action *plan.Action
	for _, a := range p.Actions {
		if b, ok := a.Do.(*plan.Build); ok && a.Recipe == full {
			do, action = b, a
		}
	}
	if do == nil || len(do.Steps) == 0 {
		return fmt.Errorf("recipe %s has no steps, and so no buildroot", full)
	}
	s, err := env.store()
	if err != nil {
		return err
	}
	progress := newProgress(env)
	f, err := env.fetcher(progress.download)
	if err != nil {
		return err
	}
	b := buildroot.New(p, buildroot.Env{Store: s, Fetch: f, Start: env.runner, Workspace: w.files}, buildroot.Options{Jobs: env.jobs, Report: progress.event})
	env.deferClose(b.Close)
	kept, err := s.Kept("failed-" + full)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := ""
	if kept != nil {
		defer kept.Close()
		dir = kept.Dir()
		fmt.Fprintf(env.err, "this is the root that the failed step of %s left\n", full)
	}
	shell, err := b.Shell(ctx, action, dir)
	if err != nil {
		return err
	}
	defer shell.Close()
	progress.end()
	j := shell.Job
	if len(behind) > 0 {
		j.Args = behind
	}
	j.Terminal = isTerminal(env.in) && env.terminal
	keeper, err := env.keeper(ctx)
	if err != nil {
		return err
	}
	res, err := keeper.Run(ctx, j, job.Streams{In: env.in, Out: env.out, Err: env.err})
	if err != nil {
		return err
	}
	if res.Exit != 0 {
		return fmt.Errorf("the shell ended with exit status %d", res.Exit)
	}
	return nil
}
