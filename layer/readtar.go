package layer

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// ReadTar reads an archive as a layer of an image: the inverse of [WriteTar],
// with owners as decimal numbers and each file's bytes as its Data. It reads at
// most limit bytes of content. A name that leads out of the tree is a mistake;
// what an image has no use for, such as a global PAX header, is passed over.
func ReadTar(r io.Reader, limit int64) (*Tree, error) {
	t := New()
	tr := tar.NewReader(r)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read tar: %w", err)
		}
		f, err := readEntry(tr, h, &limit)
		if err != nil {
			return nil, fmt.Errorf("read tar: %w", err)
		}
		if f != nil {
			place(t, f)
		}
	}
}

// ReadContents reads from such an archive the bytes of the regular files that are
// wanted, by path; those that it does not have are absent from the result. It
// reads at most limit bytes of content.
func ReadContents(r io.Reader, wanted map[string]bool, limit int64) (map[string][]byte, error) {
	found := map[string][]byte{}
	tr := tar.NewReader(r)
	for len(found) < len(wanted) {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read tar: %w", err)
		}
		p, err := entryPath(h.Name)
		if err != nil {
			return nil, fmt.Errorf("read tar: %w", err)
		}
		if !wanted[p] || h.Typeflag != tar.TypeReg {
			continue
		}
		f, err := readEntry(tr, h, &limit)
		if err != nil {
			return nil, fmt.Errorf("read tar: %w", err)
		}
		found[p] = f.Data
	}
	return found, nil
}

// place puts f into t. The mark of an opaque directory changes the directory.
func place(t *Tree, f *File) {
	if f.Type != Opaque {
		t.Put(f)
		return
	}
	dir := t.Get(f.Path)
	if dir == nil {
		t.Put(f)
		return
	}
	opaque := *dir
	opaque.Type = Opaque
	t.Put(&opaque)
}

func readEntry(r io.Reader, h *tar.Header, limit *int64) (*File, error) {
	p, err := entryPath(h.Name)
	if err != nil {
		return nil, err
	}
	if h.Mode < 0 || h.Uid < 0 || h.Gid < 0 || h.Devmajor < 0 || h.Devminor < 0 || h.Devmajor>>32 != 0 || h.Devminor>>32 != 0 {
		return nil, fmt.Errorf("%s: negative or too large number", p)
	}
	f := &File{
		Path: p, Mode: uint32(h.Mode & 0o7777), User: strconv.Itoa(h.Uid), Group: strconv.Itoa(h.Gid),
		MTime: h.ModTime.Unix(), Caps: h.PAXRecords[capsRecord],
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return f, readContent(f, r, h.Size, limit)
	case tar.TypeDir:
		f.Type = Dir
	case tar.TypeSymlink:
		f.Type, f.Link = Symlink, h.Linkname
		if f.Link == "" {
			return nil, fmt.Errorf("%s: link without a target", p)
		}
	case tar.TypeLink:
		f.Type = Hardlink
		f.Link, err = entryPath(h.Linkname)
	case tar.TypeChar, tar.TypeBlock:
		f.Type = Char
		if h.Typeflag == tar.TypeBlock {
			f.Type = Block
		}
		f.Dev = uint64(h.Devmajor)<<32 | uint64(h.Devminor)
	case tar.TypeFifo:
		f.Type = Fifo
	default:
		return nil, nil
	}
	return f, err
}

// readContent reads a file's bytes, or finds that it is a whiteout.
func readContent(f *File, r io.Reader, size int64, limit *int64) error {
	dir, name := path.Split(f.Path)
	switch rest, white := strings.CutPrefix(name, whiteoutPrefix); {
	case name == whiteoutOpaque:
		*f = File{Path: path.Clean(dir), Type: Opaque, Mode: 0o755, User: f.User, Group: f.Group, MTime: f.MTime}
		return nil
	case white && rest != "" && rest != "." && rest != "..":
		*f = File{Path: dir + rest, Type: Whiteout, User: f.User, Group: f.Group, MTime: f.MTime}
		return nil
	case white:
		return fmt.Errorf("%s: whiteout of nothing", f.Path)
	}
	if *limit -= size; *limit < 0 {
		return fmt.Errorf("%s: the archive is too large", f.Path)
	}
	data, err := io.ReadAll(r) // not size at once: a header may lie
	if err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	whole := Content(f.Path, f.Mode, data, Origin{})
	whole.User, whole.Group, whole.MTime, whole.Caps = f.User, f.Group, f.MTime, f.Caps
	*f = *whole
	return nil
}

// entryPath is the path of an archive's name: "./usr/bin/" is /usr/bin.
func entryPath(name string) (string, error) {
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", fmt.Errorf("name %q leads out of the tree", name)
		}
	}
	p := path.Clean("/" + name)
	return p, CheckPath(p)
}
