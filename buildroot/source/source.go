// Package source unpacks upstream archives: tar, plain or compressed with gzip,
// bzip2, xz or zstd, and zip.
//
// It takes every byte for hostile: nothing is written outside the directory it
// was given, through no link and under no name. Owners, devices and set-id bits
// of an archive do not get into a source tree; times and execute bits do. It
// asks no network; whoever calls it has checked the archive's digest.
package source

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/buildroot/xz"
)

// Options are the choices of Unpack. The zero value unpacks everything.
type Options struct {
	Include []string // globs, below the single top directory; all if empty
	Except  []string
	// Limit is how many bytes may be written: 64 GiB if zero.
	Limit int64
}

// A Report is what was unpacked.
type Report struct {
	Files  int
	Newest time.Time // modification time among the files that were unpacked
}

const defaultLimit = 64 << 30

// IsArchive reports whether data begin like something that Unpack reads.
func IsArchive(head []byte) bool {
	return compression(head) != "" || isTar(head)
}

// HeadSize is how many bytes IsArchive wants to see.
const HeadSize = 512

func isTar(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }

func compression(head []byte) string {
	for _, m := range []struct{ magic, name string }{
		{"\x1f\x8b", "gzip"}, {"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"PK\x03\x04", "zip"},
	} {
		if strings.HasPrefix(string(head), m.magic) {
			return m.name
		}
	}
	return ""
}

// Unpack writes the archive in f to dir, which is there. If all of it stands
// below a single top directory, that directory is entered, not made. Errors name
// the member. What was written before an error stays: dir is the caller's.
func Unpack(ctx context.Context, f *os.File, dir string, opts Options) (Report, error) {
	if opts.Limit == 0 {
		opts.Limit = defaultLimit
	}
	members, err := list(f)
	if err != nil {
		return Report{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return Report{}, err
	}
	defer root.Close()
	w := &writer{ctx: ctx, root: root, opts: opts, left: opts.Limit, top: singleTop(members)}
	if err := each(f, w.member); err != nil {
		return Report{}, err
	}
	return w.report, w.finish()
}

// A member is one entry of an archive.
type member struct {
	name string
	kind byte // tar's type flags
	mode os.FileMode
	time time.Time
	link string
	body io.Reader
}

// list returns the names of all members.
func list(f *os.File) ([]string, error) {
	var names []string
	err := each(f, func(m member) error {
		names = append(names, m.name)
		return nil
	})
	return names, err
}

// singleTop is the directory below which everything stands, with a final slash,
// or "".
func singleTop(names []string) string {
	top := ""
	for _, n := range names {
		first, rest, below := strings.Cut(path.Clean(n)+"/", "/")
		if first == "." || first == "pax_global_header" {
			continue
		}
		if !below || top != "" && first != top || rest == "" && !strings.HasSuffix(n, "/") {
			return ""
		}
		top = first
	}
	if top == "" {
		return ""
	}
	return top + "/"
}

// each calls do with every member of the archive in f.
func each(f *os.File, do func(member) error) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	buffered := bufio.NewReaderSize(f, 1<<20)
	head, _ := buffered.Peek(HeadSize)
	kind := compression(head)
	if kind == "zip" {
		return eachZip(f, do)
	}
	r, err := decompress(kind, buffered)
	if err != nil {
		return err
	}
	defer r.Close()
	if kind == "" && !isTar(head) {
		return errors.New("not an archive that can be unpacked (tar, tar.gz, tar.bz2, tar.xz, tar.zst or zip); write `unpack = false` to use it as it is")
	}
	return eachTar(tar.NewReader(r), do)
}

// Decompress returns what the compressed file f holds, from its beginning; f itself if
// it is not compressed. Closing the result leaves f open.
func Decompress(f *os.File) (io.ReadCloser, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(f, 1<<20)
	head, _ := buffered.Peek(HeadSize)
	return decompress(compression(head), buffered)
}

func decompress(kind string, r io.Reader) (io.ReadCloser, error) {
	switch kind {
	case "gzip":
		return gzip.NewReader(r)
	case "bzip2":
		return io.NopCloser(bzip2.NewReader(r)), nil
	case "xz":
		return xz.NewReader(r), nil
	case "zstd":
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

func eachTar(r *tar.Reader, do func(member) error) error {
	for {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read archive: %w", err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		m := member{name: h.Name, kind: h.Typeflag, mode: h.FileInfo().Mode().Perm(), time: h.ModTime, link: h.Linkname, body: r}
		if err := do(m); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

func eachZip(f *os.File, do func(member) error) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, info.Size())
	if err != nil {
		return fmt.Errorf("read archive: %w", err)
	}
	for _, e := range z.File {
		if err := zipMember(e, do); err != nil {
			return fmt.Errorf("%s: %w", e.Name, err)
		}
	}
	return nil
}

func zipMember(e *zip.File, do func(member) error) error {
	body, err := e.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	m := member{name: e.Name, kind: tar.TypeReg, mode: e.Mode().Perm(), time: e.Modified, body: body}
	switch {
	case e.Mode().IsDir():
		m.kind = tar.TypeDir
	case e.Mode()&os.ModeSymlink != 0:
		target, err := io.ReadAll(io.LimitReader(body, 4096))
		if err != nil {
			return err
		}
		m.kind, m.link = tar.TypeSymlink, string(target)
	}
	return do(m)
}

// chosen reports whether globs take the path.
func (o Options) chosen(name string) bool {
	in := len(o.Include) == 0 || matches(o.Include, name)
	return in && !matches(o.Except, name)
}

func matches(globs []string, name string) bool {
	for _, g := range globs {
		if ok, _ := doublestar.Match(g, name); ok {
			return true
		}
	}
	return false
}

// Head reads as much of f as IsArchive wants to see.
func Head(f *os.File) ([]byte, error) {
	head := make([]byte, HeadSize)
	n, err := f.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return bytes.Clone(head[:n]), nil
}

// ReadFile returns one regular file of the archive in f, by its name as Unpack
// would write it, of at most limit bytes.
func ReadFile(f *os.File, name string, limit int64) ([]byte, error) {
	members, err := list(f)
	if err != nil {
		return nil, err
	}
	top := singleTop(members)
	var data []byte
	found := false
	err = each(f, func(m member) error {
		if strings.TrimPrefix(path.Clean(m.name), top) != name || m.kind != tar.TypeReg {
			return nil
		}
		found = true
		data, err = io.ReadAll(io.LimitReader(m.body, limit+1))
		if int64(len(data)) > limit {
			return fmt.Errorf("more than %d bytes", limit)
		}
		return err
	})
	if err == nil && !found {
		return nil, fmt.Errorf("the archive has no file %s", name)
	}
	return data, err
}
