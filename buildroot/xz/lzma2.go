package xz

import (
	"encoding/binary"
	"io"
)

// What the control byte of an LZMA2 chunk says.
const (
	ctlEnd       = 0x00
	ctlRawReset  = 0x01 // as it is, and the dictionary begins anew
	ctlRaw       = 0x02 // as it is
	ctlLZMA      = 0x80 // LZMA, with what follows added
	ctlState     = 0x20 // what was adapted is forgotten
	ctlProps     = 0x40 // and there are new properties
	ctlAll       = 0x60 // and the dictionary begins anew
	ctlHighSize  = 0x1f // the high bits of the unpacked size
	ctlResetBits = 0x60
)

const (
	// maxUnpacked is how many bytes a chunk may unpack to.
	maxUnpacked = 2 << 20
	// windowStart is where unpacked bytes begin: behind a zero, and at a multiple of
	// the highest period of positions.
	windowStart = 16
	// firstWindow is how large a window is at first: most blocks are small.
	firstWindow = 64 << 10
)

// A lzma2 unpacks what an LZMA2 filter made. Unpacked bytes go to a window that
// holds the dictionary, too, and moves along when it is full.
type lzma2 struct {
	lzma
	in     io.Reader
	window []byte
	done   int // where in the window the unpacked bytes end

	needDict, needProps bool // the next chunk must begin them anew
}

// begin prepares for a new block.
func (z *lzma2) begin(in io.Reader, dict int) {
	z.in, z.dict = in, max((dict+15)&^15, 4096)
	z.done = windowStart
	z.needDict, z.needProps = true, true
}

// next unpacks a chunk and returns its bytes, which stay until the next call; the
// error behind the last one is io.EOF.
func (z *lzma2) next() ([]byte, error) {
	var head [6]byte
	if err := z.read(head[:1]); err != nil {
		return nil, err
	}
	ctl := head[0]
	switch {
	case ctl == ctlEnd:
		return nil, io.EOF
	case ctl > ctlRaw && ctl < ctlLZMA:
		return nil, errDamaged
	case ctl == ctlRawReset, ctl&ctlLZMA != 0 && ctl&ctlResetBits == ctlAll:
		z.done, z.needDict = windowStart, false
		z.needProps = true
	}
	if z.needDict {
		return nil, errDamaged
	}
	if ctl&ctlLZMA == 0 {
		if err := z.read(head[:2]); err != nil {
			return nil, err
		}
		return z.raw(int(binary.BigEndian.Uint16(head[:])) + 1)
	}
	if err := z.read(head[:4]); err != nil {
		return nil, err
	}
	size := int(ctl&ctlHighSize)<<16 + int(binary.BigEndian.Uint16(head[:])) + 1
	packed := int(binary.BigEndian.Uint16(head[2:])) + 1
	if err := z.resets(ctl); err != nil {
		return nil, err
	}
	if err := z.read(z.lzma.in[:packed]); err != nil {
		return nil, err
	}
	z.room(size)
	from := z.done
	if err := z.decode(z.window, windowStart, from, from+size, packed); err != nil {
		return nil, err
	}
	z.done += size
	return z.window[from:z.done], nil
}

// resets forgets what a control byte says is to be forgotten, and reads
// properties if there are any.
func (z *lzma2) resets(ctl byte) error {
	reset := ctl & ctlResetBits
	switch {
	case reset >= ctlProps:
		var props [1]byte
		if err := z.read(props[:]); err != nil {
			return err
		}
		if err := z.properties(props[0]); err != nil {
			return err
		}
		z.needProps = false
	case z.needProps:
		return errDamaged
	case reset == ctlState:
		z.reset()
	}
	return nil
}

// raw takes a chunk of n bytes as it is.
func (z *lzma2) raw(n int) ([]byte, error) {
	z.room(n)
	from := z.done
	if err := z.read(z.window[from : from+n]); err != nil {
		return nil, err
	}
	z.done += n
	return z.window[from:z.done], nil
}

// room makes the window large enough for n further bytes: by a larger one, up to
// what the dictionary needs, or by moving the dictionary to its begin.
func (z *lzma2) room(n int) {
	need := z.done + n
	if need <= len(z.window) {
		return
	}
	full := windowStart + z.dict + max(z.dict/4, 2*maxUnpacked)
	if len(z.window) < full {
		larger := make([]byte, min(max(2*len(z.window), need, firstWindow), full))
		copy(larger, z.window)
		z.window = larger
	}
	if need = z.done + n; need <= len(z.window) {
		return
	}
	// By a multiple of 16, so that positions keep their low bits.
	shift := (z.done - windowStart - z.dict) &^ 15
	copy(z.window[windowStart:], z.window[windowStart+shift:z.done])
	z.done -= shift
}

// read reads all of p; an end is one that should not be there.
func (z *lzma2) read(p []byte) error {
	_, err := io.ReadFull(z.in, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}
