// Command comparetool holds package solve against apt: the same requests over the
// same Packages files must give the same names and versions, or be refused by
// both.
//
// apt-get runs in a root directory of its own, over an empty dpkg status, and
// touches nothing of the host. It is asked with -s, so nothing is installed. The
// Packages files are those that it fetches; ours are read from where it put them.
//
//	comparetool [-n 100] [-seed 1] [-recommends] [-backports] [-dir DIR]
//	comparetool -cases cases.jsonl [-dir DIR]
//
// The first form asks both about seeded random sets of each class. The second
// replays requests whose answers by apt were written down, a JSON object a line;
// its first line has the SHA-256 of the Packages files that they are about, and
// suites whose files have changed since are left out.
//
// It prints a line for each class and one for each difference, and ends with
// status 1 if there is one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	var o options
	flag.IntVar(&o.n, "n", 100, "requests of each class and suite")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the random sets")
	flag.StringVar(&o.cases, "cases", "", "replay the requests of this file")
	flag.StringVar(&o.dir, "dir", "", "keep apt's root directories here; a temporary directory if empty")
	flag.StringVar(&o.mirror, "mirror", "http://deb.debian.org", "where debian and debian-security are")
	flag.BoolVar(&o.recommends, "recommends", false, "install what packages recommend")
	flag.BoolVar(&o.backports, "backports", false, "only sets with name/trixie-backports")
	flag.IntVar(&o.jobs, "j", 2, "how many apt-get run at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	same, err := run(ctx, o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "comparetool:", err)
		os.Exit(2)
	}
	if !same {
		os.Exit(1)
	}
}

type options struct {
	n, jobs               int
	seed                  uint64
	cases, dir, mirror    string
	recommends, backports bool
}

// run compares and reports whether all answers were equal.
func run(ctx context.Context, o options) (bool, error) {
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
	worlds := map[string]*world{}
	for _, s := range suites(o) {
		w, err := newWorld(ctx, filepath.Join(dir, s.name), s)
		if err != nil {
			return false, err
		}
		worlds[s.name] = w
	}
	t := newTally(os.Stdout)
	if o.cases != "" {
		err = replay(worlds, o.cases, t)
	} else {
		err = live(ctx, worlds, o, t)
	}
	return t.report(), err
}
