package index

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// Build reads the inputs' Packages files, in the order of the sources and of the
// architectures, into an index and returns the file's bytes. The first of the
// architectures is the native one, the others are foreign. Stanzas that cannot be
// used, because a field is not readable, are left out and named in
// [Index.Unusable]; a file that is no control file is an error.
func Build(arches []string, inputs []Input) ([]byte, error) {
	if len(inputs) > MaxInputs {
		return nil, fmt.Errorf("index: %d Packages files are more than %d", len(inputs), MaxInputs)
	}
	b := newBuilder(arches, inputs)
	for i := range inputs {
		if err := b.file(i); err != nil {
			return nil, fmt.Errorf("index %s: %w", inputs[i].Archive, err)
		}
	}
	return b.image()
}

// A builder holds what was read so far.
type builder struct {
	arches map[string]uint16 // their numbers: of Name.Arch
	inputs []Input
	meta   meta

	strings     []byte
	texts       map[string]Text
	numbers     map[string]uint32 // by text: the name of that text that was made first
	names       []Name
	sibling     []uint32          // by name: the next of the same text, or None
	qualified   map[uint32]uint32 // by name: `x:ARCH` that stands for it
	groups      map[uint32]*group // by the first name of a text, if there are foreign architectures
	versions    []buildVersion
	place       []uint32 // by version: where it is in the index
	last        []uint32 // by name: the version that was read last, or None
	constraints []Constraint
	byValue     map[Constraint]uint32
	provides    []Provide // in the order in which apt makes them
	providedBy  []uint32  // by name: its Provide that was made last, plus one
	earlier     []uint32  // by Provide: the one of the same name made before, plus one
	kernel      bool      // $kernel exists

	deps  []Dep               // of all versions
	extra []extra             // further ones, of versions that had been read
	rels  []relation.Relation // scratch
}

// A buildVersion is a version before its place is known.
type buildVersion struct {
	Version
	stanza stanza
	older  uint32 // the version of the same name that was read before, or None
}

func newBuilder(arches []string, inputs []Input) *builder {
	size := 0
	for _, in := range inputs {
		size += len(in.Data)
	}
	n := size / 500 // bytes of a stanza and its virtual packages, about
	b := &builder{
		arches: map[string]uint16{}, inputs: inputs,
		meta:        meta{Arches: arches, Inputs: inputs},
		strings:     make([]byte, 1, size/6+1), // offset 0 is the empty text
		texts:       make(map[string]Text, n*2),
		numbers:     make(map[string]uint32, n*2),
		names:       make([]Name, 0, n*2),
		qualified:   map[uint32]uint32{},
		groups:      map[uint32]*group{},
		versions:    make([]buildVersion, 0, n),
		byValue:     make(map[Constraint]uint32, n*2),
		constraints: make([]Constraint, 0, n*2),
		deps:        make([]Dep, 0, n*6),
	}
	for _, a := range arches {
		b.arch(a)
	}
	return b
}

// native is the number of the native architecture.
const native = 0

// arch returns the number of an architecture. Names of those beyond the index's
// own are hidden.
func (b *builder) arch(name string) uint16 {
	n, ok := b.arches[name]
	if !ok {
		n = uint16(len(b.arches))
		b.arches[name] = n
	}
	return n
}

// several reports whether there are foreign architectures.
func (b *builder) several() bool { return len(b.meta.Arches) > 1 }

// file reads one Packages file.
func (b *builder) file(i int) error {
	in := &b.inputs[i]
	own := in.Arch
	if own == "" {
		own = b.meta.Arches[native]
	}
	arch := b.arch(own)
	if int(arch) >= len(b.meta.Arches) {
		return fmt.Errorf("it is for %s, the index for %s", own, strings.Join(b.meta.Arches, ", "))
	}
	r := deb822.NewReader(in.Data)
	var s stanza
	for r.Stanza() {
		s.read(r)
		if s.name == "" || s.version == "" || !wants(b.inputs, i, s.name) {
			continue
		}
		switch s.arch {
		case own:
			s.of = arch
		case "all":
			s.of = native
			if s.multiArch == "same" {
				s.multiArch = ""
			}
		default:
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
	id := b.name(s.name, s.of)
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
	if err := b.parse(s); err != nil {
		return err
	}
	deps := len(b.deps)
	v := uint32(len(b.versions))
	b.versions = append(b.versions, bv)
	b.relations(s, v)
	b.others(id, v)
	b.last[id] = v
	b.versions[v].Deps = Span{uint32(deps), uint32(len(b.deps) - deps)}
	return nil
}

// parse reads the relationship fields into b.rels, one behind the other, with
// Provides at the end, and s.ends says where each ends. Conditions belong to source
// packages; one that does not hold here is left out all the same.
func (b *builder) parse(s *stanza) error {
	b.rels = b.rels[:0]
	for f, value := range s.deps {
		if value != "" {
			var err error
			if b.rels, err = relation.Append(b.rels, value); err != nil {
				return err
			}
		}
		s.ends[f] = len(b.rels)
	}
	return nil
}

// relations takes the relationship fields of version v in.
func (b *builder) relations(s *stanza, v uint32) {
	first := 0
	for f, end := range s.ends {
		for _, r := range b.rels[first:end] {
			if f == relProvides {
				b.provide(s, v, r)
			} else {
				b.depend(s, v, f, r)
			}
		}
		first = end
	}
	if s.multiArch == "allowed" {
		b.provided(Provide{Name: b.name(s.name+":any", native), Owner: v, Version: b.text(s.version)})
	}
	if !b.kernel && kernelImage.MatchString(s.name) && !strings.HasSuffix(s.name, "-dbg") && !strings.HasSuffix(s.name, "-dbgsym") {
		b.kernel = true
		b.name("$kernel", native)
		b.name("$kernel", b.arch("$kernel"))
	}
}
