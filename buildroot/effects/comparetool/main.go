// Command comparetool holds the effects of package sets against what apt and
// dpkg make of the same packages in a root of mmdebstrap's.
//
//	comparetool [-dir DIR] [-ashlar BIN] [-twice] [SET...]
//
// For each set of sets.toml it has ashlar lock and configure a buildroot, and
// mmdebstrap install the very packages of the lock. Then it compares every path
// of both roots: type, mode, owner's name, capabilities, link and content, and
// dpkg's own database field by field. What the noise table of package effects
// drops or rewrites, and what differs.toml says, is no difference; both have a
// reason for each rule.
//
// It prints a line for each set, the differences that are left, and the rules
// that no set needed, and ends with status 1 if a difference is left. -twice
// builds the effects a second time, in another store, and compares the digests
// instead: mmdebstrap is not asked.
//
// DIR keeps what was made, so that a second run only compares. As root it
// compares as the user that ashlar works as.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/usher"
)

type options struct {
	dir, ashlar, mirror string
	twice               bool
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "compare-effects"), "what was made is kept in `DIR`")
	flag.StringVar(&o.ashlar, "ashlar", "bin/ashlar", "the program to compare")
	flag.StringVar(&o.mirror, "mirror", "http://deb.debian.org", "where debian and debian-security are")
	flag.BoolVar(&o.twice, "twice", false, "compare two runs of ours")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	equal, err := run(ctx, o, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "comparetool:", err)
		os.Exit(2)
	}
	if !equal {
		os.Exit(1)
	}
}

// run makes all roots and then compares them: in between root gives up what it
// may do more than others.
func run(ctx context.Context, o options, names []string) (equal bool, err error) {
	sets, err := chosen(names)
	if err != nil {
		return false, err
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return false, err
	}
	if o.ashlar, err = filepath.Abs(o.ashlar); err != nil {
		return false, err
	}
	w, err := newWorkspace(ctx, o, sets)
	if err != nil {
		return false, err
	}
	failed := map[string]error{}
	for _, s := range sets {
		if err := w.make(ctx, s); err != nil {
			failed[s.Name] = err
		}
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
	}
	if err := becomeOwner(); err != nil {
		return false, err
	}
	rules, err := readRules()
	if err != nil {
		return false, err
	}
	t := newTable(os.Stdout, rules)
	for _, s := range sets {
		if failed[s.Name] != nil {
			t.failed(s.Name, failed[s.Name])
			continue
		}
		if err := w.compare(ctx, s, t); err != nil {
			t.failed(s.Name, err)
		}
	}
	return t.end(!o.twice && len(names) == 0), nil
}

// becomeOwner makes root the user whom the stores belong to.
func becomeOwner() error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid := usher.BuildUser()
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setgid(gid); err != nil {
		return err
	}
	return syscall.Setuid(uid)
}
