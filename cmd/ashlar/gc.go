package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func gcCommand() *command {
	return &command{
		name: "gc", args: "[--keep AGE|SIZE]", short: "free the store of what was not used for long",
		long: `Removes results, trees and downloads that were not used for 14 days, or as --keep
says, and what killed processes left. What a running ashlar uses stays, and so does
all that the recipes and the lock of this workspace need.

--keep 20GB keeps what was used last, up to that size; --keep 14d what was used in that
time. Given both, both hold. --check first reads all there is, and removes what the disk
has damaged, so that it is made or fetched again.`,
		store: true, run: runGC,
	}
}

// forever is longer than anything was unused.
const forever = 100 * 365 * 24 * time.Hour

func runGC(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	var o store.GCOptions
	flags.Func("keep", "what stays: `AGE` since the last use, such as 36h or 14d, or a size, such as 20GB", func(s string) error {
		return keep(&o, s)
	})
	check := flags.Bool("check", false, "remove what is damaged, too")
	flags.BoolVar(&o.All, "all", false, "remove all that no running ashlar uses, this workspace's, too")
	flags.BoolVar(&o.DryRun, "dry-run", false, "remove nothing; say what would be removed")
	if err := parseNone(flags, args); err != nil {
		return err
	}
	s, err := env.store()
	if err != nil {
		return err
	}
	if *check {
		if err := env.check(ctx, s); err != nil {
			return err
		}
	}
	switch {
	case o.All:
	case o.MaxAge == 0 && o.MaxBytes > 0:
		o.MaxAge = forever
	case o.MaxAge == 0:
		o.MaxAge = 14 * 24 * time.Hour
	}
	if !o.All {
		o.Keep = env.needed()
	}
	rep, err := s.GC(ctx, o)
	if err != nil {
		return err
	}
	verb := "freed"
	if o.DryRun {
		verb = "would free"
	}
	fmt.Fprintf(env.out, "%s %s: %s; %s left\n", verb, bytesOf(rep.Freed), plural(rep.Removed, "entry"), bytesOf(rep.Left))
	return nil
}

// needed are the results and downloads of all recipes of the workspace. One that
// cannot be planned needs nothing that is known, which is said.
func (e *env) needed() []string {
	w, err := e.loadSome()
	if err == nil && len(w.Recipes) == 0 {
		return nil
	}
	var p *plan.Plan
	if err == nil {
		p, _, err = w.plan(nil, true)
	}
	if err != nil {
		fmt.Fprintf(e.err, "ashlar: warning: nothing is kept for this workspace's sake: %v\n", err)
		return nil
	}
	var keep []string
	for _, a := range p.Actions {
		keep = append(keep, string(a.ID))
	}
	for digest := range p.Downloads {
		keep = append(keep, digest)
	}
	return keep
}

// check drops what is damaged.
func (e *env) check(ctx context.Context, s *store.Store) error {
	c, err := s.Check(ctx, buildroot.CheckTree)
	if err != nil {
		return err
	}
	for _, d := range c.Damaged {
		fmt.Fprintf(e.out, "damaged and removed: %s: %v\n", d.Name, d.Cause)
	}
	fmt.Fprintf(e.err, "checked %s and %s: %d damaged\n", plural(c.Blobs, "blob"), plural(c.Trees, "tree"), len(c.Damaged))
	return nil
}

// keep reads what --keep says: an age or a size.
func keep(o *store.GCOptions, s string) error {
	if age, ok := parseAge(s); ok {
		o.MaxAge = max(age, time.Nanosecond)
		return nil
	}
	if size, ok := parseSize(s); ok {
		o.MaxBytes = size
		return nil
	}
	return fmt.Errorf("%q is no age and no size: write 36h, 14d, 500MB or 20GB", s)
}

func parseAge(s string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return time.Duration(n) * 24 * time.Hour, true
		}
	}
	d, err := time.ParseDuration(s)
	return d, err == nil && d >= 0
}

func parseSize(s string) (int64, bool) {
	for _, u := range []struct {
		suffix string
		factor float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}} {
		if digits, ok := strings.CutSuffix(s, u.suffix); ok {
			n, err := strconv.ParseFloat(digits, 64)
			return int64(n * u.factor), err == nil && n > 0
		}
	}
	return 0, false
}
