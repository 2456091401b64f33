package sed

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// A Plan is what a script comes to as operations, and what both do to the file.
type Plan struct {
	Ops    []edit.Op
	Sed    string      // the file as sed leaves it
	Result edit.Result // and as the operations do
	Err    error       // or why they stop
	// Meant says that sed has no effect on what the file says, and that the
	// operations do what its author seems to have wanted.
	Meant bool
}

// Same reports whether the operations leave the file as sed does.
func (p Plan) Same() bool { return p.Err == nil && string(p.Result.Bytes) == p.Sed }

// Translate finds the operations for a script on one file.
func Translate(in edit.Input, s Script) (Plan, error) {
	src := string(in.Bytes)
	lines := s.Lines(src)
	t := &translation{in: in, src: src, lines: lines, sed: Join(lines)}
	if err := t.read(); err != nil {
		return Plan{}, err
	}
	if t.sed == src {
		return t.meaning(s), nil
	}
	if p, ok := t.wide(s); ok {
		return p, nil
	}
	p := t.try(t.structured())
	if p.Err != nil || !p.Same() && !p.Meant && !t.better(p) {
		if q := t.try(t.textual()); q.Err == nil && q.Same() {
			return q, nil
		}
	}
	return p, nil
}

// A translation is one script on one file.
type translation struct {
	in            edit.Input
	src, sed      string
	lines         []Line
	before, after []edit.Entry
	at            []int // the line of sed's file that each line begins at, from 1
	meant         bool
}

// read lists the entries of both files.
func (t *translation) read() (err error) {
	if t.before, err = edit.Entries(t.in); err != nil {
		return err
	}
	now := t.in
	now.Bytes = []byte(t.sed)
	if t.after, err = edit.Entries(now); err != nil {
		return err
	}
	n := 1
	for _, l := range t.lines {
		n += len(l.Above)
		t.at = append(t.at, n)
		if !l.Deleted {
			n += len(l.After)
		}
		n += len(l.Below)
	}
	return nil
}

// wideLines is how many changed lines are more than anybody wants an operation for
// each of.
const wideLines = 20

// wide makes one operation of a substitution that changes many lines, with their
// number.
func (t *translation) wide(s Script) (Plan, bool) {
	n := 0
	for _, l := range t.lines {
		if l.Changed() {
			n++
		}
	}
	if n <= wideLines || len(s) != 1 || s[0].verb != 's' || s[0].from != nil {
		return Plan{}, false
	}
	op := literally(s[0])
	op.Count = edit.Count{N: 1, OrMore: true}
	p := t.try([]edit.Op{op})
	if !p.Same() && !t.better(p) {
		return Plan{}, false
	}
	p.Ops[0].Count = edit.Count{N: len(p.Result.Done[0].Lines)}
	return p, true
}

// entryAt returns the entry that begins in a line, the innermost one.
func entryAt(all []edit.Entry, line int) *edit.Entry {
	i, _ := slices.BinarySearchFunc(all, line, func(e edit.Entry, line int) int { return e.First - line })
	var found *edit.Entry
	for ; i < len(all) && all[i].First == line; i++ {
		if found == nil || found.Section && !all[i].Section {
			found = &all[i]
		}
	}
	return found
}

// try applies operations.
func (t *translation) try(ops []edit.Op) Plan {
	in := t.in
	in.Ops = merge(ops)
	p := Plan{Ops: in.Ops, Sed: t.sed, Meant: t.meant}
	p.Result, p.Err = edit.Apply(in)
	return p
}

// better reports whether a result differs from sed's in blanks and comments
// only: the same entries say the same.
func (t *translation) better(p Plan) bool {
	if p.Err != nil {
		return false
	}
	in := t.in
	in.Bytes = p.Result.Bytes
	now, err := edit.Entries(in)
	if err != nil {
		return false
	}
	active := func(all []edit.Entry) (out []string) {
		for _, e := range all {
			if !e.Commented {
				out = append(out, e.Path.String()+"="+strings.Join(strings.Fields(e.Value), " "))
			}
		}
		slices.Sort(out)
		return out
	}
	return len(now) > 0 && slices.Equal(active(now), active(t.after))
}

// merge makes one operation of equal ones, with their count.
func merge(ops []edit.Op) []edit.Op {
	var out []edit.Op
	at := map[string]int{}
	for _, op := range ops {
		bare := op
		bare.Count = edit.Count{}
		text := bare.TOML()
		i, again := at[text]
		if !again {
			at[text] = len(out)
			out = append(out, op)
			continue
		}
		out[i].Count.N = max(out[i].Count.N, 1) + 1
		if op.Verb == edit.Line || op.Verb == edit.Section {
			out[i].Count.N = 0
		}
	}
	return out
}

// structured names entries where it can.
func (t *translation) structured() []edit.Op {
	var ops, prose, meant []edit.Op
	for i, l := range t.lines {
		if !l.Changed() {
			continue
		}
		switch found, kind := t.change(i, l); kind {
		case inProse:
			prose = append(prose, found...)
		case inTwin:
			meant = append(meant, found...)
		default:
			ops = append(ops, found...)
		}
	}
	switch {
	case len(ops) > 0: // what it does to comments beside is an accident
		return ops
	case len(merge(meant)) == 1:
		t.meant = true
		return meant
	case len(meant) > 0:
		return t.textual()
	}
	return prose
}

// A kind says where a change is made.
type kind uint8

const (
	inText  kind = iota
	inTwin       // in an entry that is commented out, and stays so
	inProse      // in a comment that says no entry
)

// change turns one changed line into operations.
func (t *translation) change(i int, l Line) (ops []edit.Op, where kind) {
	was := entryAt(t.before, i+1)
	above, after, below := l.Above, l.After, l.Below
	if l.Deleted && len(below) == 1 { // c
		after, below = below, nil
	} else if l.Deleted {
		after = nil
	}
	if n := slices.Index(after, l.Before); n >= 0 && len(after) > 1 {
		above, after, below = append(above, after[:n]...), after[n:n+1], append(slices.Clone(after[n+1:]), below...)
	} else if len(after) > 1 {
		below, after = append(slices.Clone(after[1:]), below...), after[:1]
	}
	switch {
	case len(after) == 0:
		ops = append(ops, t.gone(was, l.Before))
	case after[0] != l.Before:
		op, where := t.line(i, was, l.Before, after[0], len(above))
		if len(above)+len(below) == 0 {
			return []edit.Op{op}, where
		}
		ops = append(ops, op)
	}
	anchor := l.Before
	if len(after) > 0 {
		anchor = after[0]
	}
	if len(above) > 0 {
		ops = append(ops, t.insert(i, was, anchor, edit.Before, above))
	}
	if len(below) > 0 {
		ops = append(ops, t.insert(i, was, anchor, edit.After, below))
	}
	return ops, inText
}

// gone takes a line away.
func (t *translation) gone(was *edit.Entry, text string) edit.Op {
	if was != nil && !was.Commented && was.Unique && !was.Section && was.First == was.Last {
		return edit.Op{Verb: edit.Unset, Path: was.Path}
	}
	return edit.Op{Verb: edit.DeleteLine, Text: "^" + regexp.QuoteMeta(strings.TrimSuffix(text, "\r")) + "$"}
}

// line turns one line into another.
func (t *translation) line(i int, was *edit.Entry, before, after string, above int) (edit.Op, kind) {
	now := entryAt(t.after, t.at[i]+above)
	comments := inText
	if strings.IndexByte("#;/", (strings.TrimSpace(before) + "x")[0]) >= 0 && strings.IndexByte("#;/", (strings.TrimSpace(after) + "x")[0]) >= 0 {
		comments = inProse
	}
	switch {
	case was == nil:
		return textOp(t.src, before, after), comments
	case now == nil && !was.Commented && was.Unique && strings.HasSuffix(after, strings.TrimSpace(before)):
		return edit.Op{Verb: edit.Comment, Path: was.Path}, inText
	case now == nil || !was.Unique || now.Name != was.Name && !strings.EqualFold(now.Name, was.Name):
		return textOp(t.src, before, after), comments
	case now.Commented && !was.Commented:
		return edit.Op{Verb: edit.Comment, Path: was.Path}, inText
	case now.Commented: // the comment is another, and still one
		return edit.Op{Verb: edit.Set, Path: bare(was.Path), To: []edit.Value{{Text: now.Value}}}, inTwin
	case now.Value == was.Value && was.Commented:
		return edit.Op{Verb: edit.Uncomment, Path: was.Path}, inText
	case now.Value == was.Value || was.Section:
		return textOp(t.src, before, after), inText
	}
	if was.Commented {
		return edit.Op{Verb: edit.Set, Path: bare(was.Path), To: []edit.Value{{Text: now.Value}}}, inText
	}
	return edit.Op{Verb: edit.Set, Path: was.Path, To: []edit.Value{{Text: now.Value}}, Was: []edit.Value{{Text: was.Value}}}, inText
}

// bare returns a path whose last step names no value: a key that is to be set
// cannot be chosen by the value that it has in a comment.
func bare(p edit.Path) edit.Path {
	q := slices.Clone(p)
	q[len(q)-1].Tests = nil
	return q
}

// textOp replaces a line as text.
func textOp(src, before, after string) edit.Op {
	before, after = strings.TrimSuffix(before, "\r"), strings.TrimSuffix(after, "\r")
	whole := 0
	for l := range strings.SplitSeq(src, "\n") {
		if strings.TrimSuffix(l, "\r") == before {
			whole++
		}
	}
	if before != "" && strings.Count(src, before) == whole && !strings.Contains(after, before) && !strings.Contains(src, after+"\n") {
		return edit.Op{Verb: edit.Replace, Text: before, With: after}
	}
	return edit.Op{Verb: edit.Regex, Text: "^" + regexp.QuoteMeta(before) + "$", With: strings.ReplaceAll(after, `\`, `\\`)}
}

// insert puts lines beside a line, named by its entry or by what it says. A
// line that is there several times, as empty ones are, is named by the one on
// the other side.
func (t *translation) insert(i int, was *edit.Entry, anchor string, where edit.Place, text []string) edit.Op {
	if where == edit.After && i == len(t.lines)-1 && len(text) == 1 {
		return edit.Op{Verb: edit.Line, Text: text[0], Place: edit.End}
	}
	op := edit.Op{Verb: edit.Insert, Place: where, Text: strings.Join(outdent(text, anchor), "\n")}
	if was != nil && was.Unique && !was.Commented && !was.Section && anchor == t.lines[i].Before {
		op.At = was.Path.String()
		return op
	}
	if !t.once(anchor) {
		other, side := i-1, edit.After
		if where == edit.After {
			other, side = i+1, edit.Before
		}
		switch {
		case other < 0 && len(text) == 1:
			return edit.Op{Verb: edit.Line, Text: text[0], Place: edit.Start}
		case other >= 0 && other < len(t.lines) && !t.lines[other].Changed() && t.once(t.lines[other].Before):
			anchor = t.lines[other].Before
			op.Place, op.Text = side, strings.Join(outdent(text, anchor), "\n")
		}
	}
	op.At = "/^" + regexp.QuoteMeta(strings.TrimSuffix(anchor, "\r")) + "$/"
	return op
}

// once reports whether exactly one line says text.
func (t *translation) once(text string) bool {
	n := 0
	for _, l := range t.lines {
		if l.Before == text {
			n++
		}
	}
	return n == 1
}

// outdent takes the anchor's indent off lines, where they all have it: an
// insertion gives it back.
func outdent(lines []string, anchor string) []string {
	in := anchor[:len(anchor)-len(strings.TrimLeft(anchor, " \t"))]
	out := slices.Clone(lines)
	for i, l := range out {
		rest, ok := strings.CutPrefix(l, in)
		if !ok {
			return lines
		}
		out[i] = rest
	}
	return out
}

// textual names lines only.
func (t *translation) textual() []edit.Op {
	t.meant = false
	var ops []edit.Op
	for _, l := range t.lines {
		if !l.Changed() {
			continue
		}
		var now []string
		now = append(now, l.Above...)
		if !l.Deleted {
			now = append(now, l.After...)
		}
		now = append(now, l.Below...)
		if len(now) == 0 {
			ops = append(ops, t.gone(nil, l.Before))
			continue
		}
		ops = append(ops, textOp(t.src, l.Before, strings.Join(now, "\n")))
	}
	return ops
}
