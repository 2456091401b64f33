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
// other byte be as it was; set back, the bytes must be the first ones. Keys that
// nothing tells apart, because they say the same in the same section, are set
// together. It prints a table by format:
//
//	odd      files with a place that the format does not explain
//	keys     entries with a value
//	nameless of them: no path names them, alone or with what says the same
//	held     the new value was read back, and nothing else changed
//	back     set back, the first bytes came out
//	no value entries whose value is none that set could give: it refuses them
//	alike    set back, the value reads as the first one, and is spelt otherwise
//	flags    entries without a value; back: out of a comment as they were
//
// A last table has each reason why a key has no value or is spelt otherwise. With
// EDITS_SHOW=1 each such key is shown.
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
		fmt.Printf("%-12s %6d %6d %8d %8d %8d %8d %8d %8d %8d %8d\n", name, c.files, c.odd, c.keys, c.nameless, c.none, c.held, c.back, c.alike, c.flags, c.flagsBack)
	}
	fmt.Printf("%-12s %6s %6s %8s %8s %8s %8s %8s %8s %8s %8s\n", "format", "files", "odd", "keys", "nameless", "no value", "held", "back", "alike", "flags", "back")
	for _, n := range slices.Sorted(maps.Keys(table)) {
		row(n, table[n])
		all.add(table[n])
		for _, m := range table[n].notes {
			fmt.Println("   ", m)
		}
	}
	row("all", all)
	for _, why := range slices.Sorted(maps.Keys(all.why)) {
		fmt.Printf("%6d  %s\n", all.why[why], why)
	}
}

// A tally counts what became of the keys of a format.
type tally struct {
	files, odd, keys, nameless, none, held, back, alike int
	flags, flagsBack                                    int
	why                                                 map[string]int
	notes                                               []string
}

// because counts keys by the reason why their first bytes did not come back.
func (c *tally) because(why string, keys int) {
	if c.why == nil {
		c.why = map[string]int{}
	}
	c.why[why] += keys
}

func (c *tally) add(d *tally) {
	c.files, c.odd, c.keys, c.nameless = c.files+d.files, c.odd+d.odd, c.keys+d.keys, c.nameless+d.nameless
	c.held, c.back, c.alike = c.held+d.held, c.back+d.back, c.alike+d.alike
	c.flags, c.flagsBack, c.none = c.flags+d.flags, c.flagsBack+d.flagsBack, c.none+d.none
	for why, n := range d.why {
		c.because(why, n)
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
				c.note("nameless %s:%d: %s", name, e.t.line(n.whole.start), k.path)
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

// key sets a key to another value and back.
func (c *tally) key(e *editor, k fileKey) {
	n, src, name := k.nodes[0], e.t.src, e.in.Name
	value := otherValue(src, n)
	set := Op{Verb: Set, Path: k.path, To: []Value{{Text: value}}, Count: Count{N: len(k.nodes)}}
	if e.isList(n) {
		set.List, set.To = true, append(set.To, e.valuesOf(n)[1:]...)
	}
	now, err := e.apply(src, set)
	if why := noValue(err); why != "" {
		c.none += len(k.nodes)
		c.because("no value: "+why, len(k.nodes))
		c.note("no value %s: %s: %s", name, k.path, why)
		return
	}
	if err != nil {
		c.because("refused", len(k.nodes))
		c.note("refused %s: %s", name, explain(err))
		return
	}
	back := set
	back.Path, back.To = e.pathNow(k, value), e.valuesOf(n)
	after := e.sy.parse(now)
	if there, _ := after.find(back.Path, e.st); len(there) != len(k.nodes) || !onlyValues(src, now, k.nodes) {
		c.note("not held %s: %s", name, k.path)
		return
	}
	c.held += len(k.nodes)
	was, err := e.apply(now, back)
	again := e.sy.parse(was)
	there, _ := again.find(k.path, e.st)
	switch {
	case err != nil:
		c.because("not back: the value cannot be given", len(k.nodes))
		c.note("not back %s: %s\n%s", name, explain(err), n.whole.of(src))
	case was == src:
		c.back += len(k.nodes)
	case len(there) == len(k.nodes) && there[0].text() == n.text():
		c.alike += len(k.nodes)
		c.because("alike: "+e.spelling(k), len(k.nodes))
		c.note("alike %s: %s\n%s\n%s", name, k.path, n.whole.of(src), there[0].whole.of(was))
	default:
		c.because("not back: the value reads as another one", len(k.nodes))
		c.note("not back %s: %s\n%s", name, k.path, n.whole.of(src))
	}
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
	for _, why := range []string{"is a list", "is a map", "is an alias", "is a table"} {
		if err != nil && strings.Contains(explain(err), "it "+why) {
			return "it " + why
		}
	}
	return ""
}

// spelling says what of a key's spelling no value tells.
func (e *editor) spelling(k fileKey) string {
	n := k.nodes[0]
	written := n.val.of(e.t.src)
	if slices.ContainsFunc(k.nodes, func(m *node) bool { return m.val.of(e.t.src) != written }) {
		return "entries that say the same, spelt in two ways"
	}
	escaped := strings.ContainsAny(written, "\\&")
	switch {
	case e.in.Format == "shell" && len(n.words) == 1 && n.words[0].quote == 0 && strings.ContainsAny(written, "\"'"):
		return "a word of several quotes"
	case len(n.words) == 1 && n.words[0].quote == '>':
		return "where folded lines end"
	case escaped:
		return "escapes that need not be"
	}
	return "other"
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
