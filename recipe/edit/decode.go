package edit

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// The keys that each verb takes besides its own. Any of places may stand once.
var fields = map[Verb][]string{
	Set:        {"to", "was", "arg", "count"},
	Unset:      {"count"},
	Comment:    {"count"},
	Uncomment:  {"count"},
	Rename:     {"to", "count"},
	Add:        {"value", "first"},
	Remove:     {"value"},
	Insert:     {"after", "before", "first-in", "last-in", "where", "count"},
	Section:    {"body"},
	Line:       {"where", "after", "before"},
	DeleteLine: {"count"},
	Replace:    {"with", "count"},
	Regex:      {"with", "count"},
	Patch:      {},
}

// verbs is every verb, in the order of the reference.
var verbs = []string{"set", "unset", "comment", "uncomment", "rename", "add", "remove",
	"insert", "section", "line", "delete-line", "replace", "regex", "patch"}

// Decode reads one operation as TOML or JSON decoders give it: one key of it is
// a verb, the others are that verb's. Strings, integers, floats, bools and
// lists of them are understood. pos is the operation's place in the recipe; each
// mistake is a *diag.Error there.
func Decode(table map[string]any, pos diag.Pos) (Op, error) {
	d := decoder{table: table, op: Op{Pos: pos}}
	if !d.verb() {
		return Op{}, d.err()
	}
	d.known()
	switch d.op.Verb {
	case Set:
		d.path()
		d.set()
	case Unset, Comment, Uncomment:
		d.path()
	case Rename:
		d.path()
		d.op.To = []Value{{Text: d.need("to")}}
	case Add, Remove:
		d.path()
		d.op.To = []Value{{Text: d.need("value")}}
		d.op.First = d.flag("first")
	case Section:
		d.path()
		d.op.Body = d.text("body")
	default:
		d.textual()
	}
	d.count()
	if err := d.err(); err != nil {
		return Op{}, err
	}
	return d.op, nil
}

// DecodeSet reads the short form `set.KEY = V` or `set.KEY = { to, was, arg,
// count }`. A table of other keys gets the hint to quote a key with dots.
func DecodeSet(key string, v any, pos diag.Pos) (Op, error) {
	table, ok := v.(map[string]any)
	if !ok {
		return Decode(map[string]any{"set": key, "to": v}, pos)
	}
	op := map[string]any{"set": key}
	for k, v := range table {
		if !slices.Contains(fields[Set], k) {
			return Op{}, &diag.Error{Pos: pos,
				Msg:  fmt.Sprintf("set.%s has no key %q", key, k),
				Hint: fmt.Sprintf("a table of `set` holds to, was, arg and count; if %s.%s is the key meant, quote it: set.\"%s.%s\"", key, k, key, k)}
		}
		op[k] = v
	}
	return Decode(op, pos)
}

// A decoder reads one table and collects its mistakes.
type decoder struct {
	table map[string]any
	op    Op
	list  diag.List
}

func (d *decoder) err() error { return d.list.Err() }

// bad notes a mistake.
func (d *decoder) bad(hint, format string, args ...any) {
	d.list.Add(&diag.Error{Pos: d.op.Pos, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

// verb finds the one key that is a verb.
func (d *decoder) verb() bool {
	var found []string
	for _, v := range verbs {
		if _, ok := d.table[v]; ok {
			found = append(found, v)
		}
	}
	keys := sortedKeys(d.table)
	switch {
	case len(found) == 1:
		d.op.Verb = Verb(found[0])
		return true
	case len(found) > 1:
		d.bad("one table is one operation: write a table each", "%s stand in one operation", strings.Join(found, " and "))
		return false
	}
	hint := "an operation is one of " + strings.Join(verbs, ", ")
	for _, k := range keys {
		if near := diag.Nearest(k, verbs); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
	}
	d.bad(hint, "operation with the keys %s names nothing to do", strings.Join(keys, ", "))
	return false
}

// known notes keys that the verb does not take.
func (d *decoder) known() {
	takes := fields[d.op.Verb]
	for _, k := range sortedKeys(d.table) {
		if k == string(d.op.Verb) || slices.Contains(takes, k) {
			continue
		}
		hint := fmt.Sprintf("%q stands alone", d.op.Verb)
		if len(takes) > 0 {
			hint = fmt.Sprintf("beside %q may stand %s", d.op.Verb, strings.Join(takes, ", "))
		}
		if near := diag.Nearest(k, takes); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		d.bad(hint, "%q has no key %q", d.op.Verb, k)
	}
}

// path reads the verb's own value as a path.
func (d *decoder) path() {
	s := d.need(string(d.op.Verb))
	if s == "" {
		return
	}
	p, err := ParsePath(s)
	if err != nil {
		d.bad("", "%v", err)
	}
	d.op.Path = p
}

// set reads to, was and arg.
func (d *decoder) set() {
	to, ok := d.table["to"]
	if !ok {
		d.bad("write `to = \"…\"`; an empty value is `to = \"\"`, and `unset` takes a key away", "\"set\" lacks its value")
		return
	}
	d.op.To, d.op.List = d.values("to", to)
	if d.op.List && len(d.op.To) == 0 {
		d.bad("`unset` takes all of a key away", "\"set\" to an empty list")
	}
	if was, ok := d.table["was"]; ok {
		d.op.Was, _ = d.values("was", was)
	}
	switch arg := d.table["arg"].(type) {
	case nil:
	case string:
		d.op.Arg = arg
	case int64:
		d.op.Arg = strconv.FormatInt(arg, 10)
	case int:
		d.op.Arg = strconv.Itoa(arg)
	default:
		d.bad("count from 1, or name the column", "\"arg\" is neither a number nor a name")
	}
	if n, err := strconv.Atoi(d.op.Arg); err == nil && n < 1 {
		d.bad("the first argument is arg = 1", "arg = %d", n)
	}
	if d.op.List && d.op.Arg != "" {
		d.bad("write one operation for each argument", "\"arg\" with a list of values")
	}
}

// textual reads the operations on text.
func (d *decoder) textual() {
	verb := string(d.op.Verb)
	d.op.Text = d.need(verb)
	switch d.op.Verb {
	case Insert:
		d.places("after", "before", "first-in", "last-in")
		if _, ok := d.table["where"]; ok {
			d.where()
		}
		if d.op.Place == "" && d.list.Len() == 0 {
			d.bad("add after, before, first-in or last-in with a path, after or before with a pattern `/…/`, or where = \"end\"", "\"insert\" does not say where")
		}
	case Line:
		d.places("after", "before")
		d.where()
		if strings.Contains(strings.TrimSuffix(d.op.Text, "\n"), "\n") {
			d.bad("give each line its own operation, or `insert` a text", "\"line\" holds several lines")
		}
		d.op.Text = strings.TrimSuffix(d.op.Text, "\n")
	case Replace, Regex:
		if _, ok := d.table["with"]; !ok {
			d.bad("write `with = \"…\"`; `with = \"\"` takes the text away", "%q lacks its new text", verb)
		}
		d.op.With = d.text("with")
	}
	if d.op.Verb == Regex || d.op.Verb == DeleteLine {
		if _, err := regexp.Compile(d.op.Text); err != nil {
			d.bad("patterns are RE2, as in Go: no look-around, no back-references in the pattern; \\1 stands in `with`", "%q: %v", verb, err)
		}
	}
}

// places reads the anchor.
func (d *decoder) places(allowed ...string) {
	for _, k := range allowed {
		if _, ok := d.table[k]; !ok {
			continue
		}
		if d.op.At != "" {
			d.bad("keep one of them", "%q has both %s and %s", d.op.Verb, d.op.Place, k)
			return
		}
		d.op.Place, d.op.At = Place(k), d.need(k)
	}
	if d.op.At == "" {
		return
	}
	var err error
	if pattern, ok := anchorPattern(d.op.At); ok {
		_, err = regexp.Compile(pattern)
	} else if d.op.Verb == Insert {
		_, err = ParsePath(d.op.At)
	}
	if err != nil {
		d.bad("an anchor is a path, or a pattern in slashes: after = \"/^# end/\"", "%s: %v", d.op.Place, err)
	}
}

// where reads a line's place in the file.
func (d *decoder) where() {
	where := d.text("where")
	switch {
	case where == "":
		if d.op.Place == "" {
			d.op.Place = End
		}
	case d.op.At != "":
		d.bad("keep one of them", "%q has both %s and where", d.op.Verb, d.op.Place)
	case where == string(Start) || where == string(End):
		d.op.Place = Place(where)
	default:
		d.bad(`where is "start" or "end"; after and before take a line or a pattern`, "where = %q", where)
	}
}

// anchorPattern returns the RE2 of an anchor written in slashes.
func anchorPattern(at string) (string, bool) {
	if len(at) > 2 && at[0] == '/' && at[len(at)-1] == '/' {
		return at[1 : len(at)-1], true
	}
	return "", false
}

// count reads `count`: a number, or "1+" for at least so many.
func (d *decoder) count() {
	var n int64
	switch c := d.table["count"].(type) {
	case nil:
		return
	case int64:
		n = c
	case int:
		n = int64(c)
	case string:
		num, more := strings.CutSuffix(c, "+")
		n, _ = strconv.ParseInt(num, 10, 32)
		d.op.Count.OrMore = more
	}
	if n < 1 || n > 1<<30 {
		d.bad(`count is a number from 1, or "1+" for at least one`, "count = %v", d.table["count"])
		return
	}
	d.op.Count.N = int(n)
}

// need returns the string of a key that must be there and not empty.
func (d *decoder) need(key string) string {
	s := d.text(key)
	if _, ok := d.table[key]; !ok {
		d.bad("", "%q lacks %q", d.op.Verb, key)
	} else if s == "" && d.list.Len() == 0 {
		d.bad("", "%q: %s is empty", d.op.Verb, key)
	}
	return s
}

// text returns the string of a key, or "". Numbers are taken as they are written.
func (d *decoder) text(key string) string {
	v, ok := d.table[key]
	if !ok {
		return ""
	}
	val, ok := value(v)
	if !ok || val.Kind == Bool {
		d.bad("", "%q: %s is not a string", d.op.Verb, key)
	}
	return val.Text
}

// flag returns a bool that may be missing.
func (d *decoder) flag(key string) bool {
	v, ok := d.table[key]
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		d.bad("write true or false", "%q: %s is not a bool", d.op.Verb, key)
	}
	return b
}

// values reads one value or a list of them.
func (d *decoder) values(key string, v any) ([]Value, bool) {
	all, list := v.([]any)
	if !list {
		all = []any{v}
	}
	var out []Value
	for _, v := range all {
		val, ok := value(v)
		if !ok {
			d.bad("a value is a string, a number, a bool or a list of them", "%q: %s is a %T", d.op.Verb, key, v)
			continue
		}
		out = append(out, val)
	}
	return out, list
}

// value converts what decoders give.
func value(v any) (Value, bool) {
	switch v := v.(type) {
	case string:
		return Value{Text: v}, true
	case bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(v)}, true
	case int64:
		return Value{Kind: Number, Text: strconv.FormatInt(v, 10)}, true
	case int:
		return Value{Kind: Number, Text: strconv.Itoa(v)}, true
	case float64:
		return Value{Kind: Number, Text: strconv.FormatFloat(v, 'f', -1, 64)}, true
	case fmt.Stringer: // json.Number
		return Value{Kind: Number, Text: v.String()}, true
	}
	return Value{}, false
}

// sortedKeys returns the keys of a table in order.
func sortedKeys(t map[string]any) []string {
	keys := make([]string, 0, len(t))
	for k := range t {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
