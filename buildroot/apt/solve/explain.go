package solve

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A Refusal says why picks cannot be installed together.
type Refusal struct {
	Pick  int      // which of the picks cannot be had; the first of them
	Chain []string // from the pick to the cause: "a needs b (>= 2), which trixie has as 1.9"

	Conflict bool // the cause is that packages are in each other's way, and none that is missing

	Remedy string // what to ask for instead, if that may help
}

func (r *Refusal) Error() string { return strings.Join(r.Chain, "; ") }

// A failure is why a package could not be marked, for messages only.
type failure struct {
	version  uint32
	group    []index.Dep // that was not met
	other    uint32      // the version that a conflict is with
	excluded bool        // other has the conflict, with this one
}

// fail notes why n cannot be had. The first reason counts: later ones follow
// from it.
func (s *solver) fail(n uint32, f failure) {
	if _, ok := s.fails[n]; !ok {
		s.fails[n] = f
	}
}

// refuse explains what is broken.
func (s *solver) refuse(picks []Pick) *Refusal {
	e := explainer{solver: s, seen: map[uint32]bool{}}
	for _, p := range picks {
		if s.is(p.Name, marked) && s.broken(p.Name) {
			group := e.marked(p.Name)
			return e.refusal(p, group)
		}
	}
	for _, n := range s.order {
		if s.is(n, marked) && s.broken(n) {
			p, path := s.cause(n, picks)
			group := e.path(path)
			e.marked(n)
			return e.refusal(p, group)
		}
	}
	return &Refusal{Chain: []string{"the packages cannot be installed together"}}
}

// cause is the pick for whose sake n was marked, and the way from it to n.
func (s *solver) cause(n uint32, picks []Pick) (pick Pick, path []uint32) {
	path = []uint32{n}
	for range s.order {
		if i := slices.IndexFunc(picks, func(p Pick) bool { return p.Name == n }); i >= 0 {
			slices.Reverse(path)
			return picks[i], path
		}
		next, ok := s.needs[n]
		if !ok || slices.Contains(path, next) {
			break
		}
		n = next
		path = append(path, n)
	}
	return picks[0], nil
}

// An explainer writes a chain.
type explainer struct {
	*solver
	chain []string
	seen  map[uint32]bool

	conflict, lack bool // what the chain ends with
	remedy         string
}

// refusal is the chain, of a pick and, if that stands for dependencies, the group among
// them.
func (e *explainer) refusal(p Pick, group int) *Refusal {
	at := p.at[0]
	if p.Name == e.standIn {
		at = p.at[group]
	}
	return &Refusal{Pick: at, Chain: e.chain, Conflict: e.conflict && !e.lack, Remedy: e.remedy}
}

func (e *explainer) say(format string, args ...any) {
	e.chain = append(e.chain, fmt.Sprintf(format, args...))
}

// dependence says that n depends on something.
func (e *explainer) dependence(n uint32, what string) string {
	if n == e.standIn {
		return what + " is asked for"
	}
	return e.ix.Label(n) + " needs " + what
}

// path says how one package of a path leads to the next, and returns which group of
// the first one's dependencies leads to the second.
func (e *explainer) path(path []uint32) (group int) {
	for i := 1; i < len(path); i++ {
		e.seen[path[i-1]] = true
		text := e.ix.Label(path[i])
		for j, g := range e.groupsFor(path[i-1]) {
			if k := slices.IndexFunc(g, func(d index.Dep) bool { return e.leads(d, path[i]) }); k >= 0 {
				text = e.relation([]index.Dep{g[k].Alone()})
				if i == 1 {
					group = j
				}
				if path[i-1] == e.standIn {
					text = e.relation(g)
				}
				break
			}
		}
		e.say("%s", e.dependence(path[i-1], text))
	}
	return group
}

// leads reports whether a dependency could have been met by n.
func (e *explainer) leads(d index.Dep, n uint32) bool {
	return !d.Type().Negative() && slices.ContainsFunc(e.originals(d), func(v uint32) bool { return e.ix.Version(v).Name == n })
}

// groupsFor are the dependencies of what is or would be installed of a name.
func (e *explainer) groupsFor(n uint32) [][]index.Dep {
	v := e.install(n)
	if v == index.None {
		v = e.ix.Name(n).Candidate
	}
	if v == index.None {
		return nil
	}
	return e.groups(v)
}

// marked explains a package that is marked and broken, and returns which group of its
// dependencies is not met.
func (e *explainer) marked(n uint32) (group int) {
	e.seen[n] = true
	for i, g := range e.groups(e.install(n)) {
		if g[0].Type().Critical() && !e.holds(n, g) {
			e.group(n, e.install(n), g)
			return i
		}
	}
	return 0
}

// group explains why a dependency of n cannot be met.
func (e *explainer) group(n, version uint32, g []index.Dep) {
	if g[0].Type().Negative() {
		e.conflict = true
		for _, v := range e.hits(n, g[0], e.isInstall) {
			e.clashes(n, g[0], v)
			return
		}
		e.say("%s conflicts with %s", e.ix.Label(n), e.relation(g[:1]))
		return
	}
	if why := e.missing(g); why != "" {
		e.lack = true
		e.say("%s, %s", e.dependence(n, e.relation(g)), why)
		e.instead(g)
		return
	}
	e.say("%s", e.dependence(n, e.relation(g)))
	for _, d := range g {
		for _, v := range e.originals(d) {
			e.cannot(e.ix.Version(v).Name, v)
		}
	}
}

// originals are the versions that were candidates at the beginning and meet d.
func (e *explainer) originals(d index.Dep) []uint32 {
	return slices.DeleteFunc(meeting(e.ix, d.Constraint()), func(v uint32) bool {
		return e.ix.Name(e.ix.Version(v).Name).Candidate != v && !e.isCandidate(v)
	})
}

// maxChain is how many links people read.
const maxChain = 12

// cannot explains why a candidate cannot be had.
func (e *explainer) cannot(n, v uint32) {
	if e.seen[n] || len(e.chain) >= maxChain {
		return
	}
	e.seen[n] = true
	f, ok := e.fails[n]
	switch {
	case !ok:
		e.say("%s was given up on the way", e.ix.Label(n))
		e.remedy = cmp.Or(e.remedy, fmt.Sprintf("ask for %s, too: what is asked for is not given up", e.ix.Label(n)))
	case f.excluded:
		e.conflict = true
		e.conflictWith(f.other, f.group[0], n)
	case f.group[0].Type().Negative():
		e.conflict = true
		e.clashes(n, f.group[0], f.other)
	default:
		e.group(n, f.version, f.group)
	}
}

// clashes says that n conflicts with v, and why v is there.
func (e *explainer) clashes(n uint32, d index.Dep, v uint32) {
	q := e.ix.Version(v).Name
	e.say("%s %s %s%s", e.ix.Label(n), verb(d), e.clash(d, q), e.presence(q))
}

// conflictWith says that what is there conflicts with n.
func (e *explainer) conflictWith(v uint32, d index.Dep, n uint32) {
	q := e.ix.Version(v).Name
	e.say("%s%s %s %s", e.ix.Label(q), e.presence(q), verb(d), e.clash(d, n))
}

func verb(d index.Dep) string {
	if d.Type() == index.Breaks || d.Type() == index.ArchBreaks {
		return "breaks"
	}
	return "conflicts with"
}

// clash names what a negative dependency hits: the package, and by which name if
// it is another.
func (e *explainer) clash(d index.Dep, q uint32) string {
	rel := e.relation([]index.Dep{d.Alone()})
	if e.ix.Constraint(d.Constraint()).Name == q {
		return rel
	}
	return fmt.Sprintf("%s, which %s provides", rel, e.ix.Label(q))
}

// presence says for whose sake q is in the set.
func (e *explainer) presence(q uint32) string {
	by, ok := e.needs[q]
	switch {
	case e.is(q, plain):
		return " (of the essential set)"
	case ok && by == e.standIn:
		return " (asked for)"
	case ok && e.is(q, auto) && by != q:
		return fmt.Sprintf(" (needed by %s)", e.ix.Label(by))
	case e.is(q, marked) && !e.is(q, auto):
		return " (asked for)"
	}
	return ""
}

// missing says what the archives have in place of what a group asks for, if they
// have nothing that meets it.
func (e *explainer) missing(g []index.Dep) string {
	var have []string
	for _, d := range g {
		if len(e.originals(d)) > 0 {
			return ""
		}
		have = append(have, e.have(d))
	}
	return strings.Join(have, " and ")
}

// instead finds a version that is not the candidate and meets a group: apt takes none but
// the candidate unasked.
func (e *explainer) instead(g []index.Dep) {
	for _, d := range g {
		c := e.ix.Constraint(d.Constraint())
		for _, v := range meeting(e.ix, d.Constraint()) {
			n := e.ix.Name(c.Name)
			if e.ix.Version(v).Name == c.Name && n.Candidate != index.None {
				e.remedy = fmt.Sprintf("ask for %s=%s, too: without that it is %s, which is preferred", e.ix.Label(c.Name), e.ix.VersionOf(v), e.ix.VersionOf(n.Candidate))
				return
			}
		}
	}
}

// have says what there is of the name in d.
func (e *explainer) have(d index.Dep) string {
	c := e.ix.Constraint(d.Constraint())
	return Have(e.ix, c.Name)
}

// Have says what the archives have of a name, as a clause: "which trixie has as
// 1.9", "which nothing provides".
func Have(ix *index.Index, name uint32) string {
	vs := ix.Name(name).Versions
	var have []string
	last := ""
	for v := vs.First; v < vs.End(); v++ {
		if archive := ix.InputOf(v).Archive; archive != last {
			have, last = append(have, fmt.Sprintf("%s has as %s", archive, ix.VersionOf(v))), archive
		} else {
			have[len(have)-1] += ", " + ix.VersionOf(v)
		}
	}
	for i, u := range ix.Unusable() {
		if u.Name == ix.NameOf(name) && i < maxChain {
			have = append(have, fmt.Sprintf("%s has as %s, which cannot be used: %s", ix.Inputs()[u.Input].Archive, u.Version, u.Why))
		}
	}
	if len(have) > 0 {
		return "which " + strings.Join(have, " and ")
	}
	for _, i := range ix.ProvidersOf(name) {
		p := ix.Provide(i)
		as := "no version"
		if p.Version.Len > 0 {
			as = ix.Text(p.Version)
		}
		have = append(have, fmt.Sprintf("%s provides as %s", ix.Label(ix.Version(p.Owner).Name), as))
	}
	if len(have) > 4 {
		have = append(have[:4], "others provide likewise")
	}
	if len(have) > 0 {
		return "which " + strings.Join(have, " and ")
	}
	return "which no archive has"
}

// relation writes a group as the field has it.
func (e *explainer) relation(g []index.Dep) string {
	var all []string
	for _, d := range g {
		c := e.ix.Constraint(d.Constraint())
		text := e.ix.Label(c.Name)
		if op := relation.Op(c.Op); op != relation.None {
			text += fmt.Sprintf(" (%s %s)", op, e.ix.Text(c.Version))
		}
		all = append(all, text)
	}
	return strings.Join(all, " | ")
}
