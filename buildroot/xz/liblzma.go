//go:build liblzma

package xz

/*
#cgo LDFLAGS: -l:liblzma.a
#include <lzma.h>
#include <stdlib.h>

typedef struct {
	lzma_ret ret;
	size_t taken; // of in
	size_t made;  // of out
} step;

// decode keeps no pointer to in or out, which are memory of Go.
static step decode(lzma_stream *s, const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size, lzma_action action) {
	s->next_in = in;
	s->avail_in = in_size;
	s->next_out = out;
	s->avail_out = out_size;
	lzma_ret ret = lzma_code(s, action);
	step done = {ret, in_size - s->avail_in, out_size - s->avail_out};
	s->next_in = NULL;
	s->next_out = NULL;
	return done;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"io"
	"unsafe"
)

const (
	// inputSize is how much is read at once: enough that the way into C and back
	// costs nothing beside the work.
	inputSize = 128 << 10

	// decoderSize is what liblzma takes besides the dictionary, and much more.
	decoderSize = 1 << 20
)

// A lzma is the decoder of liblzma.
type lzma struct {
	from   io.Reader
	input  []byte
	rest   []byte         // of input
	ended  bool           // from has
	stream *C.lzma_stream // nil once it is freed
}

func newDecoder(r io.Reader) decoder { return &lzma{from: r} }

func (d *lzma) open() error {
	d.input = make([]byte, inputSize)
	d.stream = (*C.lzma_stream)(C.calloc(1, C.sizeof_lzma_stream)) // as LZMA_STREAM_INIT
	ret := C.lzma_stream_decoder(d.stream, maxDictionary+decoderSize, C.LZMA_CONCATENATED|C.LZMA_TELL_UNSUPPORTED_CHECK)
	return errorOf(ret)
}

// Read decompresses until p has something.
func (d *lzma) Read(p []byte) (n int, err error) {
	if d.input == nil {
		err = d.open()
	}
	for n == 0 && err == nil {
		if err = d.fill(); err == nil {
			n, err = d.step(p)
		}
	}
	if err != nil {
		d.close()
	}
	return n, err
}

// fill reads more when all that was read is taken.
func (d *lzma) fill() error {
	for len(d.rest) == 0 && !d.ended {
		n, err := d.from.Read(d.input)
		d.rest, d.ended = d.input[:n], err == io.EOF
		if err != nil && err != io.EOF {
			return err
		}
	}
	return nil
}

func (d *lzma) step(p []byte) (int, error) {
	action := C.lzma_action(C.LZMA_RUN)
	if d.ended {
		action = C.LZMA_FINISH
	}
	done := C.decode(d.stream, bytesOf(d.rest), C.size_t(len(d.rest)), bytesOf(p), C.size_t(len(p)), action)
	d.rest = d.rest[done.taken:]
	return int(done.made), errorOf(done.ret)
}

func bytesOf(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }

// errorOf is the error that a return code of liblzma means.
func errorOf(ret C.lzma_ret) error {
	switch ret {
	case C.LZMA_OK:
		return nil
	case C.LZMA_STREAM_END:
		return io.EOF
	case C.LZMA_FORMAT_ERROR:
		return ErrFormat
	case C.LZMA_DATA_ERROR:
		return ErrDamaged
	case C.LZMA_OPTIONS_ERROR, C.LZMA_UNSUPPORTED_CHECK:
		return ErrOptions
	case C.LZMA_MEMLIMIT_ERROR:
		return ErrDictionary
	case C.LZMA_BUF_ERROR:
		return io.ErrUnexpectedEOF
	case C.LZMA_MEM_ERROR:
		return errors.New("xz: no memory is left")
	}
	return fmt.Errorf("xz: liblzma returns %d, a bug of ours", ret)
}

func (d *lzma) close() {
	if d.stream == nil {
		return
	}
	C.lzma_end(d.stream)
	C.free(unsafe.Pointer(d.stream))
	d.stream = nil
}
