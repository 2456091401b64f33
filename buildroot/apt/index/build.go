package index

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// Build reads the inputs' Packages files, in the order of the sources, into an
// index for one architecture and returns the file's bytes. Stanzas that cannot
// be used, because a field is not readable, are left out and named in
// [Index.Unusable]; a file that is no control file is an error.
func Build(arch string, inputs []Input) ([]byte, error) {
	if len(inputs) > MaxInputs {
		return nil, fmt.Errorf("index: %d Packages files are more than %d", len(inputs), MaxInputs)
	}
	b := newBuilder(arch, inputs)
	for i := range inputs {
		if err := b.file(i); err != nil {
			return nil, fmt.Errorf("index %s: %w", inputs[i].Archive, err)
		}
	}
	return b.image()
}

// A builder holds what was read so far.
type builder struct {
	arch   string
	inputs []Input
	meta   meta

	strings     []byte
	texts       map[string]Text
	numbers     map[string]uint32 // of names, by key
	names       []Name
	versions    []buildVersion
	last        []uint32 // by name: the version that was read last, or None
	constraints []Constraint
	byValue     map[Constraint]uint32
	provides    []Provide // in the order of reading
	natives     []native
	kernel      bool // $kernel exists

	deps []Dep               // of all versions
	rels []relation.Relation // scratch
}

// A buildVersion is a version before its place is known.
type buildVersion struct {
	Version
	stanza stanza
	older  uint32 // the version of the same name that was read before, or None
}

// A native is `x:ARCH` for our own architecture: x and whoever provides x provide
// it.
type native struct {
	name, of uint32
	before   int // how many Provides had been read
}

func newBuilder(arch string, inputs []Input) *builder {
	size := 0
	for _, in := range inputs {
		size += len(in.Data)
	}
	n := size / 500 // bytes of a stanza and its virtual packages, about
	return &builder{
		arch: arch, inputs: inputs,
		meta:        meta{Arch: arch, Inputs: inputs},
		strings:     make([]byte, 1, size/6+1), // offset 0 is the empty text
		texts:       make(map[string]Text, n*2),
		numbers:     make(map[string]uint32, n*2),
		names:       make([]Name, 0, n*2),
		versions:    make([]buildVersion, 0, n),
		byValue:     make(map[Constraint]uint32, n*2),
		constraints: make([]Constraint, 0, n*2),
		deps:        make([]Dep, 0, n*6),
	}
}

// file reads one Packages file.
func (b *builder) file(i int) error {
	r := deb822.NewReader(b.inputs[i].Data)
	var s stanza
	for r.Stanza() {
		s.read(r)
		if s.name == "" || s.version == "" || !wants(b.inputs, i, s.name) {
			continue
		}
		if s.arch != b.arch && s.arch != "all" {
			continue
		}
		if err := b.add(i, &s); err != nil {
			b.meta.Unusable = append(b.meta.Unusable, Unusable{Name: s.name, Version: s.version, Input: i, Why: err.Error()})
		}
	}
	return r.Err()
}

// kernelImage is what apt counts among the kernels that it protects.
var kernelImage = regexp.MustCompile(`^(?:linux|kfreebsd|gnumach)-image-[0-9]+\.`)

// add takes a stanza in. The order in which it makes names is apt's.
func (b *builder) add(input int, s *stanza) error {
	id := b.name(s.name)
	if s.essential {
		b.names[id].Flags |= Essential
	}
	if s.important {
		b.names[id].Flags |= Important
	}
	for v := b.last[id]; v != None; v = b.versions[v].older {
		old := &b.versions[v]
		if relation.Compare(old.stanza.version, s.version) == 0 && sameVersion(&old.stanza, s) {
			old.Inputs |= 1 << input
			return nil
		}
	}
	bv := buildVersion{stanza: *s, older: b.last[id]}
	bv.Name, bv.Inputs = id, 1<<input
	if err := s.fill(&bv.Version, b.text); err != nil {
		return err
	}
	deps, provides := len(b.deps), len(b.provides)
	v := uint32(len(b.versions))
	if err := b.relations(s, v); err != nil {
		b.deps, b.provides = b.deps[:deps], b.provides[:provides]
		return err
	}
	bv.Deps = Span{uint32(deps), uint32(len(b.deps) - deps)}
	b.last[id] = v
	b.versions = append(b.versions, bv)
	return nil
}

// relations reads the relationship fields of version v.
func (b *builder) relations(s *stanza, v uint32) error {
	for f, value := range s.deps {
		if value == "" {
			continue
		}
		if err := b.parse(value); err != nil {
			return err
		}
		for _, r := range b.rels {
			name := b.target(r)
			if f <= int(Suggests) {
				b.dep(DepType(f), r, name)
			}
		}
	}
	if s.provides != "" {
		if err := b.parse(s.provides); err != nil {
			return err
		}
		for _, r := range b.rels {
			b.provide(s, v, r)
		}
	}
	if s.multiArch == "allowed" {
		b.provides = append(b.provides, Provide{Name: b.name(s.name + ":any"), Owner: v, Version: b.text(s.version)})
	}
	if !b.kernel && kernelImage.MatchString(s.name) && !strings.HasSuffix(s.name, "-dbg") && !strings.HasSuffix(s.name, "-dbgsym") {
		b.kernel = true
		b.name("$kernel")
		b.hidden("$kernel", "$kernel")
	}
	return nil
}

// parse reads a field into b.rels. Conditions belong to source packages; one
// that does not hold here is left out all the same.
func (b *builder) parse(field string) error {
	var err error
	b.rels, err = relation.Append(b.rels[:0], field)
	return err
}

// provide notes that version v provides what r says.
func (b *builder) provide(s *stanza, v uint32, r relation.Relation) {
	if r.Op != relation.None && r.Op != relation.EQ {
		return
	}
	if r.Arch != "" && r.Arch != b.arch && r.Arch != "native" && r.Arch != "any" {
		return
	}
	version := b.text(r.Version)
	if s.multiArch == "allowed" && r.Arch == "" || r.Arch == "any" {
		b.provides = append(b.provides, Provide{Name: b.name(r.Name + ":any"), Owner: v, Version: version})
	}
	if r.Arch != "any" {
		b.provides = append(b.provides, Provide{Name: b.name(r.Name), Owner: v, Version: version})
	}
}

// dep adds one alternative.
func (b *builder) dep(t DepType, r relation.Relation, name uint32) {
	c := Constraint{Name: name, Op: uint32(r.Op), Version: b.text(r.Version)}
	i, ok := b.byValue[c]
	if !ok {
		i = uint32(len(b.constraints))
		b.byValue[c] = i
		b.constraints = append(b.constraints, c)
	}
	d := Dep(t)<<depTypeShift | Dep(i)
	if r.Or && !t.Negative() {
		d |= depOr
	}
	b.deps = append(b.deps, d)
}

// target returns the name that a relation means. A qualified one is a name of
// its own; the package of that architecture, if it is new, comes right after.
func (b *builder) target(r relation.Relation) uint32 {
	switch r.Arch {
	case "":
		return b.name(r.Name)
	case "any":
		return b.name(r.Name + ":any")
	case "native", b.arch:
		n := len(b.names)
		id := b.name(r.Name + ":" + b.arch)
		if of := b.name(r.Name); int(id) == n {
			b.natives = append(b.natives, native{name: id, of: of, before: len(b.provides)})
		}
		return id
	}
	id := b.name(r.Name + ":" + r.Arch)
	b.hidden(r.Name, r.Arch)
	return id
}

// name returns the number of a name, and makes it if it is new.
func (b *builder) name(s string) uint32 {
	id, ok := b.numbers[s]
	if !ok {
		id = b.append(s)
		b.numbers[s] = id
	}
	return id
}

// hidden makes a name that nobody finds: the package of another architecture.
func (b *builder) hidden(name, arch string) {
	key := name + "\x00" + arch
	if _, ok := b.numbers[key]; !ok {
		id := b.append(name)
		b.names[id].Flags |= Hidden
		b.numbers[key] = id
	}
}

func (b *builder) append(s string) uint32 {
	n := Name{Text: b.text(s), Candidate: None, next: None}
	if s == "apt" {
		n.Flags |= Forced
	}
	b.names = append(b.names, n)
	b.last = append(b.last, None)
	return uint32(len(b.names) - 1)
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
