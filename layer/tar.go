package layer

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// The names by which an archive says that something of the layers below is
// gone, from the OCI image specification, "Representing Changes".
const (
	whiteoutPrefix = ".wh."
	whiteoutOpaque = ".wh..wh..opq"
)

// capsRecord is the PAX record of a file's capabilities.
const capsRecord = "SCHILY.xattr.security.capability"

// TarOptions are what an archive's bytes depend on besides its files. The zero
// value is the epoch 1970 and root's numbers.
type TarOptions struct {
	// Epoch is SOURCE_DATE_EPOCH: no file is younger. Older times stay as they
	// are, because caches (fontconfig's, mandb's) hold their directories' times.
	Epoch int64
	IDs   IDs
}

// WriteTar writes files as a tar archive. Its bytes depend on files and o
// alone: files come in path order, in the ustar format or, where that cannot
// hold something, with a PAX header; owners are numbers without names. Of the
// names of one file the first in path order has the bytes and the others link
// to it; a hard link to a file that is not among files is a mistake.
//
// Bytes come from a file's Data or, if it has none, from open, and must have
// the size and digest that the file claims.
func WriteTar(w io.Writer, files []*File, open Opener, o TarOptions) error {
	files, err := linkUp(files)
	if err != nil {
		return fmt.Errorf("write tar: %w", err)
	}
	a := archiver{tw: tar.NewWriter(w), open: open, o: o, sum: sha256.New(), buf: make([]byte, 64<<10)}
	for _, f := range files {
		if err := a.file(f); err != nil {
			return fmt.Errorf("write tar: %w", err)
		}
	}
	if err := a.tw.Close(); err != nil {
		return fmt.Errorf("write tar: %w", err)
	}
	return nil
}

// linkUp sorts files and lets each hard link follow the file it links to. A link
// has the owner, mode and time of its file, because some programs that unpack
// archives set them again with each name.
func linkUp(files []*File) ([]*File, error) {
	files = slices.SortedStableFunc(slices.Values(files), compareFiles)
	owners := map[string]*File{} // by the first name as given → the file by its first name in order
	for i, f := range files {
		if i > 0 && files[i-1].Path == f.Path {
			return nil, fmt.Errorf("%s: twice", f.Path)
		}
		if f.Type != Hardlink {
			continue
		}
		owner := owners[f.Link]
		if owner == nil {
			j, ok := find(files, f.Link)
			if !ok || files[j].Type != Regular {
				return nil, fmt.Errorf("%s: hard link to %s, which is not in the archive", f.Path, f.Link)
			}
			owner = files[j]
			if j > i {
				owner = ownerOf(files[j], f)
				files[i], files[j] = owner, asLink(owner, f.Link)
			}
			owners[f.Link] = owner
		}
		if owner.Path != f.Path {
			files[i] = asLink(owner, f.Path)
		}
	}
	return files, nil
}

// asLink is a further name of a file.
func asLink(f *File, name string) *File {
	link := *f
	link.Path, link.Type, link.Link, link.Data, link.Caps = name, Hardlink, f.Path, nil, ""
	return &link
}

// An archiver writes one archive.
type archiver struct {
	tw   *tar.Writer
	open Opener
	o    TarOptions
	sum  hash.Hash
	buf  []byte
}

func (a *archiver) file(f *File) error {
	h, err := a.header(f)
	if err != nil {
		return err
	}
	if err := a.tw.WriteHeader(h); err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	switch f.Type {
	case Regular:
		if err := a.content(f); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	case Opaque:
		mark := *h
		mark.Typeflag, mark.Mode, mark.Name = tar.TypeReg, 0, path.Join(h.Name, whiteoutOpaque)
		if err := a.tw.WriteHeader(&mark); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return nil
}

func (a *archiver) header(f *File) (*tar.Header, error) {
	if err := CheckPath(f.Path); err != nil {
		return nil, err
	}
	uid, err := a.o.IDs.UID(f)
	if err != nil {
		return nil, err
	}
	gid, err := a.o.IDs.GID(f)
	if err != nil {
		return nil, err
	}
	dir, name := path.Split(f.Path)
	if strings.HasPrefix(name, whiteoutPrefix) {
		return nil, fmt.Errorf("%s: no image can have a file whose name begins with %q", f.Path, whiteoutPrefix)
	}
	h := &tar.Header{
		Name: f.Path[1:], Mode: int64(f.Mode), Uid: uid, Gid: gid,
		ModTime: time.Unix(max(0, min(f.MTime, a.o.Epoch)), 0),
	}
	if f.Caps != "" {
		h.PAXRecords = map[string]string{capsRecord: f.Caps}
	}
	switch f.Type {
	case Regular:
		h.Typeflag, h.Size = tar.TypeReg, f.Size
	case Dir, Opaque:
		h.Typeflag = tar.TypeDir
		h.Name += "/"
		if f.Path == "/" {
			h.Name = "./"
		}
	case Symlink:
		h.Typeflag, h.Linkname, h.Mode = tar.TypeSymlink, f.Link, 0o777
	case Hardlink:
		h.Typeflag, h.Linkname = tar.TypeLink, f.Link[1:]
	case Char, Block:
		h.Typeflag = tar.TypeChar
		if f.Type == Block {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(f.Dev>>32), int64(uint32(f.Dev))
	case Fifo:
		h.Typeflag = tar.TypeFifo
	case Whiteout:
		h.Typeflag, h.Name, h.Mode = tar.TypeReg, dir[1:]+whiteoutPrefix+name, 0
	default:
		return nil, fmt.Errorf("%s: file type %q", f.Path, byte(f.Type))
	}
	return h, nil
}

// content copies the bytes of f, and checks that they are the ones that f claims.
func (a *archiver) content(f *File) error {
	var r io.Reader = bytes.NewReader(f.Data)
	if f.Data == nil && f.Size > 0 {
		if a.open == nil {
			return errors.New("no bytes at hand")
		}
		rc, err := a.open.Open(f)
		if err != nil {
			return err
		}
		defer rc.Close() // it was only read
		r = rc
	}
	a.sum.Reset()
	// One byte more than there should be is asked for, to see if there is more.
	n, err := io.CopyBuffer(writers{a.tw, a.sum}, io.LimitReader(r, f.Size), a.buf)
	if err != nil {
		return err
	}
	if more, _ := r.Read(a.buf[:1]); n != f.Size || more > 0 {
		return fmt.Errorf("size is not %d, as its index says", f.Size)
	}
	if got := hex.EncodeToString(a.sum.Sum(nil)); got != f.Digest {
		return fmt.Errorf("digest is %.12s, its index says %.12s", got, f.Digest)
	}
	return nil
}

// writers writes to both. Unlike io.MultiWriter it can be on the stack.
type writers struct{ a, b io.Writer }

func (w writers) Write(p []byte) (int, error) {
	if n, err := w.a.Write(p); err != nil {
		return n, err
	}
	return w.b.Write(p)
}
