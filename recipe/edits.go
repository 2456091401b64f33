package recipe

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

// An Edit is what happens to one file, or to as many as Files says.
type Edit struct {
	Pos    diag.Pos
	Path   string // absolute: in the image; relative: in the unpacked source
	Format string // or empty: known from the path
	Files  int    // Path is a glob that must match so many; 0: Path is one file's name
	// Unmodified wants the package's own bytes (require = "unmodified").
	Unmodified bool
	Early      bool      // before the maintainer scripts
	Ops        []edit.Op // expanded, if the recipe says so
}

// Patches are the files of the edit's unified differences, as [Instance.Locate]
// takes them.
func (e Edit) Patches() []Ref {
	var refs []Ref
	for _, op := range e.Ops {
		if op.Verb == edit.Patch {
			refs = append(refs, Ref{op.Text, op.Pos})
		}
	}
	return refs
}

const editKeys = "set unset comment uncomment lines ops format files require expand early only"

// edit reads what happens to one file.
func (r *reader) edit(n *node) Edit {
	e := Edit{Pos: r.keyPos(n)}
	if !r.table(n, editKeys) {
		return e
	}
	e.Files = int(r.integer(n.get("files"), 0, 1, 1<<20))
	e.Path = r.editPath(n, e.Files > 0)
	e.Format = r.format(n.get("format"))
	e.Early = r.boolean(n.get("early"), false)
	if early := n.get("early"); e.Early && !strings.HasPrefix(e.Path, "/") && e.Path != "" {
		r.badKey(early, "sources are edited before the first step", "early is for files of the image")
	}
	if e.Early && e.Files > 0 {
		r.badKey(n.get("files"), "write a table for each file", "an early edit is of one file")
	}
	if require := n.get("require"); require != nil {
		e.Unmodified = r.one(require, "unmodified") == "unmodified"
	}
	r.ops(n, &e)
	if len(e.Ops) == 0 && len(n.kids) > 0 && !hasOps(n) || len(n.kids) == 0 {
		r.badKey(n, "write set.KEY = \"…\", unset, comment, uncomment, lines or ops", "the edit does nothing")
	}
	return e
}

// format reads the name of a format of package edit.
func (r *reader) format(n *node) string {
	s := r.word(n)
	if s == "" || edit.KnowsFormat(s) {
		return s
	}
	var all []string
	for _, f := range edit.Formats() {
		all = append(all, f.Name)
	}
	r.badValue(n, nearHint(s, all), "unknown format %q", s)
	return ""
}

// hasOps reports whether a key of n asks for operations, be they good or not.
func hasOps(n *node) bool {
	for _, k := range []string{"set", "unset", "comment", "uncomment", "lines", "ops"} {
		if n.get(k) != nil {
			return true
		}
	}
	return false
}

// editPath reads the file that is edited, which is a glob if there may be many.
func (r *reader) editPath(n *node, many bool) string {
	p := r.expand(n.key, n.keyAt)
	switch {
	case many && p != "":
		return r.glob(p, strings.HasPrefix(p, "/"), n.keyAt)
	case strings.ContainsAny(p, "*?") && p != "":
		r.badKey(n, "write files = N, the number of files that it must match", "%q is a pattern", p)
		return ""
	case p == "" || strings.HasPrefix(p, "/"):
		return r.pathKey(n)
	}
	return r.sourcePath(p, n.keyAt)
}

// ops reads all operations of a file, in the order in which they are made.
func (r *reader) ops(n *node, e *Edit) {
	expand := r.boolean(n.get("expand"), false)
	add := func(at *node, op edit.Op, err error) {
		if err != nil {
			r.editMistakes(at, err)
			return
		}
		r.keepsSecret(at, revealedOp(op))
		if expand {
			op, _ = op.Expand(func(s string) (string, error) { return r.expand(s, at.valAt), nil })
		}
		e.Ops = append(e.Ops, op)
	}
	for _, kid := range r.named(n.get("set")) {
		if r.unquoted(kid) {
			continue
		}
		op, err := edit.DecodeSet(kid.key, r.plainValue(kid), r.keyPos(kid))
		add(kid, op, err)
	}
	for _, verb := range []string{"unset", "comment", "uncomment"} {
		for _, kid := range r.entries(n.get(verb), true) {
			if r.keyTable(kid) {
				continue
			}
			op, err := edit.Decode(map[string]any{verb: r.plainValue(kid)}, r.pos(kid))
			add(kid, op, err)
		}
	}
	for _, kid := range r.entries(n.get("lines"), false) {
		op, err := edit.Decode(map[string]any{"line": r.plainValue(kid)}, r.pos(kid))
		add(kid, op, err)
	}
	for _, kid := range r.entries(n.get("ops"), false) {
		if !r.is(kid, tableKind) {
			continue
		}
		table, _ := r.plainValue(kid).(map[string]any)
		op, err := edit.Decode(table, r.pos(kid))
		add(kid, op, err)
	}
}

// unquoted notes `set.date.timezone = …`, which TOML takes for tables.
func (r *reader) unquoted(n *node) bool {
	if n.kind != tableKind || n.inline || len(n.kids) == 0 || hasWord("to was arg count", n.kids[0].key) {
		return false
	}
	key := n.key
	last := n
	for last.kind == tableKind && !last.inline && len(last.kids) > 0 {
		last = last.kids[0]
		key += "." + last.key
	}
	r.bad(span{n.keyAt.start, last.keyAt.end}, fmt.Sprintf("write set.%s", quoteKey(key)), "a key with dots needs quotes")
	return true
}

// keyTable notes `unset.KEY = …` as if it were `set`: a table where a list of
// keys is meant.
func (r *reader) keyTable(n *node) bool {
	if n.kind != tableKind {
		return false
	}
	var keys []string
	for _, kid := range n.kids {
		key := kid.key
		for kid.kind == tableKind && len(kid.kids) > 0 {
			kid = kid.kids[0]
			key += "." + kid.key
		}
		keys = append(keys, strconv.Quote(key))
	}
	r.badKey(n, fmt.Sprintf("write %s = [%s]", n.key, strings.Join(keys, ", ")), "%s takes the names of keys", n.key)
	return true
}

// editMistakes takes over what is wrong with one operation.
func (r *reader) editMistakes(at *node, err error) {
	for _, e := range diag.Of(err) {
		d := *e
		d.Pos = r.narrow(at, e.Pos)
		d.Line = r.src.line(d.Pos.Line)
		r.errs.Add(&d)
	}
}

// narrow moves the mistake of an operation whose table is long to its first key.
func (r *reader) narrow(at *node, p diag.Pos) diag.Pos {
	if at.kind == tableKind && at.entry && len(at.kids) > 0 && p == r.pos(at) && at.inline {
		return r.keyPos(at.kids[0])
	}
	return p
}

// plainValue returns a value as decoders give it.
func (r *reader) plainValue(n *node) any {
	switch n.kind {
	case tableKind:
		table := make(map[string]any, len(n.kids))
		for _, kid := range n.kids {
			table[kid.key] = r.plainValue(kid)
		}
		return table
	case listKind:
		list := make([]any, 0, len(n.kids))
		for _, kid := range n.kids {
			list = append(list, r.plainValue(kid))
		}
		return list
	case other:
		r.badValue(n, fmt.Sprintf("write it in quotes: %q", r.text(n)), "a date is no value of an edit")
		return r.text(n)
	}
	return n.value
}
