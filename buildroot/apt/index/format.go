// Package index keeps what Packages files say as flat arrays that are mapped
// into memory, so that the next process answers in milliseconds.
//
// A package's or virtual package's name is a number, given in the order in which
// apt's cache gives its own, because apt decides between equal providers by it.
// Versions, dependencies and Provides are records of fixed size that name each
// other by number. What depends on nothing but the archives, such as which
// version is the candidate, is computed once, when the index is built.
//
// The package asks no network, checks no signature and resolves nothing.
package index

import (
	"hash/crc32"
	"unsafe"
)

// magic begins every index. Its number changes with the format and with what the
// same Packages files are made into.
const magic = "ashlar apt index 4\n"

// headerSize is room for the magic, the byte order, the checksum and the table of
// sections.
const headerSize = 512

// byteOrder as this machine writes it: an index is read where it was made.
const byteOrder uint32 = 0x01020304

// None is the number of no name, version or constraint.
const None = ^uint32(0)

// MaxInputs is how many Packages files one index can hold.
const MaxInputs = 64

// A Text is where a string is in the section of strings.
type Text struct{ Off, Len uint32 }

// A Span is a part of an array.
type Span struct{ First, Count uint32 }

// End is the number behind the last of the span.
func (s Span) End() uint32 { return s.First + s.Count }

// NameFlags are what apt keeps of a package whatever its version.
type NameFlags uint16

// The flags of a name.
const (
	Essential NameFlags = 1 << iota // some version is marked Essential
	Important                       // some version is marked Important or Protected
	Forced                          // counts as Essential unmarked: apt itself
	Hidden                          // stands for a package of an architecture that is not the index's; is not found
)

// A Name is one package or virtual package of one architecture. `x:any` and
// `x:i386`, when something depends on them, are names of their own, of the native
// architecture.
type Name struct {
	Text        Text
	Arch        uint16 // of [Index.Arches]; packages for all architectures are of the native one, 0
	Flags       NameFlags
	Candidate   uint32 // the version to install, or None
	Versions    Span   // of Versions, highest first
	Providers   Span   // of ProvidedBy
	Constraints Span   // of Constraints: all that something says of this name
	next        uint32 // of those with the same hash: always a smaller number, or None
}

// Priority orders packages as Debian Policy 2.5 does; smaller is more needed.
type Priority uint8

// The priorities. Unknown ones count as Extra; to have none counts, in apt, for
// more than any.
const (
	NoPriority Priority = iota
	Required
	ImportantPriority
	Standard
	Optional
	Extra
)

// A Version is one version of a package.
type Version struct {
	Name     uint32
	Priority Priority
	Flags    VersionFlags
	_        [2]byte
	Version  Text
	Arch     Text
	Deps     Span   // of Deps
	Provides Span   // of Provides
	Inputs   uint64 // bit i: it is in Inputs[i]

	// The rest is for those who want the package.
	Size    uint64
	Path    Text
	Source  Text // source package; empty if it is named as this one
	SrcVers Text // version of the source package; empty likewise
	SHA256  [32]byte
}

// VersionFlags are properties of a version.
type VersionFlags uint8

// The flags of a version.
const (
	EssentialVersion VersionFlags = 1 << iota // this very version is marked Essential
	ForeignVersion                            // Multi-Arch: foreign: it stands for the package of any architecture
)

// A DepType is a kind of dependency. Their order is that in which apt looks at
// them.
type DepType uint8

// The kinds of dependencies. Replaces and Enhances are not kept: they install
// and refuse nothing.
const (
	PreDepends DepType = iota
	Depends
	Conflicts
	Breaks
	Recommends
	Suggests
	ArchConflicts // with the package itself for another architecture
	ArchBreaks    // with other versions of it for another architecture
)

// String returns the name of the field.
func (t DepType) String() string {
	return [...]string{"Pre-Depends", "Depends", "Conflicts", "Breaks", "Recommends", "Suggests", "Conflicts", "Breaks"}[t&7]
}

// Negative reports whether the dependency is that something is not there.
func (t DepType) Negative() bool { return t == Conflicts || t == Breaks || t >= ArchConflicts }

// Critical reports whether a package is broken when the dependency is not met.
func (t DepType) Critical() bool { return t <= Breaks || t >= ArchConflicts }

// A Dep is one alternative of a dependency, packed: its type, whether an
// alternative follows, and its constraint.
type Dep uint32

const (
	depTypeShift = 29
	depOr        = 1 << 28
	depMax       = depOr - 1
)

// Type returns the field.
func (d Dep) Type() DepType { return DepType(d >> depTypeShift) }

// Or reports whether the next Dep is an alternative to this one.
func (d Dep) Or() bool { return d&depOr != 0 }

// Alone returns d without the alternatives that follow it.
func (d Dep) Alone() Dep { return d &^ depOr }

// Constraint returns the number of what is demanded.
func (d Dep) Constraint() uint32 { return uint32(d & depMax) }

// A Constraint is a name and a range of versions.
type Constraint struct {
	Name    uint32
	Op      uint32 // a relation.Op
	Version Text
}

// A Provide says that a version stands for a name.
type Provide struct {
	Name    uint32
	Owner   uint32 // of Versions
	Version Text   // empty: only what asks for no version is satisfied
}

// The sections of the file, in its order.
const (
	secMeta = iota
	secStrings
	secNames
	secBuckets
	secVersions
	secDeps
	secConstraints
	secProvides
	secProvidedBy
	secEssential
	secHashOrder
	secMet
	sections
)

// tables are the arrays of an index, over the bytes of its file.
type tables struct {
	strings     []byte
	names       []Name
	buckets     []uint32 // by hash of the name: the last name made
	versions    []Version
	deps        []Dep
	constraints []Constraint // sorted by name
	provides    []Provide    // by owner
	providedBy  []uint32     // of Provides, by name, newest first
	essential   []uint32     // names whose candidate is marked Essential, by number
	hashOrder   []uint32     // names in the order of apt's hash table
	met         []uint64     // bit i: a candidate meets Constraints[i]
}

// castagnoli is the checksum that processors compute themselves.
func checksum(data []byte) uint32 {
	return crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
}

// bytesOf returns the memory of a slice of records.
func bytesOf[T any](s []T) []byte {
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), uintptr(len(s))*unsafe.Sizeof(t))
}

// recordsOf is the reverse: b is aligned and of whole records.
func recordsOf[T any](b []byte) []T {
	var t T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))/unsafe.Sizeof(t))
}
