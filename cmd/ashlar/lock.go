package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/pin"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func lockCommand() *command {
	return &command{
		name: "lock", args: "[--repair] [NAME...]", short: "pin what recipes leave open, by digest",
		long: `Asks the archives which packages satisfy the recipes' dependencies and writes
ashlar.lock, which builds obey. What is pinned already stays as it is, even where the
archive has something newer: ` + "`ashlar update`" + ` moves pins. Names limit what is
pinned anew; recipes that no longer exist leave the lock.

With --repair it also moves what can no longer be had from the archive because the
archive has dropped that version, and says which.`,
		store: true,
		run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			repair := flags.Bool("repair", false, "also move what the archives no longer have")
			names, _, err := parse(flags, args)
			if err != nil {
				return err
			}
			return env.relock(ctx, names, func(l *locking) error {
				if *repair {
					return l.moveGone(ctx)
				}
				return nil
			})
		},
	}
}

func updateCommand() *command {
	return &command{
		name: "update", args: "[NAME...]", short: "move the lock to what the archives have now",
		long: `Resolves the dependencies of all recipes again, or of the named ones, and writes
ashlar.lock. It prints what moved, a package a line, and which recipes it touches.`,
		store: true,
		run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			names, _, err := parse(flags, args)
			if err != nil {
				return err
			}
			return env.relock(ctx, nil, func(l *locking) error {
				l.options.Move = l.named(names)
				return nil
			})
		},
	}
}

func outdatedCommand() *command {
	return &command{
		name: "outdated", args: "[NAME...]", short: "print what `ashlar update` would move",
		long: `Does what ` + "`ashlar update`" + ` does, but writes nothing.
Exit status 0, whether something would move or not.`,
		store: true,
		run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			names, _, err := parse(flags, args)
			if err != nil {
				return err
			}
			return env.relock(ctx, nil, func(l *locking) error {
				l.options.Move = l.named(names)
				l.dry = true
				return nil
			})
		},
	}
}

// A locking is a lock on its way from old to new.
type locking struct {
	env       *env
	ws        *workspace
	old       *lock.Lock
	graph     *recipe.Graph
	instances []*recipe.Instance // to be locked: all of the graph, or some
	options   lock.Options
	dry       bool
}

// relock makes a new lock as prepare wants it, writes it, and prints what moved.
func (e *env) relock(ctx context.Context, names []string, prepare func(*locking) error) error {
	w, err := e.load()
	if err != nil {
		return err
	}
	l := &locking{env: e, ws: w}
	if l.old, err = w.readLock(); err != nil {
		return err
	}
	l.graph = w.Graph()
	l.instances = l.graph.All
	if err := l.limit(names); err != nil {
		return err
	}
	if err := prepare(l); err != nil {
		return err
	}
	return l.run(ctx)
}

// limit leaves only instances that are named or locked already.
func (l *locking) limit(names []string) error {
	if len(names) == 0 {
		return nil
	}
	for _, n := range names {
		if !slices.ContainsFunc(l.instances, func(i *recipe.Instance) bool { return i.Name == n || lock.FullName(i) == n }) {
			return usagef("there is no recipe %q", n)
		}
	}
	asked := map[string]bool{}
	for _, i := range l.ws.Graph(names...).All { // with all that they need
		asked[lock.FullName(i)] = true
	}
	l.instances = slices.DeleteFunc(slices.Clone(l.instances), func(i *recipe.Instance) bool {
		return !asked[lock.FullName(i)] && !l.locked(i)
	})
	return nil
}

func (l *locking) locked(i *recipe.Instance) bool {
	return slices.ContainsFunc(l.old.Sets, func(s lock.Set) bool { return s.Recipe == lock.FullName(i) && s.Arch == i.Arch })
}

// named says which sets belong to the recipes; to all without names.
func (l *locking) named(names []string) func(lock.Set) bool {
	return func(s lock.Set) bool {
		name, _, _ := strings.Cut(s.Recipe, "@")
		return len(names) == 0 || slices.Contains(names, name) || slices.Contains(names, s.Recipe)
	}
}

// moveGone has sets resolved again that need what the archives have dropped.
func (l *locking) moveGone(ctx context.Context) error {
	client, err := l.env.archives()
	if err != nil {
		return err
	}
	index := l.old.Index()
	gone := map[string]bool{} // by package and digest, once it was asked for
	lost := map[string]bool{} // sets, by name
	for _, i := range l.instances {
		archives, err := l.ws.archives(l.graph, i)
		if err != nil {
			return err
		}
		for _, s := range l.old.Sets {
			if s.Recipe != lock.FullName(i) || s.Arch != i.Arch {
				continue
			}
			base, _ := l.old.Base(s.Base)
			for _, ref := range slices.Concat(base.Packages, s.Packages) {
				p := index[ref]
				missing, asked := gone[p.SHA256]
				if !asked {
					has, err := client.Has(ctx, archives, i.Arch, p)
					if err != nil {
						return err
					}
					missing = !has
					gone[p.SHA256] = missing
					if missing {
						fmt.Fprintf(l.env.err, "%s %s is no longer in %s\n", p.Name, p.Version, p.From)
					}
				}
				lost[s.Recipe+" "+s.Use+" "+s.Arch] = lost[s.Recipe+" "+s.Use+" "+s.Arch] || missing
			}
		}
	}
	l.options.Move = func(s lock.Set) bool { return lost[s.Recipe+" "+s.Use+" "+s.Arch] }
	return nil
}

func (l *locking) run(ctx context.Context) error {
	client, err := l.env.archives()
	if err != nil {
		return err
	}
	byInstance := map[*recipe.Instance][]lock.Archive{}
	for _, i := range l.instances {
		if byInstance[i], err = l.ws.archives(l.graph, i); err != nil {
			return err
		}
	}
	f, err := l.env.fetcher(nil)
	if err != nil {
		return err
	}
	pinner := &pin.Pinner{Fetch: f, Store: l.env.opened.store, Files: l.ws.files, Registries: l.ws.Registries}
	next, err := lock.Make(ctx, l.old, l.graph, l.instances, func(i *recipe.Instance) []lock.Archive { return byInstance[i] }, client, pinner, l.options)
	if err != nil {
		return err
	}
	l.report(next)
	if err := l.survey(ctx, next); err != nil {
		return err
	}
	if l.dry || string(lock.Encode(next)) == string(lock.Encode(l.old)) {
		return nil
	}
	return l.env.writeFile(lock.FileName, lock.Encode(next))
}

// report prints what moved.
func (l *locking) report(next *lock.Lock) {
	moves := lock.Diff(l.old, next)
	for _, m := range moves {
		fmt.Fprintln(l.env.out, m)
	}
	switch {
	case len(moves) > 0 && l.dry:
		fmt.Fprintf(l.env.err, "%s would move\n", plural(len(moves), "package"))
	case len(moves) > 0:
		fmt.Fprintf(l.env.err, "%s: %s, %s changed\n", lock.FileName, plural(len(next.Packages), "package"), plural(len(moves), "line"))
	default:
		fmt.Fprintf(l.env.err, "%s: %s, nothing to change\n", lock.FileName, plural(len(next.Packages), "package"))
	}
}
