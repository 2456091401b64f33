package main

import (
	"context"
	"flag"
	"fmt"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func resolveCommand() *command {
	return &command{
		name: "resolve", args: "PACKAGE...", short: "print the packages that a set brings in",
		long: `Prints what the packages, given as recipes give them ("curl", "libssl-dev (>= 3.5)",
"nginx=1.26.3-3", "curl/trixie-backports"), bring in: a line for each package with name,
version and architecture, sorted. It answers as apt-get install --no-install-recommends
does on a system without any package.`,
		store: true, run: runResolve,
	}
}

func runResolve(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	recommends := flags.Bool("recommends", false, "recommended packages come, too")
	suite := flags.String("suite", "", "`SUITE` instead of the workspace's")
	base := flags.Bool("base", false, "begin with the essential packages, as buildroots do")
	wants, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(wants) == 0 {
		return usagef("resolve takes packages")
	}
	w, err := env.loadSettings()
	if err != nil {
		return err
	}
	target := recipe.Target{Suite: w.Suite, Arch: w.Arches[0]}
	if *suite != "" {
		target.Suite = *suite
	}
	archives, err := w.archives(&recipe.Graph{}, &recipe.Instance{Target: target})
	if err != nil {
		return err
	}
	client, err := env.archives()
	if err != nil {
		return err
	}
	req := lock.Request{Archives: archives, Arch: target.Arch, Base: *base, Recommends: *recommends}
	for _, p := range wants {
		req.Want = append(req.Want, lock.Want{Relation: p, Pos: diag.Pos{File: p}})
	}
	answers, err := client.Resolve(ctx, []lock.Request{req})
	if err != nil {
		return err
	}
	for _, list := range [][]lock.Package{answers[0].Base, answers[0].Packages} {
		for _, p := range list {
			fmt.Fprintln(env.out, p.Name, p.Version, p.Arch)
		}
	}
	return nil
}
