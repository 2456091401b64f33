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
)

func shellCommand() *command {
	return &command{
		name: "shell", args: "[--step STEP] NAME [-- CMD...]", short: "enter a recipe's buildroot, as its steps see it",
		long: `Starts bash in the buildroot of a recipe, with the environment of its steps. After a
failed step it is the very root that the step left; otherwise a fresh one with the
source unpacked. --step runs what comes before a step first, --after the step as well.

The step's script is /run/ashlar/step, and the history has its commands, the one that
failed last. What is done in the shell is thrown away, but for a failed step's root,
which stays until the recipe is built. Behind -- stands another command than bash. Its exit status is ours.
The step's secrets are in /run/secrets; a root that one was written to is not kept.`,
		store: true, run: runShell,
	}
}

func runShell(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	before := flags.String("step", "", "enter the root before `STEP`")
	after := flags.String("after", "", "enter the root after `STEP`")
	names, behind, err := parseParts(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("shell takes one recipe; a command in it stands behind --")
	}
	if *before != "" && *after != "" {
		return usagef("--step and --after are two places")
	}
	shell, err := env.shell(ctx, names[0], buildroot.ShellOptions{Before: *before, After: *after})
	if err != nil {
		return env.explain(err)
	}
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
	if err = errors.Join(err, shell.Search()); err != nil {
		return err
	}
	if res.Exit != 0 {
		return &programError{who: "the shell", status: res.Exit, byHand: j.Terminal && len(behind) == 0}
	}
	return nil
}

// shell prepares a shell in the buildroot of a recipe, which is dropped when the
// command ends.
func (e *env) shell(ctx context.Context, name string, o buildroot.ShellOptions) (*buildroot.Shell, error) {
	p, err := e.planned(name)
	if err != nil {
		return nil, err
	}
	full := lock.FullName(p.graph.Goals[0])
	if o.Before+o.After == "" {
		o.Left, err = buildroot.OpenLeft(p.store, full)
		switch {
		case err == nil:
			e.deferClose(o.Left.Close)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	action, err := buildroot.ShellIn(p.builds(), o)
	if err != nil {
		return nil, fmt.Errorf("recipe %s: %w", full, err)
	}
	fmt.Fprintln(e.err, whichRoot(full, o))
	progress := newProgress(e, false)
	defer progress.end()
	b, err := e.builder(p, progress)
	if err != nil {
		return nil, err
	}
	shell, err := b.Shell(ctx, action, o)
	if err != nil {
		return nil, err
	}
	e.deferClose(shell.Close)
	return shell, nil
}

// whichRoot says where a shell is.
func whichRoot(recipe string, o buildroot.ShellOptions) string {
	switch {
	case o.Left != nil:
		return fmt.Sprintf("this is the root that step %q of %s left", o.Left.Step, recipe)
	case o.Before != "":
		return fmt.Sprintf("this is the root of %s before step %q", recipe, o.Before)
	case o.After != "":
		return fmt.Sprintf("this is the root of %s after step %q", recipe, o.After)
	}
	return fmt.Sprintf("this is a new root of %s, before its first step; --after STEP enters the one after a step", recipe)
}
