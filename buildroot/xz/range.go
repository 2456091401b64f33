package xz

// The range decoder of LZMA is three numbers: the range, the code in it, and the
// place of the next packed byte. The functions of this file take and return
// them, so that they stay in registers, and have no branch where what comes
// cannot be foreseen.

const (
	chanceBits = 11 // a chance is in units of 1/2048
	evenChance = 1 << chanceBits / 2
	moveBits   = 5 // how slowly chances adapt
	topValue   = 1 << 24

	// maxPacked is how many packed bytes a chunk of LZMA2 may have.
	maxPacked = 1 << 16
	// inputSize is a power of two that leaves room behind a chunk. Who reads
	// beyond a chunk's end, which only damaged ones do, gets anything.
	inputSize = 2 * maxPacked
)

type input [inputSize]byte

// at returns the byte at a place.
func (in *input) at(pos uint32) uint32 { return uint32(in[pos%inputSize]) }

// bit decodes one bit whose chance to be 0 is p, and adapts p. For 0 mask is all
// ones, and 0 for 1.
func bit(rng, code, p uint32) (rng2, code2, p2, mask uint32) {
	bound := (rng >> chanceBits) * p
	mask = uint32((int64(code) - int64(bound)) >> 63)
	rest := rng - bound
	// p moves by (2048-p)>>5 up for 0, by p>>5 down for 1.
	p2 = p - uint32(int32(p-(1<<chanceBits-1<<moveBits+1)&mask)>>moveBits)
	return rest ^ (rest^bound)&mask, code - bound&^mask, p2, mask
}

// tree decodes the bits of a number, the highest first, and returns it with a 1
// before them. t has as many places as the number may have values.
func tree(t []uint16, in *input, rng, code, pos uint32) (rng2, code2, pos2, sym uint32) {
	sym = 1
	for int(sym) < len(t) {
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		var mask, p uint32
		rng, code, p, mask = bit(rng, code, uint32(t[sym]))
		t[sym] = uint16(p)
		sym = sym<<1 + 1 + mask
	}
	return rng, code, pos, sym
}

// reverse decodes n bits, the lowest first.
func reverse(t []uint16, n uint32, in *input, rng, code, pos uint32) (rng2, code2, pos2, v uint32) {
	sym := uint32(1)
	for i := range n {
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		var mask, p uint32
		at := &t[sym]
		rng, code, p, mask = bit(rng, code, uint32(*at))
		*at = uint16(p)
		sym = sym<<1 + 1 + mask
		v |= (1 + mask) << (i % 32)
	}
	return rng, code, pos, v
}

// direct decodes n bits that are 0 and 1 equally often, the highest first.
func direct(n uint32, in *input, rng, code, pos uint32) (rng2, code2, pos2, v uint32) {
	for ; n > 0; n-- {
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		rng >>= 1
		code -= rng
		mask := uint32(int32(code) >> 31) // all ones for 0
		code += rng & mask
		v = v<<1 + 1 + mask
	}
	return rng, code, pos, v
}

// literal decodes a byte, with a 1 before its bits.
func literal(t *[literalSize]uint16, in *input, rng, code, pos uint32) (rng2, code2, pos2, sym uint32) {
	sym = 1
	for sym < 0x100 {
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		var mask, p uint32
		at := &t[sym%literalSize]
		rng, code, p, mask = bit(rng, code, uint32(*at))
		*at = uint16(p)
		sym = sym<<1 + 1 + mask
	}
	return rng, code, pos, sym
}

// unlike decodes a byte that ended a match, which therefore differs from other,
// the one that would have gone on with it.
func unlike(t *[literalSize]uint16, other uint32, in *input, rng, code, pos uint32) (rng2, code2, pos2, sym uint32) {
	sym = 1
	same := uint32(0x100) // 0 once the two differ
	for sym < 0x100 {
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		other <<= 1
		next := other & same
		var mask, p uint32
		at := &t[(same+next+sym)%literalSize]
		rng, code, p, mask = bit(rng, code, uint32(*at))
		*at = uint16(p)
		sym = sym<<1 + 1 + mask
		same &= next ^ mask
	}
	return rng, code, pos, sym
}
