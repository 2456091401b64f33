package layer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// indexVersion begins every index. It changes when the format does.
const indexVersion = "ashlar index 1\n"

// An Index is what the store notes of a tree: its files, without their bytes,
// and what its maker wanted to keep with it, such as a package's version.
//
// As text, an index is one file a line in path order:
//
//	ashlar index 1
//	= package nginx
//	d 755 root root 1700000000 /usr/sbin
//	f 755 root root 1700000000 /usr/sbin/nginx 11 5891b5b5… m=x86_64 n=libc.so.6 i=/lib64/ld-linux-x86-64.so.2
//	l 777 root root 1700000000 /usr/sbin/httpd nginx
//
// The fields are type, mode in octal, owner, group, time and path; then for a
// file size and digest, for a link its target, for a device its number; then
// what else there is, in this order, as KEY=VALUE: c capabilities in hex, a the
// path in the store's tree if another, k n w origin (kind, name, what), and the
// facts F, machine first, then S soname, N needed, R runpath, I interpreter,
// A arguments, X shell, D debug. Lists are joined by commas. A byte that would
// end a field, a control character and what is no UTF-8 stand as %xx.
//
// Equal indexes are equal bytes: there is one way to write each.
type Index struct {
	Files []*File
	Meta  map[string]string
}

// Tree is a tree of the index's files.
func (x *Index) Tree() *Tree { return New(x.Files...) }

// Digest is the SHA-256 of the index as [WriteIndex] writes it. It names a
// tree: trees with equal files have equal digests.
func Digest(x *Index) (string, error) {
	h := sha256.New()
	if err := WriteIndex(h, x); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// WriteIndex writes x, its files sorted by path. It refuses files that
// [ReadIndex] would not take: two with one path, one without a digest.
// Data and In are not part of an index.
func WriteIndex(w io.Writer, x *Index) error {
	files := x.Files
	if !slices.IsSortedFunc(files, compareFiles) {
		files = slices.SortedFunc(slices.Values(files), compareFiles)
	}
	b := bufio.NewWriterSize(w, 1<<16)
	line := make([]byte, 0, 512)
	line = append(line, indexVersion...)
	for _, key := range slices.Sorted(maps.Keys(x.Meta)) {
		line = append(line, "= "...)
		line = appendField(line, key)
		line = append(line, ' ')
		line = appendField(line, x.Meta[key])
		line = append(line, '\n')
	}
	last := ""
	for _, f := range files {
		if f.Path == last {
			return fmt.Errorf("write index: %s: twice", f.Path)
		}
		last = f.Path
		if err := checkFile(f); err != nil {
			return fmt.Errorf("write index: %w", err)
		}
		if _, err := b.Write(line); err != nil {
			return fmt.Errorf("write index: %w", err)
		}
		line = appendFile(line[:0], f)
	}
	b.Write(line) // its error stays, and Flush returns it
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write index: %w", err)
	}
	return nil
}

// checkFile says why f cannot be in an index.
func checkFile(f *File) error {
	if err := CheckPath(f.Path); err != nil {
		return err
	}
	switch {
	case f.Mode > 0o7777:
		return fmt.Errorf("%s: mode %o", f.Path, f.Mode)
	case f.Size < 0:
		return fmt.Errorf("%s: size %d", f.Path, f.Size)
	}
	switch f.Type {
	case Regular:
		if !IsDigest(f.Digest) {
			return fmt.Errorf("%s: digest %q", f.Path, f.Digest)
		}
	case Hardlink:
		return CheckPath(f.Link)
	case Symlink:
		if f.Link == "" {
			return fmt.Errorf("%s: link without a target", f.Path)
		}
	case Dir, Char, Block, Fifo, Whiteout, Opaque:
	default:
		return fmt.Errorf("%s: file type %q", f.Path, byte(f.Type))
	}
	return nil
}

// IsDigest reports whether s is a SHA-256 in lower-case hex.
func IsDigest(s string) bool {
	if len(s) != 2*sha256.Size {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func appendFile(b []byte, f *File) []byte {
	b = append(b, byte(f.Type), ' ')
	b = strconv.AppendUint(b, uint64(f.Mode), 8)
	b = append(b, ' ')
	b = appendField(b, f.User)
	b = append(b, ' ')
	b = appendField(b, f.Group)
	b = append(b, ' ')
	b = strconv.AppendInt(b, f.MTime, 10)
	b = append(b, ' ')
	b = appendField(b, f.Path)
	switch f.Type {
	case Regular:
		b = append(b, ' ')
		b = strconv.AppendInt(b, f.Size, 10)
		b = append(b, ' ')
		b = append(b, f.Digest...)
	case Symlink, Hardlink:
		b = append(b, ' ')
		b = appendField(b, f.Link)
	case Char, Block:
		b = append(b, ' ')
		b = strconv.AppendUint(b, f.Dev, 10)
	}
	if f.Caps != "" {
		b = append(b, " c="...)
		b = hex.AppendEncode(b, []byte(f.Caps))
	}
	if f.At != f.Path {
		b = appendKey(b, 'a', f.At)
	}
	b = appendKey(b, 'k', string(f.Origin.Kind))
	b = appendKey(b, 'n', f.Origin.Name)
	b = appendKey(b, 'w', f.Origin.What)
	if f.Facts != nil {
		b = appendFacts(b, f.Facts)
	}
	return append(b, '\n')
}

func appendFacts(b []byte, x *Facts) []byte {
	b = append(b, " F="...)
	b = appendField(b, x.Machine)
	b = appendKey(b, 'S', x.Soname)
	b = appendList(b, 'N', x.Needed)
	b = appendList(b, 'R', x.Runpath)
	b = appendKey(b, 'I', x.Interp)
	b = appendKey(b, 'A', x.Args)
	b = appendList(b, 'X', x.Calls)
	if x.Debug {
		b = append(b, " D=1"...)
	}
	return b
}

func appendKey(b []byte, key byte, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ' ', key, '=')
	return appendField(b, value)
}

func appendList(b []byte, key byte, list []string) []byte {
	for i, s := range list {
		if i == 0 {
			b = append(b, ' ', key, '=')
		} else {
			b = append(b, ',')
		}
		b = appendField(b, s)
	}
	return b
}
