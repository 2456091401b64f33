package edit

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// noText has the operations on text that mean nothing in a format, with what
// their mistake says.
func noText() map[string]string {
	const none = "this format has no sections"
	return map[string]string{
		"json line":    "a comma is missing behind it",
		"sshd section": "is not read as the head of a section", // it is a Match
		"text section": none, "lines section": none, "redis section": none, "nsswitch section": none, "group section": none,
		"postgres section": none, "pg_hba section": none, "master.cf section": none, "postfix section": none, "vsftpd section": none,
		"properties section": none, "pam section": none, "limits section": none, "fstab section": none, "hosts section": none,
		"services section": none, "apt section": none, "passwd section": none, "shadow section": none, "subid section": none,
		"inittab section": none, "sudoers section": none, "keyvalue section": none, "shell section": none, "deb822 section": none,
		"json section": none, "yaml section": none, "php-code section": none, "python section": none, "lua section": none, "colon section": none,
	}
}

// TestEachTextOperation makes each operation that every format has, and section,
// on the example of each format, and takes it back: then the bytes are the first
// ones. What means nothing in a format is a mistake that says so.
func TestEachTextOperation(t *testing.T) {
	wrong := noText()
	for _, x := range docExamples(t) {
		if !KnowsFormat(x.format) {
			continue
		}
		if x.format == "mysql" || x.format == "sudoers" {
			x.after = x.before // the example takes its key away
		}
		f, err := formatOf(Input{Format: x.format})
		if err != nil {
			t.Fatal(err)
		}
		e := &editor{in: Input{Name: "f", Format: x.format}, sy: f.syntax, st: f.style(), t: f.parse(x.after)}
		for _, op := range e.textOps(t) {
			name := x.format + " " + string(op.Verb)
			res, err := Apply(Input{Name: "f", Format: x.format, Bytes: []byte(x.after), Ops: []Op{op}})
			want, isWrong := wrong[name]
			switch {
			case err != nil && !isWrong:
				t.Errorf("%s: %s", name, explain(err))
			case err != nil && !strings.Contains(explain(err), want):
				t.Errorf("%s: %swant in it: %s", name, explain(err), want)
			case err != nil:
			case isWrong:
				t.Errorf("%s works: %s", name, res.Bytes)
			case len(res.Spans) != 1:
				t.Errorf("%s: it changes %d places", name, len(res.Spans))
			default:
				old, now := changedLines(x.after, string(res.Bytes))
				back, err := e.apply(string(res.Bytes), Op{Verb: Replace, Text: now, With: old})
				if err != nil || back != x.after {
					t.Errorf("%s: there and back, it is\n%s\nnot\n%s%v", name, back, x.after, err)
				}
			}
		}
	}
}

// textOps are operations on the first entry of a file, or on its first line.
func (e *editor) textOps(t *testing.T) []Op {
	src := e.t.src
	at, line, other := src[:lineEnd(src, 0)], "seven", "seven\n"
	i := slices.IndexFunc(e.t.entries(), func(n *node) bool {
		_, alone := e.exact(n)
		return alone && n.settable() && !n.val.empty()
	})
	if i >= 0 {
		n := e.t.entries()[i]
		p, _ := e.exact(n)
		value := "77"
		if e.st.fields { // of a row
			value = strings.Repeat("7:", len(n.words)-1) + "7"
		}
		now, err := e.apply(src, Op{Verb: Set, Path: p, To: []Value{{Text: value}}})
		if err != nil {
			t.Fatal(explain(err))
		}
		at, other = changedLines(src, now)
		if line, err = e.sy.entry(e.t, n, "other", Value{Text: "7"}); err != nil { // a row
			line = strings.TrimSpace(at) + "7"
		}
	}
	return []Op{
		{Verb: Replace, Text: at, With: other},
		{Verb: Regex, Text: regexp.QuoteMeta(at), With: strings.ReplaceAll(other, `\`, `\\`)},
		{Verb: Line, Text: line, Place: After, At: strings.TrimSuffix(at, "\n")},
		{Verb: Section, Path: Path{{Name: "other"}}, Body: line},
	}
}

// changedLines returns the lines in which two texts differ.
func changedLines(a, b string) (old, now string) {
	as, bs := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	for len(as) > 0 && len(bs) > 0 && as[0] == bs[0] {
		as, bs = as[1:], bs[1:]
	}
	for len(as) > 0 && len(bs) > 0 && as[len(as)-1] == bs[len(bs)-1] {
		as, bs = as[:len(as)-1], bs[:len(bs)-1]
	}
	return strings.Join(as, ""), strings.Join(bs, "")
}
