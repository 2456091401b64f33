// Package xz reads .xz files: streams one behind the other, with padding between
// and behind them, each held against its checksums.
//
// It has two ways to do so, which give the same bytes and the same errors. With
// the build tag liblzma, which the Makefile sets, it is the C library of the
// program xz, linked statically: unpacking packages is two thirds of the work of
// making a buildroot, and liblzma does it one and a half times as fast as the
// best there is in Go. Without the tag it is that one, so that go build needs no
// library.
package xz

import (
	"errors"
	"io"
)

// maxDictionary is what a file may make us keep in memory: what xz -9 needs.
const maxDictionary = 64 << 20

// What a file may have that keeps it from being read. One that ends too early is
// an [io.ErrUnexpectedEOF].
var (
	ErrFormat     = errors.New("it is no xz file")
	ErrOptions    = errors.New("it is compressed with options that are not known here")
	ErrDictionary = errors.New("it needs more than 64 MiB of memory, which xz -9 does not, to be decompressed")
	ErrDamaged    = errors.New("its xz data are damaged")
)

// A decoder is one of the two ways: a [Reader] without what comes after the end.
type decoder interface {
	io.Reader
	close()
}

// A Reader decompresses a file.
type Reader struct {
	decoder decoder
	err     error // of the last Read
}

// NewReader reads from r, a little ahead of what is asked for. Close it.
func NewReader(r io.Reader) *Reader { return &Reader{decoder: newDecoder(r)} }

// Read returns an error of r as it is, and otherwise one of this package or
// [io.ErrUnexpectedEOF].
func (x *Reader) Read(p []byte) (int, error) {
	if x.err != nil || len(p) == 0 {
		return 0, x.err
	}
	var n int
	n, x.err = x.decoder.Read(p)
	return n, x.err
}

// Close frees memory. It never fails; what is read behind it is an error.
func (x *Reader) Close() error {
	x.decoder.close()
	x.err = errors.New("xz: read after Close")
	return nil
}
