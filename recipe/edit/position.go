package edit

import (
	"slices"
	"strings"
)

// lookups are what is asked of a tree for each of many entries, found out once.
type lookups struct {
	starts []int // where the lines begin; nil: not asked yet
	mark   *string
	unit   *string

	asked int // how often kidsNamed was called
	named map[*node]map[string][]*node
}

// kidsNamed returns n's kids that may have a name, in file order: from an index,
// once it has been asked for many.
func (t *tree) kidsNamed(n *node, name string, st *style) []*node {
	if t.known.asked++; t.known.asked < 32 || len(n.kids) < 32 {
		return n.kids
	}
	index := t.known.named[n]
	if index == nil {
		index = map[string][]*node{}
		for _, k := range n.kids {
			key := st.key(k.name)
			index[key] = append(index[key], k)
		}
		if t.known.named == nil {
			t.known.named = map[*node]map[string][]*node{}
		}
		t.known.named[n] = index
	}
	return index[st.key(name)]
}

// starts returns where the lines begin.
func (t *tree) starts() []int {
	if t.known.starts == nil {
		t.known.starts = append(make([]int, 0, strings.Count(t.src, "\n")+1), 0)
		for at := 0; ; {
			i := strings.IndexByte(t.src[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			t.known.starts = append(t.known.starts, at)
		}
	}
	return t.known.starts
}

// line returns the number of the line that holds offset, from 1.
func (t *tree) line(at int) int {
	i, found := slices.BinarySearch(t.starts(), at)
	if found {
		i++
	}
	return i
}

// lineStart returns where the line of offset begins.
func (t *tree) lineStart(at int) int { return t.starts()[t.line(at)-1] }

// lineEnd returns where the line of offset ends, behind its line feed.
func (t *tree) lineEnd(at int) int {
	if i := t.line(at); i < len(t.starts()) {
		return t.starts()[i]
	}
	return len(t.src)
}

// lines returns the whole lines that sp touches.
func (t *tree) lines(sp span) span {
	last := max(sp.start, sp.end-1)
	return span{t.lineStart(sp.start), t.lineEnd(min(last, len(t.src)))}
}

// indentAt returns the blanks that the line of offset begins with.
func (t *tree) indentAt(at int) string { return blanksAt(t.src, t.lineStart(at)) }

// blanksAt returns the blanks of s at offset at.
func blanksAt(s string, at int) string {
	end := at
	for end < len(s) && (s[end] == ' ' || s[end] == '\t') {
		end++
	}
	return s[at:end]
}

// lineStart returns where the line of offset begins.
func lineStart(s string, at int) int { return strings.LastIndexByte(s[:at], '\n') + 1 }

// lineEnd returns where the line of offset ends, behind its line feed.
func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s)
}

// indentAt returns the blanks that the line of offset begins with.
func indentAt(s string, at int) string { return blanksAt(s, lineStart(s, at)) }
