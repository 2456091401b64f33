package edit

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// An Input is one file and what is to be done to it.
type Input struct {
	Name  string // the file's path, for its format and for messages
	Bytes []byte
	// Format is a name of [Formats]; empty: known from Name by [FormatOf].
	Format string
	Ops    []Op
	// Files has the contents of the files that patch operations name.
	Files map[string][]byte
	Options
}

// Options are the choices of [Apply]. The zero value is what builds use.
type Options struct {
	Strict bool // an operation that finds everything as it wants it is a mistake
}

// A Result is the edited file and what happened to it.
type Result struct {
	Bytes  []byte
	Format string // the format that was used
	Done   []Done // one for each operation, in order
	Spans  []Span // every byte of the input outside of them is unchanged
	// Already says that all operations found everything as they want it.
	Already bool
}

// A Done says what one operation did.
type Done struct {
	Op      Op
	Already bool   // nothing was to be done
	Lines   []int  // the lines of the changed places, as the operation found them
	Says    string // one clause: "written over the comment", "added after line 12"
	New     bool   // set made an entry: the key was not there, not in a comment either
	Hint    string // of a new key, what it was perhaps mistyped for; of a comment, that uncomment will not undo it
}

// Apply carries out the operations in their order. It is a function of its
// input alone. Either all of them hold or the error has every one that does
// not, as *diag.Error at its place in the recipe, with the place in the edited
// file in its message; then the result is empty.
func Apply(in Input) (Result, error) {
	format, err := formatOf(in)
	if err != nil {
		return Result{}, err
	}
	e := &editor{in: in, sy: format.syntax, st: format.syntax.style()}
	src := string(in.Bytes)
	e.t = e.sy.parse(src)
	hist := newHistory(src)
	res := Result{Format: format.Name, Already: true}
	var mistakes diag.List
	for _, op := range in.Ops {
		done, cuts, err := e.step(op)
		if err == nil && done.Already && in.Strict {
			err = e.bad(op, -1, "take the operation away, or do not ask for strict", "%s: already so", op)
		}
		if err != nil {
			mistakes.Add(asMistakes(op, err)...)
			continue
		}
		hist.apply(cuts)
		res.Done = append(res.Done, done)
		res.Already = res.Already && done.Already
	}
	if err := mistakes.Err(); err != nil {
		return Result{}, err
	}
	res.Spans = hist.spans()
	if err := prove(src, e.t.src, res.Spans); err != nil {
		return Result{}, fmt.Errorf("edit %s: %w", in.Name, err)
	}
	res.Bytes = []byte(e.t.src)
	return res, nil
}

// asMistakes gives an error without a place that of the operation.
func asMistakes(op Op, err error) []*diag.Error {
	if found := diag.Of(err); len(found) > 0 {
		return found
	}
	return []*diag.Error{{Pos: op.Pos, Msg: err.Error()}}
}

// An editor holds one file between two operations.
type editor struct {
	in Input
	sy syntax
	st *style
	t  *tree
}

// A change is what an operation wants done.
type change struct {
	cuts []splice
	says string
	// fresh and hint are what Done says as New and Hint.
	fresh bool
	hint  string
	// loose says that the operation is about text, not entries: entries outside
	// of its cuts may come to mean something else.
	loose bool
	// hold checks the result, read again.
	hold func(after *tree, cuts []splice) error
}

// step carries out one operation and proves it on the result, read again.
func (e *editor) step(op Op) (Done, []splice, error) {
	ch, err := e.plan(e.spoken(op))
	if err != nil {
		return Done{}, nil, err
	}
	cuts := sorted(ch.cuts)
	now, err := apply(e.t.src, cuts)
	if err != nil {
		return Done{}, nil, err
	}
	done := Done{Op: op, Says: ch.says, New: ch.fresh, Hint: ch.hint, Already: now == e.t.src}
	if done.Already {
		if ch.says == "" {
			done.Says = "already so"
		}
		return done, nil, nil
	}
	after := e.sy.parse(now)
	if len(after.odd) > len(e.t.odd) {
		o := newOdd(e.t, after, cuts)
		return Done{}, nil, e.bad(op, -1, "the text must be whole in itself", "%s: the result would no longer read as before: line %d: %s", op, after.line(o.at), o.msg)
	}
	if !ch.loose {
		if err := e.untouched(op, after, cuts); err != nil {
			return Done{}, nil, err
		}
	}
	if ch.hold != nil {
		if err := ch.hold(after, cuts); err != nil {
			return Done{}, nil, e.bad(op, cuts[0].start, "", "%s: the result, read again, does not hold: %v", op, err)
		}
	}
	line, at := 1, 0
	for _, c := range cuts {
		line += strings.Count(e.t.src[at:c.start], "\n")
		at = c.start
		done.Lines = append(done.Lines, line)
	}
	e.t = after
	return done, cuts, nil
}

// newOdd returns the first oddity of after that before has not.
func newOdd(before, after *tree, cuts []splice) oddity {
	known := map[int]bool{}
	for _, o := range before.odd {
		if at, ok := moved(cuts, o.at); ok {
			known[at] = true
		}
	}
	for _, o := range after.odd {
		if !known[o.at] {
			return o
		}
	}
	return after.odd[len(after.odd)-1]
}

// plan asks the operation what is to be done.
func (e *editor) plan(op Op) (change, error) {
	switch op.Verb {
	case Set:
		return e.set(op)
	case Unset:
		return e.unset(op)
	case Comment:
		return e.comment(op)
	case Uncomment:
		return e.uncomment(op)
	case Rename:
		return e.rename(op)
	case Add:
		return e.addMember(op)
	case Remove:
		return e.removeMember(op)
	case Insert:
		return e.insert(op)
	case Section:
		return e.section(op)
	case Line:
		return e.line(op)
	case DeleteLine:
		return e.deleteLine(op)
	case Replace:
		return e.replace(op)
	case Regex:
		return e.regex(op)
	case Patch:
		return e.patch(op)
	}
	return change{}, fmt.Errorf("unknown operation %q", op.Verb)
}

// untouched proves that each active entry outside of the cuts is in the result
// as it was, in the section where it was, and no other.
func (e *editor) untouched(op Op, after *tree, cuts []splice) error {
	now := after.entries()
	kept := make([]bool, len(now)) // of now
	seen := chains{}
	i, shift, at := 0, 0, 0 // at: the next of now
	for _, n := range e.t.entries() {
		head := n.head()
		for i < len(cuts) && cuts[i].end <= head.start {
			shift += len(cuts[i].text) - (cuts[i].end - cuts[i].start)
			i++
		}
		if i < len(cuts) && (cuts[i].start < head.end || cuts[i].start == head.end && !startsLine(cuts[i].text)) {
			continue // it is changed, or something is put right behind it
		}
		for at < len(now) && now[at].whole.start < head.start+shift {
			at++
		}
		var m *node
		if at < len(now) && now[at].whole.start == head.start+shift {
			m, kept[at] = now[at], true
			at++
		}
		if m == nil || m.name != n.name || len(m.words) != len(n.words) && !(n.block && n.val.end > n.body.start) {
			return e.bad(op, head.start, "choose another place, or check quotes and brackets of the new text", "%s: `%s` here would no longer say what it says", op, n.name)
		}
		if !seen.same(n.parent, m.parent) {
			return e.bad(op, head.start, "choose another place", "%s: `%s` here would move from %s to %s", op, n.name, place(n.section()), place(m.section()))
		}
	}
	return e.noOther(op, after, cuts, now, kept)
}

// noOther proves that the result, whose entries are now, has none besides those that
// were kept and those that have new text before them on their line, or in them.
func (e *editor) noOther(op Op, after *tree, cuts []splice, now []*node, kept []bool) error {
	i, shift := 0, 0
	for j, m := range now {
		if kept[j] {
			continue
		}
		bol := after.lineStart(m.whole.start)
		for ; i < len(cuts) && cuts[i].start+shift+len(cuts[i].text) < bol; i++ {
			shift += len(cuts[i].text) - (cuts[i].end - cuts[i].start)
		}
		if i == len(cuts) || cuts[i].start+shift > m.whole.end {
			return e.bad(op, -1, "check quotes and brackets around the changed place", "%s: `%s` in line %d of the result would become an entry", op, m.name, after.line(m.whole.start))
		}
	}
	return nil
}

// startsLine reports whether text begins with a line end.
func startsLine(text string) bool { return text != "" && (text[0] == '\n' || text[0] == '\r') }

// place names a section in a message.
func place(section string) string {
	if section == "" {
		return "the top of the file"
	}
	return "`" + section + "`"
}

// bad returns a mistake of op at offset at of the file as it is now, or of the
// file as a whole where at is negative.
func (e *editor) bad(op Op, at int, hint, format string, args ...any) error {
	where := e.in.Name
	if at >= 0 {
		where = fmt.Sprintf("%s:%d", where, e.t.line(at))
	}
	return &diag.Error{Pos: op.Pos, Msg: where + ": " + fmt.Sprintf(format, args...), Hint: hint}
}
