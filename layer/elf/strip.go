package elf

import (
	"bytes"
	"debug/elf"
	"strings"
)

// Strip takes symbols and debugging data out of an executable or a shared
// library, and returns both parts. They go as with strip --strip-unneeded
// --remove-section=.comment --remove-section=.note, which is how dh_strip calls
// it; debug is as objcopy --only-keep-debug would write it.
//
// If there is nothing to take out, stripped is data and debug is nil. So it is
// if the file is refused, and then the error is a [*Refused]: relocatable files
// and archives, whose symbols are what they are for, and everything that is
// unusual. data is never changed.
func Strip(data []byte) (stripped, debug []byte, err error) {
	f, err := parse(data)
	if err != nil {
		return data, nil, err
	}
	if f.kind != elf.ET_EXEC && f.kind != elf.ET_DYN {
		return data, nil, refuse("it is neither a program nor a shared library")
	}
	gone := make([]bool, len(f.sections))
	some := false
	for i := range f.sections {
		gone[i] = f.goes(i)
		some = some || gone[i]
	}
	if !some {
		return data, nil, nil
	}
	if err := f.check(gone); err != nil {
		return data, nil, err
	}
	stripped = f.without(gone)
	if len(stripped) >= len(data) {
		return data, nil, refuse("it would not become smaller")
	}
	return stripped, f.only(gone), nil
}

// goes reports whether a section is taken out.
func (f *file) goes(i int) bool {
	h, name := f.sections[i], f.names[i]
	if i == 0 || i == f.strings || h.loaded() {
		return false
	}
	switch h.kind {
	case elf.SHT_SYMTAB, elf.SHT_SYMTAB_SHNDX:
		return true
	case elf.SHT_STRTAB:
		return f.onlyNamesSymbols(i)
	}
	for _, prefix := range []string{".debug", ".zdebug", ".stab", ".gnu.debuglto_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	switch name {
	case ".comment", ".note", ".gdb_index", ".line":
		return true
	}
	return false
}

// onlyNamesSymbols reports whether the string table is the symbol table's, and
// nothing else's.
func (f *file) onlyNamesSymbols(i int) bool {
	used := false
	for _, h := range f.sections {
		if int(h.link) != i || h.kind == elf.SHT_NULL {
			continue
		}
		if h.kind != elf.SHT_SYMTAB {
			return false
		}
		used = true
	}
	return used
}

// check refuses files in which something that stays depends on what goes.
func (f *file) check(gone []bool) error {
	var loadedEnd, moved uint64
	lastLoaded := 0
	for _, s := range f.segments {
		loadedEnd = max(loadedEnd, s.off+s.filesz)
	}
	for i, h := range f.sections {
		if h.loaded() {
			lastLoaded = i
			if h.hasBytes() {
				loadedEnd = max(loadedEnd, h.off+h.size)
			}
		}
	}
	for i, h := range f.sections {
		if h.hasBytes() && (!h.loaded() || h.kind == elf.SHT_NOTE) {
			moved += h.size
			if h.align > maxAlign {
				return refuse("section %s has an impossible alignment", f.names[i])
			}
		}
		switch {
		case gone[i] && i < lastLoaded:
			return refuse("section %s lies before ones that are loaded", f.names[i]) // symbols name sections by number
		case gone[i] && h.size > 0 && h.hasBytes() && h.off < loadedEnd:
			return refuse("section %s is inside a segment", f.names[i])
		case gone[i] || h.kind == elf.SHT_NULL:
		case int(h.link) < len(gone) && gone[h.link] && !h.ownRelocations():
			return refuse("section %s needs section %s", f.names[i], f.names[h.link])
		case int(h.link) >= len(gone) || h.infoIsSection() && int(h.info) >= len(gone):
			return refuse("section %s names one that is not there", f.names[i])
		case h.infoIsSection() && gone[h.info]:
			return refuse("section %s needs section %s", f.names[i], f.names[h.info])
		case h.kind == elf.SHT_GROUP:
			return refuse("it has groups of sections")
		}
	}
	if moved > uint64(len(f.data)) {
		return refuse("its sections overlap")
	}
	return nil
}

// ownRelocations reports whether the section has the relocations that a static
// program does on itself: of the symbol table that it names it uses nothing.
func (h header) ownRelocations() bool {
	return h.loaded() && (h.kind == elf.SHT_REL || h.kind == elf.SHT_RELA)
}

// infoIsSection reports whether sh_info is the number of a section: the ELF
// specification, "sh_link and sh_info Interpretation".
func (h header) infoIsSection() bool {
	return h.flags&elf.SHF_INFO_LINK != 0 || h.info != 0 && (h.kind == elf.SHT_REL || h.kind == elf.SHT_RELA)
}

// A writer puts a file together.
type writer struct {
	f     *file
	out   []byte
	names []byte // the new table of sections' names
}

func (w *writer) align(n uint64) {
	for n > 1 && uint64(len(w.out))%n != 0 {
		w.out = append(w.out, 0)
	}
}

// name adds a section's name and says where it is.
func (w *writer) name(s string) uint32 {
	if s == "" {
		return 0
	}
	at := bytes.Index(w.names, []byte("\x00"+s+"\x00")) + 1
	if at > 0 {
		return uint32(at)
	}
	at = len(w.names)
	w.names = append(append(w.names, s...), 0)
	return uint32(at)
}

// finish writes the names and the section headers, and says so in the header.
func (w *writer) finish(sections []header, strs int) []byte {
	h := &sections[strs]
	h.off, h.size, h.align = uint64(len(w.out)), uint64(len(w.names)), 1
	w.out = append(w.out, w.names...)
	w.align(8)
	shoff := uint64(len(w.out))
	for _, h := range sections {
		w.out = w.f.appendSection(w.out, h)
	}
	o := w.f.order
	if w.f.wide {
		o.PutUint64(w.out[40:], shoff)
		o.PutUint16(w.out[60:], uint16(len(sections)))
		o.PutUint16(w.out[62:], uint16(strs))
	} else {
		o.PutUint32(w.out[32:], uint32(shoff))
		o.PutUint16(w.out[48:], uint16(len(sections)))
		o.PutUint16(w.out[50:], uint16(strs))
	}
	return w.out
}

// without is the file without the sections that go: all that is loaded in its
// place, and what else stays closed up behind it.
func (f *file) without(gone []bool) []byte {
	ehsize, phsize, _ := f.sizes()
	end := uint64(ehsize + phsize*len(f.segments))
	for _, s := range f.segments {
		end = max(end, s.off+s.filesz)
	}
	for _, h := range f.sections {
		if h.loaded() && h.hasBytes() {
			end = max(end, h.off+h.size)
		}
	}
	w := &writer{f: f, names: []byte{0}}
	w.out = append(make([]byte, 0, len(f.data)), f.data[:end]...)
	number := make([]uint32, len(f.sections)) // old → new
	n := uint32(0)
	for i := range f.sections {
		number[i] = n
		if !gone[i] {
			n++
		}
	}
	var sections []header
	for i, h := range f.sections {
		if gone[i] {
			continue
		}
		h.name = w.name(f.names[i])
		if h.kind != elf.SHT_NULL {
			if gone[h.link] {
				h.link = 0 // see ownRelocations
			} else {
				h.link = number[h.link]
			}
			if h.infoIsSection() {
				h.info = number[h.info]
			}
		}
		if !h.loaded() && h.hasBytes() && i != f.strings {
			w.align(h.align)
			body := f.bytes(h)
			h.off = uint64(len(w.out))
			w.out = append(w.out, body...)
		}
		sections = append(sections, h)
	}
	return w.finish(sections, int(number[f.strings]))
}

// only is the other part: every section by its number and address, but of those
// that are loaded only notes with their bytes.
func (f *file) only(gone []bool) []byte {
	ehsize, _, _ := f.sizes()
	w := &writer{f: f, names: []byte{0}}
	w.out = append(w.out, f.data[:ehsize]...)
	for _, s := range f.segments {
		w.out = f.appendSegment(w.out, s.hollow())
	}
	sections := make([]header, len(f.sections))
	for i, h := range f.sections {
		h.name = w.name(f.names[i])
		keep := gone[i] || !h.loaded() || h.kind == elf.SHT_NOTE
		switch {
		case i == 0 || i == f.strings:
		case keep && h.hasBytes():
			w.align(h.align)
			body := f.bytes(h)
			h.off = uint64(len(w.out))
			w.out = append(w.out, body...)
		case h.hasBytes():
			h.kind, h.off = elf.SHT_NOBITS, uint64(len(w.out))
		case h.kind == elf.SHT_NOBITS:
			h.off = uint64(len(w.out))
		}
		sections[i] = h
	}
	return w.finish(sections, f.strings)
}

// hollow is the segment without its bytes. What would be read through its
// segment alone, such as the interpreter's name, is not there any more.
func (s segment) hollow() segment {
	switch s.kind {
	case elf.PT_INTERP, elf.PT_DYNAMIC, elf.PT_NOTE, elf.PT_PHDR, elf.PT_GNU_EH_FRAME, elf.PT_GNU_PROPERTY:
		return segment{kind: elf.PT_NULL}
	}
	s.filesz = 0
	if s.align > 1 {
		s.off = s.vaddr % s.align
	} else {
		s.off = 0
	}
	return s
}
