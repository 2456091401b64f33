package solve

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// ErrNotHere is wrapped by what [Choose] returns for a relation whose condition
// does not hold for the architecture: nothing is to be installed for it.
var ErrNotHere = errors.New("the relation does not hold here")

// Choose picks what one entry of a list of packages asks for. A name, `name=version`
// and `name/suite` are what they are on apt-get's command line: the candidate, that
// very version, that suite's; a virtual package only if one package alone provides
// it. `name (>= version)` and alternatives are what they are to `apt-get satisfy`: a
// dependency, which a candidate must be able to meet, and any package may. Of
// alternatives with an exact version or a suite among them it is the first that exists
// and can be installed by itself.
func Choose(ix *index.Index, text string, opts Options) (Pick, error) {
	if group := dependency(text); group != nil {
		return chooseGroup(ix, group)
	}
	alternatives := strings.Split(text, "|")
	var why []error
	here := false
	for _, alt := range alternatives {
		p, err := chooseOne(ix, strings.TrimSpace(alt))
		if errors.Is(err, ErrNotHere) {
			continue
		}
		here = true
		if err == nil && len(alternatives) > 1 {
			_, err = Solve(ix, []Pick{p}, opts)
		}
		if err == nil {
			return p, nil
		}
		why = append(why, err)
	}
	return Pick{}, joined(why, here)
}

// joined is why no alternative can be had; here says that one of them is meant.
func joined(why []error, here bool) error {
	switch {
	case !here:
		return ErrNotHere
	case len(why) == 1:
		return why[0]
	}
	all := make([]string, len(why))
	for i, err := range why {
		all[i] = err.Error()
	}
	return errors.New(strings.Join(all, "; "))
}

// dependency returns the alternatives of a text that is one dependency, with a range of
// versions or several alternatives; nil if it is not.
func dependency(text string) []relation.Relation {
	group, err := relation.Parse(text)
	if err != nil || len(group) == 0 || len(group) == 1 && group[0].Op == relation.None ||
		slices.ContainsFunc(group[:len(group)-1], func(r relation.Relation) bool { return !r.Or }) {
		return nil
	}
	return group
}

// chooseGroup picks a dependency that a candidate can meet.
func chooseGroup(ix *index.Index, group []relation.Relation) (Pick, error) {
	p := Pick{Name: index.None, Version: index.None, Relation: group}
	if slices.ContainsFunc(p.Meeting(ix), func(v uint32) bool { return ix.Name(ix.Version(v).Name).Candidate == v }) {
		return p, nil
	}
	var why []error
	for _, r := range group {
		if r.Condition.Holds(ix.Arch(), nil) {
			why = append(why, unmet(ix, r))
		}
	}
	return Pick{}, joined(why, why != nil)
}

// unmet says why no candidate meets a relation of a dependency.
func unmet(ix *index.Index, r relation.Relation) error {
	p, err := chooseRelation(ix, r)
	if err != nil {
		return err
	}
	only := ix.Label(p.Name)
	_, arch, foreign := strings.Cut(only, ":")
	if text := strings.TrimSpace(r.String()); !foreign || r.Arch != "" {
		return fmt.Errorf("nothing provides %s", text)
	}
	return fmt.Errorf("%s is asked for, and %s alone has it, as %s: a dependency is met by %s only where it is Multi-Arch: foreign; write %s if that one is meant",
		strings.TrimSpace(r.String()), arch, ix.VersionOf(p.Version), arch, strings.Replace(strings.TrimSpace(r.String()), r.Name, only, 1))
}

// meeting lists the versions that meet a constraint, candidates or not.
func meeting(ix *index.Index, constraint uint32) []uint32 {
	var all []uint32
	c := ix.Constraint(constraint)
	vs := ix.Name(c.Name).Versions
	for v := vs.First; v < vs.End(); v++ {
		if ix.Accepts(c, v) {
			all = append(all, v)
		}
	}
	for _, i := range ix.ProvidersOf(c.Name) {
		if p := ix.Provide(i); ix.AcceptsProvide(c, p) {
			all = append(all, p.Owner)
		}
	}
	return all
}

// chooseOne picks for one alternative.
func chooseOne(ix *index.Index, text string) (Pick, error) {
	name, _, exact := strings.Cut(text, "=")
	if exact && !strings.ContainsAny(name, "( <>") {
		return choosePlain(ix, text, func(text string) (Pick, error) {
			name, version, _ := strings.Cut(text, "=")
			return chooseVersion(ix, name, "no archive has version "+version+" of", func(v uint32) bool { return ix.VersionOf(v) == version })
		})
	}
	name, _, from := strings.Cut(text, "/")
	if from && !strings.ContainsAny(name, " ([") {
		return choosePlain(ix, text, func(text string) (Pick, error) {
			name, suite, _ := strings.Cut(text, "/")
			if suites := suites(ix); !slices.Contains(suites, suite) {
				return Pick{}, &SuiteError{suite, suites}
			}
			p, err := chooseVersion(ix, name, suite+" has no", func(v uint32) bool { return ix.In(v, suite) })
			p.Suite = suite
			return p, err
		})
	}
	rels, err := relation.Parse(text)
	switch {
	case err != nil:
		return Pick{}, err
	case len(rels) != 1:
		return Pick{}, fmt.Errorf("%q is not one relation", text)
	case !rels[0].Condition.Holds(ix.Arch(), nil):
		return Pick{}, ErrNotHere
	}
	return chooseRelation(ix, rels[0])
}

// A SuiteError says that no archive is of a suite.
type SuiteError struct {
	Suite string
	Known []string // what archives and suites are called
}

func (e *SuiteError) Error() string {
	return fmt.Sprintf("no archive or suite is called %s; there are %s", e.Suite, strings.Join(e.Known, ", "))
}

// choosePlain lets choose pick for what stands before a condition, if that holds.
func choosePlain(ix *index.Index, text string, choose func(string) (Pick, error)) (Pick, error) {
	rest, c, err := relation.ParseCondition(text)
	switch {
	case err != nil:
		return Pick{}, err
	case !c.Holds(ix.Arch(), nil):
		return Pick{}, ErrNotHere
	}
	return choose(rest)
}

// suites are the names that [index.Index.In] knows, in order, each once.
func suites(ix *index.Index) []string {
	var all []string
	for _, in := range ix.Inputs() {
		for _, name := range []string{in.Archive, in.Codename, in.Suite} {
			if name != "" && !slices.Contains(all, name) {
				all = append(all, name)
			}
		}
	}
	return all
}

// chooseVersion picks the first version for which is, highest first. lack is how
// it is told that there is none.
func chooseVersion(ix *index.Index, name, lack string, is func(uint32) bool) (Pick, error) {
	id, err := find(ix, name)
	if err != nil {
		return Pick{}, err
	}
	vs := ix.Name(id).Versions
	for v := vs.First; v < vs.End(); v++ {
		if is(v) {
			return Pick{Name: id, Version: v}, nil
		}
	}
	if vs.Count == 0 {
		if v := onlyProvider(ix, index.Constraint{Name: id}); v != index.None && is(v) {
			return Pick{Name: ix.Version(v).Name, Version: v}, nil
		}
	}
	return Pick{}, fmt.Errorf("%s %s, %s", lack, name, Have(ix, id))
}

// find returns the number of a name, which may have an architecture behind a colon.
// Without one it is the native package, or, where only a foreign one has versions,
// that.
func find(ix *index.Index, name string) (uint32, error) {
	plain, arch, _ := strings.Cut(name, ":")
	arches := ix.Arches()
	switch {
	case arch == "native":
		arches = arches[:1]
	case arch != "" && arch != "any":
		if !slices.Contains(arches, arch) {
			return index.None, fmt.Errorf("%s cannot be had: packages are for %s here, and no archive was read for another architecture", name, strings.Join(arches, " and "))
		}
		if !slices.ContainsFunc(ix.Inputs(), func(in index.Input) bool { return in.Arch == arch || in.Arch == "" && arch == ix.Arch() }) {
			return index.None, fmt.Errorf("no archive has %s: none is for the architecture %s", name, arch)
		}
		arches = []string{arch}
	}
	var known []uint32
	for _, arch := range arches {
		if id := ix.FindArch(plain, arch); id != index.None {
			known = append(known, id)
		}
	}
	for _, id := range known {
		if ix.Name(id).Versions.Count > 0 {
			return id, nil
		}
	}
	if len(known) > 0 && ix.Name(known[0]).Providers.Count > 0 {
		return known[0], nil
	}
	for _, u := range ix.Unusable() {
		if u.Name == plain {
			return index.None, fmt.Errorf("%s %s of %s cannot be used: %s", plain, u.Version, ix.Inputs()[u.Input].Archive, u.Why)
		}
	}
	return index.None, fmt.Errorf("no archive has %s", name)
}

// chooseRelation picks for `name (op version)`.
func chooseRelation(ix *index.Index, r relation.Relation) (Pick, error) {
	name := r.Name
	if r.Arch != "" {
		name += ":" + r.Arch
	}
	id, err := find(ix, name)
	if err != nil {
		return Pick{}, err
	}
	n := ix.Name(id)
	if n.Candidate != index.None && r.Op.Holds(ix.VersionOf(n.Candidate), r.Version) {
		return Pick{Name: id, Version: n.Candidate}, nil
	}
	if all := providers(ix, id, r); n.Versions.Count > 0 && len(all) == 1 && r.Op != relation.None {
		return Pick{Name: ix.Version(all[0]).Name, Version: all[0]}, nil
	}
	if n.Versions.Count > 0 {
		return Pick{}, fmt.Errorf("%s (%s %s) is asked for, %s%s", r.Name, r.Op, r.Version, Have(ix, id), otherwise(ix, id, r))
	}
	return chooseProvider(ix, r, id)
}

// otherwise says which version is in the range of a relation and not the candidate,
// and how it is asked for: apt takes none but the candidate for a relation.
func otherwise(ix *index.Index, id uint32, r relation.Relation) string {
	n := ix.Name(id)
	for v := n.Versions.First; v < n.Versions.End(); v++ {
		if r.Op.Holds(ix.VersionOf(v), r.Version) {
			return fmt.Sprintf("; %s is preferred: write %s=%s if you mean that one", ix.VersionOf(n.Candidate), r.Name, ix.VersionOf(v))
		}
	}
	return ""
}

// chooseProvider picks who alone provides a virtual package.
func chooseProvider(ix *index.Index, r relation.Relation, id uint32) (Pick, error) {
	all := providers(ix, id, r)
	switch len(all) {
	case 0:
		return Pick{}, fmt.Errorf("%s is a virtual package, %s", r.Name, Have(ix, id))
	case 1:
		return Pick{Name: ix.Version(all[0]).Name, Version: all[0]}, nil
	}
	var names []string
	for _, v := range all {
		names = append(names, ix.Label(ix.Version(v).Name))
	}
	slices.Sort(names)
	return Pick{}, &ManyError{Name: r.Name, Providers: names}
}

// A ManyError says that a virtual package has several providers, of which apt
// takes none.
type ManyError struct {
	Name      string
	Providers []string // sorted
}

func (e *ManyError) Error() string {
	names := e.Providers
	more := ""
	if len(names) > maxChain {
		names, more = names[:maxChain], fmt.Sprintf(" and %d more", len(e.Providers)-maxChain)
	}
	return fmt.Sprintf("%s is a virtual package: name one of those that provide it, %s%s", e.Name, strings.Join(names, ", "), more)
}

// onlyProvider returns the one candidate that provides a name, or None.
func onlyProvider(ix *index.Index, c index.Constraint) uint32 {
	if all := providers(ix, c.Name, relation.Relation{}); len(all) == 1 {
		return all[0]
	}
	return index.None
}

// providers lists the candidates that provide a name in a range. Of a package for
// several architectures it is the native one, or the first.
func providers(ix *index.Index, id uint32, r relation.Relation) []uint32 {
	var all []uint32
	for _, i := range ix.ProvidersOf(id) {
		p := ix.Provide(i)
		if ix.Name(ix.Version(p.Owner).Name).Candidate != p.Owner || slices.Contains(all, p.Owner) {
			continue
		}
		if r.Op == relation.None || p.Version.Len > 0 && r.Op.Holds(ix.Text(p.Version), r.Version) {
			all = append(all, p.Owner)
		}
	}
	slices.SortStableFunc(all, func(a, b uint32) int {
		x, y := ix.Name(ix.Version(a).Name), ix.Name(ix.Version(b).Name)
		return cmp.Or(cmp.Compare(x.Text.Off, y.Text.Off), cmp.Compare(x.Arch, y.Arch))
	})
	return slices.CompactFunc(all, func(a, b uint32) bool { return ix.SameText(ix.Version(a).Name, ix.Version(b).Name) })
}
