package edit

import (
	"fmt"
	"slices"
	"strings"
)

// addMember adds one value to a list.
func (e *editor) addMember(op Op) (change, error) {
	n, err := e.listEntry(op)
	if err != nil {
		return change{}, err
	}
	v := op.To[0].Text
	l := e.members(n)
	if slices.Contains(l.texts, v) {
		return change{}, nil
	}
	text := v
	if l.nested {
		if text, err = e.sy.arg(e.t, n, -1, op.To[0]); err != nil {
			return change{}, e.bad(op, n.whole.start, "", "%s: %v", op, err)
		}
	}
	var cut splice
	switch {
	case len(l.spans) == 0:
		at := l.at
		cut = splice{span{at, at}, text}
	case op.First:
		at := l.spans[0].start
		cut = splice{span{at, at}, text + l.sep}
	default:
		at := l.spans[len(l.spans)-1].end
		cut = splice{span{at, at}, l.sep + text}
	}
	ch := change{cuts: []splice{cut}, says: fmt.Sprintf("added to line %d", e.t.line(n.whole.start))}
	ch.hold = e.proveMembers(op, func(now []string) bool { return slices.Contains(now, v) && len(now) == len(l.texts)+1 })
	return ch, nil
}

// removeMember takes one value out of a list.
func (e *editor) removeMember(op Op) (change, error) {
	n, err := e.listEntry(op)
	if err != nil {
		return change{}, err
	}
	v := op.To[0].Text
	l := e.members(n)
	i := slices.Index(l.texts, v)
	if i < 0 {
		return change{}, e.bad(op, n.whole.start, fmt.Sprintf("its values are %s", strings.Join(first(l.texts, 20), ", ")), "%s has no value %q", op.Path, v)
	}
	sp := l.spans[i]
	switch {
	case i > 0:
		sp.start = l.spans[i-1].end
	case len(l.spans) > 1:
		sp.end = l.spans[1].start
	case l.nested:
		return change{}, e.bad(op, n.whole.start, "`unset` takes the whole entry away", "%q is the only value of %s", v, op.Path)
	}
	ch := change{cuts: []splice{{sp, ""}}}
	ch.hold = e.proveMembers(op, func(now []string) bool { return len(now) == len(l.texts)-1 })
	return ch, nil
}

// listEntry returns the one entry that op's path names.
func (e *editor) listEntry(op Op) (*node, error) {
	active, _ := e.t.find(op.Path, e.st)
	if err := e.count(op, active); err != nil {
		return nil, err
	}
	n := active[0]
	if n.val.start < 0 || n.block && n.val.empty() && n.val.start < n.body.start {
		hint := "name a key below it"
		if n.block {
			hint = fmt.Sprintf("name a key below it; { insert = \"…\", last-in = %q } puts lines into it", op.Path.String())
		}
		return nil, e.bad(op, n.whole.start, hint, "%s has no values", op.Path)
	}
	return n, nil
}

// proveMembers makes a change hold only if the entry's members then are right.
func (e *editor) proveMembers(op Op, right func([]string) bool) func(*tree, []splice) error {
	return func(after *tree, _ []splice) error {
		active, _ := after.find(op.Path, e.st)
		if len(active) != 1 {
			return fmt.Errorf("%s stands %s", op.Path, times(len(active)))
		}
		now := &editor{in: e.in, sy: e.sy, st: e.st, t: after}
		if l := now.members(active[0]); !right(l.texts) {
			return fmt.Errorf("its values are then %q", l.texts)
		}
		return nil
	}
}

// A memberList is the value of an entry taken apart.
type memberList struct {
	texts  []string
	spans  []span
	sep    string // what a new member is separated by
	at     int    // where the first one goes if there is none
	nested bool   // members are words of the format, not parts of one word
}

// members takes n's value apart: into its words, or where it is one word, at
// the separator that it uses.
func (e *editor) members(n *node) memberList {
	l := memberList{sep: " "}
	i := max(e.st.member-1, 0)
	if e.st.member == 0 && (len(n.words) != 1 || e.st.words || n.block || n.words[0].start > n.val.start && e.t.src[n.val.start] == '[') || i >= len(n.words) {
		l.nested, l.at = true, n.val.start
		if n.block && len(n.words) == 1 { // an item a line
			start := n.whole.start
			if first := firstActive(n.kids); first != nil {
				start = first.whole.start
			}
			l.sep = eol(e.t.src) + e.t.indentAt(start) + e.t.src[start:n.words[0].start]
			if e.t.src[n.val.start] == '[' {
				l.sep = ", "
			}
		} else if n.val.start < len(e.t.src) && e.t.src[n.val.start] == '[' {
			l.sep = ", "
			if len(n.words) == 0 {
				l.at++
			}
		}
		for i, w := range n.words {
			l.texts, l.spans = append(l.texts, w.text), append(l.spans, w.span)
			if i > 0 {
				l.sep = e.withoutComment(e.t.src[n.words[i-1].end:w.start])
			}
		}
		return l
	}
	w := n.words[i]
	inner := w.span
	if w.quote != 0 {
		inner = span{inner.start + 1, inner.end - 1}
	}
	text := inner.of(e.t.src)
	cut := e.st.list
	if cut == "" {
		cut = ","
	}
	for _, c := range []string{",", ";", " ", "|", ":"} {
		if strings.Contains(text, c) {
			cut = c
			break
		}
	}
	l.sep, l.at = cut, inner.start
	at := inner.start
	for part := range strings.SplitSeq(text, cut) {
		bare := strings.TrimSpace(part)
		start := at + strings.Index(part, bare)
		at += len(part) + len(cut)
		if bare == "" {
			continue
		}
		if len(l.spans) > 0 {
			l.sep = e.t.src[l.spans[len(l.spans)-1].end:start]
		}
		l.texts, l.spans = append(l.texts, bare), append(l.spans, span{start, start + len(bare)})
	}
	return l
}

// withoutComment returns what separates two members without a comment in it.
func (e *editor) withoutComment(sep string) string {
	for i := range len(sep) {
		if e.st.commentMark(sep[i:]) == "" {
			continue
		}
		if nl := strings.LastIndexByte(sep, '\n'); nl > i {
			return strings.TrimRight(sep[:i], " \t\r\n") + sep[nl:]
		}
		return sep
	}
	return sep
}
