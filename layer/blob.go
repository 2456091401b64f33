package layer

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Compression is how a layer's archive is packed.
type Compression string

// The compressions. Gzip is what every registry and engine takes.
const (
	Gzip Compression = ""
	Zstd Compression = "zstd"
	Bare Compression = "none"
)

// MediaType is the OCI media type of a layer with that compression.
func (c Compression) MediaType() string {
	const base = "application/vnd.oci.image.layer.v1.tar"
	switch c {
	case Gzip:
		return base + "+gzip"
	case Bare:
		return base
	}
	return base + "+" + string(c)
}

// BlobOptions are what a blob's bytes depend on besides its files.
type BlobOptions struct {
	TarOptions
	Compression Compression
}

// A Blob describes the bytes of a layer.
type Blob struct {
	Compression Compression
	Digest      string // of the compressed archive
	Size        int64  // of the compressed archive, in bytes
	DiffID      string // of the archive: its SHA-256
	Unpacked    int64  // size of the archive
}

// WriteBlob writes files as a compressed archive and describes it, in one
// pass. Equal files and options give equal bytes, whatever the number of
// processors.
func WriteBlob(w io.Writer, files []*File, open Opener, o BlobOptions) (Blob, error) {
	packed := &summer{w: w, h: sha256.New()}
	z, err := compressor(packed, o.Compression)
	if err != nil {
		return Blob{}, fmt.Errorf("write blob: %w", err)
	}
	bare := &summer{w: z, h: sha256.New()}
	buffered := bufio.NewWriterSize(bare, 256<<10)
	err = WriteTar(buffered, files, open, o.TarOptions)
	if err == nil {
		err = buffered.Flush()
	}
	if closeErr := z.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return Blob{}, fmt.Errorf("write blob: %w", err)
	}
	return Blob{
		Compression: o.Compression,
		Digest:      packed.digest(), Size: packed.n,
		DiffID: bare.digest(), Unpacked: bare.n,
	}, nil
}

func compressor(w io.Writer, c Compression) (io.WriteCloser, error) {
	switch c {
	case Gzip:
		return newGzip(w), nil
	case Zstd:
		// One encoder in order: with more, its blocks would depend on timing.
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault))
	case Bare:
		return nopCloser{w}, nil
	}
	return nil, fmt.Errorf("no compression is called %q", c)
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// A summer hashes and counts what is written through it.
type summer struct {
	w io.Writer
	h hash.Hash
	n int64
}

func (s *summer) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	s.h.Write(p[:n])
	s.n += int64(n)
	return n, err
}

func (s *summer) digest() string { return hex.EncodeToString(s.h.Sum(nil)) }
