package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

func planCommand() *command {
	return &command{
		name: "plan", args: "[NAME...]", short: "print the actions, and which the store has",
		long: `Prints every action that the recipes need, in order: its ID, whether the store has
its result, and what it is. With --verbose also all that its ID is made of, with --why
what changed since an action like it was last done.`,
		store: true, run: runPlan,
	}
}

// plannedAction is an action as --json prints it.
type plannedAction struct {
	ID     plan.ID   `json:"id"`
	Kind   plan.Kind `json:"kind"`
	Label  string    `json:"label"`
	Stored bool      `json:"stored"`
	Inputs []plan.ID `json:"inputs,omitempty"`
	Blobs  []string  `json:"blobs,omitempty"`
}

func runPlan(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	asJSON := flags.Bool("json", false, "print JSON, an action a line")
	why := flags.Bool("why", false, "print only what is to be done, and what changed since it was last done")
	verbose := flags.Bool("verbose", false, "print what each ID is made of")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	p, err := env.planned(names...)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(env.out)
	for _, a := range p.plan.Actions {
		_, stored, err := p.store.Result(string(a.ID))
		if err != nil {
			return err
		}
		if *why && stored {
			continue
		}
		if *asJSON {
			if err := enc.Encode(plannedAction{a.ID, a.Kind, a.Label, stored, a.Inputs, a.Blobs}); err != nil {
				return err
			}
			continue
		}
		state := "to do "
		if stored {
			state = "stored"
		}
		said := explained{Action: a.Label}
		explain := *why && a.Kind != plan.KindUnpack && a.Kind != plan.KindConfigure
		if explain {
			if said, err = p.explain(a); err != nil {
				return err
			}
		}
		fmt.Fprintf(env.out, "%.12s %s %s\n", a.ID, state, said.title())
		if explain {
			said.print(env.out, "\t")
		}
		if *verbose {
			for _, f := range plan.Describe(a.Kind, a.Do) {
				fmt.Fprintf(env.out, "\t%s = %q\n", f.Name, f.Value)
			}
		}
	}
	return nil
}
