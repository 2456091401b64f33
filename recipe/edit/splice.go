package edit

import (
	"fmt"
	"slices"
	"strings"
)

// A splice replaces the bytes of span by text.
type splice struct {
	span
	text string
}

// A Span is one changed place: Old bytes [Start, End) of the input became New.
type Span struct {
	Start, End int
	New        string
}

// apply carries out splices, which must be in order and apart.
func apply(src string, cuts []splice) (string, error) {
	var b strings.Builder
	size := len(src)
	for _, c := range cuts {
		size += len(c.text) - (c.end - c.start)
	}
	b.Grow(max(size, 0))
	at := 0
	for _, c := range cuts {
		if c.start < at || c.end < c.start || c.end > len(src) {
			return "", fmt.Errorf("splice %d:%d: overlaps another or leaves the text", c.start, c.end)
		}
		b.WriteString(src[at:c.start])
		b.WriteString(c.text)
		at = c.end
	}
	b.WriteString(src[at:])
	return b.String(), nil
}

// sorted returns cuts in order.
func sorted(cuts []splice) []splice {
	cuts = slices.Clone(cuts)
	slices.SortStableFunc(cuts, func(a, b splice) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return a.end - b.end
	})
	return cuts
}

// moved returns where offset at of the old text is in the new one, and whether
// it is outside of all splices. A place where text is inserted counts as
// outside, and moves behind it.
func moved(cuts []splice, at int) (int, bool) {
	shift := 0
	for _, c := range cuts {
		if at < c.start || at == c.start && c.end > c.start {
			break
		}
		if at < c.end {
			return 0, false
		}
		shift += len(c.text) - (c.end - c.start)
	}
	return at + shift, true
}

// A history is a text made from an original by splices, as pieces of the
// original and of new text, so that the end can be compared with the beginning.
type history struct {
	original string
	pieces   []piece
}

// A piece is original[start:end], or, where start is -1, new text.
type piece struct {
	span
	text string
}

func newHistory(s string) *history {
	return &history{s, []piece{{span{0, len(s)}, s}}}
}

// apply carries splices of the current text over to the pieces.
func (h *history) apply(cuts []splice) {
	var out []piece
	next, at := 0, 0 // the piece to look at, and the current offset
	var rest piece   // what is left of the piece before next
	take := func(n int, keep bool) {
		for at += n; n > 0; {
			if rest.text == "" {
				rest = h.pieces[next]
				next++
			}
			var head piece
			head, rest = rest.split(min(n, len(rest.text)))
			if keep {
				out = append(out, head)
			}
			n -= len(head.text)
		}
	}
	for _, c := range cuts {
		take(c.start-at, true)
		take(c.end-c.start, false)
		if c.text != "" {
			out = append(out, piece{span{-1, -1}, c.text})
		}
	}
	if rest.text != "" {
		out = append(out, rest)
	}
	h.pieces = append(out, h.pieces[next:]...)
}

// split cuts a piece behind its first n bytes.
func (p piece) split(n int) (head, tail piece) {
	head, tail = piece{p.span, p.text[:n]}, piece{p.span, p.text[n:]}
	if p.start >= 0 {
		head.end = p.start + n
		tail.start = p.start + n
	}
	return head, tail
}

// spans returns what differs from the original, in order. Bytes that came out
// equal at the edges of a span do not count as changed.
func (h *history) spans() []Span {
	var out []Span
	at := 0
	var fresh []string // the new text that stands there
	flush := func(to int) {
		s := Span{at, to, strings.Join(fresh, "")}
		if old := h.original[at:to]; old != s.New {
			out = append(out, trim(s, old))
		}
		fresh = fresh[:0]
	}
	for _, p := range h.pieces {
		if p.start < 0 {
			fresh = append(fresh, p.text)
			continue
		}
		flush(p.start)
		at = p.end
	}
	flush(len(h.original))
	return out
}

// trim takes equal bytes off both ends of a span.
func trim(s Span, old string) Span {
	n := 0
	for n < len(old) && n < len(s.New) && old[n] == s.New[n] {
		n++
	}
	m := 0
	for m < len(old)-n && m < len(s.New)-n && old[len(old)-1-m] == s.New[len(s.New)-1-m] {
		m++
	}
	return Span{s.Start + n, s.End - m, s.New[n : len(s.New)-m]}
}

// prove checks that now is the original with nothing but spans changed.
func prove(original, now string, spans []Span) error {
	at, pos := 0, 0
	for _, s := range spans {
		kept := original[at:s.Start]
		if !strings.HasPrefix(now[pos:], kept) || !strings.HasPrefix(now[pos+len(kept):], s.New) {
			return fmt.Errorf("bytes before offset %d changed outside of the reported spans", s.Start)
		}
		pos += len(kept) + len(s.New)
		at = s.End
	}
	if now[pos:] != original[at:] {
		return fmt.Errorf("bytes behind offset %d changed outside of the reported spans", at)
	}
	return nil
}
