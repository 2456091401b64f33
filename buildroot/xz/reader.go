// Package xz reads .xz files as Debian's packages, indexes and most sources have
// them: with LZMA2 and no other filter. It is a good deal faster than the
// general decoders in Go, for most of the time of unpacking a package goes into
// this; it hands the few files that have other filters to one of those.
//
// It keeps to "The .xz File Format" 1.2 and to the LZMA specification of the
// LZMA SDK. All checks are compared, and the index too. Its input is hostile: any
// input ends in an error or in the bytes that the checks vouch for.
package xz

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	general "github.com/therootcompany/xz"
)

// DefaultDict is the largest dictionary that the levels of xz(1) ask for.
const DefaultDict = 64 << 20

const bufferSize = 64 << 10

// NewReader returns what a .xz file unpacks to, all its streams one after another.
// A file that needs a dictionary of more than maxDict bytes is refused;
// [DefaultDict] if it is 0. The reader takes up to the end of r.
func NewReader(r io.Reader, maxDict int) (io.Reader, error) {
	if maxDict == 0 {
		maxDict = DefaultDict
	}
	in := bufio.NewReaderSize(r, bufferSize)
	head, err := in.Peek(streamHeader + maxBlockHeader)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if len(head) > streamHeader && head[streamHeader] != indexMark {
		if _, err := parseBlockHeader(head[streamHeader:]); errors.Is(err, errFilters) {
			return general.NewReader(in, uint32(maxDict))
		}
	}
	x := &reader{in: &counter{r: in}, maxDict: maxDict}
	return x, x.streamHeader()
}

// A reader is a .xz file as far as it has been read.
type reader struct {
	in      *counter
	maxDict int
	kind    checkKind // of the stream
	lzma2   lzma2
	block   *block // that is being read, or nil
	blocks  []record
	chunk   []byte // unpacked, and not handed out yet
	err     error
}

// Read implements io.Reader.
func (x *reader) Read(p []byte) (int, error) {
	for len(x.chunk) == 0 && x.err == nil {
		x.chunk, x.err = x.next()
	}
	n := copy(p, x.chunk)
	x.chunk = x.chunk[n:]
	if n == 0 && len(p) > 0 {
		return 0, x.err
	}
	return n, nil
}

// WriteTo implements io.WriterTo.
func (x *reader) WriteTo(w io.Writer) (n int64, err error) {
	for {
		m, err := w.Write(x.chunk)
		n += int64(m)
		if err != nil {
			return n, err
		}
		x.chunk = nil
		if x.err == io.EOF {
			return n, nil
		}
		if x.err != nil {
			return n, x.err
		}
		x.chunk, x.err = x.next()
	}
}

// next returns further bytes, or none and no error where a block or a stream
// ends.
func (x *reader) next() ([]byte, error) {
	if x.block == nil {
		return nil, x.nextBlock()
	}
	data, err := x.lzma2.next()
	if err == io.EOF {
		return nil, x.endBlock()
	}
	if err != nil {
		return nil, err
	}
	x.block.unpacked += int64(len(data))
	x.block.check.Write(data) // hashes do not fail
	return data, nil
}

// nextBlock begins a block, or ends a stream and begins the next one.
func (x *reader) nextBlock() error {
	mark, err := x.in.r.Peek(1)
	if err != nil {
		return unexpected(err)
	}
	if mark[0] == indexMark {
		if err := x.index(); err != nil {
			return err
		}
		return x.nextStream()
	}
	size := (int(mark[0]) + 1) * 4
	head := make([]byte, size)
	x.in.n = 0
	if err := x.in.all(head); err != nil {
		return err
	}
	b, err := parseBlockHeader(head)
	if err != nil {
		return err
	}
	if b.dict > uint64(x.maxDict) {
		return fmt.Errorf("xz: a dictionary of %d MiB is needed, and %d MiB are allowed", b.dict>>20, x.maxDict>>20)
	}
	b.header, b.check = int64(size), x.kind.new()
	x.block = b
	x.lzma2.begin(x.in, int(b.dict))
	return nil
}

// endBlock compares all that a block says about itself.
func (x *reader) endBlock() error {
	b := x.block
	x.block = nil
	packed := x.in.n - b.header
	if b.packedSize >= 0 && packed != b.packedSize || b.unpackedSize >= 0 && b.unpacked != b.unpackedSize {
		return errDamaged
	}
	if err := x.padding(packed); err != nil {
		return err
	}
	want := make([]byte, b.check.Size())
	if err := x.in.all(want); err != nil {
		return err
	}
	if got := x.kind.sum(b.check); !bytes.Equal(got, want) {
		return errors.New("xz: the unpacked data have another checksum")
	}
	x.blocks = append(x.blocks, record{b.header + packed + int64(len(want)), b.unpacked})
	return nil
}

// padding reads the zeros that fill n bytes up to a multiple of four.
func (x *reader) padding(n int64) error {
	var pad [4]byte
	zeros := pad[:-n&3]
	if err := x.in.all(zeros); err != nil {
		return err
	}
	if pad != [4]byte{} {
		return errDamaged
	}
	return nil
}

// A counter counts what is read.
type counter struct {
	r *bufio.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// all fills p; that the file ends before is an error.
func (c *counter) all(p []byte) error {
	_, err := io.ReadFull(c, p)
	return unexpected(err)
}

// unexpected is err for a place where a file must not end.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
