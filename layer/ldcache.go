package layer

import (
	"cmp"
	"encoding/binary"
	"path"
	"slices"
	"strings"
)

// The numbers of the cache's format, glibc's sysdeps/generic/ldconfig.h and
// dl-cache.h: version 1.1, little-endian machines.
const (
	cacheMagic        = "glibc-ld.so.cache1.1"
	cacheHeader       = 48
	cacheEntry        = 24
	cacheLittleEndian = 2
	cacheExtMagic     = 0xeaa42174
	cacheHwcapFlag    = 1 << 62 // the entry is of a directory of glibc-hwcaps
	cacheLibc6        = 3       // FLAG_ELF_LIBC6
)

// cacheFlags are the flags of a machine's libraries; ok is false for a machine
// whose ldconfig is not known.
func cacheFlags(machine string) (flags uint32, ok bool) {
	switch machine {
	case "i386":
		return cacheLibc6, true
	case "x86_64":
		return 0x300 | cacheLibc6, true
	case "x32":
		return 0x800 | cacheLibc6, true
	case "aarch64":
		return 0xa00 | cacheLibc6, true
	case "arm":
		return 0x900 | cacheLibc6, true
	case "ppc64le":
		return 0x500 | cacheLibc6, true
	case "riscv64":
		return 0x1000 | cacheLibc6, true
	case "loongarch":
		return 0x1200 | cacheLibc6, true
	}
	return 0, false
}

// A cached is one entry of the cache.
type cached struct {
	soname string
	path   string
	flags  uint32
	hwcaps string // the directory below glibc-hwcaps, or empty
}

// LdCache is the /etc/ld.so.cache of a tree, as ldconfig -X writes it for that
// root: the libraries of ld.so.conf's directories, then of Debian's own, and of
// the directories for newer processors below them. Libraries are known by
// their Facts; open reads ld.so.conf. The cache names generator as its maker.
//
// It returns nil where there is no library of a machine that is known.
func LdCache(t *Tree, open Opener, generator string) []byte {
	var entries []cached
	seen := map[string]bool{}
	for _, dir := range append(LibraryDirs(t, open), systemDirs(t)...) {
		at, f, err := t.Resolve(dir)
		if err != nil || f != nil && !isDir(f) || seen[at] {
			continue
		}
		seen[at] = true
		entries = append(entries, dirLibraries(t, dir, "")...)
		for _, sub := range children(t, path.Join(at, "glibc-hwcaps")) {
			entries = append(entries, dirLibraries(t, path.Join(dir, "glibc-hwcaps", path.Base(sub)), path.Base(sub))...)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	slices.SortStableFunc(entries, compareCached)
	return encodeCache(entries, generator)
}

// systemDirs are what ldconfig always reads last: the directories it was built
// with, which are Debian's multiarch ones of the libc that is there.
func systemDirs(t *Tree) []string {
	var dirs []string
	for _, machine := range []string{"x86_64", "aarch64", "arm", "i386", "ppc64le", "riscv64", "loongarch", "x32"} {
		if m := triplet(machine); t.Exists("/lib/"+m) || t.Exists("/usr/lib/"+m) {
			dirs = append(dirs, "/lib/"+m, "/usr/lib/"+m)
		}
	}
	return append(dirs, "/lib", "/usr/lib")
}

// children are the paths directly in a directory.
func children(t *Tree, dir string) []string {
	var out []string
	for f := range t.Under(dir) {
		name, _, _ := strings.Cut(strings.TrimPrefix(f.Path[len(dir):], "/"), "/")
		p := path.Join(dir, name)
		if len(out) == 0 || out[len(out)-1] != p {
			out = append(out, p)
		}
	}
	return out
}

// A candidate is a file that may be the library of a soname.
type candidate struct {
	cached
	name string
	link bool
}

// dirLibraries finds one library for each soname in a directory: a file rather
// than a link, and of two the one of higher version.
func dirLibraries(t *Tree, dir, hwcaps string) []cached {
	at, _, err := t.Resolve(dir)
	if err != nil {
		return nil
	}
	best := map[string]candidate{}
	for _, p := range children(t, at) {
		c, ok := inspect(t, p)
		if !ok {
			continue
		}
		old, known := best[c.soname]
		if known && !(!c.link && old.link || c.link == old.link && compareVersions(old.name, c.name) < 0) {
			continue
		}
		best[c.soname] = c
	}
	out := make([]cached, 0, len(best))
	for _, c := range best {
		file := c.soname // a link of that name is there, or ldconfig would make it
		if c.link {
			file = c.name
		}
		c.path, c.hwcaps = path.Join(dir, file), hwcaps
		out = append(out, c.cached)
	}
	return out
}

// inspect says which soname the file p stands for, if it is a library.
func inspect(t *Tree, p string) (candidate, bool) {
	name := path.Base(p)
	if !isLibraryName(name) {
		return candidate{}, false
	}
	_, f, err := t.Resolve(p)
	if err != nil || f == nil {
		return candidate{}, false
	}
	if f.Type == Hardlink {
		f = t.files[f.Link]
	}
	if f == nil || f.Type != Regular || f.Facts == nil {
		return candidate{}, false
	}
	flags, ok := cacheFlags(f.Facts.Machine)
	if !ok {
		return candidate{}, false
	}
	c := candidate{cached: cached{soname: cmp.Or(f.Facts.Soname, name), flags: flags}, name: name}
	if self := t.files[p]; self != nil && self.Type == Symlink {
		c.link = isSonameLink(name, c.soname)
		if c.link {
			c.soname = name
		}
	}
	return c, true
}

func isLibraryName(name string) bool {
	return (strings.HasPrefix(name, "lib") || strings.HasPrefix(name, "ld-")) && strings.Contains(name, ".so") ||
		strings.HasPrefix(name, "ld.so.") || strings.HasPrefix(name, "ld64.so.")
}

// isSonameLink reports whether a link is named as its library's soname, or is
// the one for ld(1), without the version; other links count as files.
func isSonameLink(name, soname string) bool {
	return name == soname || strings.HasSuffix(name, ".so") && strings.HasPrefix(soname, name)
}

// compareCached is the order in which ld.so searches by halves: names downwards,
// and libraries for newer processors before the others.
func compareCached(a, b cached) int {
	if n := cmp.Or(compareVersions(b.soname, a.soname), cmp.Compare(b.flags, a.flags)); n != 0 {
		return n
	}
	if (a.hwcaps == "") != (b.hwcaps == "") {
		return cmp.Compare(len(b.hwcaps), len(a.hwcaps))
	}
	return cmp.Compare(a.hwcaps, b.hwcaps)
}

// compareVersions orders names with numbers in them by the numbers' values.
func compareVersions(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		switch {
		case da > 0 && db > 0:
			x, y := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
			if n := cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y)); n != 0 {
				return n
			}
			a, b = a[da:], b[db:]
		case da > 0:
			return 1
		case db > 0:
			return -1
		case a[0] != b[0]:
			return int(a[0]) - int(b[0])
		default:
			a, b = a[1:], b[1:]
		}
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func encodeCache(entries []cached, generator string) []byte {
	var hwcaps, all []string
	for _, e := range entries {
		all = append(all, e.soname, e.path)
		if e.hwcaps != "" {
			hwcaps = append(hwcaps, e.hwcaps)
			all = append(all, e.hwcaps)
		}
	}
	slices.Sort(hwcaps)
	hwcaps = slices.Compact(hwcaps)
	strs, offsets := shareTails(all)
	start := uint32(cacheHeader + cacheEntry*len(entries))
	extension := (start + uint32(len(strs)) + 3) &^ 3

	le := binary.LittleEndian
	b := []byte(cacheMagic)
	b = le.AppendUint32(b, uint32(len(entries)))
	b = le.AppendUint32(b, uint32(len(strs)))
	b = append(b, cacheLittleEndian, 0, 0, 0)
	b = le.AppendUint32(b, extension)
	b = append(b, make([]byte, cacheHeader-len(b))...)
	for _, e := range entries {
		b = le.AppendUint32(b, e.flags)
		b = le.AppendUint32(b, start+offsets[e.soname])
		b = le.AppendUint32(b, start+offsets[e.path])
		b = le.AppendUint32(b, 0)
		bits := uint64(0)
		if i, ok := slices.BinarySearch(hwcaps, e.hwcaps); ok {
			bits = cacheHwcapFlag | uint64(i)
		}
		b = le.AppendUint64(b, bits)
	}
	b = append(b, strs...)
	b = append(b, make([]byte, int(extension)-len(b))...)
	return appendExtensions(b, hwcaps, func(s string) uint32 { return start + offsets[s] }, generator)
}

// appendExtensions writes who made the cache, and the names of the directories
// for newer processors, sorted, which entries name by number.
func appendExtensions(b []byte, hwcaps []string, offset func(string) uint32, generator string) []byte {
	le := binary.LittleEndian
	sections := 1
	if len(hwcaps) > 0 {
		sections = 2
	}
	at := uint32(len(b) + 8 + 16*sections)
	b = le.AppendUint32(b, cacheExtMagic)
	b = le.AppendUint32(b, uint32(sections))
	section := func(tag, offset, size int) {
		for _, n := range []int{tag, 0, offset, size} {
			b = le.AppendUint32(b, uint32(n))
		}
	}
	names := 4 * len(hwcaps)
	section(0, int(at)+names, len(generator))
	if len(hwcaps) > 0 {
		section(1, int(at), names)
	}
	for _, name := range hwcaps {
		b = le.AppendUint32(b, offset(name))
	}
	return append(b, generator...)
}

// shareTails makes a table of strings, each with a NUL, in which a string that
// ends another is not written again; and says where each is.
func shareTails(list []string) ([]byte, map[string]uint32) {
	list = slices.Clone(list)
	slices.SortFunc(list, compareTails)
	var table []byte
	offsets := make(map[string]uint32, len(list))
	last := ""
	for _, s := range list {
		if _, ok := offsets[s]; ok {
			continue
		}
		if last != "" && strings.HasSuffix(last, s) {
			offsets[s] = uint32(len(table) - 1 - len(s))
			continue
		}
		offsets[s] = uint32(len(table))
		table = append(append(table, s...), 0)
		last = s
	}
	return table, offsets
}

// compareTails compares from the ends, downwards; of two where one ends the
// other the longer is first.
func compareTails(a, b string) int {
	for i := 1; i <= len(a) && i <= len(b); i++ {
		if n := cmp.Compare(b[len(b)-i], a[len(a)-i]); n != 0 {
			return n
		}
	}
	return cmp.Compare(len(b), len(a))
}
