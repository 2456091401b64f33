package layer

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

const (
	// scriptHead is what Linux reads of a file to find its interpreter.
	scriptHead = 256
	// maxTable bounds one table of an ELF file that is read whole. The largest
	// in Debian, of libLLVM and its kin, have a few MB.
	maxTable = 64 << 20
	// maxStrings bounds what is noted of one file.
	maxStrings = 1024
	maxString  = 4096
)

// FactsOf reads the facts of an ELF file or a script of that size. Of other
// files, and of ELF files that no linker made, it returns nil; it reads four
// bytes to know.
func FactsOf(r io.ReaderAt, size int64) *Facts {
	var magic [4]byte
	if n, _ := r.ReadAt(magic[:], 0); n < 3 {
		return nil
	}
	switch {
	case magic[0] == '#' && magic[1] == '!':
		return scriptFacts(r)
	case string(magic[:]) == elf.ELFMAG && size >= 52:
		x, err := elfFacts(io.NewSectionReader(r, 0, size), size)
		if err != nil {
			return nil
		}
		return x
	}
	return nil
}

// scriptFacts follows the kernel's fs/binfmt_script.c: the program ends at a
// blank, and all behind it, without blanks at the ends, is one argument.
func scriptFacts(r io.ReaderAt) *Facts {
	var head [scriptHead]byte
	n, _ := r.ReadAt(head[:], 0)
	line, _, _ := strings.Cut(string(head[2:n]), "\n")
	line = strings.Trim(line, " \t\r")
	if strings.IndexByte(line, 0) >= 0 {
		return nil
	}
	program, args := line, ""
	if i := strings.IndexAny(line, " \t"); i >= 0 {
		program, args = line[:i], strings.TrimLeft(line[i:], " \t")
	}
	if program == "" {
		return nil
	}
	return &Facts{Interp: program, Args: args}
}

// An elfReader reads the tables of one ELF file. Sections are read as they lie
// in the file: the ones of interest are never compressed.
type elfReader struct {
	*elf.File
	r    io.ReaderAt
	size int64
}

func elfFacts(r io.ReaderAt, size int64) (*Facts, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, err
	}
	e := elfReader{f, r, size}
	x := &Facts{Machine: machineName(f), Debug: hasDebug(f)}
	if f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN {
		return x, nil
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz <= maxString {
			b, err := e.at(p.Off, p.Filesz)
			if err != nil {
				return nil, err
			}
			x.Interp = string(bytes.TrimRight(b, "\x00"))
		}
	}
	if err := e.dynamic(x); err != nil {
		return nil, err
	}
	return x, e.imports(x)
}

// at reads a table, and refuses one that the file cannot hold before it asks
// for memory.
func (e elfReader) at(off, n uint64) ([]byte, error) {
	if n > maxTable || off > uint64(e.size) || n > uint64(e.size)-off {
		return nil, fmt.Errorf("table of %d bytes at %d", n, off)
	}
	b := make([]byte, n)
	if _, err := e.r.ReadAt(b, int64(off)); err != nil {
		return nil, err
	}
	return b, nil
}

// table reads the section of that type and the string table it names.
func (e elfReader) table(t elf.SectionType) (data, strs []byte, err error) {
	s := e.SectionByType(t)
	if s == nil || s.Link == 0 || int(s.Link) >= len(e.Sections) {
		return nil, nil, nil
	}
	if data, err = e.at(s.Offset, s.FileSize); err != nil {
		return nil, nil, err
	}
	str := e.Sections[s.Link]
	strs, err = e.at(str.Offset, str.FileSize)
	return data, strs, err
}

// word reads a machine word of the file's class.
func (e elfReader) word(b []byte) uint64 {
	if e.Class == elf.ELFCLASS64 {
		return e.ByteOrder.Uint64(b)
	}
	return uint64(e.ByteOrder.Uint32(b))
}

func cstring(b []byte, off uint64) []byte {
	if off >= uint64(len(b)) {
		return nil
	}
	b = b[off:min(uint64(len(b)), off+maxString)]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return nil
}

func (e elfReader) dynamic(x *Facts) error {
	data, strs, err := e.table(elf.SHT_DYNAMIC)
	if err != nil {
		return err
	}
	w := 4
	if e.Class == elf.ELFCLASS64 {
		w = 8
	}
	var rpath []string
	for ; len(data) >= 2*w && len(x.Needed) < maxStrings; data = data[2*w:] {
		tag := elf.DynTag(e.word(data))
		if tag == elf.DT_NULL {
			break
		}
		value := string(cstring(strs, e.word(data[w:])))
		switch tag {
		case elf.DT_NEEDED:
			x.Needed = append(x.Needed, value)
		case elf.DT_SONAME:
			x.Soname = value
		case elf.DT_RUNPATH:
			x.Runpath = splitPath(value)
		case elf.DT_RPATH:
			rpath = splitPath(value)
		}
	}
	if x.Runpath == nil { // DT_RPATH is ignored where there is a DT_RUNPATH, ld.so(8)
		x.Runpath = rpath
	}
	return nil
}

func splitPath(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ":")
}

// imports notes which functions the file imports that start a shell.
func (e elfReader) imports(x *Facts) error {
	data, strs, err := e.table(elf.SHT_DYNSYM)
	if err != nil {
		return err
	}
	size, shndx := 16, 14
	if e.Class == elf.ELFCLASS64 {
		size, shndx = 24, 6
	}
	calls := tellingCalls()
	var found [len(calls)]bool
	for ; len(data) >= size; data = data[size:] {
		if data[shndx] != 0 || data[shndx+1] != 0 { // defined here
			continue
		}
		name := uint64(e.ByteOrder.Uint32(data))
		if name == 0 || name >= uint64(len(strs)) {
			continue
		}
		for i, call := range calls {
			if hasCString(strs[name:], call) {
				found[i] = true
			}
		}
	}
	for i, call := range calls {
		if found[i] {
			x.Calls = append(x.Calls, call)
		}
	}
	return nil
}

// tellingCalls are the functions of libc that want more than libraries, in the
// order of Facts.Calls: three run /bin/sh, the last loads gconv modules.
func tellingCalls() [4]string { return [4]string{"popen", "system", "wordexp", IconvOpen} }

// IconvOpen is the one of Facts.Calls that converts character sets.
const IconvOpen = "iconv_open"

func hasCString(b []byte, s string) bool {
	return len(b) > len(s) && b[len(s)] == 0 && string(b[:len(s)]) == s
}

// hasDebug follows strip(1): of what a linker made, symbols go as well as
// debug sections; of an object file only the latter.
func hasDebug(f *elf.File) bool {
	linked := f.Type == elf.ET_EXEC || f.Type == elf.ET_DYN
	for _, s := range f.Sections {
		if strings.HasPrefix(s.Name, ".debug_") || strings.HasPrefix(s.Name, ".zdebug_") ||
			linked && s.Type == elf.SHT_SYMTAB {
			return true
		}
	}
	return false
}

// machineName is the machine as uname -m and Debian's tuples spell it.
func machineName(f *elf.File) string {
	switch f.Machine {
	case elf.EM_X86_64:
		if f.Class == elf.ELFCLASS32 {
			return "x32"
		}
		return "x86_64"
	case elf.EM_386:
		return "i386"
	case elf.EM_PPC64:
		if f.ByteOrder == binary.LittleEndian {
			return "ppc64le"
		}
		return "ppc64"
	case elf.EM_RISCV:
		if f.Class == elf.ELFCLASS64 {
			return "riscv64"
		}
		return "riscv32"
	case elf.EM_S390:
		return "s390x"
	}
	return strings.ToLower(strings.TrimPrefix(f.Machine.String(), "EM_"))
}
