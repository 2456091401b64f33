package edit

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// noMeaning has the operations that mean nothing in a format, with what their
// mistake says.
func noMeaning() map[string]string {
	const row = "a row is more than a value"
	return map[string]string{
		"group set":       row,
		"pg_hba set":      row,
		"master.cf set":   row,
		"pam set":         row,
		"limits set":      row,
		"fstab set":       row,
		"apt set":         row,
		"passwd set":      row,
		"shadow set":      row,
		"subid set":       row,
		"inittab set":     row,
		"redis rename":    "both `other` and `save` are there", // another one stays
		"systemd rename":  "both `other` and `ExecStart` are there",
		"redis add":       "stands 0 times", // what names it is its value
		"systemd add":     "stands 0 times",
		"json comment":    "it is the last of its object or shares its line",
		"xml comment":     "an attribute cannot be in a comment",
		"xml rename":      "is not there", // what names it is the attribute
		"php-code rename": "is not read as a key",
		"lua add":         "does not hold",
	}
}

// TestEachOperation makes each operation on keys in each format, on the file that
// the package comment has as its example, and takes it back: then the bytes are
// the first ones. What means nothing in a format is a mistake that says so.
func TestEachOperation(t *testing.T) {
	wrong := noMeaning()
	for _, x := range docExamples(t) {
		if !KnowsFormat(x.format) || x.format == "text" || x.format == "lines" {
			continue
		}
		f, err := formatOf(Input{Format: x.format})
		if err != nil {
			t.Fatal(err)
		}
		if x.format == "mysql" || x.format == "sudoers" {
			x.after = x.before // the example takes its key away
		}
		e := &editor{in: Input{Name: "f", Format: x.format}, sy: f.syntax, st: f.style(), t: f.parse(x.after)}
		i := slices.IndexFunc(e.t.entries(), func(n *node) bool {
			p, alone := e.exact(n)
			return alone && n.settable() && !n.val.empty() && len(p) > 0
		})
		if i < 0 {
			t.Errorf("%s: the example has no key", x.format)
			continue
		}
		n := e.t.entries()[i]
		p, _ := e.exact(n)
		for _, do := range e.roundTrips(p, n) {
			name := x.format + " " + string(do[0].Verb)
			text := x.after
			for _, op := range do {
				if text, err = e.apply(text, op); err != nil {
					break
				}
			}
			want, isWrong := wrong[name]
			switch {
			case err != nil && !isWrong:
				t.Errorf("%s: %s", name, explain(err))
			case err != nil && !strings.Contains(explain(err), want):
				t.Errorf("%s: %swant in it: %s", name, explain(err), want)
			case err == nil && isWrong && want != "":
				t.Errorf("%s works: %s", name, text)
			case err == nil && text != x.after && x.format != "xml": // an empty element is opened for it
				t.Errorf("%s: there and back, it is\n%s\nnot\n%s", name, text, x.after)
			}
		}
	}
}

// roundTrips are operations on an entry, each with what takes it back.
func (e *editor) roundTrips(p Path, n *node) [][]Op {
	other := Path(append(slices.Clone(p[:len(p)-1]), Step{Name: "other"}))
	old := Path(append(slices.Clone(p[:len(p)-1]), Step{Name: n.name}))
	line, err := e.sy.entry(e.t, n, "other", Value{Text: "7"})
	gone := Op{Verb: Unset, Path: other}
	if err != nil { // a row like the one there
		line = strings.TrimSpace(e.t.lines(n.whole).of(e.t.src)) + "7"
		gone = Op{Verb: DeleteLine, Text: regexp.QuoteMeta(line)}
	}
	return [][]Op{
		{{Verb: Comment, Path: p}, {Verb: Uncomment, Path: p}},
		{{Verb: Rename, Path: p, To: []Value{{Text: "other"}}}, {Verb: Rename, Path: other, To: []Value{{Text: n.name}}}},
		{{Verb: Set, Path: other, To: []Value{{Text: "7"}}}, {Verb: Unset, Path: other}},
		{{Verb: Add, Path: p, To: []Value{{Text: "seven"}}}, {Verb: Remove, Path: old, To: []Value{{Text: "seven"}}}},
		{{Verb: Insert, Text: line, Place: After, At: p.String()}, gone},
	}
}

// apply carries out one operation on src.
func (e *editor) apply(src string, op Op) (string, error) {
	res, err := Apply(Input{Name: e.in.Name, Format: e.in.Format, Bytes: []byte(src), Ops: []Op{op}})
	return string(res.Bytes), err
}
