package recipe

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A reader takes values out of the tree of one file for one target, and
// collects the mistakes. Its methods take nil for a key that is missing and
// return the zero value for it, and for one that is wrong.
type reader struct {
	src    *source
	errs   *diag.List
	target Target
	vars   variables
	keys   map[*node]string // the keys that each table visited so far may have

	// off counts the entries around the present one that `only` leaves out. What
	// is in them is checked, but may use variables of another variant.
	off int
}

// bad notes a mistake at a place.
func (r *reader) bad(at span, hint, format string, args ...any) {
	p := r.src.pos(at)
	r.errs.Add(&diag.Error{Pos: p, Msg: fmt.Sprintf(format, args...), Hint: hint, Line: r.src.line(p.Line)})
}

// badValue and badKey note a mistake at a node's value or at its key.
func (r *reader) badValue(n *node, hint, format string, args ...any) {
	r.bad(n.valAt, hint, format, args...)
}

func (r *reader) badKey(n *node, hint, format string, args ...any) {
	r.bad(n.keyAt, hint, format, args...)
}

// pos returns where n's value stands, keyPos where its key does.
func (r *reader) pos(n *node) diag.Pos {
	if n == nil {
		return diag.Pos{}
	}
	return r.src.pos(n.valAt)
}

func (r *reader) keyPos(n *node) diag.Pos { return r.src.pos(n.keyAt) }

// is reports whether n is of a kind, and notes a mistake if it is of another.
func (r *reader) is(n *node, want kind) bool {
	if n == nil || n.kind == want {
		return n != nil
	}
	hint := ""
	switch {
	case want == listKind && n.kind == tableKind && !n.inline:
		hint = fmt.Sprintf("what has an order is a list: write [[%s]]", quoteKey(n.key))
	case want == listKind && n.kind != tableKind:
		hint = fmt.Sprintf("write %s = [%s]", quoteKey(n.key), r.text(n))
	case want == tableKind && n.kind == listKind:
		hint = fmt.Sprintf("there is one of it: write [%s]", strings.Trim(n.title(), "[]"))
	case want == stringKind && (n.kind == integerKind || n.kind == floatKind || n.kind == boolKind):
		hint = fmt.Sprintf("write it in quotes: %q", r.text(n))
	case want == integerKind && n.kind == stringKind && isNumber(n.value.(string)):
		hint = "write it without quotes: " + n.value.(string)
	case want == boolKind && n.kind == stringKind:
		hint = "write true or false without quotes"
	}
	r.badValue(n, hint, "%s must be %s, not %s", n.key, want, n.kind)
	return false
}

// text returns a value as it is written.
func (r *reader) text(n *node) string {
	return string(r.src.text[n.valAt.start:min(n.valAt.end, len(r.src.text))])
}

// table reports whether n is a table, and notes each key that is not one of
// keys, which are separated by spaces.
func (r *reader) table(n *node, keys string) bool {
	if !r.is(n, tableKind) {
		return false
	}
	r.keys[n] = keys
	for _, kid := range n.kids {
		if !hasWord(keys, kid.key) {
			r.unknown(n, kid)
		}
	}
	return true
}

// hasWord reports whether word is one of those in list.
func hasWord(list, word string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == word {
			return true
		}
	}
	return false
}

// synonyms are words of other tools, and what they are called here.
const synonyms = `
artifact=artefacts artifacts=artefacts output=artefacts outputs=artefacts
volume=state volumes=state tmpfs=scratch expose=ports port=ports publish=ports
healthcheck=health heartbeat=health licence=license description=summary title=summary url=homepage
args=vars arg=vars variables=vars variants=variant architectures=arch architecture=arch release=suite
cwd=workdir working-dir=workdir directory=workdir command=cmd command=run script=run shell=run commands=run cmd=command
dependencies=depends requires=depends requires=runtime packages=runtime build-depends=build deps=depends
depends=packages dependencies=packages requires=packages deps=packages
checksum=sha256 digest=sha256 hash=sha256 ref=commit rev=commit branch=tag mirrors=url uri=url
exclude=except destination=into dest=into target=to src=from source=from body=content text=content
environment=env stopsignal=stop-signal signal=stop-signal service=services
permissions=mode perms=mode chown=owner user=owner capabilities=caps
overwrite=replace force=replace expected=was old=was value=to name=recipe image=recipe output=stdout status=exit
delete=unset disable=comment enable=uncomment line=lines
`

// inOps are keys that belong into an edit's ops, and how they are written there.
var inOps = map[string]string{
	"append": `insert = "…", where = "end"`, "prepend": `insert = "…", where = "start"`,
	"insert": `insert = "…", after = "KEY"`, "replace": `replace = "…", with = "…"`, "regex": `regex = '…', with = "…"`,
	"delete-line": `delete-line = '…'`, "rename": `rename = "KEY", to = "…"`, "section": `section = "…", body = "…"`,
	"add": `add = "KEY", value = "…"`, "remove": `remove = "KEY", value = "…"`, "patch": `patch = "FILE"`,
}

// unknown notes a key that its table does not have.
func (r *reader) unknown(table, kid *node) {
	hint := ""
	known := r.keys[table]
	near := diag.Nearest(kid.key, strings.Fields(known))
	other := ""
	for pair := range strings.FieldsSeq(synonyms) {
		if from, to, _ := strings.Cut(pair, "="); from == kid.key && hasWord(known, to) {
			other = to
			break
		}
	}
	switch {
	case r.slipped(table, kid, &hint):
	case hasWord(known, "ops") && inOps[kid.key] != "":
		hint = fmt.Sprintf("it is one of ops: ops = [{ %s }]", inOps[kid.key])
	case other != "":
		hint = fmt.Sprintf("it is called %q here", other)
	case near != "":
		hint = fmt.Sprintf("did you mean %q?", near)
	case table.parent != nil && hasWord(topKeys, kid.key) && table.parent.parent == nil:
		hint = fmt.Sprintf("%s is a table of its own: write [%s] below", kid.key, kid.key)
	default:
		hint = fmt.Sprintf("%s has %s", table.title(), strings.Join(strings.Fields(known), ", "))
	}
	r.badKey(kid, hint, "unknown key %q in %s", kid.key, table.title())
}

// slipped finds TOML's most common slip: a key that was meant for a table whose
// sub-table's header stands above it.
func (r *reader) slipped(table, kid *node, hint *string) bool {
	if table.inline || r.dotted(kid) {
		return false
	}
	for p := table.parent; p != nil; p = p.parent {
		if keys, ok := r.keys[p]; ok && p.parent != nil && hasWord(keys, kid.key) {
			*hint = fmt.Sprintf("%s is a key of %s: move it above %s", kid.key, p.title(), table.title())
			return true
		}
	}
	return false
}

// dotted reports whether a key is written behind its table's name and a dot.
func (r *reader) dotted(n *node) bool {
	return bytes.HasSuffix(bytes.TrimRight(r.src.text[:n.keyAt.start], " \t"), []byte("."))
}

// entries returns a list's entries; one alone may stand for a list of one if
// single says so.
func (r *reader) entries(n *node, single bool) []*node {
	if n == nil {
		return nil
	}
	if single && n.kind != listKind {
		return []*node{n}
	}
	if !r.is(n, listKind) {
		return nil
	}
	return n.kids
}

// named returns the entries of a table by name.
func (r *reader) named(n *node) []*node {
	if n != nil && n.kind == listKind {
		name := "NAME"
		if len(n.kids) > 0 && n.kids[0].get("name") != nil && n.kids[0].get("name").kind == stringKind {
			name = n.kids[0].get("name").value.(string)
		}
		hint := fmt.Sprintf("what has a name is a table by its name: write [%s.%s]", strings.Trim(n.title(), "[]"), quoteKey(name))
		r.badValue(n, hint, "%s must be %s, not %s", n.key, tableKind, n.kind)
		return nil
	}
	if !r.is(n, tableKind) {
		return nil
	}
	return n.kids
}

// raw returns a string as it stands, str one with its variables expanded.
func (r *reader) raw(n *node) string {
	if !r.is(n, stringKind) {
		return ""
	}
	s := n.value.(string)
	if i := strings.IndexByte(s, 0); i >= 0 {
		r.badValue(n, "", "%s holds a zero byte", n.key)
		return ""
	}
	return s
}

func (r *reader) str(n *node) string {
	s := r.raw(n)
	if s == "" {
		return ""
	}
	return r.expand(s, n.valAt)
}

// word returns an expanded string of one line that is not empty.
func (r *reader) word(n *node) string {
	s := r.str(n)
	switch {
	case n == nil || n.kind != stringKind:
	case s == "" && r.raw(n) == "":
		r.badValue(n, "", "%s is empty", n.key)
	case strings.ContainsAny(s, "\n\r"):
		r.badValue(n, "", "%s has more than one line", n.key)
		return ""
	}
	return s
}

// refs returns a list of words with their places.
func (r *reader) refs(n *node, single bool) []Ref {
	var out []Ref
	for _, kid := range r.entries(n, single) {
		if w := r.word(kid); w != "" {
			out = append(out, Ref{w, r.pos(kid)})
		}
	}
	return out
}

// blank reports whether a string says nothing.
func blank(n *node) bool {
	s, ok := n.value.(string)
	return ok && strings.TrimSpace(s) == ""
}

// command returns a program and its arguments, which may be empty strings.
func (r *reader) command(n *node) []string {
	if n != nil && n.kind == stringKind {
		r.badValue(n, commandHint(n), "%s must be a list of words, not a string: no shell reads it", n.key)
		return nil
	}
	var out []string
	for i, kid := range r.entries(n, false) {
		s := r.str(kid)
		if i == 0 && s == "" && kid.kind == stringKind {
			r.badValue(kid, "", "%s names no program", n.key)
		}
		out = append(out, s)
	}
	if n != nil && n.kind == listKind && len(n.kids) == 0 {
		r.badValue(n, "leave the key out", "%s is empty", n.key)
	}
	return out
}

// commandHint says how to write a command line as a list.
func commandHint(n *node) string {
	line := n.value.(string)
	if strings.ContainsAny(line, "\"'`\\$&|;<>()*?\n") {
		return "write each word in quotes of its own"
	}
	var words []string
	for w := range strings.FieldsSeq(line) {
		words = append(words, strconv.Quote(w))
	}
	return fmt.Sprintf("write %s = [%s]", quoteKey(n.key), strings.Join(words, ", "))
}

// one returns a string that must be one of choices, which are separated by
// spaces; the first if it is missing.
func (r *reader) one(n *node, choices string) string {
	all := strings.Fields(choices)
	s := r.word(n)
	if s == "" {
		return all[0]
	}
	if !slices.Contains(all, s) {
		hint := fmt.Sprintf("it is one of %s", strings.Join(all, ", "))
		if near := diag.Nearest(s, all); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		r.badValue(n, hint, "unknown %s %q", n.key, s)
		return all[0]
	}
	return s
}

// boolean returns true or false, by default what is given.
func (r *reader) boolean(n *node, missing bool) bool {
	if n == nil || !r.is(n, boolKind) {
		return missing
	}
	return n.value.(bool)
}

// integer returns a whole number in a range, by default what is given.
func (r *reader) integer(n *node, missing, low, high int64) int64 {
	if n == nil || !r.is(n, integerKind) {
		return missing
	}
	v := n.value.(int64)
	if v < low || v > high {
		r.badValue(n, fmt.Sprintf("it is a number from %d to %d", low, high), "%s is %d", n.key, v)
		return missing
	}
	return v
}

// pairs returns a table's keys and values, the values expanded.
func (r *reader) pairs(n *node) []Var {
	if n != nil && n.kind == listKind {
		r.badValue(n, fmt.Sprintf("write %s = { NAME = \"value\" }", n.key), "%s must be a table, not a list", n.key)
		return nil
	}
	var out []Var
	for _, kid := range r.named(n) {
		out = append(out, Var{kid.key, r.str(kid), r.pos(kid)})
	}
	return out
}

// env returns a table of environment variables.
func (r *reader) env(n *node) []Var {
	out := r.pairs(n)
	for i, v := range out {
		kid := n.kids[i]
		if !isIdentifier(v.Name) {
			r.badKey(kid, "names of variables are letters, digits and _", "%q cannot be the name of an environment variable", v.Name)
		}
		if name := shellVariable(v.Value); name != "" {
			hint := "write the whole value; `path` puts directories before the usual PATH"
			if name != "PATH" {
				hint = "write the whole value, or set it in the script"
			}
			r.badValue(kid, hint, "nothing expands $%s here", name)
		}
	}
	return out
}

// shellVariable returns the well-known variable that a value refers to as a
// shell would, or "".
func shellVariable(value string) string {
	for _, name := range []string{"PATH", "HOME", "LD_LIBRARY_PATH", "PWD", "USER"} {
		i := strings.Index(value, "$"+name)
		end := i + 1 + len(name)
		if i >= 0 && (end == len(value) || !isIdentifier(value[end:end+1]) && value[end] != '_') || strings.Contains(value, "${"+name+"}") {
			return name
		}
	}
	return ""
}

// isIdentifier reports whether s can be a shell variable's name.
func isIdentifier(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		case c >= '0' && c <= '9' && i > 0:
		default:
			return false
		}
	}
	return s != ""
}
