package index

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
)

// A stanza is what the index takes from one paragraph of a Packages file.
type stanza struct {
	name, version, arch, multiArch string
	priority                       string
	source, path                   string
	size, installedSize            string
	sha256                         string
	essential, important           bool

	deps [relFields]string // in the order in which apt reads them
	ends [relFields]int    // see builder.parse

	of uint16 // the architecture that the package counts as, by number
}

// The relationship fields by their place in stanza.deps. The first are DepTypes.
const (
	relReplaces = iota + int(Suggests) + 1
	relEnhances
	relProvides
	relFields
)

// read fills s from the reader's stanza.
func (s *stanza) read(r *deb822.Reader) {
	*s = stanza{}
	for r.Field() {
		s.field(r.Current())
	}
}

// field takes one field. Names are compared as Packages files write them: apt
// and dpkg write them so, and folding the case of 60 MB would cost more than all
// the rest.
func (s *stanza) field(f deb822.Field) {
	switch f.Name {
	case "Package":
		s.name = f.Value
	case "Version":
		s.version = f.Value
	case "Architecture":
		s.arch = f.Value
	case "Multi-Arch":
		s.multiArch = f.Value
	case "Priority":
		s.priority = f.Value
	case "Source":
		s.source = f.Value
	case "Filename":
		s.path = f.Value
	case "Size":
		s.size = f.Value
	case "Installed-Size":
		s.installedSize = f.Value
	case "SHA256":
		s.sha256 = f.Value
	case "Essential":
		s.essential = f.Value == "yes"
	case "Important", "Protected":
		s.important = s.important || f.Value == "yes"
	case "Provides":
		s.deps[relProvides] = f.Value
	default:
		s.relation(f)
	}
}

func (s *stanza) relation(f deb822.Field) {
	switch f.Name {
	case "Pre-Depends":
		s.deps[PreDepends] = f.Value
	case "Depends":
		s.deps[Depends] = f.Value
	case "Conflicts":
		s.deps[Conflicts] = f.Value
	case "Breaks":
		s.deps[Breaks] = f.Value
	case "Recommends":
		s.deps[Recommends] = f.Value
	case "Suggests":
		s.deps[Suggests] = f.Value
	case "Replaces":
		s.deps[relReplaces] = f.Value
	case "Enhances":
		s.deps[relEnhances] = f.Value
	}
}

// fill sets the fields of v that are not numbers of other records.
func (s *stanza) fill(v *Version, text func(string) Text) error {
	size, err := strconv.ParseUint(s.size, 10, 63)
	if err != nil {
		return fmt.Errorf("Size %q is no number", s.size)
	}
	if n, err := hex.Decode(v.SHA256[:], []byte(s.sha256[:min(len(s.sha256), 64)])); err != nil || n != len(v.SHA256) || len(s.sha256) != 64 {
		return fmt.Errorf("SHA256 %.70q is not 64 hexadecimal digits", s.sha256)
	}
	if s.path == "" {
		return fmt.Errorf("it has no Filename")
	}
	v.Size = size
	v.Priority = priorityOf(s.priority)
	if s.multiArch == "foreign" {
		v.Flags |= ForeignVersion
	}
	if s.essential {
		v.Flags |= EssentialVersion
	}
	v.Version, v.Arch, v.Path = text(s.version), text(s.arch), text(s.path)
	source, version, _ := strings.Cut(s.source, " (")
	if source != s.name {
		v.Source = text(source)
	}
	if version = strings.TrimSuffix(version, ")"); version != s.version {
		v.SrcVers = text(version)
	}
	return nil
}

func priorityOf(s string) Priority {
	switch strings.ToLower(s) {
	case "":
		return NoPriority
	case "required":
		return Required
	case "important":
		return ImportantPriority
	case "standard":
		return Standard
	case "optional":
		return Optional
	}
	return Extra
}

// sameVersion reports whether two stanzas of equal version are one package: apt
// compares what decides about installing and not the bytes, so that a package
// that was signed into another archive stays one.
func sameVersion(a, b *stanza) bool {
	if a.size != b.size || a.multiArch != b.multiArch || !sameText(a.installedSize, b.installedSize) {
		return false
	}
	for _, f := range [...]int{int(Depends), int(PreDepends), int(Conflicts), int(Breaks), relReplaces} {
		if !sameText(a.deps[f], b.deps[f]) {
			return false
		}
	}
	return true
}

// sameText compares without white space and case.
func sameText(a, b string) bool {
	return a == b || strings.EqualFold(strings.Join(strings.Fields(a), ""), strings.Join(strings.Fields(b), ""))
}
