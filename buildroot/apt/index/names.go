package index

import "slices"

// A group is what apt keeps for all architectures of a package: what has to be
// said of one that is made later, too.
type group struct {
	foreign   []Provide  // by packages that are Multi-Arch: foreign, in the order of reading
	negatives []negative // Conflicts and Breaks that name no architecture
}

// A negative is a dependency that is to be on all architectures of a package.
type negative struct {
	version uint32 // whose it is
	dep     DepType
	op      uint32
	value   Text
}

// An extra is a dependency of a version that was read before the name that it is
// on was made.
type extra struct {
	version uint32
	dep     Dep
}

// name returns the number of a package for an architecture, and makes it if it is
// new. `x:any` and `x:i386` are names of the native one.
func (b *builder) name(text string, arch uint16) uint32 {
	first, ok := b.numbers[text]
	if !ok {
		id := b.append(text, arch)
		b.numbers[text] = id
		return id
	}
	last := first
	for id := first; id != None; id = b.sibling[id] {
		if b.names[id].Arch == arch {
			return id
		}
		last = id
	}
	id := b.append(text, arch)
	b.sibling[last] = id
	if b.names[id].Flags&Hidden == 0 {
		b.join(id, first)
	}
	return id
}

func (b *builder) append(text string, arch uint16) uint32 {
	n := Name{Text: b.text(text), Arch: arch, Candidate: None, next: None}
	if text == "apt" {
		n.Flags |= Forced
	}
	if int(arch) >= len(b.meta.Arches) {
		n.Flags |= Hidden
	}
	b.names = append(b.names, n)
	b.sibling = append(b.sibling, None)
	b.last = append(b.last, None)
	b.providedBy = append(b.providedBy, 0)
	return uint32(len(b.names) - 1)
}

// members lists the names of a text that are not hidden, in the order in which they
// were made; none if there is no name of that text at all.
func (b *builder) members(first uint32) []uint32 {
	var all []uint32
	for id := first; id != None; id = b.sibling[id] {
		if b.names[id].Flags&Hidden == 0 {
			all = append(all, id)
		}
	}
	return all
}

// group returns what is kept for a text, by its first name.
func (b *builder) group(first uint32) *group {
	g := b.groups[first]
	if g == nil {
		g = &group{}
		b.groups[first] = g
	}
	return g
}

// join tells a new name what had been said of its text: which packages of other
// architectures stand for it, and what conflicts with it.
func (b *builder) join(id, first uint32) {
	for _, other := range b.members(first) {
		for v := b.last[other]; v != None; v = b.versions[v].older {
			if b.versions[v].stanza.multiArch == "foreign" && other != id {
				b.provided(Provide{Name: id, Owner: v, Version: b.versions[v].Version.Version})
			}
		}
	}
	g := b.groups[first]
	if g == nil {
		return
	}
	for _, p := range slices.Backward(g.foreign) {
		p.Name = id
		b.provided(p)
	}
	for _, n := range slices.Backward(g.negatives) {
		b.extra = append(b.extra, extra{n.version, b.newDep(n.dep, Constraint{Name: id, Op: n.op, Version: n.value})})
	}
}

// text keeps a string once.
func (b *builder) text(s string) Text {
	if s == "" {
		return Text{}
	}
	t, ok := b.texts[s]
	if !ok {
		t = Text{Off: uint32(len(b.strings)), Len: uint32(len(s))}
		b.strings = append(b.strings, s...)
		b.texts[s] = t
	}
	return t
}
