// Command comparetool holds package solve against apt: the same requests over the
// same Packages files must give the same names and versions, or be refused by
// both.
//
// apt-get runs in a root directory of its own, over an empty dpkg status, and
// touches nothing of the host. It is asked for the URIs of what it would install, or
// with -s, so nothing is installed. The
// Packages files are those that it fetches; ours are read from where it put them.
//
//	comparetool [-n 100] [-seed 1] [-recommends] [-suites trixie,bookworm] [-dir DIR]
//	comparetool -pretend 1000 [-seed 1] [-recommends] [-dir DIR]
//	comparetool -cases cases.jsonl [-dir DIR]
//
// The first form asks both about seeded random sets of each class. The second
// does so over small seeded random archives, whose packages are at odds with each
// other as those of no real archive are. The third replays requests whose answers
// by apt were written down, a JSON object a line; its first line has the SHA-256
// of the Packages files that they are about, and apt-get is asked again about suites
// whose files have changed since.
//
// It prints a line for each difference and one for each class, and ends with
// status 1 if there is a difference.
//
// One difference is known, which no request about Debian's archives has shown and few
// about pretend ones do. An archive whose relations name an architecture that is not
// read, as `x:i386` does, makes a name of x for it in apt's cache. There, a Conflicts
// or Breaks on x is on that name, too, and a Multi-Arch: foreign package stands for it:
// such a package counts for less when apt mends a set that conflicts, and where the
// name was made before any other of x, it alone is what a Conflicts is on. Here such
// names neither conflict nor provide anything.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	var o options
	flag.IntVar(&o.n, "n", 100, "requests of each class and suite")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the random sets")
	flag.StringVar(&o.class, "class", "", "only classes whose name has this in it")
	flag.BoolVar(&o.order, "order", false, "let apt-get also find an order of installing, which takes it long")
	flag.StringVar(&o.cases, "cases", "", "replay the requests of this file")
	flag.StringVar(&o.dir, "dir", "", "keep apt's root directories here; a temporary directory if empty")
	flag.StringVar(&o.mirror, "mirror", "http://deb.debian.org", "where debian and debian-security are")
	flag.BoolVar(&o.recommends, "recommends", false, "install what packages recommend")
	flag.StringVar(&o.suites, "suites", "", "only these of the lists of sources, separated by commas")
	flag.IntVar(&o.pretend, "pretend", 0, "compare over so many pretend archives instead")
	flag.BoolVar(&o.keep, "keep", false, "keep pretend archives over which answers differ")
	flag.BoolVar(&o.foreign, "foreign", false, "give pretend archives a second architecture")
	flag.IntVar(&o.jobs, "j", 2, "how many apt-get run at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	same, err := run(ctx, o, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "comparetool:", err)
		os.Exit(2)
	}
	if !same {
		os.Exit(1)
	}
}

type options struct {
	n, jobs, pretend           int
	seed                       uint64
	cases, dir, mirror, suites string
	class                      string
	recommends, keep, order    bool
	foreign                    bool
}

// run compares, writes the figures to out and reports whether all answers were equal.
func run(ctx context.Context, o options, out io.Writer) (bool, error) {
	if o.dir == "" {
		dir, err := os.MkdirTemp("", "compare-apt-")
		if err != nil {
			return false, err
		}
		defer os.RemoveAll(dir)
		o.dir = dir
	}
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return false, err
	}
	t := newTally(out)
	if o.pretend > 0 {
		err := pretendAll(ctx, dir, o.pretend, o, t)
		return t.report(), err
	}
	worlds, err := chosen(ctx, dir, o)
	switch {
	case err != nil:
		return false, err
	case o.cases != "":
		err = replay(ctx, worlds, o.cases, o, t)
	default:
		err = live(ctx, worlds, o, t)
	}
	return t.report(), err
}

// chosen makes the worlds that the options name.
func chosen(ctx context.Context, dir string, o options) ([]*world, error) {
	var worlds []*world
	for _, s := range suites(o.mirror) {
		if o.suites != "" && !slices.Contains(strings.Split(o.suites, ","), s.name) {
			continue
		}
		w, err := newWorld(ctx, filepath.Join(dir, s.name), s, o.order)
		if err != nil {
			return nil, err
		}
		worlds = append(worlds, w)
	}
	if len(worlds) == 0 {
		return nil, fmt.Errorf("-suites %s names none", o.suites)
	}
	return worlds, nil
}
