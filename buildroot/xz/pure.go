//go:build !liblzma

package xz

import (
	"bufio"
	"errors"
	"io"

	"github.com/therootcompany/xz"
)

// A pure is the decoder in Go.
type pure struct {
	from io.Reader
	xz   *xz.Reader // nil until the first stream's header was read
}

// The package takes no byte that comes together with the end for another
// stream's: a bufio.Reader says the end by itself.
func newDecoder(r io.Reader) decoder { return &pure{from: bufio.NewReaderSize(r, inputSize)} }

const inputSize = 64 << 10

func (d *pure) Read(p []byte) (int, error) {
	if d.xz == nil {
		x, err := xz.NewReader(d.from, maxDictionary)
		if errors.Is(err, xz.ErrFormat) {
			return 0, ErrFormat
		}
		if err != nil {
			return 0, errorOf(err)
		}
		d.xz = x
	}
	n, err := d.xz.Read(p)
	return n, errorOf(err)
}

// errorOf says in this package's words what the other one says.
func errorOf(err error) error {
	switch {
	case errors.Is(err, xz.ErrFormat), errors.Is(err, xz.ErrData):
		return ErrDamaged
	case errors.Is(err, xz.ErrOptions), errors.Is(err, xz.ErrUnsupportedCheck):
		return ErrOptions
	case errors.Is(err, xz.ErrMemlimit):
		return ErrDictionary
	case errors.Is(err, xz.ErrBuf):
		return io.ErrUnexpectedEOF
	}
	return err
}

func (d *pure) close() {}
