package layer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
)

// Content is a regular file of the given bytes, owned by root.
func Content(path string, mode uint32, data []byte, from Origin) *File {
	sum := sha256.Sum256(data)
	return &File{
		Path: path, Type: Regular, Mode: mode, User: "root", Group: "root", Origin: from,
		Data: data, Size: int64(len(data)), Digest: hex.EncodeToString(sum[:]),
	}
}

// String is the file's type in a word, as a dump has it.
func (t Type) String() string {
	switch t {
	case Regular:
		return "file"
	case Dir:
		return "dir"
	case Symlink:
		return "link"
	case Hardlink:
		return "hard"
	case Char:
		return "char"
	case Block:
		return "block"
	case Fifo:
		return "fifo"
	case Whiteout:
		return "gone"
	case Opaque:
		return "opaque"
	}
	return "type" + strconv.Itoa(int(t))
}

// String is the origin in words: "package libssl3t64 3.5.4-1~deb13u1".
func (o Origin) String() string {
	b := []byte(o.Kind)
	for _, s := range []string{o.Name, o.What} {
		if s != "" {
			b = append(append(b, ' '), s...)
		}
	}
	return string(b)
}

// String is the file's line in a dump, without its end.
func (f *File) String() string { return string(appendLine(nil, f)) }

// Dump writes the tree as text, one file a line in path order:
//
//	/usr/sbin dir 0755 root:root [package base-files 13.8]
//	/usr/sbin/nginx file 0755 root:root 5891b5b5 [recipe nginx compile]
//	/usr/sbin/ping file 0755 root:root 0a1b2c3d cap=0100000200200000… [package iputils-ping 3:20240905-3]
//	/usr/sbin/httpd link 0777 root:root -> nginx
//	/usr/sbin/nginx-1 hard 0755 root:root -> /usr/sbin/nginx
//	/dev/null char 0666 root:root 1,3
//
// A file has the first eight digits of its digest; the origin stands in
// brackets, if there is one. Odd bytes stand as %xx, as in an [Index]. Times
// are left out: they follow from an image's epoch.
func Dump(w io.Writer, t *Tree) error {
	b := bufio.NewWriter(w)
	var line []byte
	for _, f := range t.Files() {
		line = append(appendLine(line[:0], f), '\n')
		if _, err := b.Write(line); err != nil {
			return fmt.Errorf("write dump: %w", err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write dump: %w", err)
	}
	return nil
}

func appendLine(b []byte, f *File) []byte {
	b = appendField(b, f.Path)
	b = append(b, ' ')
	b = append(b, f.Type.String()...)
	if f.Type != Whiteout {
		b = fmt.Appendf(b, " %04o ", f.Mode)
		b = appendField(b, f.User)
		b = append(b, ':')
		b = appendField(b, f.Group)
	}
	switch f.Type {
	case Regular:
		b = append(b, ' ')
		b = append(b, f.Digest[:min(8, len(f.Digest))]...)
	case Symlink, Hardlink:
		b = append(b, " -> "...)
		b = appendField(b, f.Link)
	case Char, Block:
		b = fmt.Appendf(b, " %d,%d", f.Dev>>32, uint32(f.Dev))
	}
	if f.Caps != "" {
		b = fmt.Appendf(b, " cap=%x", f.Caps)
	}
	if f.Origin != (Origin{}) {
		b = append(b, " ["...)
		b = append(b, f.Origin.String()...)
		b = append(b, ']')
	}
	return b
}

// A Change is one path that differs between two trees.
type Change struct {
	Path string
	Old  *File // nil: it came
	New  *File // nil: it went
}

// String has a line as in a dump for what was, behind "- ", and one for what
// is, behind "+ ".
func (c Change) String() string {
	switch {
	case c.Old == nil:
		return "+ " + c.New.String()
	case c.New == nil:
		return "- " + c.Old.String()
	}
	return "- " + c.Old.String() + "\n+ " + c.New.String()
}

// Same reports whether two files look the same in an image: everything but
// times, origins, and where their bytes are kept.
func Same(a, b *File) bool {
	if a.Path != b.Path || a.Type != b.Type {
		return false
	}
	switch a.Type {
	case Whiteout:
		return true
	case Regular:
		if a.Digest != b.Digest {
			return false
		}
	case Symlink, Hardlink:
		if a.Link != b.Link {
			return false
		}
	case Char, Block:
		if a.Dev != b.Dev {
			return false
		}
	}
	return a.Mode == b.Mode && a.User == b.User && a.Group == b.Group && a.Caps == b.Caps
}

// Diff returns what is not the [Same] in two trees, in path order.
func Diff(older, newer *Tree) []Change {
	var out []Change
	a, b := older.Files(), newer.Files()
	for len(a) > 0 || len(b) > 0 {
		order := 0
		switch {
		case len(a) == 0:
			order = 1
		case len(b) == 0:
			order = -1
		default:
			order = Compare(a[0].Path, b[0].Path)
		}
		switch {
		case order < 0:
			out = append(out, Change{Path: a[0].Path, Old: a[0]})
			a = a[1:]
		case order > 0:
			out = append(out, Change{Path: b[0].Path, New: b[0]})
			b = b[1:]
		default:
			if !Same(a[0], b[0]) {
				out = append(out, Change{a[0].Path, a[0], b[0]})
			}
			a, b = a[1:], b[1:]
		}
	}
	return out
}
