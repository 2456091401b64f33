package xz

// match decodes what the bit "match" announced: how long the match is, and, into
// z.rep[0], how far back.
func (z *lzma) match(state, posState, rng, code, pos uint32) (rng2, code2, pos2, n, state2 uint32) {
	in := &z.in
	matched := state >= firstMatched
	var mask uint32
	rng, code, pos, mask = decide(&z.isRep[state%maxStates], in, rng, code, pos)
	if mask != 0 {
		z.rep[3], z.rep[2], z.rep[1] = z.rep[2], z.rep[1], z.rep[0]
		rng, code, pos, n = z.length.decode(posState, in, rng, code, pos)
		rng, code, pos = z.distance(n, rng, code, pos)
		return rng, code, pos, n, either(matched, afterMatches, afterMatch)
	}
	rng, code, pos, mask = decide(&z.isRep0[state%maxStates], in, rng, code, pos)
	if mask != 0 {
		rng, code, pos, mask = decide(&z.isRep0Long[(state*maxPosStates|posState)%(maxStates*maxPosStates)], in, rng, code, pos)
		if mask != 0 {
			return rng, code, pos, 1, either(matched, afterShorts, afterShort)
		}
	} else {
		rng, code, pos = z.earlier(state, rng, code, pos)
	}
	rng, code, pos, n = z.repLength.decode(posState, in, rng, code, pos)
	return rng, code, pos, n, either(matched, afterReps, afterRep)
}

func either(cond bool, yes, no uint32) uint32 {
	if cond {
		return yes
	}
	return no
}

// decide decodes a bit with chance *p to be 0; mask is all ones for 0.
func decide(p *uint16, in *input, rng, code, pos uint32) (rng2, code2, pos2, mask uint32) {
	if rng < topValue {
		rng, code, pos = rng<<8, code<<8|in.at(pos), pos+1
	}
	rng, code, q, mask := bit(rng, code, uint32(*p))
	*p = uint16(q)
	return rng, code, pos, mask
}

// earlier makes one of the distances before the last the last.
func (z *lzma) earlier(state, rng, code, pos uint32) (rng2, code2, pos2 uint32) {
	rng, code, pos, mask := decide(&z.isRep1[state%maxStates], &z.in, rng, code, pos)
	if mask != 0 {
		z.rep[0], z.rep[1] = z.rep[1], z.rep[0]
		return rng, code, pos
	}
	rng, code, pos, mask = decide(&z.isRep2[state%maxStates], &z.in, rng, code, pos)
	if mask != 0 {
		z.rep[0], z.rep[1], z.rep[2] = z.rep[2], z.rep[0], z.rep[1]
		return rng, code, pos
	}
	z.rep[0], z.rep[1], z.rep[2], z.rep[3] = z.rep[3], z.rep[0], z.rep[1], z.rep[2]
	return rng, code, pos
}

// distance decodes how far back a match of n bytes begins, less 1.
func (z *lzma) distance(n, rng, code, pos uint32) (rng2, code2, pos2 uint32) {
	in := &z.in
	rng, code, pos, slot := tree(z.slots[min(n-minMatch, slotSets-1)][:], in, rng, code, pos)
	slot -= 64
	if slot < firstExtra {
		z.rep[0] = slot
		return rng, code, pos
	}
	bits := slot>>1 - 1
	base := (2 | slot&1) << (bits % 32)
	var high, low uint32
	if slot < firstFar {
		rng, code, pos, low = reverse(z.special[base-slot:], bits, in, rng, code, pos)
	} else {
		rng, code, pos, high = direct(bits-alignBits, in, rng, code, pos)
		rng, code, pos, low = reverse(z.align[:], alignBits, in, rng, code, pos)
	}
	z.rep[0] = base + high<<alignBits + low
	return rng, code, pos
}

// decode decodes the length of a match.
func (l *lengths) decode(posState uint32, in *input, rng, code, pos uint32) (rng2, code2, pos2, n uint32) {
	rng, code, pos, mask := decide(&l.choice, in, rng, code, pos)
	if mask != 0 {
		rng, code, pos, n = tree(l.low[posState%maxPosStates][:], in, rng, code, pos)
		return rng, code, pos, n - lowLengths + minMatch
	}
	rng, code, pos, mask = decide(&l.choice2, in, rng, code, pos)
	if mask != 0 {
		rng, code, pos, n = tree(l.mid[posState%maxPosStates][:], in, rng, code, pos)
		return rng, code, pos, n + minMatch
	}
	rng, code, pos, n = tree(l.high[:], in, rng, code, pos)
	return rng, code, pos, n - uint32(len(l.high)) + 2*lowLengths + minMatch
}
