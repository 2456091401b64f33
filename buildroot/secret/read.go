package secret

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/buildroot/xz"
)

const (
	chunk     = 256 << 10
	maxNested = 4        // archives in archives
	maxSize   = 64 << 30 // of what files unpack to, against bombs
	maxHeld   = 512 << 20
	zipMagic  = "PK\x03\x04"
)

// File returns the name of a secret that a file of size bytes holds, or "". An
// archive that is damaged is searched as far as it can be read. One that unpacks
// to more than 64 GiB, or is nested deeper than anybody needs, is an error: it
// cannot be searched.
func (s *Search) File(r io.ReaderAt, size int64) (string, error) {
	if s == nil {
		return "", nil
	}
	left := int64(maxSize)
	return s.file(io.NewSectionReader(r, 0, size), &left, 0)
}

func (s *Search) file(r *io.SectionReader, left *int64, depth int) (string, error) {
	name, err := s.stream(r, left, depth)
	if name != "" || err != nil {
		return name, err
	}
	head := make([]byte, 4)
	if _, err := r.ReadAt(head, 0); err != nil || string(head) != zipMagic {
		return "", nil
	}
	return s.zip(r, left, depth)
}

// stream searches bytes as they come, and what they unpack to.
func (s *Search) stream(r io.Reader, left *int64, depth int) (string, error) {
	if depth > maxNested {
		return "", fmt.Errorf("%w: archives are nested too deep", errUnsearched)
	}
	b := bufio.NewReaderSize(r, 64<<10)
	head, _ := b.Peek(512)
	if open := unpacker(head); open != nil {
		return s.packedStream(b, open, left, depth)
	}
	if len(head) > 262 && string(head[257:262]) == "ustar" {
		return s.tar(b, left, depth)
	}
	if depth > 0 && bytes.HasPrefix(head, []byte(zipMagic)) {
		return s.heldZip(b, left, depth)
	}
	return s.scan(b, left)
}

// heldZip searches a zip archive inside another archive, which has to be held in
// memory: its list of members stands at its end.
func (s *Search) heldZip(r io.Reader, left *int64, depth int) (string, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxHeld+1))
	if len(data) > maxHeld {
		return "", fmt.Errorf("%w: a zip archive inside another archive has more than %d bytes", errUnsearched, maxHeld)
	}
	if err != nil {
		return "", nil // damaged: nothing more can be read
	}
	if name := s.Text(string(data)); name != "" {
		return name, nil
	}
	return s.zip(io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))), left, depth)
}

// unpacker opens what begins so, if it is compressed.
func unpacker(head []byte) func(io.Reader) (io.Reader, error) {
	switch text := string(head); {
	case strings.HasPrefix(text, "\x1f\x8b"):
		return func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case strings.HasPrefix(text, "BZh"):
		return func(r io.Reader) (io.Reader, error) { return bzip2.NewReader(r), nil }
	case strings.HasPrefix(text, "\xfd7zXZ\x00"):
		return func(r io.Reader) (io.Reader, error) { return xz.NewReader(r), nil }
	case strings.HasPrefix(text, "\x28\xb5\x2f\xfd"):
		return func(r io.Reader) (io.Reader, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
			if err != nil {
				return nil, err
			}
			return z.IOReadCloser(), nil
		}
	}
	return nil
}

// packedStream searches the bytes themselves, too: a file may begin like a
// compressed one and be something else.
func (s *Search) packedStream(r io.Reader, open func(io.Reader) (io.Reader, error), left *int64, depth int) (string, error) {
	var outer finder
	inner, err := open(io.TeeReader(r, finderWriter{s, &outer}))
	var name string
	if err == nil {
		name, err = s.stream(inner, left, depth+1)
		if closer, ok := inner.(io.Closer); ok {
			closer.Close()
		}
	}
	if name != "" || errors.Is(err, errUnsearched) {
		return name, err
	}
	rest, err := s.scan(r, left)
	if rest == "" {
		rest = outer.name
	}
	return rest, err
}

// tar searches an archive whole, for its headers and long contents, and each
// member as a file of its own, which may be compressed.
func (s *Search) tar(r io.Reader, left *int64, depth int) (string, error) {
	var outer finder
	t := tar.NewReader(io.TeeReader(r, finderWriter{s, &outer}))
	for {
		_, err := t.Next()
		if err != nil { // the end, or damage
			break
		}
		if name, err := s.stream(t, left, depth+1); name != "" || err != nil {
			return name, err
		}
	}
	name, err := s.scan(r, left)
	if name == "" {
		name = outer.name
	}
	return name, err
}

// zip searches the members of a zip archive.
func (s *Search) zip(r *io.SectionReader, left *int64, depth int) (string, error) {
	z, err := zip.NewReader(r, r.Size())
	if err != nil {
		return "", nil // it only begins like one, and was searched as it is
	}
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	for _, e := range z.File {
		body, err := e.Open()
		if err != nil {
			continue
		}
		name, err := s.stream(body, left, depth+1)
		body.Close()
		if name != "" || err != nil {
			return name, err
		}
	}
	return "", nil
}

// errUnsearched says that what steps wrote cannot be searched.
var errUnsearched = errors.New("it cannot be searched for secrets")

// scan searches bytes as they are.
func (s *Search) scan(r io.Reader, left *int64) (string, error) {
	var f finder
	buffer := make([]byte, chunk)
	for f.name == "" {
		n, err := io.ReadFull(r, buffer)
		if *left -= int64(n); *left < 0 {
			return "", fmt.Errorf("%w: it unpacks to more than %d bytes", errUnsearched, int64(maxSize))
		}
		f.add(s, buffer[:n])
		if err != nil { // the end, or a damaged archive
			break
		}
	}
	return f.name, nil
}

// A finder searches what comes in pieces.
type finder struct {
	plain, packed []byte // what came last, that a find may begin in
	name          string
}

func (f *finder) add(s *Search, p []byte) {
	if f.name != "" {
		return
	}
	f.plain = append(f.plain, p...)
	f.packed = pack(f.packed, p)
	if f.name = find(s.plain, f.plain); f.name == "" {
		f.name = find(s.packed, f.packed)
	}
	f.plain, f.packed = tail(f.plain, s.longest), tail(f.packed, s.longest)
}

// tail keeps the last n bytes.
func tail(b []byte, n int) []byte { return append(b[:0], b[max(0, len(b)-n):]...) }

// finderWriter is a finder as a writer.
type finderWriter struct {
	s *Search
	f *finder
}

func (w finderWriter) Write(p []byte) (int, error) {
	w.f.add(w.s, bytes.Clone(p))
	return len(p), nil
}
