package index

import "github.com/ashlar-build/ashlar/recipe/relation"

// depend takes one alternative of the field f of version v in. Replaces and
// Enhances only make names. A Conflicts or Breaks is on all that is there of its name;
// if that is only hidden then it is on nothing, as in apt.
func (b *builder) depend(s *stanza, v uint32, f int, r relation.Relation) {
	t := DepType(f)
	kept := f <= int(Suggests)
	if r.Arch != "" || f != int(Conflicts) && f != int(Breaks) && f != relReplaces {
		id := b.target(s, r)
		if kept {
			d := b.newDep(t, Constraint{Name: id, Op: uint32(r.Op), Version: b.text(r.Version)})
			if r.Or && !t.Negative() {
				d |= depOr
			}
			b.deps = append(b.deps, d)
		}
		return
	}
	first, ok := b.numbers[r.Name]
	if !ok {
		first = b.name(r.Name, s.of)
	}
	if !kept {
		return
	}
	all := b.members(first)
	for _, id := range all {
		b.deps = append(b.deps, b.newDep(t, Constraint{Name: id, Op: uint32(r.Op), Version: b.text(r.Version)}))
	}
	if b.several() && len(all) > 0 {
		g := b.group(first)
		g.negatives = append(g.negatives, negative{version: v, dep: t, op: uint32(r.Op), value: b.text(r.Version)})
	}
}

// newDep makes a dependency on a constraint, of which equal ones are kept once.
func (b *builder) newDep(t DepType, c Constraint) Dep {
	i, ok := b.byValue[c]
	if !ok {
		i = uint32(len(b.constraints))
		b.byValue[c] = i
		b.constraints = append(b.constraints, c)
	}
	return Dep(t)<<depTypeShift | Dep(i)
}

// target returns the name that a relation means. A qualified one is a name of its
// own; the package of that architecture, if it is new, comes right after.
func (b *builder) target(s *stanza, r relation.Relation) uint32 {
	switch r.Arch {
	case "":
		return b.name(r.Name, s.of)
	case "any":
		return b.name(r.Name+":any", native)
	case "native":
		r.Arch = b.meta.Arches[native]
	}
	return b.qualify(r.Name, r.Arch)
}

// qualify returns the name `x:ARCH`. All versions of x for that architecture provide
// it, and what is of that architecture and provides x: what had been read before does
// so with its own version.
func (b *builder) qualify(name, arch string) uint32 {
	text := name + ":" + arch
	if id, ok := b.numbers[text]; ok {
		return id
	}
	id := b.name(text, native)
	of := b.name(name, b.arch(arch))
	b.qualified[of] = id
	for v := b.last[of]; v != None; v = b.versions[v].older {
		b.provided(Provide{Name: id, Owner: v, Version: b.versions[v].Version.Version})
	}
	for i := b.providedBy[of]; i != 0; i = b.earlier[i-1] {
		owner := b.provides[i-1].Owner
		if v := &b.versions[owner]; b.names[v.Name].Arch == b.names[of].Arch {
			b.provided(Provide{Name: id, Owner: owner, Version: v.Version.Version})
		}
	}
	return id
}

// provided takes a Provide in.
func (b *builder) provided(p Provide) {
	b.earlier = append(b.earlier, b.providedBy[p.Name])
	b.provides = append(b.provides, p)
	b.providedBy[p.Name] = uint32(len(b.provides))
}

// provide notes that version v provides what r says.
func (b *builder) provide(s *stanza, v uint32, r relation.Relation) {
	if r.Op != relation.None && r.Op != relation.EQ {
		return
	}
	p := Provide{Owner: v, Version: b.text(r.Version)}
	switch {
	case r.Arch == "any" || r.Arch == "" && s.multiArch == "allowed":
		p.Name = b.name(r.Name+":any", native)
		b.provided(p)
		if r.Arch == "any" {
			return
		}
	case r.Arch != "":
		p.Name = b.name(r.Name, b.arch(r.Arch))
		id := b.qualify(r.Name, r.Arch)
		b.provided(p)
		p.Name = id
		b.provided(p)
		return
	case s.multiArch == "foreign" && b.several():
		b.provideAll(s, p, r.Name)
		return
	}
	b.provideOne(p, b.name(r.Name, s.of))
}

// provideOne adds a Provide of a name, and of the name that stands for it where its
// architecture is named; unless it only says that a package is itself.
func (b *builder) provideOne(p Provide, id uint32) {
	if owner := &b.versions[p.Owner]; owner.Name == id && (p.Version.Len == 0 || p.Version == owner.Version.Version) {
		return
	}
	p.Name = id
	b.provided(p)
	if q, ok := b.qualified[id]; ok {
		p.Name = q
		b.provided(p)
	}
}

// provideAll adds the Provides of a package that is Multi-Arch: foreign, which stand
// for all architectures.
func (b *builder) provideAll(s *stanza, p Provide, name string) {
	first, ok := b.numbers[name]
	if !ok {
		first = b.name(name, native)
	}
	own := None
	for _, id := range b.members(first) {
		p.Name = id
		b.provided(p)
		if b.names[id].Arch == s.of {
			own = id
		}
	}
	if q, ok := b.qualified[own]; ok {
		p.Name = q
		b.provided(p)
	}
	g := b.group(first)
	g.foreign = append(g.foreign, p)
}

// others adds what holds between a new version of a name and the packages of the
// same name for other architectures: only one of them can be installed, or, if they
// are Multi-Arch: same, only those of one version. (deb-control(5))
func (b *builder) others(id, v uint32) {
	if b.several() {
		for _, other := range b.members(b.numbers[b.versions[v].stanza.name]) {
			if other != id {
				b.other(id, v, other)
			}
		}
	}
	if q, ok := b.qualified[id]; ok {
		b.provided(Provide{Name: q, Owner: v, Version: b.versions[v].Version.Version})
	}
}

// other adds what holds between version v of a name, which it does not list yet, and
// another name of that text.
func (b *builder) other(id, v, other uint32) {
	bv := &b.versions[v]
	if bv.stanza.multiArch == "foreign" {
		b.provided(Provide{Name: other, Owner: v, Version: bv.Version.Version})
	}
	if b.last[other] == None {
		return
	}
	b.deps = append(b.deps, b.against(v, other)...)
	if b.last[id] != None {
		return
	}
	for w := b.last[other]; w != None; w = b.versions[w].older {
		for _, d := range b.against(w, id) {
			b.extra = append(b.extra, extra{w, d})
		}
	}
}

// against is what version v has against a package of its name for another
// architecture.
func (b *builder) against(v, other uint32) []Dep {
	bv := &b.versions[v]
	if bv.stanza.multiArch != "same" {
		return []Dep{b.newDep(ArchConflicts, Constraint{Name: other})}
	}
	return []Dep{
		b.newDep(ArchBreaks, Constraint{Name: other, Op: uint32(relation.LT), Version: bv.Version.Version}),
		b.newDep(ArchBreaks, Constraint{Name: other, Op: uint32(relation.GT), Version: bv.Version.Version}),
	}
}
