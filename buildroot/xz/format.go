package xz

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
)

// The parts of a .xz file, by the sections of its specification.
const (
	streamHeader   = 12 // 2.1.1
	streamFooter   = 12 // 2.1.2
	maxBlockHeader = 1024
	indexMark      = 0 // 4.1: where a block's header has its size
	filterLZMA2    = 0x21
	headerMagic    = "\xfd7zXZ\x00"
	footerMagic    = "YZ"

	hasPacked     = 0x40 // flags of a block's header, 3.1.2
	hasUnpacked   = 0x80
	filterCount   = 0x03
	reservedFlags = 0x3c
	maxDictBits   = 40 // 5.3.1
)

var (
	errFormat  = errors.New("xz: not an .xz file")
	errFilters = errors.New("xz: a filter that is not LZMA2 follows on blocks that had none")
)

// A checkKind is the kind of a stream's checksums (2.1.1.2).
type checkKind byte

const (
	checkNone   checkKind = 0
	checkCRC32  checkKind = 1
	checkCRC64  checkKind = 4
	checkSHA256 checkKind = 10
)

var crc64Table = crc64.MakeTable(crc64.ECMA)

func (k checkKind) known() bool {
	return k == checkNone || k == checkCRC32 || k == checkCRC64 || k == checkSHA256
}

func (k checkKind) new() hash.Hash {
	switch k {
	case checkCRC32:
		return crc32.NewIEEE()
	case checkCRC64:
		return crc64.New(crc64Table)
	case checkSHA256:
		return sha256.New()
	}
	return noHash{}
}

// sum is the checksum as the file has it: CRCs are little-endian there.
func (k checkKind) sum(h hash.Hash) []byte {
	s := h.Sum(nil)
	if k == checkCRC32 || k == checkCRC64 {
		for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
			s[i], s[j] = s[j], s[i]
		}
	}
	return s
}

// noHash is the checksum of a stream without.
type noHash struct{}

func (noHash) Write(p []byte) (int, error) { return len(p), nil }
func (noHash) Sum(b []byte) []byte         { return b }
func (noHash) Reset()                      {}
func (noHash) Size() int                   { return 0 }
func (noHash) BlockSize() int              { return 1 }

// A block is one that is being read.
type block struct {
	dict                     uint64
	packedSize, unpackedSize int64 // as its header says; -1 if it does not
	header                   int64 // bytes of the header
	unpacked                 int64
	check                    hash.Hash
}

// A record is what the index says about a block: its size without padding.
type record struct{ size, unpacked int64 }

// parseBlockHeader reads the header of a block (3.1), which may be followed by more. The error
// is errFilters if it has other filters than one LZMA2.
func parseBlockHeader(head []byte) (*block, error) {
	size := (int(head[0]) + 1) * 4
	if len(head) < size {
		return nil, io.ErrUnexpectedEOF
	}
	body, sum := head[1:size-4], head[size-4:size]
	if crc32.ChecksumIEEE(head[:size-4]) != binary.LittleEndian.Uint32(sum) || body[0]&reservedFlags != 0 {
		return nil, errDamaged
	}
	flags := body[0]
	f := fields{body[1:], nil}
	b := &block{packedSize: -1, unpackedSize: -1}
	if flags&hasPacked != 0 {
		b.packedSize = f.number()
	}
	if flags&hasUnpacked != 0 {
		b.unpackedSize = f.number()
	}
	if id := f.number(); f.err == nil && (flags&filterCount != 0 || id != filterLZMA2) {
		return nil, errFilters
	}
	if length := f.number(); length != 1 || f.err != nil || len(f.rest) < 1 {
		return nil, errDamaged
	}
	bits := f.rest[0]
	if bits > maxDictBits || len(bytes.Trim(f.rest[1:], "\x00")) > 0 {
		return nil, errDamaged
	}
	b.dict = uint64(2|bits&1) << (bits/2 + 11)
	return b, nil
}

// fields are what is left of a header.
type fields struct {
	rest []byte
	err  error
}

// number reads a multibyte integer (1.2).
func (f *fields) number() int64 {
	v, n := binary.Uvarint(f.rest)
	if n <= 0 || n > 9 || n > 1 && f.rest[n-1] == 0 {
		f.err, f.rest = errDamaged, nil
		return -1
	}
	f.rest = f.rest[n:]
	return int64(v)
}

func (x *reader) streamHeader() error {
	var head [streamHeader]byte
	if err := x.in.all(head[:]); err != nil {
		return err
	}
	if string(head[:len(headerMagic)]) != headerMagic {
		return errFormat
	}
	if crc32.ChecksumIEEE(head[6:8]) != binary.LittleEndian.Uint32(head[8:]) || head[6] != 0 || head[7] > 15 {
		return errDamaged
	}
	x.kind = checkKind(head[7])
	if !x.kind.known() {
		return fmt.Errorf("xz: checksums of kind %d are not known", x.kind)
	}
	x.blocks = x.blocks[:0]
	return nil
}

// index reads a stream's index (4) and footer and compares them with the blocks
// that came.
func (x *reader) index() error {
	x.in.n = 0
	crc := crc32.NewIEEE()
	in := &byteReader{r: io.TeeReader(x.in, crc)}
	if _, err := in.ReadByte(); err != nil { // the mark
		return err
	}
	want := []int64{int64(len(x.blocks))}
	for _, b := range x.blocks {
		want = append(want, b.size, b.unpacked)
	}
	for _, w := range want {
		got, err := binary.ReadUvarint(in)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if err != nil || got != uint64(w) {
			return errDamaged
		}
	}
	for x.in.n%4 != 0 {
		b, err := in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			return errDamaged
		}
	}
	sum, size := crc.Sum32(), x.in.n+4
	var tail [4 + streamFooter]byte
	if err := x.in.all(tail[:]); err != nil {
		return err
	}
	le := binary.LittleEndian
	foot := tail[4:]
	switch {
	case le.Uint32(tail[:]) != sum,
		le.Uint32(foot) != crc32.ChecksumIEEE(foot[4:10]),
		(int64(le.Uint32(foot[4:]))+1)*4 != size,
		foot[8] != 0 || foot[9] != byte(x.kind),
		string(foot[10:]) != footerMagic:
		return errDamaged
	}
	return nil
}

// nextStream begins the next stream, behind padding (2.2), or ends with io.EOF.
func (x *reader) nextStream() error {
	for {
		four, err := x.in.r.Peek(4)
		if err == io.EOF && len(four) == 0 {
			return io.EOF
		}
		if err != nil {
			return unexpected(err)
		}
		if !bytes.Equal(four, make([]byte, 4)) {
			return x.streamHeader()
		}
		x.in.r.Discard(4)
	}
}

// A byteReader reads byte by byte.
type byteReader struct{ r io.Reader }

func (b *byteReader) ReadByte() (byte, error) {
	var one [1]byte
	_, err := io.ReadFull(b.r, one[:])
	return one[0], unexpected(err)
}
