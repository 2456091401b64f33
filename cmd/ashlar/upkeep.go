package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/changes"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func outdatedCommand() *command {
	return &command{
		name: "outdated", args: "[--security] [--changes] [NAME...]", short: "print what `ashlar update` would move",
		long: `Compares the lock with what the archives have now, and prints the packages that
` + "`ashlar update`" + ` would move, with both versions, where the new one is from, and which
recipes' images, builds and tests have it; and the sources that are others by now: a
branch or tag of git, a URL whose digest no recipe says. It writes nothing. Exit status 0, whether
something would move or not.

A security update is one that is in an archive whose suite ends in -security. If
ashlar.toml says where Debian's security tracker is ([workspace] security-tracker), also
one that fixes a CVE, and the CVEs are printed. With --changes the changelog's entries
between the two versions are printed, and the CVEs that they name; for that the new
package of each source that moves is fetched, which an update needs anyway.`,
		store: true, run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			return runUpkeep(ctx, env, flags, args, false)
		},
	}
}

func updateCommand() *command {
	return &command{
		name: "update", args: "[--security] [--package P]... [NAME...]", short: "move the lock to what the archives have now",
		long: `Resolves the dependencies of all recipes again, or of the named ones, and writes
ashlar.lock. It prints what moved, as ` + "`ashlar outdated`" + ` does, and which images are touched.
An image whose files do not change keeps its digest. Sources go to what their branch,
tag or URL has now, but for those whose commit or digest a recipe says; where a tag was
moved or a URL has other bytes, it warns.

With --security only security updates move, with --package only the packages named so;
and what these cannot do without. Sources then stay. Everything else stays, as far as the archives still
have it. A recipe of which nothing moves keeps its packages as they are.`,
		store: true, run: func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
			return runUpkeep(ctx, env, flags, args, true)
		},
	}
}

// An upkeep is a lock that is compared with the archives, or moved.
type upkeep struct {
	*locking
	security bool     // only security updates
	packages []string // only these
	changes  bool     // with changelogs
	tracker  *changes.Tracker
	suites   map[string]string // of archives, by name
}

// A moved package is a row of what outdated and update print.
type moved struct {
	Name     string   `json:"name"`
	Old      []string `json:"old,omitempty"` // versions; none: it is new
	New      []string `json:"new,omitempty"` // none: it is gone
	From     string   `json:"from,omitempty"`
	Source   string   `json:"source,omitempty"`
	Security bool     `json:"security,omitempty"`
	CVEs     []string `json:"cves,omitempty"`
	Images   []string `json:"images,omitempty"`
	Builds   []string `json:"builds,omitempty"`
	Tests    []string `json:"tests,omitempty"`
	Changes  []change `json:"changes,omitempty"`
	Note     string   `json:"note,omitempty"` // why there are no changes
}

// A change is an entry of a changelog, as --json prints it.
type change struct {
	Version string `json:"version"`
	Suites  string `json:"suites"`
	Urgency string `json:"urgency,omitempty"`
	Date    string `json:"date,omitempty"`
	Text    string `json:"text"`
}

func runUpkeep(ctx context.Context, env *env, flags *flag.FlagSet, args []string, write bool) error {
	u := &upkeep{suites: map[string]string{}}
	flags.BoolVar(&u.security, "security", false, "only security updates")
	asJSON := flags.Bool("json", false, "print JSON: the packages, and by image their names")
	if write {
		flags.Func("package", "move only package `P`; may be given several times", func(p string) error {
			u.packages = append(u.packages, p)
			return nil
		})
	} else {
		flags.BoolVar(&u.changes, "changes", false, "print changelogs, too")
	}
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if u.locking, err = env.locking(names); err != nil {
		return err
	}
	if err := u.check(names); err != nil {
		return err
	}
	if err := u.read(ctx); err != nil {
		return err
	}
	u.options.Move = u.named(names)
	if u.security || len(u.packages) > 0 {
		u.options.May = u.may
	} else {
		u.options.Follow = func(i *recipe.Instance) bool {
			return len(names) == 0 || slices.Contains(names, i.Name) || slices.Contains(names, lock.FullName(i))
		}
	}
	return u.run(ctx, write, *asJSON)
}

// run makes the new lock, prints what moves, and writes it if it is to.
func (u *upkeep) run(ctx context.Context, write, asJSON bool) error {
	next, err := u.make(ctx)
	if err != nil {
		return err
	}
	moves := lock.Diff(u.old, next)
	if !write {
		moves = u.pinned(moves, lock.Unpinned(u.old, next))
	}
	rows, err := u.rows(ctx, next, moves)
	if err != nil {
		return err
	}
	sources := u.sources(next)
	if err := u.print(moves, rows, sources, asJSON); err != nil {
		return err
	}
	if !write {
		u.say(rows, moves, sources, "would move")
		return nil
	}
	if err := u.survey(ctx, next); err != nil {
		return err
	}
	if err := u.write(next, len(sources)); err != nil {
		return err
	}
	u.say(rows, moves, sources, "moved")
	return u.broken.Err()
}

// print prints what moves: as tables, or as JSON, and then all else on standard error.
func (u *upkeep) print(moves []lock.Move, rows []moved, sources []movedSource, asJSON bool) error {
	if asJSON {
		u.out = u.env.err
		return errors.Join(printUpkeep(u.env.out, rows, sources), u.printSources(io.Discard, sources))
	}
	return errors.Join(printMoves(u.env.out, moves, rows), u.printSources(u.env.out, sources))
}

// pinned leaves out what would only come for uses of which the lock has nothing yet,
// and says which these are.
func (u *upkeep) pinned(moves []lock.Move, unpinned []lock.Use) []lock.Move {
	for _, use := range unpinned {
		fmt.Fprintf(u.env.err, "%s has nothing for %s of %s yet: run `ashlar lock`\n", lock.FileName, use.Use, use.Recipe)
	}
	return slices.DeleteFunc(moves, func(m lock.Move) bool {
		return !slices.ContainsFunc(m.Uses, func(use lock.Use) bool { return !slices.Contains(unpinned, use) })
	})
}

// check refuses names that mean nothing.
func (u *upkeep) check(names []string) error {
	for _, n := range names {
		if err := u.known(n); err != nil {
			return err
		}
	}
	var locked []string
	for _, p := range u.old.Packages {
		locked = append(locked, p.Name)
	}
	for _, p := range u.packages {
		if !slices.Contains(locked, p) {
			return noSuch(p, locked, "%s has no package %q", lock.FileName, p)
		}
	}
	return nil
}

// read finds out what tells security updates from others.
func (u *upkeep) read(ctx context.Context) error {
	for _, i := range u.instances {
		archives, err := u.ws.archives(u.graph, i)
		if err != nil {
			return err
		}
		for _, a := range archives {
			u.suites[a.Name] = a.Suite
		}
	}
	var sources []string
	for _, p := range u.old.Packages {
		sources = append(sources, sourceOf(p))
	}
	var err error
	u.tracker, err = u.env.tracker(ctx, u.ws, sources)
	return err
}

// may says whether a package may take another's place.
func (u *upkeep) may(old, next lock.Package) bool {
	if len(u.packages) > 0 && !slices.Contains(u.packages, next.Name) {
		return false
	}
	return !u.security || u.isSecurity(next) || len(u.fixed(old, next)) > 0
}

// isSecurity reports whether a package is in a security archive.
func (u *upkeep) isSecurity(p lock.Package) bool {
	return slices.ContainsFunc(p.In, func(archive string) bool { return strings.HasSuffix(u.suites[archive], "-security") })
}

// fixed are the CVEs that the tracker says are fixed from one version to the next.
func (u *upkeep) fixed(old, next lock.Package) []string {
	was, now, ok := sourceVersions(old, next)
	if u.tracker == nil || !ok {
		return nil
	}
	codename, _, _ := strings.Cut(u.suites[next.From], "-")
	return u.tracker.Fixed(next.Source, codename, was, now)
}

// sourceVersions are those of the sources of two versions of a package. The old one
// is known only if packages are numbered as their source is.
func sourceVersions(old, next lock.Package) (was, now string, ok bool) {
	return changes.SourceVersion(old.Version), next.SourceVersion, changes.SourceVersion(next.Version) == next.SourceVersion
}

// rows describes moves.
func (u *upkeep) rows(ctx context.Context, next *lock.Lock, moves []lock.Move) ([]moved, error) {
	logs := changelogs{upkeep: u, lock: next, read: map[string][]changes.Entry{}}
	rows := make([]moved, len(moves))
	for i, m := range moves {
		r := moved{Name: m.Name, Old: versionsOf(m.Old), New: versionsOf(m.New), Images: m.For(lock.UseRuntime), Builds: m.For(lock.UseBuild)}
		for _, use := range m.Uses {
			if strings.HasPrefix(use.Use, "test ") && !slices.Contains(r.Tests, use.Recipe) {
				r.Tests = append(r.Tests, use.Recipe)
			}
		}
		if len(m.New) > 0 {
			p := m.New[len(m.New)-1]
			r.From, r.Source, r.Security = p.From, p.Source, len(m.Old) > 0 && u.isSecurity(p)
		}
		if len(m.New) > 0 && len(m.Old) > 0 {
			old, p := m.Old[0], m.New[len(m.New)-1]
			r.CVEs = u.fixed(old, p)
			r.Security = r.Security || len(r.CVEs) > 0
			if u.changes {
				if err := logs.add(ctx, &r, old, p, moves); err != nil {
					return nil, err
				}
			}
		}
		rows[i] = r
	}
	return rows, nil
}

func versionsOf(packages []lock.Package) []string {
	var all []string
	for _, p := range packages {
		if !slices.Contains(all, p.Version) {
			all = append(all, p.Version)
		}
	}
	return all
}

// say sums up.
func (u *upkeep) say(rows []moved, moves []lock.Move, sources []movedSource, what string) {
	var secure []string
	touched := map[string]bool{}
	for _, r := range rows {
		if r.Security {
			secure = append(secure, r.Name)
		}
		for _, i := range slices.Concat(r.Images, r.Builds) {
			touched[i] = true
		}
	}
	for _, s := range sources {
		for _, name := range s.Recipes {
			touched[name] = true
		}
	}
	var counts []string
	if len(rows) > 0 {
		counts = append(counts, plural(len(rows), "package"))
	}
	if len(sources) > 0 {
		counts = append(counts, plural(len(sources), "source"))
	}
	if len(counts) == 0 {
		fmt.Fprintln(u.env.err, "nothing "+what)
		return
	}
	fmt.Fprintf(u.env.err, "%s %s", strings.Join(counts, " and "), what)
	if len(secure) > 0 {
		fmt.Fprintf(u.env.err, ", %d of them for security", len(secure))
	}
	if len(touched) > 0 {
		fmt.Fprintf(u.env.err, "; to build again: %s", some(slices.Sorted(maps.Keys(touched)), 10))
	}
	fmt.Fprintln(u.env.err)
	var besides []string
	for _, m := range moves {
		if u.options.May != nil && len(m.Old) > 0 && len(m.New) > 0 && !u.may(m.Old[0], m.New[len(m.New)-1]) {
			besides = append(besides, m.Name)
		}
	}
	if len(besides) > 0 {
		fmt.Fprintf(u.env.err, "%d of them because the others need it, or because the archives have dropped what was locked: %s\n", len(besides), some(besides, 10))
	}
}

// some lists names, the first few of many.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
