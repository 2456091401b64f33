package xz

import "errors"

var errDamaged = errors.New("xz: the packed data are damaged")

// A lzma is an LZMA decoder as it is between two chunks.
type lzma struct {
	model
	state          uint32
	rep            [4]uint32 // the last four distances, less 1
	lc             uint32    // how many high bits of the last byte choose a context
	lpMask, pbMask uint32    // which bits of the position choose contexts
	dict           int       // how far back a match may begin
	in             input
}

// properties sets lc, lp and pb as their byte in LZMA2 says, and forgets what was
// adapted.
func (z *lzma) properties(b byte) error {
	lc, lp, pb := uint32(b%9), uint32(b/9%5), uint32(b/45)
	if pb > 4 || lc+lp > 4 {
		return errDamaged
	}
	z.lc, z.lpMask, z.pbMask = lc, 1<<lp-1, 1<<pb-1
	z.reset()
	return nil
}

func (z *lzma) reset() {
	z.model.reset()
	z.state, z.rep = 0, [4]uint32{}
}

// decode unpacks one chunk of LZMA2, whose packed bytes are in z.in, to
// w[at:end]. w[start:at] is the dictionary, and w[start-1] is 0. Positions count
// from start, a multiple of 16.
func (z *lzma) decode(w []byte, start, at, end, packed int) error {
	in := &z.in
	if in[0] != 0 {
		return errDamaged
	}
	rng, code, pos := ^uint32(0), in.at(1)<<24|in.at(2)<<16|in.at(3)<<8|in.at(4), uint32(5)
	state := z.state
	w = w[:end]
	for at < end {
		posState := uint32(at) & z.pbMask
		if rng < topValue {
			rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
		}
		p := &z.isMatch[(state*maxPosStates|posState)%(maxStates*maxPosStates)]
		bound := (rng >> chanceBits) * uint32(*p)
		if code < bound {
			rng = bound
			*p += (1<<chanceBits - *p) >> moveBits
			var sym uint32
			t := &z.literals[(uint32(at)&z.lpMask<<z.lc|uint32(w[at-1])>>(8-z.lc))%maxContexts]
			if state < firstMatched {
				rng, code, pos, sym = literal(t, in, rng, code, pos)
			} else {
				rng, code, pos, sym = unlike(t, uint32(w[at-1-int(z.rep[0])]), in, rng, code, pos)
			}
			w[at] = byte(sym)
			at++
			state = uint32(afterLiteral[state%maxStates])
			continue
		}
		rng -= bound
		code -= bound
		*p -= *p >> moveBits
		var n uint32
		rng, code, pos, n, state = z.match(state, posState, rng, code, pos)
		from := at - 1 - int(z.rep[0])
		if from < start || int(z.rep[0]) >= z.dict || int(n) > end-at {
			return errDamaged
		}
		repeat(w[from:at+int(n)], int(n))
		at += int(n)
	}
	if rng < topValue {
		code, pos = code<<8|in.at(pos), pos+1
	}
	z.state = state
	if code != 0 || int(pos) != packed {
		return errDamaged
	}
	return nil
}

// repeat fills the last n bytes of w with those from its beginning, which they
// may overlap.
func repeat(w []byte, n int) {
	gap := len(w) - n
	if gap >= n {
		copy(w[gap:], w[:n])
		return
	}
	for i, b := range w[:n] {
		w[gap+i] = b
	}
}

// The states say what came last, as the LZMA specification numbers them.
const (
	firstMatched = 7 // from here on the last was a match

	afterMatch, afterMatches = 7, 10 // the state after a match, and after one that followed another
	afterRep, afterReps      = 8, 11
	afterShort, afterShorts  = 9, 11
)

var afterLiteral = [maxStates]uint8{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5}
