package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/container"
	"github.com/ashlar-build/ashlar/buildroot/store"
)

// printVersions prints the packages that two images have in other versions.
func printVersions(env *env, versions [2]map[string]string) {
	all := map[string]bool{}
	for _, v := range versions {
		for name := range v {
			all[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, next := versions[0][name], versions[1][name]
		switch {
		case old == next:
		case old == "":
			fmt.Fprintf(env.out, "package %s new: %s\n", name, next)
		case next == "":
			fmt.Fprintf(env.out, "package %s gone: %s\n", name, old)
		default:
			fmt.Fprintf(env.out, "package %s %s → %s\n", name, old, next)
		}
	}
}

func gcCommand() *command {
	return &command{
		name: "gc", args: "", short: "free the store of what was not used for long",
		long: `Removes results, trees and downloads that nobody used for --older-than, and what
killed processes left. What a running ashlar uses stays.`,
		store: true, run: runGC,
	}
}

func runGC(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	age := flags.String("older-than", "14d", "`AGE` since the last use, such as 36h or 14d")
	size := flags.String("keep", "", "remove the longest unused until no more than `SIZE` is left, such as 20GB")
	dry := flags.Bool("dry-run", false, "remove nothing; say what would be removed")
	if _, _, err := parse(flags, args); err != nil {
		return err
	}
	o := store.GCOptions{DryRun: *dry}
	var err error
	if o.MaxAge, err = parseAge(*age); err != nil {
		return err
	}
	if o.MaxBytes, err = parseSize(*size); err != nil {
		return err
	}
	o.All = o.MaxAge == 0
	s, err := env.store()
	if err != nil {
		return err
	}
	rep, err := s.GC(ctx, o)
	if err != nil {
		return err
	}
	verb := "freed"
	if *dry {
		verb = "would free"
	}
	fmt.Fprintf(env.out, "%s %s: %s\n", verb, bytesOf(rep.Freed), plural(rep.Removed, "entry"))
	return nil
}

func parseAge(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n >= 0 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return d, nil
	}
	return 0, usagef("%q is no age: write 36h or 14d", s)
}

func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	for _, u := range []struct {
		suffix string
		factor int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}} {
		if digits, ok := strings.CutSuffix(s, u.suffix); ok {
			if n, err := strconv.ParseFloat(digits, 64); err == nil && n > 0 {
				return int64(n * float64(u.factor)), nil
			}
		}
	}
	return 0, usagef("%q is no size: write 500MB or 20GB", s)
}

func doctorCommand() *command {
	return &command{
		name: "doctor", args: "", short: "say what this machine lacks, and what to type",
		long: `Tries, one after the other, everything that a build needs of the kernel and of the
system around it, and prints what it found. Nothing is judged by version. Exit status 1
if something is missing.`,
		store: true, run: runDoctor,
	}
}

func runDoctor(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	if _, _, err := parse(flags, args); err != nil {
		return err
	}
	s, err := env.store()
	if err != nil {
		return err
	}
	missing := 0
	for _, c := range container.Probe(ctx, s.Dir()) {
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
	return nil
}
