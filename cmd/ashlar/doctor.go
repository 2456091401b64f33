package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/ashlar-build/ashlar/buildroot/cgroup"
	"github.com/ashlar-build/ashlar/buildroot/container"
)

func doctorCommand() *command {
	return &command{
		name: "doctor", args: "", short: "say what this machine lacks, and what to type",
		long: `Tries, one after the other, everything that a build needs of the kernel and of the
system around it, and prints what it found; git and ssh, too, if a recipe of the
workspace has a source that needs them. Nothing is judged by version. Exit status 1 if
something is missing that builds cannot do without.`,
		store: true, run: runDoctor,
	}
}

func runDoctor(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	if err := parseNone(flags, args); err != nil {
		return err
	}
	s, err := env.store()
	if err != nil {
		return err
	}
	missing := 0
	checks := container.Probe(ctx, s.Dir())
	repositories, err := env.git()
	if err != nil {
		return err
	}
	for _, c := range repositories.Probe(ctx, env.repositories()) {
		checks = append(checks, container.Check(c))
	}
	for _, c := range checks {
		state := "ok     "
		if !c.OK {
			state = "missing"
			missing++
		}
		fmt.Fprintf(env.out, "%s  %-34s %s\n", state, c.Name, c.Found)
		if !c.OK && c.Remedy != "" {
			fmt.Fprintf(env.out, "         hint: %s\n", c.Remedy)
		}
	}
	if missing > 0 {
		return fmt.Errorf("builds cannot run here: %s missing", plural(missing, "thing"))
	}
	return env.doctorLimits(ctx)
}

// doctorLimits says how limits hold. Builds run without control groups, too.
func (e *env) doctorLimits(ctx context.Context) error {
	k, err := e.keeper(ctx)
	if err != nil {
		return err
	}
	const line = "%s  %-34s %s\n"
	lacking := k.Limits()
	if lacking == nil {
		fmt.Fprintf(e.out, line, "ok     ", "limits by control group", "works")
		return nil
	}
	fmt.Fprintf(e.out, line, "partly ", "limits by control group", lacking.Error()+": memory is limited for each process alone")
	if refused := (*cgroup.Error)(nil); errors.As(lacking, &refused) && refused.Remedy != "" {
		fmt.Fprintf(e.out, "         hint: %s\n", refused.Remedy)
	}
	return nil
}
