package index

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An Index answers what its Packages files say. It is read-only and may be used
// by many at once.
type Index struct {
	tables
	meta   meta
	mapped []byte
	added  tables              // what With added: numbers go on behind those of the file
	more   map[uint32][]uint32 // by name: the constraints that With added
}

// meta is what is too small and odd for records.
type meta struct {
	Arches   []string // the native one first
	Inputs   []Input
	Unusable []Unusable
}

// An Unusable is a stanza that was left out.
type Unusable struct {
	Name, Version string
	Input         int    // where it stands
	Why           string // what is wrong with it
}

// ErrDamaged says that a file is no index of this format, or not as it was
// written. It is to be built again.
var ErrDamaged = errors.New("the index is damaged or of another format")

// Open maps the index in a file.
func Open(name string) (*Index, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open index: %w", err)
	}
	if fi.Size() < headerSize || fi.Size() > 1<<32 {
		return nil, fmt.Errorf("open index %s: %w", name, ErrDamaged)
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(fi.Size()), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("map index %s: %w", name, err)
	}
	ix, err := Read(data)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open index %s: %w", name, err), unix.Munmap(data))
	}
	ix.mapped = data
	return ix, nil
}

// Close unmaps the index. Strings and records that came out of it are invalid
// afterwards.
func (ix *Index) Close() error {
	data := ix.mapped
	ix.tables, ix.mapped = tables{}, nil
	if data == nil {
		return nil
	}
	return unix.Munmap(data)
}

// Read makes an Index of a file's bytes, which must not change. It refuses with
// [ErrDamaged] what is not whole: no number in it leads out of its array.
func Read(data []byte) (*Index, error) {
	if len(data) < headerSize || string(data[:len(magic)]) != magic ||
		uintptr(unsafe.Pointer(unsafe.SliceData(data)))%8 != 0 ||
		binary.NativeEndian.Uint32(data[orderAt:]) != byteOrder ||
		binary.NativeEndian.Uint32(data[sumAt:]) != checksum(data[tableAt:]) {
		return nil, ErrDamaged
	}
	var parts [sections][]byte
	end := uint64(headerSize)
	for i := range parts {
		off := binary.NativeEndian.Uint64(data[tableAt+16*i:])
		n := binary.NativeEndian.Uint64(data[tableAt+16*i+8:])
		if off != end || n > uint64(len(data))-off {
			return nil, ErrDamaged
		}
		if end = off + uint64(align(int(n))); end > uint64(len(data)) {
			return nil, ErrDamaged
		}
		parts[i] = data[off : off+n : off+n]
	}
	ix := &Index{tables: tables{
		strings: parts[secStrings], names: recordsOf[Name](parts[secNames]), buckets: recordsOf[uint32](parts[secBuckets]),
		versions: recordsOf[Version](parts[secVersions]), deps: recordsOf[Dep](parts[secDeps]),
		constraints: recordsOf[Constraint](parts[secConstraints]), provides: recordsOf[Provide](parts[secProvides]),
		providedBy: recordsOf[uint32](parts[secProvidedBy]), essential: recordsOf[uint32](parts[secEssential]),
		hashOrder: recordsOf[uint32](parts[secHashOrder]), met: recordsOf[uint64](parts[secMet]),
	}}
	if json.Unmarshal(parts[secMeta], &ix.meta) != nil || !ix.valid() {
		return nil, ErrDamaged
	}
	return ix, nil
}

// valid reports whether every number in the tables is one of its array.
func (ix *Index) valid() bool {
	t := &ix.tables
	names, versions := uint32(len(t.names)), uint32(len(t.versions))
	if len(t.strings) == 0 || len(ix.meta.Inputs) > MaxInputs || len(ix.meta.Arches) == 0 ||
		len(t.buckets) == 0 || len(t.buckets)&(len(t.buckets)-1) != 0 ||
		len(t.met)*64 < len(t.constraints) || len(t.hashOrder) != len(t.names) {
		return false
	}
	for i := range t.names {
		if !t.validName(uint32(i), &t.names[i]) {
			return false
		}
	}
	for i := range t.versions {
		if !ix.validVersion(&t.versions[i], names) {
			return false
		}
	}
	for i := range t.constraints {
		if c := &t.constraints[i]; c.Name >= names || c.Op > 5 || !t.within(c.Version) {
			return false
		}
	}
	for i := range t.provides {
		if p := &t.provides[i]; p.Name >= names || p.Owner >= versions || !t.within(p.Version) {
			return false
		}
	}
	// The last group of a span may not run over its end.
	for _, d := range t.deps {
		if d.Constraint() >= uint32(len(t.constraints)) {
			return false
		}
	}
	return below(t.providedBy, uint32(len(t.provides))) && below(t.essential, names) &&
		below(t.hashOrder, names) && belowOrNone(t.buckets, names)
}

func (t *tables) validName(id uint32, n *Name) bool {
	return t.within(n.Text) && inside(n.Versions, len(t.versions)) && inside(n.Providers, len(t.providedBy)) &&
		inside(n.Constraints, len(t.constraints)) && (n.next == None || n.next < id) &&
		(n.Candidate == None || n.Candidate >= n.Versions.First && n.Candidate < n.Versions.End())
}

func (ix *Index) validVersion(v *Version, names uint32) bool {
	t := &ix.tables
	return v.Name < names && v.Inputs != 0 && v.Inputs>>len(ix.meta.Inputs) == 0 && inside(v.Deps, len(t.deps)) && inside(v.Provides, len(t.provides)) &&
		(v.Deps.Count == 0 || !t.deps[v.Deps.End()-1].Or()) &&
		t.within(v.Version) && t.within(v.Arch) && t.within(v.Path) && t.within(v.Source) && t.within(v.SrcVers)
}

// within reports whether a text is one of the strings.
func (t *tables) within(s Text) bool { return uint64(s.Off)+uint64(s.Len) <= uint64(len(t.strings)) }

// inside reports whether a span is one of n records.
func inside(s Span, n int) bool { return uint64(s.First)+uint64(s.Count) <= uint64(n) }

func below(list []uint32, n uint32) bool {
	for _, i := range list {
		if i >= n {
			return false
		}
	}
	return true
}

func belowOrNone(list []uint32, n uint32) bool {
	for _, i := range list {
		if i >= n && i != None {
			return false
		}
	}
	return true
}
