package edit

import (
	"fmt"
	"slices"
	"strings"
)

// An Entry is one key or section of a file, as operations name it.
type Entry struct {
	Path      Path // names this entry and no other, where values can tell it from others
	Unique    bool // whether Path does
	First     int  // its first line, from 1
	Last      int  // its last line
	Name      string
	Value     string
	Section   bool
	Commented bool
}

// Entries reads a file and lists what [Apply] could name in it, in file order;
// commented entries are among them. Ops of in are not looked at.
func Entries(in Input) ([]Entry, error) {
	if in.Format == "" {
		in.Ops = []Op{{Verb: Unset}} // an unknown file is guessed, as it is for keys
	}
	f, err := formatOf(in)
	if err != nil {
		return nil, err
	}
	t := f.parse(string(in.Bytes))
	e := &editor{in: in, sy: f.syntax, st: f.style(), t: t}
	var all []Entry
	t.root.walk(func(n *node) {
		p, unique := e.exact(n)
		value := n.text()
		if e.st.fields && len(n.words) > 1 {
			value = n.val.of(t.src)
		}
		all = append(all, Entry{Path: p, Unique: unique, First: t.line(n.whole.start), Last: t.line(max(n.whole.start, n.whole.end-1)),
			Name: n.name, Value: value, Section: n.block, Commented: n.commented()})
	})
	slices.SortStableFunc(all, func(a, b Entry) int { return a.First - b.First })
	return all, nil
}

// exact returns a path to n that names no other entry of its kind, by the
// arguments of its sections and its own value where names do not do.
func (e *editor) exact(n *node) (Path, bool) {
	var p Path
	for m := n; m.parent != nil; m = m.parent {
		step := Step{Name: m.name}
		if m != n && e.shared(m) {
			step.Tests = e.tests(m)
		}
		if e.st.silent == "" || m.name != e.st.silent {
			p = append(Path{step}, p...)
		}
	}
	if len(p) == 0 {
		p = Path{{Name: n.name}}
	}
	if e.alone(p, n) {
		return p, true
	}
	q := slices.Clone(p)
	q[len(q)-1].Tests = e.tests(n)
	if e.alone(q, n) {
		return q, true
	}
	return p, false
}

// shared reports whether another section beside n has its name.
func (e *editor) shared(n *node) bool {
	for _, k := range e.t.kidsNamed(n.parent, n.name, e.st) {
		if k != n && k.block && k.twin == n.twin && e.st.same(k.name, n.name) {
			return true
		}
	}
	return false
}

// tests returns predicates that are true of n.
func (e *editor) tests(n *node) []Test {
	if !n.block && n.val.start >= 0 && !n.val.empty() {
		return []Test{{Key: ".", Value: n.text()}}
	}
	if text := n.text(); text != "" && !strings.Contains(text, "\n") {
		return []Test{{Key: ".", Value: text}}
	}
	for _, k := range n.kids {
		if k.twin == n.twin && !k.block && k.text() != "" && isKey(strings.TrimPrefix(k.name, "@")) {
			return []Test{{Key: k.name, Value: k.text()}}
		}
	}
	return nil
}

// alone reports whether p names n and no other entry that is active or
// commented as n is.
func (e *editor) alone(p Path, n *node) bool {
	active, twins := e.t.find(p, e.st)
	if n.commented() {
		return len(active) == 0 && e.bestTwin(twins) == n && e.rival(twins, n) == nil
	}
	return len(active) == 1 && active[0] == n
}

// TOML writes the operation as an element of a recipe's `ops`.
func (o Op) TOML() string {
	var b strings.Builder
	put := func(key, value string) {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(key + " = " + value)
	}
	subject := o.Text
	if len(o.Path) > 0 {
		subject = o.Path.String()
	}
	put(string(o.Verb), QuoteTOML(subject))
	switch {
	case o.List:
		var all []string
		for _, v := range o.To {
			all = append(all, v.toml())
		}
		put("to", "["+strings.Join(all, ", ")+"]")
	case o.Verb == Add || o.Verb == Remove:
		put("value", o.To[0].toml())
	case len(o.To) > 0:
		put("to", o.To[0].toml())
	}
	if len(o.Was) > 0 {
		put("was", o.Was[0].toml())
	}
	for _, f := range []struct{ key, value string }{{"arg", o.Arg}, {"body", o.Body}, {string(o.Place), o.At}} {
		if f.value != "" {
			put(f.key, QuoteTOML(f.value))
		}
	}
	if o.At == "" && (o.Place == Start || o.Place == End && o.Verb == Insert) {
		put("where", QuoteTOML(string(o.Place)))
	}
	if o.Verb == Replace || o.Verb == Regex {
		put("with", QuoteTOML(o.With))
	}
	if o.First {
		put("first", "true")
	}
	switch {
	case o.Count.OrMore:
		put("count", fmt.Sprintf(`"%d+"`, o.Count.N))
	case o.Count.N > 1:
		put("count", fmt.Sprint(o.Count.N))
	}
	return "{ " + b.String() + " }"
}

// toml writes a value.
func (v Value) toml() string {
	if v.Kind == String {
		return QuoteTOML(v.Text)
	}
	return v.Text
}

// QuoteTOML writes a TOML string, literal where that is easier to read.
func QuoteTOML(s string) string {
	if strings.ContainsAny(s, "\\\"") && !strings.ContainsAny(s, "'\n\r\t") {
		return "'" + s + "'"
	}
	text, err := yamlDouble(s)
	if err != nil {
		return fmt.Sprintf("%q", s)
	}
	return text
}
