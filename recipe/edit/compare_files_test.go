//go:build compare

package edit

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eachFile calls f with each file of text below EDITS_ROOT/PACKAGE that a
// package has in /etc or that is named in EDITS_FILES, by its path in a system.
func eachFile(t *testing.T, f func(name, src string)) {
	root := os.Getenv("EDITS_ROOT")
	if root == "" {
		t.Skip("EDITS_ROOT names no unpacked packages")
	}
	named := strings.Fields(os.Getenv("EDITS_FILES"))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		_, name, _ := strings.Cut(rel, "/")
		if !strings.HasPrefix(name, "etc/") && !slices.Contains(named, name) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || len(src) > 1<<20 || strings.Contains(string(src), "\x00") {
			return err
		}
		f("/"+name, string(src))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFiles reads every such file, as the format that its path names or its
// text suggests. What is read must cover the bytes in order. Each key that has a
// value is set to another one: the file, read again, must say it, and every
// other byte be as it was; set back, the bytes must be the first ones. Set to the
// value that it has, it must not change a byte, however that is spelt. Keys that
// nothing tells apart, because they say the same in the same section, are set
// together. It prints a table by format:
//
//	odd      files with a place that the format does not explain
//	keys     entries with a value
//	nameless of them: no path names them, alone or with what says the same
//	already  set to the value that it has, no byte changed
//	held     the new value was read back, and nothing else changed
//	back     set back, the first bytes came out
//	no value entries whose value is none that set could give: it refuses them
//	alike    set back, the value reads as the first one, and is spelt otherwise
//	flags    entries without a value; back: out of a comment as they were
//
// A last table has each reason why a key has no value or is spelt otherwise, and
// each such key; with EDITS_SHOW=1 the places that are odd are shown, too.
func TestFiles(t *testing.T) {
	table := map[string]*tally{}
	eachFile(t, func(name, src string) {
		format := formatByText(FormatOf(name), src)
		if format == "text" {
			format = guess(name, src)
		}
		if table[format] == nil {
			table[format] = &tally{}
		}
		table[format].file(t, format, name, src)
	})
	all := &tally{}
	row := func(name string, c *tally) {
		fmt.Printf("%-12s %6d %6d %8d %8d %8d %8d %8d %8d %8d %8d %8d\n", name, c.files, c.odd, c.keys, c.nameless, c.none, c.already, c.held, c.back, c.alike, c.flags, c.flagsBack)
	}
	fmt.Printf("%-12s %6s %6s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "format", "files", "odd", "keys", "nameless", "no value", "already", "held", "back", "alike", "flags", "back")
	for _, n := range slices.Sorted(maps.Keys(table)) {
		row(n, table[n])
		all.add(table[n])
		for _, m := range table[n].notes {
			fmt.Println("   ", m)
		}
	}
	row("all", all)
	for _, why := range slices.Sorted(maps.Keys(all.why)) {
		fmt.Printf("%6d  %s\n", len(all.why[why]), why)
		for _, key := range all.why[why] {
			fmt.Println("        ", key)
		}
	}
}

// A tally counts what became of the keys of a format.
type tally struct {
	files, odd, keys, nameless, none, already, held, back, alike int
	flags, flagsBack                                             int
	why                                                          map[string][]string
	notes                                                        []string
}

// because keeps the entries of a key by the reason why their first bytes did not
// come back.
func (c *tally) because(why string, e *editor, k fileKey) {
	if c.why == nil {
		c.why = map[string][]string{}
	}
	for _, n := range k.nodes {
		c.why[why] = append(c.why[why], fmt.Sprintf("%s:%d: %s", e.in.Name, e.t.line(n.whole.start), clip(oneLine(k.path.String()))))
	}
}

func (c *tally) add(d *tally) {
	c.files, c.odd, c.keys, c.nameless = c.files+d.files, c.odd+d.odd, c.keys+d.keys, c.nameless+d.nameless
	c.already, c.held, c.back, c.alike = c.already+d.already, c.held+d.held, c.back+d.back, c.alike+d.alike
	c.flags, c.flagsBack, c.none = c.flags+d.flags, c.flagsBack+d.flagsBack, c.none+d.none
	for why, keys := range d.why {
		if c.why == nil {
			c.why = map[string][]string{}
		}
		c.why[why] = append(c.why[why], keys...)
	}
}

func (c *tally) note(format string, args ...any) {
	if os.Getenv("EDITS_SHOW") != "" {
		c.notes = append(c.notes, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n      "))
	}
}

func (c *tally) file(t *testing.T, format, name, src string) {
	f, _ := formatOf(Input{Format: format})
	e := &editor{in: Input{Name: name, Format: format}, sy: f.syntax, st: f.style(), t: f.parse(src)}
	checkTree(t, e.t)
	c.files++
	if len(e.t.odd) > 0 {
		c.odd++
		c.note("odd %s:%d: %s", name, e.t.line(e.t.odd[0].at), e.t.odd[0].msg)
	}
	done := map[*node]bool{}
	for _, n := range e.t.entries() {
		switch {
		case n.val.start < 0 || done[n] || n.block && !e.isList(n):
		case n.val.empty():
			c.flag(e, n)
		default:
			k, ok := e.keyOf(n)
			for _, n := range k.nodes {
				done[n] = true
			}
			c.keys += len(k.nodes)
			if !ok {
				c.nameless += len(k.nodes)
				c.because("nameless: no path names it, and others beside it do not say the same", e, k)
				continue
			}
			c.key(e, k)
		}
	}
}

// isList reports whether n's value is a list of the format's own.
func (e *editor) isList(n *node) bool {
	_, ok := e.sy.(lister)
	return ok && len(n.words) > 0 && n.val.start >= 0 && strings.IndexByte("[(-", e.t.src[n.val.start]) >= 0
}

// A fileKey is what one operation sets: an entry, or several that say the same.
type fileKey struct {
	path  Path
	nodes []*node
}

// keyOf returns the entries that are set with n; false: no path names them.
func (e *editor) keyOf(n *node) (fileKey, bool) {
	p, alone := e.exact(n)
	if alone {
		return fileKey{p, []*node{n}}, true
	}
	p[len(p)-1].Tests = e.tests(n)
	active, _ := e.t.find(p, e.st)
	for _, m := range active {
		if m.text() != n.text() || m.val.start < 0 || m.block {
			return fileKey{p, []*node{n}}, false
		}
	}
	return fileKey{p, active}, slices.Contains(active, n)
}

// flag puts a key without a value into a comment and takes it out again.
func (c *tally) flag(e *editor, n *node) {
	p, alone := e.exact(n)
	if !alone {
		return
	}
	c.flags++
	hidden, err := e.apply(e.t.src, Op{Verb: Comment, Path: p})
	if err != nil {
		c.note("flag %s", explain(err))
		return
	}
	if shown, err := e.apply(hidden, Op{Verb: Uncomment, Path: p}); err == nil && shown == e.t.src {
		c.flagsBack++
	} else {
		c.note("flag not back %s: %s", e.in.Name, p)
	}
}

// key sets a key to the value that it has, then to another one and back.
func (c *tally) key(e *editor, k fileKey) {
	n, src := k.nodes[0], e.t.src
	value := otherValue(src, n)
	set := Op{Verb: Set, Path: k.path, To: []Value{{Text: value}}, Count: Count{N: len(k.nodes)}}
	if e.isList(n) {
		set.List, set.To = true, append(set.To, e.valuesOf(n)[1:]...)
	}
	now, err := e.apply(src, set)
	if why := noValue(err); why != "" {
		c.none += len(k.nodes)
		c.because("no value: "+why, e, k)
		return
	}
	if err != nil {
		c.because("refused", e, k)
		c.note("refused %s: %s", e.in.Name, explain(err))
		return
	}
	own := set
	own.To = e.valuesOf(n)
	if same, err := e.apply(src, own); err == nil && same == src {
		c.already += len(k.nodes)
	} else {
		c.because("not already: set to the value that it has, it changes", e, k)
	}
	back := e.takeBack(own, k, value)
	after := e.sy.parse(now)
	if there, _ := after.find(back.Path, e.st); len(there) != len(k.nodes) || !onlyValues(src, now, k.nodes) {
		c.because("not held: more than the value is another one", e, k)
		return
	}
	c.held += len(k.nodes)
	was, err := e.apply(now, back)
	again := e.sy.parse(was)
	there, _ := again.find(k.path, e.st)
	switch {
	case err != nil:
		c.because("not back: the value cannot be given", e, k)
		c.note("not back %s: %s\n%s", e.in.Name, explain(err), n.whole.of(src))
	case was == src:
		c.back += len(k.nodes)
	case len(there) == len(k.nodes) && there[0].text() == n.text():
		c.alike += len(k.nodes)
		c.because("alike: "+e.spelling(k), e, k)
		c.note("alike %s: %s\n%s\n%s", e.in.Name, k.path, n.whole.of(src), there[0].whole.of(was))
	default:
		c.because("not back: the value reads as another one", e, k)
		c.note("not back %s: %s\n%s", e.in.Name, k.path, n.whole.of(src))
	}
}

// takeBack returns the operation that gives a key the values again that own gives
// it, now that it has another one: entries that say the same and are spelt in two
// ways get a value each.
func (e *editor) takeBack(own Op, k fileKey, value string) Op {
	own.Path = e.pathNow(k, value)
	written := func(n *node) string { return n.val.of(e.t.src) }
	_, lists := e.sy.(lister)
	if n := k.nodes[0]; lists || !slices.ContainsFunc(k.nodes, func(m *node) bool { return written(m) != written(n) }) {
		return own
	}
	own.List, own.To = true, nil
	for _, n := range k.nodes {
		own.To = append(own.To, e.valuesOf(n)[0])
	}
	return own
}

// otherValue returns a value that src does not hold, of the kind that n's is: a
// number, a text of lines, or a word.
func otherValue(src string, n *node) string {
	value, end := "v7654", ""
	switch {
	case isNumber(n.text()):
		value = "7654"
	case len(n.words) > 0 && strings.HasSuffix(n.words[0].text, "\n"):
		end = "\n"
	}
	for strings.Contains(src, value) {
		value += "1"
	}
	return value + end
}

// noValue returns why an entry has no value that set could give, by the mistake.
func noValue(err error) string {
	for part, why := range map[string]string{
		"it is a list":   "it is a list, which is set as one",
		"it is a map":    "it is a map in one line, in which `replace` changes a text",
		"it is a table":  "it is a table in one line, in which `replace` changes a text",
		"it is an alias": "it is an alias: what stands behind its anchor is set",
	} {
		if err != nil && strings.Contains(explain(err), part) {
			return why
		}
	}
	return ""
}

// spelling says what of a key's spelling no value tells.
func (e *editor) spelling(k fileKey) string {
	n := k.nodes[0]
	written := n.val.of(e.t.src)
	lines := slices.ContainsFunc(n.words, func(w word) bool { return w.quote == '|' || w.quote == '>' })
	switch {
	case e.in.Format == "shell" && len(n.words) == 1 && n.words[0].quote == 0 && strings.ContainsAny(written, "\"'"):
		return "the word stood in several quotes, and a value does not say which part of it stood in which"
	case lines && strings.Contains(written, " \n"):
		return "empty lines of the text had blanks, which are no part of it"
	case lines:
		return "the text was folded, and a value does not say where its lines ended"
	case strings.ContainsAny(written, "\\&"):
		return "the value had escapes that it could do without, and does not say where"
	}
	return "no reason is known"
}

// valuesOf returns what an operation says to give n the value that it has: each
// item of a list, else one value; as it is written where it is several words or
// lines, and with its type where the format has types.
func (e *editor) valuesOf(n *node) []Value {
	var all []Value
	for _, w := range n.words {
		v := Value{Text: w.text}
		switch {
		case !e.st.types || w.quote != 0:
		case isNumber(w.text):
			v.Kind = Number
		case strings.EqualFold(w.text, "true") || strings.EqualFold(w.text, "false"):
			v.Kind = Bool
		}
		all = append(all, v)
	}
	written := n.val.of(e.t.src)
	if !e.isList(n) && (len(all) != 1 || n.words[0].quote == 0 && strings.Contains(written, "\n") && e.in.Format != "shell") {
		return []Value{{Text: written}}
	}
	return all
}

// pathNow returns the path of a key whose value is another one now.
func (e *editor) pathNow(k fileKey, value string) Path {
	n := k.nodes[0]
	p := slices.Clone(k.path)
	for i := range p {
		p[i].Tests = slices.Clone(p[i].Tests)
		for j, test := range p[i].Tests {
			own := i == len(p)-1 && test.Key == "." || i == len(p)-2 && test.Key == n.name
			if own && test.Value == n.text() {
				p[i].Tests[j].Value = value
			}
		}
	}
	return p
}

// onlyValues reports whether now is src with other values of ns, each with one
// blank more or less before it.
func onlyValues(src, now string, ns []*node) bool {
	at := 0
	for _, n := range ns {
		kept := strings.TrimRight(src[at:n.val.start], " \t")
		i := strings.Index(now, kept)
		if i < 0 || at == 0 && i > 0 || i > n.val.end-n.val.start+200 {
			return false
		}
		now = now[i+len(kept):]
		at = n.val.end
	}
	return strings.HasSuffix(now, src[at:])
}
