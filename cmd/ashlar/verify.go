package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

func verifyCommand() *command {
	return &command{
		name: "verify", args: "[--cold] NAME", short: "build again from nothing; name the first thing that differs",
		long: `Builds the recipe as ` + "`ashlar build`" + ` does, then once more in a store of its own that
has nothing but the downloads, and compares the images. Exit status 0 if they are equal
byte for byte; else it prints each file that differs and where that comes from. The
caches that [cache] names serve both times; with --cold only the first: so it shows that
what they hold changes nothing.`,
		store: true, run: runVerify,
	}
}

func runVerify(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	cold := flags.Bool("cold", false, "leave out the caches of [cache], too")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("verify takes one recipe")
	}
	b, err := env.build(ctx, names, false)
	if err != nil {
		return err
	}
	full := b.goals[0].Recipe
	s := env.opened.store
	scratch, err := s.Scratch("verify")
	if err != nil {
		return err
	}
	defer scratch.Close()
	other, err := store.Open(filepath.Join(scratch.Dir(), "store"), store.Options{NoSync: true})
	if err != nil {
		return err
	}
	defer other.Close()
	fmt.Fprintf(env.err, "building %s again from nothing\n", full)
	world := buildroot.Env{Store: other, Fetch: copier{from: s, to: other}, Start: env.runner, Workspace: env.files, Secret: env.secret}
	if !*cold {
		world.Caches = s
	}
	progress := newProgress(env, false)
	again := buildroot.New(b.plan, world, buildroot.Options{Jobs: env.jobs, Report: progress.event})
	defer again.Close()
	results, err := again.Build(ctx)
	progress.end()
	if err != nil {
		return env.explain(err)
	}
	return compareResults(env, full, b.results[full], s, results.ByAction[b.goals[0].Action], other)
}

func compareResults(env *env, full string, a store.Result, as *store.Store, b store.Result, bs *store.Store) error {
	first, err := buildroot.ReadImage(as, a)
	if err != nil {
		return err
	}
	second, err := buildroot.ReadImage(bs, b)
	if err != nil {
		return err
	}
	if first.Digest == second.Digest {
		fmt.Fprintf(env.out, "%s sha256:%s is the same\n", full, first.Digest)
		return nil
	}
	left, err := buildroot.ReadImageTree(as, a)
	if err != nil {
		return err
	}
	right, err := buildroot.ReadImageTree(bs, b)
	if err != nil {
		return err
	}
	for _, c := range layer.Diff(left, right) {
		fmt.Fprintln(env.out, c)
		if c.Old != nil {
			fmt.Fprintf(env.out, "  from %s\n", c.Old.Origin)
		}
	}
	return fmt.Errorf("%s is sha256:%s at first and sha256:%s the second time", full, first.Digest, second.Digest)
}

// A copier takes downloads from another store.
type copier struct{ from, to *store.Store }

// Fetch copies the blob.
func (c copier) Fetch(ctx context.Context, r fetch.Request) (string, error) {
	f, err := c.from.Blob(r.SHA256)
	if err != nil {
		return "", err
	}
	defer f.Close()
	digest, _, err := c.to.Put(ctx, f, r.SHA256)
	return digest, err
}
