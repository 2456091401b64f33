package edit

import (
	"slices"
	"strconv"
	"strings"
)

// A syntax is one family of files: how to read it, and how to spell a value and
// an entry. All else is common to the formats. Adding a format is a file with
// a syntax and a row in [Formats].
type syntax interface {
	// parse reads any bytes. What it does not understand is an oddity.
	parse(s string) *tree
	// value spells v as the whole value of n, as n's is spelt now: in the same quotes.
	value(t *tree, n *node, v Value) (string, error)
	// arg spells v as n's i-th argument, from 0.
	arg(t *tree, n *node, i int, v Value) (string, error)
	// entry spells a new entry, without indent and line end, in the manner of
	// like, which may be nil.
	entry(t *tree, like *node, name string, v Value) (string, error)
	// style has what else is particular to the family.
	style() *style
}

// A style is what the operations must know of a family. The zero value is that
// of a file of lines without comments or sections.
type style struct {
	marks     string // each byte of it begins a comment; the first is written where a file shows none
	long      string // a longer mark that does, too: `//`, `--`
	fold      bool   // names compare without case
	dashes    bool   // `-` and `_` are the same in names
	firstWins bool   // of two entries with one name the first counts
	types     bool   // has numbers and booleans of its own
	phrases   bool   // a name and its first arguments may be spoken of as one name
	words     bool   // a value is several words, each of them a member
	fields    bool   // what separates the words is no blank: a value is spoken of as it is written
	member    int    // add and remove mean this argument, from 1; 0: the whole value
	list      string // separates the members of a value that shows no separator; ","
	indent    string // of a block's inside, where the file shows none
	// open and shut stand around the body of a new section; nil: has none.
	heading func(name string, args []string) (open, shut string)
	// column numbers the named arguments from 0; -1: there is no such name.
	column func(n *node, name string) int
	folded bool // an indented line goes on with the entry above it
	// quiet names entries that pull in other files; a new key goes before them.
	quiet []string
	// byColumn: what stands in one column is of one section.
	byColumn bool
	// silent is the name of sections that a path may leave out.
	silent string
	// bareKeys says that sections mean little, so that a key alone names one in any.
	bareKeys bool
	// many names entries that may stand several times although firstWins.
	many []string
	// headed says that keys outside of sections count for nothing.
	headed bool
}

// same compares names.
func (st *style) same(a, b string) bool {
	return a == b || st.fold && strings.EqualFold(a, b) ||
		st.dashes && len(a) == len(b) && strings.ReplaceAll(a, "_", "-") == strings.ReplaceAll(b, "_", "-")
}

// key returns what names have in common that are the same.
func (st *style) key(name string) string {
	if st.fold {
		name = strings.ToLower(strings.ToUpper(name)) // as EqualFold has it, with `ſ` for `s`
	}
	if st.dashes {
		name = strings.ReplaceAll(name, "_", "-")
	}
	return name
}

// commentMark returns the mark that s begins with, or "".
func (st *style) commentMark(s string) string {
	switch {
	case s == "":
		return ""
	case strings.IndexByte(st.marks, s[0]) >= 0:
		return s[:1]
	case st.long != "" && strings.HasPrefix(s, st.long):
		return st.long
	}
	return ""
}

// hasComments reports whether the family has comments at all.
func (st *style) hasComments() bool { return st.marks != "" || st.long != "" }

// markOf returns the mark that t's file uses for comments.
func (st *style) markOf(t *tree) string {
	if t.known.mark == nil {
		mark := st.firstMark(t.src)
		t.known.mark = &mark
	}
	return *t.known.mark
}

// firstMark returns the mark of the first comment of src, or what one would have.
func (st *style) firstMark(src string) string {
	for at := 0; at < len(src); at = lineEnd(src, at) {
		if m := st.commentMark(strings.TrimLeft(src[at:min(len(src), at+64)], " \t")); m != "" {
			return m
		}
	}
	if st.marks == "" {
		return st.long
	}
	return st.marks[:1]
}

// matches reports whether step names n.
func (st *style) matches(t *tree, n *node, step Step) bool {
	if !step.Any && !st.same(n.name, step.Name) {
		return false
	}
	for _, test := range step.Tests {
		if !st.passes(t, n, test) {
			return false
		}
	}
	return true
}

// passes reports whether n fulfils one predicate.
func (st *style) passes(t *tree, n *node, test Test) bool {
	if test.Key == "." || test.Key == "args" {
		return t.says(n, test.Value)
	}
	if st.column != nil {
		if i := st.column(n, test.Key); i >= 0 {
			return i < len(n.words) && n.words[i].text == test.Value
		}
	}
	if num, ok := strings.CutPrefix(test.Key, "arg"); ok {
		if i, err := strconv.Atoi(num); err == nil {
			return i > 0 && i <= len(n.words) && n.words[i-1].text == test.Value
		}
	}
	for _, k := range n.kids {
		if k.twin != n.twin || !st.same(k.name, test.Key) {
			continue
		}
		if t.says(k, test.Value) {
			return true
		}
		for _, w := range k.words {
			if w.text == test.Value || st.list == " " && slices.Contains(strings.Fields(w.text), test.Value) {
				return true
			}
		}
	}
	return false
}

// A carver is a syntax whose entries are not whole lines, or whose comments do
// not begin lines: it says itself which bytes an operation changes.
type carver interface {
	// place returns where text goes to be sec's entry behind prev (nil: its
	// first), and text with what must stand around it.
	place(t *tree, sec, prev *node, text string) (splice, error)
	// cut returns what to take away so that n is gone.
	cut(t *tree, n *node) (splice, error)
	// hide and show put n into a comment and out of it.
	hide(t *tree, n *node) (splice, error)
	show(t *tree, n *node) (splice, error)
}
