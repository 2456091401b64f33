package lock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
)

// A Need is one set that a recipe's instance needs. Set is what the lock will
// say of it, but for what is yet to be found out.
type Need struct {
	Set
	Request Request
}

// Needs are the sets that an instance needs.
func Needs(g *recipe.Graph, r *recipe.Instance, archives []Archive) []Need {
	var needs []Need
	for _, w := range Wishes(g, r) {
		n := Need{
			Set:     Set{Recipe: FullName(r), Use: w.Use, Arch: r.Arch, Suite: r.Suite, Asks: w.Lines()},
			Request: Request{Archives: archives, Arch: r.Arch, Base: true, Recommends: w.Recommends},
		}
		for _, d := range w.Asks {
			n.Request.Want = append(n.Request.Want, Want{Relation: d.Text, Pos: d.Pos})
		}
		needs = append(needs, n)
	}
	return needs
}

// Options are the choices of Make. The zero value pins what is not pinned yet
// and moves nothing.
type Options struct {
	// Move says which sets are resolved again although they are pinned; nil: none.
	Move func(Set) bool

	// May says of a package that these sets would have now whether it may take the
	// place of the pinned one; nil: all. The rest stays, as far as what moves can do
	// with it, and a set of which nothing may move stays as a whole.
	May func(old, next Package) bool

	// Follow says whose sources are asked for what they are now, although they are
	// pinned: branches, tags, and URLs whose digest no recipe says; nil: nobody's.
	Follow func(*recipe.Instance) bool
}

// Make returns old, brought up to what the instances need: sets that fit stay as
// they are, others are resolved, what nobody needs any more is gone. The
// instances are of g, and all of the workspace that are to be locked; archives
// are those of one instance.
func Make(ctx context.Context, old *Lock, g *recipe.Graph, instances []*recipe.Instance, archives func(*recipe.Instance) []Archive, r Resolver, p Pinner, o Options) (*Lock, error) {
	m := &maker{old: old, index: old.Index(), known: map[string]Package{}, has: map[string]Package{}, new: &Lock{IDs: slices.Clone(old.IDs)}}
	for _, p := range old.Packages {
		m.known[fullName(p)] = p
	}
	var needs []Need
	for _, i := range instances {
		needs = append(needs, Needs(g, i, archives(i))...)
	}
	m.ask(ctx, instances, o.Follow, p)
	err := m.sets(ctx, needs, r, o)
	for _, i := range instances {
		err = errors.Join(err, m.sources(ctx, i, p))
	}
	err = errors.Join(err, errors.Join(m.clashes...))
	if err != nil {
		return nil, err
	}
	m.name()
	m.date()
	m.new.sort()
	return m.new, nil
}

// A maker holds a lock while it is made. Its sets name packages by all that
// tells them apart until the whole lock is known.
type maker struct {
	old   *Lock
	index Index
	known map[string]Package // the old lock's, by full name
	new   *Lock
	has   map[string]Package // the new lock's, by full name
	kept  []Base             // of sets that stay
	fresh []Base             // of sets that were resolved; without a name

	found map[string]*found // sources that were asked for, by name

	clashes []error // packages of one full name and unequal bytes
}

func (m *maker) sets(ctx context.Context, needs []Need, r Resolver, o Options) error {
	var open []Need
	fits := map[string]Set{} // of the open needs, what is pinned and fits
	for _, n := range needs {
		set, ok := m.old.Set(n.Recipe, n.Use, n.Arch)
		ok = ok && slices.Equal(set.Asks, n.Asks) && set.Suite == n.Suite
		switch {
		case ok && (o.Move == nil || !o.Move(set)):
			m.keep(set)
			continue
		case ok:
			fits[n.key()] = set
		}
		open = append(open, n)
	}
	answers, err := resolve(ctx, r, open)
	if err != nil {
		return err
	}
	if o.May != nil {
		if open, answers, err = m.may(ctx, r, open, answers, fits, o.May); err != nil {
			return err
		}
	}
	for i, n := range open {
		m.take(n.Set, answers[i])
	}
	return nil
}

func (s Set) key() string { return s.Recipe + " " + s.Use + " " + s.Arch }

func resolve(ctx context.Context, r Resolver, needs []Need) ([]Answer, error) {
	if len(needs) == 0 {
		return nil, nil
	}
	requests := make([]Request, len(needs))
	for i, n := range needs {
		requests[i] = n.Request
	}
	answers, err := r.Resolve(ctx, requests)
	if err == nil && len(answers) != len(needs) {
		err = fmt.Errorf("resolve: %d answers to %d requests", len(answers), len(needs))
	}
	return answers, err
}

// may asks again for the sets that were pinned and that have something which may
// move, and holds the rest of them. Those that have nothing are kept. It returns
// what is still to be taken.
func (m *maker) may(ctx context.Context, r Resolver, needs []Need, answers []Answer, fits map[string]Set, may func(old, next Package) bool) ([]Need, []Answer, error) {
	var rest, again []Need
	var known []Answer
	for i, n := range needs {
		set, fit := fits[n.key()]
		if !fit {
			rest, known = append(rest, n), append(known, answers[i])
			continue
		}
		hold, moves := m.hold(set, answers[i], may)
		if !moves {
			m.keep(set)
			continue
		}
		n.Request.Hold = hold
		again = append(again, n)
	}
	more, err := resolve(ctx, r, again)
	return append(rest, again...), append(known, more...), err
}

// hold lists what a pinned set has and an answer would move, though it may not, and
// reports whether there is anything that may.
func (m *maker) hold(set Set, a Answer, may func(old, next Package) bool) (hold []Package, moves bool) {
	base, _ := m.old.Base(set.Base)
	was := map[string]Package{}
	for _, ref := range slices.Concat(base.Packages, set.Packages) {
		was[m.index[ref].Label(set.Arch)] = m.index[ref]
	}
	for _, p := range slices.Concat(a.Base, a.Packages) {
		old, ok := was[p.Label(set.Arch)]
		switch {
		case !ok || old.SHA256 == p.SHA256:
		case may(old, p):
			moves = true
		default:
			hold = append(hold, old)
		}
	}
	return hold, moves
}

// keep takes over a set as it is.
func (m *maker) keep(set Set) {
	base, _ := m.old.Base(set.Base)
	m.kept = append(m.kept, Base{Name: base.Name, Packages: m.packages(base.Packages)})
	set.Packages = m.packages(set.Packages)
	m.new.Sets = append(m.new.Sets, set)
}

// packages puts what refs of the old lock name into the new one, and returns
// their full names.
func (m *maker) packages(refs []string) []string {
	full := make([]string, len(refs))
	for i, r := range refs {
		p := m.index[r]
		a, _ := m.old.Archive(p.From)
		full[i] = m.add(p, a)
	}
	return full
}

// add puts p, of an archive in a state, into the new lock and returns its full
// name. What the old lock has keeps the date that it has there. What one set counts
// on before it unpacks p may be another set's alternative: Pre has both.
func (m *maker) add(p Package, a Archive) string {
	full := fullName(p)
	if has, ok := m.has[full]; ok {
		if has.SHA256 != p.SHA256 {
			m.clashes = append(m.clashes, clash(has, p))
		}
		m.wait(full, p.Pre)
		return full
	}
	m.has[full] = p
	p.Date = cmp.Or(p.Date, a.Date)
	if old, ok := m.known[full]; ok && old.SHA256 == p.SHA256 && (old.From == p.From || slices.Contains(p.In, old.From)) {
		a, _ = m.old.Archive(old.From)
		p.From, p.Path, p.Date = old.From, old.Path, cmp.Or(old.Date, a.Date)
	}
	m.new.Packages = append(m.new.Packages, p)
	if i := slices.IndexFunc(m.new.Archives, func(b Archive) bool { return a.Name == b.Name }); i < 0 && a.Name != "" {
		m.new.Archives = append(m.new.Archives, Archive{Name: a.Name, URI: a.URI, Suite: a.Suite, Components: a.Components})
	}
	return full
}

// clash is what is wrong if two packages have one name and unequal bytes.
func clash(a, b Package) error {
	name := a.Name + " " + a.Version + " " + a.Arch
	if a.From == b.From {
		return fmt.Errorf("%s has other bytes in %s than were locked, and the same version: `ashlar update` takes the new ones for all recipes", name, a.From)
	}
	return fmt.Errorf("%s is one package in %s and another one in %s, by their SHA-256, and a lock names packages by version: leave it out of one of them, with include in its [archive]", name, a.From, b.From)
}

// wait adds to what has to be configured before a package is unpacked.
func (m *maker) wait(full string, pre []string) {
	if len(pre) == 0 {
		return
	}
	i := slices.IndexFunc(m.new.Packages, func(p Package) bool { return fullName(p) == full })
	p := &m.new.Packages[i]
	p.Pre = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.Pre, pre))))
}

// date gives archives the oldest date of their packages, so that a package says
// its own only if it is newer, and a line that did not move does not change.
func (m *maker) date() {
	for i := range m.new.Archives {
		a := &m.new.Archives[i]
		for _, p := range m.new.Packages {
			if p.From == a.Name && (a.Date == "" || p.Date < a.Date) {
				a.Date = p.Date
			}
		}
	}
	for i := range m.new.Packages {
		p := &m.new.Packages[i]
		if a, ok := m.new.Archive(p.From); ok && a.Date == p.Date {
			p.Date = ""
		}
	}
}

func (m *maker) take(set Set, a Answer) {
	full := func(packages []Package) []string {
		var names []string
		for _, p := range packages {
			at := slices.IndexFunc(a.Archives, func(from Archive) bool { return from.Name == p.From })
			if at < 0 {
				names = append(names, m.add(p, Archive{}))
				continue
			}
			names = append(names, m.add(p, a.Archives[at]))
		}
		return names
	}
	base := full(a.Base)
	set.Packages = full(a.Packages)
	set.Base = ""
	m.fresh = append(m.fresh, Base{Packages: base})
	m.new.Sets = append(m.new.Sets, set)
}

// name gives bases their names and packages the short ones that sets use.
func (m *maker) name() {
	for _, b := range m.kept {
		m.base(b)
	}
	next := 0
	for i := range m.new.Sets {
		set := &m.new.Sets[i]
		if set.Base == "" {
			set.Base = m.freshBase(set.Suite+" "+set.Arch, m.fresh[next].Packages)
			next++
		}
	}
	short := map[string]string{}
	for ref, p := range m.new.Index() {
		short[fullName(p)] = ref
	}
	for _, list := range m.lists() {
		for i := range *list {
			(*list)[i] = short[(*list)[i]]
		}
	}
}

func (m *maker) lists() []*[]string {
	var lists []*[]string
	for i := range m.new.Bases {
		lists = append(lists, &m.new.Bases[i].Packages)
	}
	for i := range m.new.Sets {
		lists = append(lists, &m.new.Sets[i].Packages)
	}
	return lists
}

// base adds b unless it is there.
func (m *maker) base(b Base) {
	if _, ok := m.new.Base(b.Name); !ok {
		m.new.Bases = append(m.new.Bases, b)
	}
}

// freshBase returns the name of the base with these packages, a new one if no
// base of that suite and architecture has them.
func (m *maker) freshBase(prefix string, packages []string) string {
	for _, b := range m.new.Bases {
		if (b.Name == prefix || strings.HasPrefix(b.Name, prefix+" ")) && slices.Equal(b.Packages, packages) {
			return b.Name
		}
	}
	name := prefix
	for n := 2; ; n++ {
		if _, taken := m.new.Base(name); !taken {
			break
		}
		name = fmt.Sprintf("%s %d", prefix, n)
	}
	m.new.Bases = append(m.new.Bases, Base{Name: name, Packages: packages})
	return name
}
