package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func logCommand() *command {
	return &command{
		name: "log", args: "NAME [ACTION]", short: "print what a recipe's steps wrote",
		long: `Prints all that the steps of a recipe wrote when they last ran: up to the failure, if
one failed. ACTION is the beginning of an ID that ` + "`ashlar plan`" + ` prints, for the log of
another action, such as the scripts of packages. Colours are for a terminal alone, and
for none with NO_COLOR.`,
		store: true, run: runLog,
	}
}

func runLog(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) < 1 || len(names) > 2 {
		return usagef("log takes a recipe, and perhaps an action")
	}
	p, err := env.planned(names[0])
	if err != nil {
		return err
	}
	actions := p.builds()
	if len(names) == 2 {
		a, err := p.action(names[1])
		if err != nil {
			return err
		}
		actions = []*plan.Action{a}
	}
	if len(actions) == 0 {
		full := lock.FullName(p.graph.Goals[0])
		return fmt.Errorf("recipe %s has no steps; `ashlar plan %s` lists its actions, and `ashlar log %s ID` prints the log of one", full, full, full)
	}
	for _, a := range actions {
		log, ran, err := p.openLog(a)
		if err != nil {
			return err
		}
		err = env.printLog(log)
		if err := errors.Join(err, log.Close()); err != nil || !ran {
			return err
		}
	}
	return nil
}

// printLog prints a log: as it is at a terminal, else without colours and the like.
func (e *env) printLog(log io.Reader) error {
	if out, ok := e.out.(*os.File); ok && isTerminal(out) && os.Getenv("NO_COLOR") == "" {
		_, err := io.Copy(out, log)
		return err
	}
	return copyPlain(e.out, log)
}

// openLog opens the log of an action that ran, or that failed.
func (p *planned) openLog(a *plan.Action) (log io.ReadCloser, ran bool, err error) {
	r, ran, err := p.store.Result(string(a.ID))
	if err != nil {
		return nil, false, err
	}
	if ran {
		log, err = buildroot.OpenLog(p.store, r)
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%q wrote nothing", a.Label)
		}
		return log, true, err
	}
	if a.Kind == plan.KindBuild {
		if log, err = buildroot.OpenLeftLog(p.store, a.Recipe); !errors.Is(err, fs.ErrNotExist) {
			return log, false, err
		}
	}
	return nil, false, fmt.Errorf("%q has not run as the recipe is now: `ashlar build %s` runs it", a.Label, a.Recipe)
}
