package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/aptget"
)

// A class makes requests of one kind.
type class struct {
	name string
	next func(w *world, r *rand.Rand) []string
	ask  asking
}

// An asking is how apt-get is asked.
type asking int

const (
	install asking = iota
	satisfy
	buildDep // build-essential comes, too
)

// classes are the kinds of requests that a world is asked.
func classes(w *world) []class {
	all := []class{
		{name: "random, 1 to 30 names", next: random},
		{name: "one virtual name", next: virtual},
		{name: "providers of one name, and others", next: rivals},
		{name: "conflicts and breaks", next: conflicts},
		{name: "alternatives", next: alternatives},
		{name: "name=version, name:arch", next: versions},
		{name: "versioned and qualified names, Pre-Depends", next: special},
		{name: "build dependencies", next: buildDepends, ask: satisfy},
	}
	if len(w.sources) > 0 {
		all = append(all, class{name: "Build-Depends of source packages", next: sourcePackage, ask: buildDep})
	}
	if len(w.Inputs()) > 1 {
		all = append(all, class{name: "name/suite", next: suited})
	}
	return all
}

// pretendClasses are the kinds of requests that a pretend archive is asked.
func pretendClasses(w *world) []class {
	all := []class{{name: "all at once", next: pretend}}
	if suites := w.Inputs(); suites[0].Suite != suites[len(suites)-1].Suite {
		all = append(all, class{name: "name/suite", next: pretendSuited})
	}
	return all
}

// live compares with apt-get over real archives.
func live(ctx context.Context, worlds []*world, o options, t *tally) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.jobs))
	for _, w := range worlds {
		for i, c := range classes(w) {
			if !strings.Contains(c.name, o.class) {
				continue
			}
			r := rand.New(rand.NewPCG(o.seed, uint64(i)))
			for range o.n {
				request := c.next(w, r)
				if ctx.Err() != nil {
					break
				}
				g.Go(func() error { return compare(ctx, w, c, request, o, t) })
			}
		}
	}
	return g.Wait()
}

// pretendAll compares over n pretend archives below dir.
func pretendAll(ctx context.Context, dir string, n int, o options, t *tally) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.jobs))
	for i := range n {
		g.Go(func() error {
			own := filepath.Join(dir, fmt.Sprint("pretend-", o.seed, "-", i))
			if err := os.RemoveAll(own); err != nil {
				return err
			}
			r := rand.New(rand.NewPCG(o.seed, uint64(i)))
			w, err := pretendWorld(ctx, own, r, o.foreign)
			if err != nil {
				return err
			}
			before := t.differences()
			for _, c := range pretendClasses(w) {
				for range perPretend {
					if err := compare(ctx, w, c, c.next(w, r), o, t); err != nil {
						return err
					}
				}
			}
			if o.keep && t.differences() > before {
				return nil
			}
			return os.RemoveAll(own)
		})
	}
	return g.Wait()
}

// compare asks both.
func compare(ctx context.Context, w *world, c class, request []string, o options, t *tally) error {
	ask := [...]func(context.Context, []string, bool) (aptget.Answer, error){install: w.apt.Install, satisfy: w.apt.Satisfy, buildDep: w.apt.BuildDepends}
	want, err := ask[c.ask](ctx, request, o.recommends)
	if err != nil {
		return err
	}
	got := [...]func([]string, bool) aptget.Answer{install: w.ours, satisfy: w.oursToSatisfy, buildDep: w.oursToBuild}[c.ask](request, o.recommends)
	difference := ""
	switch {
	case (want.Refused == "") != (got.Refused == ""):
		difference = fmt.Sprintf("apt: %s; we: %s", verdict(want), verdict(got))
	case !slices.Equal(got.Packages, want.Packages):
		difference = fmt.Sprintf("only apt: %s; only we: %s", minus(want.Packages, got.Packages), minus(got.Packages, want.Packages))
	}
	t.add(w, c.name, request, want, difference)
	return nil
}

func verdict(a aptget.Answer) string {
	if a.Refused != "" {
		return "refused, " + a.Refused
	}
	return fmt.Sprintf("%d packages", len(a.Packages))
}

// minus lists what is in a and not in b.
func minus(a, b []string) string {
	var only []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			only = append(only, line)
		}
	}
	return "[" + strings.Join(only, ", ") + "]"
}
