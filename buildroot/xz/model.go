package xz

// The sizes of LZMA's tables of probabilities. Each is a power of two, so that
// an index cut to its bits needs no check; of some not all places are used.
const (
	maxStates    = 16 // 12 are used
	maxPosStates = 16
	maxContexts  = 16    // of literals: lc + lp is at most 4 in LZMA2
	literalSize  = 0x400 // 0x300 are used

	minMatch   = 2 // the shortest match
	lowLengths = 8 // the lengths that the table low has, and mid
	slotSets   = 4 // distances are modelled by the length of their match
	alignBits  = 4 // the lowest bits of far distances, which have a model
	firstExtra = 4 // the first slot of distances that has further bits
	firstFar   = 14
)

// A model is what an LZMA decoder adapts: how likely each bit is 0, in units of
// 1/2048. The names are those of the LZMA specification.
type model struct {
	isMatch, isRep0Long           [maxStates * maxPosStates]uint16
	isRep, isRep0, isRep1, isRep2 [maxStates]uint16
	slots                         [slotSets][64]uint16
	special                       [128]uint16
	align                         [1 << alignBits]uint16
	length, repLength             lengths
	literals                      [maxContexts][literalSize]uint16
}

// A lengths is the model of the lengths of matches.
type lengths struct {
	choice, choice2 uint16
	low, mid        [maxPosStates][lowLengths]uint16
	high            [256]uint16
}

func (m *model) reset() {
	for _, t := range [][]uint16{
		m.isMatch[:], m.isRep0Long[:], m.isRep[:], m.isRep0[:], m.isRep1[:], m.isRep2[:], m.special[:], m.align[:],
	} {
		fill(t)
	}
	for i := range m.slots {
		fill(m.slots[i][:])
	}
	for i := range m.literals {
		fill(m.literals[i][:])
	}
	m.length.reset()
	m.repLength.reset()
}

func (l *lengths) reset() {
	l.choice, l.choice2 = evenChance, evenChance
	for i := range l.low {
		fill(l.low[i][:])
		fill(l.mid[i][:])
	}
	fill(l.high[:])
}

func fill(t []uint16) {
	for i := range t {
		t[i] = evenChance
	}
}
