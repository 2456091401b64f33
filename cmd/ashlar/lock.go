package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/pin"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func lockCommand() *command {
	return &command{
		name: "lock", args: "[--repair] [--fetch-hashes] [--verbose] [NAME...]", short: "pin what recipes leave open, by digest",
		long: `Asks the archives which packages satisfy the recipes' dependencies, and URLs and git
repositories what they have, and writes ashlar.lock, which builds obey. What is pinned
already stays as it is, even where there is something newer: ` + "`ashlar update`" + ` moves pins.
Names limit what is pinned anew; recipes that no longer exist leave the lock.

With --repair it also moves what can no longer be had: what the archive has dropped and
neither the store nor the vendor nor any other place has. It says which.

With --fetch-hashes it writes the digests of sources into their recipes, each a line
below its url; all other bytes of the recipe stay as they are.`,
		store: true,
		run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			repair := flags.Bool("repair", false, "also move what can no longer be had")
			verbose := flags.Bool("verbose", false, "print a row for each package of a new recipe, too")
			hashes := flags.Bool("fetch-hashes", false, "write the digests of sources into the recipes")
			names, err := parse(flags, args)
			if err != nil {
				return err
			}
			if *hashes {
				if err := env.fetchHashes(ctx, names); err != nil {
					return err
				}
			}
			return env.relock(ctx, names, func(l *locking) error {
				l.verbose = *verbose
				if *repair {
					return l.moveGone(ctx)
				}
				return nil
			})
		},
	}
}

// A locking is a lock on its way from old to new.
type locking struct {
	env       *env
	out       io.Writer // for what is shown of edits
	ws        *workspace
	old       *lock.Lock
	graph     *recipe.Graph
	instances []*recipe.Instance // to be locked: all of the graph, or some
	options   lock.Options
	verbose   bool // a row for each package of a new set, too

	broken diag.List // edits that do not hold; the lock is right without them

	warnMu   sync.Mutex
	warnings []*diag.Error
}

// locking reads what is locked and what is to be, of all recipes: names are those that
// somebody asked for. It has archives asked whatever they last said.
func (e *env) locking(names []string) (*locking, error) {
	e.maxAge = -1
	w, err := e.loadRecipes()
	if err != nil {
		return nil, err
	}
	e.warnOf(w, recipeNames(names))
	l := &locking{env: e, out: e.out, ws: w, graph: w.Graph()}
	l.instances = l.graph.All
	l.old, err = w.readLock()
	return l, err
}

// relock makes a new lock as prepare wants it, writes it, and prints what moved.
func (e *env) relock(ctx context.Context, names []string, prepare func(*locking) error) error {
	l, err := e.locking(names)
	if err != nil {
		return err
	}
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
		if err := l.known(n); err != nil {
			return err
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

// known refuses a name that no recipe has.
func (l *locking) known(name string) error {
	var names []string
	for _, i := range l.graph.All {
		names = append(names, i.Name, lock.FullName(i))
	}
	if slices.Contains(names, name) {
		return nil
	}
	return noSuch(name, names, "there is no recipe %q", name)
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

// moveGone has sets resolved again that need what the archives have dropped and
// nobody else has either, as far as that goes.
func (l *locking) moveGone(ctx context.Context) error {
	gone, err := l.gone(ctx)
	if err != nil {
		return err
	}
	index := l.old.Index()
	l.options.Move = func(s lock.Set) bool {
		base, _ := l.old.Base(s.Base)
		return slices.ContainsFunc(slices.Concat(base.Packages, s.Packages), func(ref string) bool { return gone[index[ref].SHA256] })
	}
	l.options.May = func(old, _ lock.Package) bool { return gone[old.SHA256] }
	return nil
}

// gone finds the packages that can be had from nowhere, by digest, and says which.
func (l *locking) gone(ctx context.Context) (map[string]bool, error) {
	client, err := l.env.archives()
	if err != nil {
		return nil, err
	}
	gone := map[string]bool{}
	asked := map[string]bool{}
	index := l.old.Index()
	for _, i := range l.instances {
		archives, err := l.ws.archives(l.graph, i)
		if err != nil {
			return nil, err
		}
		for _, s := range l.old.Sets {
			if s.Recipe != lock.FullName(i) || s.Arch != i.Arch {
				continue
			}
			base, _ := l.old.Base(s.Base)
			for _, ref := range slices.Concat(base.Packages, s.Packages) {
				p := index[ref]
				if asked[p.SHA256] {
					continue
				}
				asked[p.SHA256] = true
				has, err := client.Has(ctx, archives, i.Arch, p)
				if err == nil && !has {
					gone[p.SHA256], err = l.lost(ctx, p, archives)
				}
				if err != nil {
					return nil, err
				}
			}
		}
	}
	return gone, nil
}

// lost reports whether a package that its archive has dropped is not in the store
// and cannot be fetched from anywhere else, and says so.
func (l *locking) lost(ctx context.Context, p lock.Package, archives []lock.Archive) (bool, error) {
	f, err := l.env.fetcher(nil)
	if err != nil {
		return false, err
	}
	name := p.Name + " " + p.Version
	_, err = f.Fetch(ctx, fetch.Request{Name: name, URLs: apt.URLs(l.old, p, archives), SHA256: p.SHA256, Size: p.Size})
	var nowhere *fetch.Error
	switch {
	case err == nil:
		fmt.Fprintf(l.env.err, "%s is no longer in %s, and still to be had elsewhere: it stays\n", name, p.From)
		return false, nil
	case errors.As(err, &nowhere):
		fmt.Fprintf(l.env.err, "%s is no longer in %s, nor elsewhere: it moves\n", name, p.From)
		return true, nil
	}
	return false, err
}

// run makes the new lock, prints what moved, and writes it.
func (l *locking) run(ctx context.Context) error {
	next, err := l.make(ctx)
	if err != nil {
		return err
	}
	moves := lock.Diff(l.old, next)
	rows := moves
	if !l.verbose {
		if rows, err = printSets(l.env.out, l.old, next, moves); err != nil {
			return err
		}
	}
	sources := l.sources(next)
	if err := errors.Join(printMoves(l.env.out, rows, nil), l.printSources(l.env.out, sources)); err != nil {
		return err
	}
	if err := l.survey(ctx, next); err != nil {
		return err
	}
	return errors.Join(l.write(next, len(sources)), l.broken.Err())
}

func (l *locking) make(ctx context.Context) (*lock.Lock, error) {
	progress := newProgress(l.env, !l.env.terminal)
	defer progress.end()
	if _, err := l.env.fetcher(progress.download); err != nil {
		return nil, err
	}
	client, err := l.env.archives()
	if err != nil {
		return nil, err
	}
	byInstance, err := l.ws.archivesOf(l.graph, l.instances)
	if err != nil {
		return nil, err
	}
	f, err := l.env.fetcher(nil)
	if err != nil {
		return nil, err
	}
	repositories, err := l.env.git()
	if err != nil {
		return nil, err
	}
	pinner := &pin.Pinner{Fetch: f, Store: l.env.opened.store, Files: l.ws.files, Registries: l.ws.Registries, Git: repositories, Warn: l.warn}
	return lock.Make(ctx, l.old, l.graph, l.instances, func(i *recipe.Instance) []lock.Archive { return byInstance[i] }, client, pinner, l.options)
}

// warn notes what is not wrong and may not be meant. Many call it at a time.
func (l *locking) warn(pos diag.Pos, format string, args ...any) {
	l.warnMu.Lock()
	defer l.warnMu.Unlock()
	l.warnings = append(l.warnings, &diag.Error{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// printWarnings prints what was noted, in the order of the recipes.
func (l *locking) printWarnings() {
	slices.SortStableFunc(l.warnings, func(a, b *diag.Error) int {
		return cmp.Or(strings.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line))
	})
	for _, w := range l.warnings {
		fmt.Fprintf(l.env.err, "warning: %v\n", w)
		if w.Hint != "" {
			fmt.Fprintf(l.env.err, "hint: %s\n", w.Hint)
		}
	}
	l.warnings = nil
}

// write writes the new lock if it is another one, and says what it is.
func (l *locking) write(next *lock.Lock, sources int) error {
	text := lock.Encode(next)
	if string(text) == string(lock.Encode(l.old)) {
		fmt.Fprintf(l.env.err, "%s: %s, nothing to change\n", lock.FileName, plural(len(next.Packages), "package"))
		return nil
	}
	if err := l.env.writeFile(lock.FileName, text); err != nil {
		return err
	}
	fmt.Fprintf(l.env.err, "%s: %s", lock.FileName, plural(len(next.Packages), "package"))
	for _, change := range inNumbers(l.old, next) {
		fmt.Fprintf(l.env.err, ", %s", change)
	}
	if sources > 0 {
		fmt.Fprintf(l.env.err, "; %s moved, came or left", plural(sources, "source"))
	}
	fmt.Fprintln(l.env.err)
	return nil
}

// inNumbers says how many packages of a lock are new, moved, or in the old one alone.
func inNumbers(old, next *lock.Lock) []string {
	before, now := versions(old), versions(next)
	var came, moved, left int
	for name, v := range now {
		switch was, known := before[name]; {
		case !known:
			came++
		case !slices.Equal(was, v):
			moved++
		}
	}
	for name := range before {
		if _, stays := now[name]; !stays {
			left++
		}
	}
	var says []string
	for _, c := range []struct {
		n    int
		word string
	}{{came, "new"}, {moved, "moved"}, {left, "no longer needed"}} {
		if c.n > 0 {
			says = append(says, fmt.Sprintf("%d %s", c.n, c.word))
		}
	}
	return says
}

// versions are those of each package of a lock.
func versions(l *lock.Lock) map[string][]string {
	all := map[string][]string{}
	for _, p := range l.Packages {
		all[p.Name+":"+p.Arch] = append(all[p.Name+":"+p.Arch], p.Version)
	}
	return all
}
