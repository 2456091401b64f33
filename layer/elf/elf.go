// Package elf takes symbols and debugging data out of programs and shared
// libraries, as strip(1) and dh_strip(1) do, and puts them into files of their
// own, as objcopy --only-keep-debug does, for debuggers to find by build ID.
//
// It changes nothing that is loaded: what the dynamic linker sees of a file
// keeps its bytes and its place. A file for which that cannot be promised is
// left as it is. The package works on bytes; it knows no trees and no recipes.
package elf

import (
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// A Refused error says why a file was left as it is.
type Refused struct{ Reason string }

// Error is the reason.
func (e *Refused) Error() string { return "not stripped: " + e.Reason }

func refuse(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// What a linker makes is far below these, and they bound the work that a file
// that no linker made can cause.
const (
	maxSections = 1024
	maxName     = 256
	maxAlign    = 4096 // of what is not loaded
)

// A header is a section header of either class.
type header struct {
	name        uint32
	kind        elf.SectionType
	flags       elf.SectionFlag
	addr        uint64
	off, size   uint64
	link, info  uint32
	align, each uint64
}

// A segment is a program header of either class.
type segment struct {
	kind         elf.ProgType
	flags        uint32
	off          uint64
	vaddr, paddr uint64
	filesz       uint64
	memsz, align uint64
}

// A file is an ELF file taken apart.
type file struct {
	data     []byte
	order    binary.ByteOrder
	wide     bool // of 64 bits
	kind     elf.Type
	phoff    uint64
	sections []header
	names    []string
	segments []segment
	strings  int // index of the section that has the sections' names
}

func (f *file) sizes() (ehdr, phdr, shdr int) {
	if f.wide {
		return 64, 56, 64
	}
	return 52, 32, 40
}

// parse takes data apart. Everything that a header claims is within data
// afterwards.
func parse(data []byte) (*file, error) {
	if len(data) < 52 || string(data[:4]) != elf.ELFMAG {
		return nil, refuse("it is no ELF file")
	}
	f := &file{data: data, wide: elf.Class(data[elf.EI_CLASS]) == elf.ELFCLASS64}
	switch elf.Data(data[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		f.order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		f.order = binary.BigEndian
	default:
		return nil, refuse("its byte order is unknown")
	}
	if !f.wide && elf.Class(data[elf.EI_CLASS]) != elf.ELFCLASS32 || f.wide && len(data) < 64 {
		return nil, refuse("its class is unknown")
	}
	f.kind = elf.Type(f.order.Uint16(data[16:]))
	if err := f.readTables(); err != nil {
		return nil, err
	}
	return f, f.readNames()
}

func (f *file) readTables() error {
	d, o := f.data, f.order
	ehsize, phsize, shsize := f.sizes()
	var shoff uint64
	counts := d[42:]
	if f.wide {
		f.phoff, shoff, counts = o.Uint64(d[32:]), o.Uint64(d[40:]), d[54:]
	} else {
		f.phoff, shoff = uint64(o.Uint32(d[28:])), uint64(o.Uint32(d[32:]))
	}
	number := func(i int) int { return int(o.Uint16(counts[2*i:])) }
	phnum, shnum := number(1), number(3)
	f.strings = number(4)
	switch {
	case phnum > 0 && number(0) != phsize || shnum > 0 && number(2) != shsize:
		return refuse("its headers have an unknown size")
	case shnum == 0:
		return refuse("it has no section headers")
	case phnum > maxSections || shnum > maxSections || f.strings >= shnum:
		return refuse("it has too many sections or segments")
	case !within(d, shoff, uint64(shnum*shsize)) || !within(d, f.phoff, uint64(phnum*phsize)):
		return refuse("it is cut off")
	case phnum > 0 && f.phoff != uint64(ehsize):
		return refuse("its program headers do not follow its header")
	}
	for i := range phnum {
		s := f.readSegment(d[int(f.phoff)+i*phsize:])
		if !within(d, s.off, s.filesz) {
			return refuse("a segment is outside the file")
		}
		f.segments = append(f.segments, s)
	}
	for i := range shnum {
		s := f.readSection(d[int(shoff)+i*shsize:])
		if s.hasBytes() && !within(d, s.off, s.size) {
			return refuse("section %d is outside the file", i)
		}
		if s.align&(s.align-1) != 0 || s.align > maxAlign && !s.loaded() {
			return refuse("section %d has an impossible alignment", i)
		}
		f.sections = append(f.sections, s)
	}
	return nil
}

// hasBytes reports whether the section takes room in the file.
func (s header) hasBytes() bool { return s.kind != elf.SHT_NOBITS && s.kind != elf.SHT_NULL }

func (s header) loaded() bool { return s.flags&elf.SHF_ALLOC != 0 }

// within reports whether n bytes at off are in d, without overflow.
func within(d []byte, off, n uint64) bool {
	return off <= uint64(len(d)) && n <= uint64(len(d))-off
}

func (f *file) readSegment(b []byte) segment {
	o := f.order
	if f.wide {
		return segment{
			elf.ProgType(o.Uint32(b)), o.Uint32(b[4:]), o.Uint64(b[8:]), o.Uint64(b[16:]), o.Uint64(b[24:]),
			o.Uint64(b[32:]), o.Uint64(b[40:]), o.Uint64(b[48:]),
		}
	}
	w := func(i int) uint64 { return uint64(o.Uint32(b[4*i:])) }
	return segment{elf.ProgType(w(0)), uint32(w(6)), w(1), w(2), w(3), w(4), w(5), w(7)}
}

func (f *file) appendSegment(b []byte, s segment) []byte {
	o := f.order.(binary.AppendByteOrder)
	if f.wide {
		b = o.AppendUint32(o.AppendUint32(b, uint32(s.kind)), s.flags)
		for _, n := range []uint64{s.off, s.vaddr, s.paddr, s.filesz, s.memsz, s.align} {
			b = o.AppendUint64(b, n)
		}
		return b
	}
	for _, n := range []uint64{uint64(s.kind), s.off, s.vaddr, s.paddr, s.filesz, s.memsz, uint64(s.flags), s.align} {
		b = o.AppendUint32(b, uint32(n))
	}
	return b
}

func (f *file) readSection(b []byte) header {
	o := f.order
	h := header{name: o.Uint32(b), kind: elf.SectionType(o.Uint32(b[4:]))}
	if f.wide {
		h.flags, h.addr = elf.SectionFlag(o.Uint64(b[8:])), o.Uint64(b[16:])
		h.off, h.size = o.Uint64(b[24:]), o.Uint64(b[32:])
		h.link, h.info = o.Uint32(b[40:]), o.Uint32(b[44:])
		h.align, h.each = o.Uint64(b[48:]), o.Uint64(b[56:])
		return h
	}
	w := func(i int) uint64 { return uint64(o.Uint32(b[4*i:])) }
	h.flags, h.addr, h.off, h.size = elf.SectionFlag(w(2)), w(3), w(4), w(5)
	h.link, h.info, h.align, h.each = uint32(w(6)), uint32(w(7)), w(8), w(9)
	return h
}

func (f *file) appendSection(b []byte, h header) []byte {
	o := f.order.(binary.AppendByteOrder)
	b = o.AppendUint32(o.AppendUint32(b, h.name), uint32(h.kind))
	if f.wide {
		for _, n := range []uint64{uint64(h.flags), h.addr, h.off, h.size} {
			b = o.AppendUint64(b, n)
		}
		b = o.AppendUint32(o.AppendUint32(b, h.link), h.info)
		return o.AppendUint64(o.AppendUint64(b, h.align), h.each)
	}
	for _, n := range []uint64{uint64(h.flags), h.addr, h.off, h.size, uint64(h.link), uint64(h.info), h.align, h.each} {
		b = o.AppendUint32(b, uint32(n))
	}
	return b
}

func (f *file) bytes(h header) []byte {
	if !h.hasBytes() {
		return nil
	}
	return f.data[h.off : h.off+h.size]
}

func (f *file) readNames() error {
	table := f.bytes(f.sections[f.strings])
	for i, h := range f.sections {
		if uint64(h.name) >= uint64(len(table)) && len(table) > 0 || len(table) == 0 && h.name != 0 {
			return refuse("section %d has no name", i)
		}
		name := ""
		if len(table) > 0 {
			end := 0
			rest := table[h.name:]
			for end < len(rest) && rest[end] != 0 {
				end++
			}
			if end > maxName {
				return refuse("section %d has too long a name", i)
			}
			name = string(rest[:end])
		}
		f.names = append(f.names, name)
	}
	return nil
}

// BuildID is the build ID of an ELF file in hex, by which debuggers find what
// was taken out of it. It is empty if there is none.
func BuildID(data []byte) string {
	f, err := parse(data)
	if err != nil {
		return ""
	}
	for i, h := range f.sections {
		if h.kind != elf.SHT_NOTE || f.names[i] != ".note.gnu.build-id" {
			continue
		}
		b := f.bytes(h)
		if len(b) < 16 || f.order.Uint32(b) != 4 || f.order.Uint32(b[8:]) != 3 || string(b[12:16]) != "GNU\x00" { // NT_GNU_BUILD_ID
			continue
		}
		if n := f.order.Uint32(b[4:]); n >= 2 && uint64(n) <= uint64(len(b)-16) {
			return hex.EncodeToString(b[16 : 16+n])
		}
	}
	return ""
}

// DebugPath is where debuggers look for the debugging data of a build ID, or
// empty for an empty one.
func DebugPath(buildID string) string {
	if len(buildID) < 4 {
		return ""
	}
	return "/usr/lib/debug/.build-id/" + buildID[:2] + "/" + buildID[2:] + ".debug"
}
