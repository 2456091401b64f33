package recipe

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// This file alone knows TOML. BurntSushi/toml reads the values and judges the
// syntax; go-toml's unstable parser, whose API may change, says where each key
// and value stands and in which order. The two are joined in a tree of nodes.

// A source is the text of a file, and where its lines begin.
type source struct {
	file  string
	text  []byte
	lines []int
}

// A span is a range of bytes of a source.
type span struct{ start, end int }

// newSource takes a byte order mark and carriage returns away, so that a
// checkout with other line ends is the same recipe.
func newSource(file string, text []byte) *source {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	s := &source{file: file, text: slices.Clip(text), lines: []int{0}}
	for i, c := range s.text {
		if c == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos returns the place of sp, cut to its first line.
func (s *source) pos(sp span) diag.Pos {
	line, found := slices.BinarySearch(s.lines, sp.start)
	if !found {
		line--
	}
	bol := s.lines[line]
	end := min(max(sp.end, sp.start), bol+len(s.line(line+1)))
	return diag.Pos{File: s.file, Line: line + 1, Col: sp.start - bol + 1, End: max(end, sp.start) - bol + 1}
}

// line returns the text of a line, counted from 1, without its end.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	end := len(s.text)
	if n < len(s.lines) {
		end = s.lines[n] - 1
	}
	return string(s.text[s.lines[n-1]:end])
}

// A kind is a kind of TOML value.
type kind uint8

const (
	other kind = iota // dates and times, which no key of ours takes
	tableKind
	listKind
	stringKind
	integerKind
	floatKind
	boolKind
)

// String is how messages name a kind.
func (k kind) String() string {
	return [...]string{"a date", "a table", "a list", "a string", "an integer", "a number with a fraction", "true or false"}[k]
}

// A node is one value of a file: a table, a list, or a scalar.
type node struct {
	kind   kind
	key    string // in its table; of a list's entry, the list's key
	quoted bool   // the key is written in quotes
	entry  bool   // an entry of a list
	inline bool   // written { … }, not with a header or dots
	parent *node
	keyAt  span // where the key stands first; of a list's entry, the value
	valAt  span
	value  any     // of a scalar
	kids   []*node // of a table or list, in the order of the file
	byKey  map[string]*node
}

// get returns the value of a key of a table, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.kind != tableKind {
		return nil
	}
	return n.byKey[key]
}

// title is how messages name a table: "[image.health]", "[[step]]".
func (n *node) title() string {
	if n.parent == nil {
		return "the top of the file"
	}
	var parts []string
	open, end := "[", "]"
	for p := n; p.parent != nil; p = p.parent {
		if p.entry {
			if p == n {
				open, end = "[[", "]]"
			}
			continue
		}
		parts = append(parts, quoteKey(p.key))
	}
	slices.Reverse(parts)
	return open + strings.Join(parts, ".") + end
}

// quoteKey writes a key as TOML does.
func quoteKey(key string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if key != "" && strings.IndexFunc(key, func(r rune) bool { return !bare(r) }) < 0 {
		return key
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(key) + `"`
}

// maxSource is more than any recipe has, and little enough to be read at once.
const maxSource = 4 << 20

// parseTOML reads a whole file. The parsers stop at the first mistake of syntax.
func parseTOML(s *source) (*node, *diag.Error) {
	if len(s.text) > maxSource {
		return nil, &diag.Error{Pos: diag.Pos{File: s.file}, Msg: "the file is larger than 4 MiB"}
	}
	if i := invalidUTF8(s.text); i >= 0 {
		return nil, s.syntax(span{i, i + 1}, "the file is not UTF-8")
	}
	var values map[string]any
	if _, err := toml.Decode(string(s.text), &values); err != nil {
		var perr toml.ParseError
		if errors.As(err, &perr) {
			at := min(max(perr.Position.Start, 0), len(s.text))
			return nil, s.syntax(span{at, at + perr.Position.Len}, perr.Message)
		}
		return nil, s.syntax(span{}, err.Error())
	}
	b := builder{root: &node{kind: tableKind, byKey: map[string]*node{}}}
	b.p.Reset(s.text)
	at := b.root
	for b.p.NextExpression() {
		at = b.expression(at, b.p.Expression())
	}
	if err := b.p.Error(); err != nil {
		var perr *unstable.ParserError
		if errors.As(err, &perr) && len(perr.Highlight) > 0 {
			r := b.p.Range(perr.Highlight)
			return nil, s.syntax(span{int(r.Offset), int(r.Offset + r.Length)}, perr.Message)
		}
		return nil, s.syntax(span{}, err.Error())
	}
	b.root.attach(values)
	return b.root, nil
}

// syntax returns a mistake of TOML's own grammar.
func (s *source) syntax(at span, msg string) *diag.Error {
	msg = strings.TrimSuffix(strings.TrimSpace(msg), ".")
	if r, n := utf8.DecodeRuneInString(msg); r >= 'A' && r <= 'Z' && len(msg) > 1 && msg[1] >= 'a' {
		msg = string(r-'A'+'a') + msg[n:]
	}
	p := s.pos(at)
	return &diag.Error{Pos: p, Msg: msg, Hint: syntaxHint(msg), Line: s.line(p.Line)}
}

// syntaxHint says what to do about the parser's most common complaints.
func syntaxHint(msg string) string {
	switch {
	case strings.HasPrefix(msg, "invalid float"), strings.HasPrefix(msg, "invalid integer"):
		return "write what is no number in quotes"
	case strings.HasPrefix(msg, "expected value but found"):
		return "text stands in quotes; true and false do not"
	case strings.Contains(msg, "strings cannot contain newlines"):
		return `end the string with a quote; """ begins and ends one of several lines`
	case strings.Contains(msg, "has already been defined"), strings.Contains(msg, "was already created"):
		return "write all of it in one place"
	}
	return ""
}

// invalidUTF8 returns the offset of the first byte that is not UTF-8, or -1.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

// A builder makes the tree of a file that is known to be good TOML.
type builder struct {
	p    unstable.Parser
	root *node
}

// expression takes one line in and returns the table that the next ones are in.
func (b *builder) expression(at *node, e *unstable.Node) *node {
	switch e.Kind {
	case unstable.Table:
		at = b.walk(b.root, e.Key(), false)
	case unstable.ArrayTable:
		list := b.walk(b.root, e.Key(), true)
		list.kind = listKind
		at = &node{kind: tableKind, key: list.key, entry: true, parent: list, byKey: map[string]*node{}}
		at.keyAt = lastKey(e.Key())
		at.valAt = at.keyAt
		list.kids = append(list.kids, at)
	case unstable.KeyValue:
		b.keyValue(at, e)
	}
	return at
}

// walk follows a header's key from n, making what is not there. With list, the
// last part is not entered if it is a list.
func (b *builder) walk(n *node, keys unstable.Iterator, list bool) *node {
	for keys.Next() {
		n = b.child(n, keys.Node())
		if n.kind == listKind && len(n.kids) > 0 && !(list && keys.IsLast()) {
			n = n.kids[len(n.kids)-1]
		}
	}
	return n
}

// child returns n's value of a key, a new table if it is not there.
func (b *builder) child(n *node, key *unstable.Node) *node {
	if c := n.byKey[string(key.Data)]; c != nil {
		return c
	}
	at := spanOf(key.Raw)
	c := &node{kind: tableKind, key: string(key.Data), parent: n, keyAt: at, valAt: at, byKey: map[string]*node{}}
	c.quoted = at.end-at.start != len(key.Data)
	if n.byKey == nil {
		n.byKey = map[string]*node{}
	}
	n.byKey[c.key] = c
	n.kids = append(n.kids, c)
	return c
}

// keyValue takes `a.b = value` in.
func (b *builder) keyValue(at *node, e *unstable.Node) {
	whole := spanOf(e.Raw)
	end := whole.start
	for keys := e.Key(); keys.Next(); {
		at = b.child(at, keys.Node())
		end = spanOf(keys.Node().Raw).end
	}
	rest := b.p.Data()[end:whole.end]
	eq := bytes.IndexByte(rest, '=') + 1
	start := whole.end - len(bytes.TrimLeft(rest[eq:], " \t"))
	b.fill(at, e.Value(), span{start, whole.end})
}

// fill makes n what v says.
func (b *builder) fill(n *node, v *unstable.Node, at span) {
	n.valAt = at
	switch v.Kind {
	case unstable.InlineTable:
		n.inline = true
		for kids := v.Children(); kids.Next(); {
			b.keyValue(n, kids.Node())
		}
	case unstable.Array:
		n.kind = listKind
		for kids := v.Children(); kids.Next(); {
			sp := b.extent(kids.Node(), at)
			kid := &node{kind: tableKind, key: n.key, entry: true, parent: n, keyAt: sp, byKey: map[string]*node{}}
			b.fill(kid, kids.Node(), sp)
			n.kids = append(n.kids, kid)
		}
	default:
		n.kind = other
	}
}

// extent returns where a list's entry stands; the parser keeps no range for
// inner lists, and only the brace for tables.
func (b *builder) extent(v *unstable.Node, list span) span {
	switch v.Kind {
	case unstable.InlineTable:
		sp := spanOf(v.Raw)
		for kids := v.Children(); kids.Next(); {
			sp.end = spanOf(kids.Node().Raw).end
		}
		if i := bytes.IndexByte(b.p.Data()[sp.end:list.end], '}'); i >= 0 {
			sp.end += i + 1
		}
		return sp
	case unstable.Array:
		return list
	}
	return spanOf(v.Raw)
}

func spanOf(r unstable.Range) span {
	return span{int(r.Offset), int(r.Offset + r.Length)}
}

// lastKey returns where the last part of a key stands.
func lastKey(keys unstable.Iterator) span {
	var sp span
	for keys.Next() {
		sp = spanOf(keys.Node().Raw)
	}
	return sp
}

// attach gives each node its value.
func (n *node) attach(v any) {
	switch v := v.(type) {
	case map[string]any:
		n.kind = tableKind
		for _, kid := range n.kids {
			kid.attach(v[kid.key])
		}
	case []map[string]any:
		for i, kid := range n.kids {
			if i < len(v) {
				kid.attach(v[i])
			}
		}
	case []any:
		for i, kid := range n.kids {
			if i < len(v) {
				kid.attach(v[i])
			}
		}
	case string:
		n.kind, n.value = stringKind, v
	case int64:
		n.kind, n.value = integerKind, v
	case float64:
		n.kind, n.value = floatKind, v
	case bool:
		n.kind, n.value = boolKind, v
	}
}
