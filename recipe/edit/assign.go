package edit

import (
	"errors"
	"fmt"
	"strings"
)

// An assignment family has lines of a key, a separator and one value, perhaps
// in sections: ini and what looks like it, `key = value`, properties. Its zero
// value plus a separator reads the plainest of them.
type assignment struct {
	sep    string // each byte of it separates key and value; the first is written
	marks  string // begin comment lines; the first is written
	inline string // begin a comment behind a blank on an entry's line
	cont   byte   // as lineReader has it
	glue   string // stands for the end of a line within a value
	ops    string // each may stand before the separator: a := b
	ini    bool   // [sections]
	blanks bool   // a blank separates, too
	spaced bool   // keys may hold blanks (smb.conf)
	bare   bool   // a key may stand alone
	quotes string // values may stand in these
	escape bool   // quotes know backslashes
	// quoteNew says whether a new value is written in quotes.
	quoteNew func(v string) bool
	// tight: a new entry of an empty file is `key=value`.
	tight bool
	look  style
}

func (a assignment) style() *style {
	st := a.look
	st.marks, st.folded = a.marks, a.cont == ' '
	if a.ini {
		st.heading = func(name string, _ []string) (string, string) { return "[" + name + "]", "" }
	}
	return &st
}

func (a assignment) parse(s string) *tree {
	r := lineReader{marks: a.marks, cont: a.cont, entry: a.read, twinOf: a.isTwin, extend: a.extend}
	if a.ini {
		r.head = iniHead
	}
	if a.cont == '(' {
		r.until = untilParens
	}
	return r.read(s)
}

// iniHead reads `[name]`, behind which only a comment may stand.
func iniHead(s string, sp span) (node, headKind) {
	if s[sp.start] != '[' {
		return node{}, noHead
	}
	end := strings.IndexByte(s[sp.start:sp.end], ']')
	if end < 0 {
		return node{}, noHead
	}
	// `[url "a]b"]`: a quote hides a bracket.
	if q := strings.IndexByte(s[sp.start:sp.start+end], '"'); q >= 0 {
		if last := strings.LastIndex(s[sp.start:sp.end], `"]`); last > q {
			end = last + 1
		}
	}
	end += sp.start
	rest := strings.TrimSpace(s[end+1 : sp.end])
	if rest != "" && rest[0] != '#' && rest[0] != ';' {
		return node{}, noHead
	}
	name := span{sp.start + 1, end}
	for !name.empty() && isBlank(s[name.start]) {
		name.start++
	}
	name.end = trimRight(s, name.start, name.end)
	return node{name: name.of(s), nameAt: name, whole: span{sp.start, end + 1}, val: span{-1, -1}}, opens
}

// read reads `key = value # comment`.
func (a assignment) read(s string, sp span) (node, bool) {
	key := span{sp.start, sp.start}
	for key.end < sp.end && !a.isSep(s[key.end]) && (a.spaced || !isBlank(s[key.end])) {
		if strings.IndexByte(a.ops, s[key.end]) >= 0 && key.end+1 < sp.end && a.isSep(s[key.end+1]) {
			break
		}
		if s[key.end] == '\\' && a.escape && a.quotes == "" {
			key.end++
		}
		key.end++
	}
	key.end = trimRight(s, key.start, min(key.end, sp.end))
	at := key.end
	for at < sp.end && isBlank(s[at]) {
		at++
	}
	n := node{nameAt: key, name: key.of(s), whole: span{key.start, key.end}, val: span{key.end, key.end}}
	switch {
	case key.empty():
		return node{}, false
	case at < sp.end && a.isSep(s[at]):
		at++
	case at+1 < sp.end && strings.IndexByte(a.ops, s[at]) >= 0 && a.isSep(s[at+1]):
		at += 2
	case a.blanks && at < sp.end && at > key.end:
	case a.bare && a.cont == '\\' && at == sp.end && s[key.end-1] == '\\':
		return node{}, false // the line's end, not a key
	case a.bare && (at == sp.end || strings.IndexByte(a.inline, s[at]) >= 0):
		return n, true
	case a.bare && key.of(s)[0] == '!': // my.cnf's !include
	default:
		return node{}, false
	}
	n.whole.end = at
	n.val = span{at, at}
	for at < sp.end && isBlank(s[at]) {
		at++
	}
	if at == sp.end {
		return n, true
	}
	end := a.valueEnd(s, at, sp.end)
	if end == at {
		return n, true
	}
	n.val = span{at, end}
	n.whole.end = end
	n.words = []word{a.word(s, n.val)}
	return n, true
}

// valueEnd returns where the value that begins at offset at ends: before a
// comment, if that is not one of those within its parentheses.
func (a assignment) valueEnd(s string, at, end int) int {
	from := at
	if a.cont == '(' {
		if i := strings.LastIndexByte(s[at:end], ')'); i > 0 && strings.Contains(s[at:at+i], "\n") {
			from = at + i
		}
	}
	return max(from, trailing(s, span{from, end}, a.inline))
}

// isSep reports whether c separates a key from its value.
func (a assignment) isSep(c byte) bool { return strings.IndexByte(a.sep, c) >= 0 }

// word reads a value.
func (a assignment) word(s string, sp span) word {
	w := word{span: sp, text: sp.of(s)}
	if q := s[sp.start]; strings.IndexByte(a.quotes, q) >= 0 && sp.end-sp.start > 1 && s[sp.end-1] == q {
		inner := w.text[1 : len(w.text)-1]
		if !a.hasBareQuote(inner, q) {
			w.quote = q
			w.text = a.unquote(inner, q)
			return w
		}
	}
	if a.cont != 0 && strings.Contains(w.text, "\n") {
		w.text = unfold(w.text, a.cont, a.glue)
	}
	return w
}

// hasBareQuote reports whether the quote q ends before the end of inner.
func (a assignment) hasBareQuote(inner string, q byte) bool {
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && a.escape {
			if i++; i == len(inner) {
				return true
			}
			continue
		}
		if inner[i] == q {
			if !a.escape && i+1 < len(inner) && inner[i+1] == q {
				i++
				continue
			}
			return true
		}
	}
	return false
}

// unquote resolves what quotes hide: a backslash before a quote or a
// backslash, or where there are no escapes a doubled quote.
func (a assignment) unquote(s string, q byte) string {
	if a.escape {
		return unescape(s, q)
	}
	return strings.ReplaceAll(s, string([]byte{q, q}), string(q))
}

// unescape takes the backslash away that stands before another one or before q.
func unescape(s string, q byte) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '\\' || s[i+1] == q) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unfold joins the lines of a value.
func unfold(s string, cont byte, glue string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		if cont == '\\' && i < len(parts)-1 {
			p = strings.TrimSuffix(strings.TrimSuffix(p, "\r"), `\`)
		}
		parts[i] = strings.TrimSpace(p)
	}
	return strings.TrimSpace(strings.Join(parts, glue))
}

// isTwin tells a key that was commented out from prose: one word before the
// separator, and where there is none nothing else on the line.
func (a assignment) isTwin(n *node, gap int, s string) bool {
	if strings.ContainsAny(n.name, "\"'`()<>*,!?{}") || !a.spaced && strings.ContainsAny(n.name, " \t") {
		return false
	}
	if n.whole.end == n.nameAt.end { // alone
		return gap == 0 && len(n.name) > 1 && !strings.ContainsAny(n.name[len(n.name)-1:], ".:;-=#") ||
			gap == 1 && strings.ContainsAny(n.name, "-_")
	}
	if a.spaced {
		return gap <= 3 && strings.Count(n.name, " ") < 5
	}
	if a.blanks && !a.isSep(s[n.whole.start:n.whole.end][len(n.name)]) && !strings.Contains(s[n.nameAt.end:n.val.start], string(a.sep[0])) {
		return gap == 0
	}
	return true
}

// extend makes another commented line part of a twin's value.
func (a assignment) extend(n *node, s string, sp span) {
	if len(n.words) == 0 {
		n.val = sp
		n.words = []word{{span: sp}}
	}
	w := &n.words[0]
	w.text = unfold(w.text+"\n"+sp.of(s), a.cont, a.glue)
	w.end, w.quote = sp.end, 0
}

func (a assignment) value(t *tree, n *node, v Value) (string, error) {
	if len(n.words) == 1 && n.words[0].quote != 0 {
		return a.quoted(v.Text, n.words[0].quote)
	}
	text, err := a.plain(v.Text)
	if err != nil || !n.val.empty() {
		if !n.val.empty() && text != "" && t.src[n.val.start] == '\n' {
			text = " " + text // a folded value that began on the next line
		}
		return text, err
	}
	if n.val.start == n.nameAt.end { // a key alone
		sep := a.sepLike(t, n, n.name)
		return sep + text, nil
	}
	if before := n.val.start - 2; text != "" && before >= 0 && isBlank(t.src[before]) {
		text = " " + text
	}
	return text, nil
}

// plain spells a value without quotes, or in them where it needs them.
func (a assignment) plain(v string) (string, error) {
	if a.quoteNew != nil && a.quoteNew(v) {
		return a.quoted(v, a.quotes[0])
	}
	if strings.ContainsAny(v, "\r\n") {
		if a.cont != 0 && isWhole(a.parse("k"+a.sep[:1]+v+"\n"), v) {
			return v, nil
		}
		return "", errFolded
	}
	n, ok := a.read("k"+a.sep[:1]+v, span{0, len(v) + 2})
	if v == "" || ok && len(n.words) == 1 && n.words[0].text == v && n.val.end == len(v)+2 {
		return v, nil
	}
	if a.quotes == "" {
		return "", fmt.Errorf("%q would not be read back as it is: part of it would be a comment or lost blanks", v)
	}
	return a.quoted(v, a.quotes[0])
}

// errFolded says that a value cannot be written.
var errFolded = errors.New("the value has a line end, and the format takes a line a value")

// isWhole reports whether a tree is one entry with the value v, as it is written.
func isWhole(t *tree, v string) bool {
	return len(t.root.kids) == 1 && len(t.odd) == 0 && t.root.kids[0].val.start >= 0 && t.root.kids[0].val.of(t.src) == v
}

// unfolded returns v without the line ends that the format joins.
func (a assignment) unfolded(v string) string {
	if a.cont != '\\' {
		return v
	}
	return strings.NewReplacer("\\\n", "", "\\\r\n", "").Replace(v)
}

// quoted spells a value in quotes.
func (a assignment) quoted(v string, q byte) (string, error) {
	if strings.ContainsAny(a.unfolded(v), "\r\n") {
		return "", errFolded
	}
	if a.escape {
		v = strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), string(q), `\`+string(q))
		if a.cont == '\\' {
			v = strings.NewReplacer("\\\\\n", "\\\n", "\\\\\r\n", "\\\r\n").Replace(v)
		}
	} else if strings.IndexByte(v, q) >= 0 {
		v = strings.ReplaceAll(v, string(q), string([]byte{q, q}))
	}
	text := string(q) + v + string(q)
	n, ok := a.read("k"+a.sep[:1]+text, span{0, len(text) + 2})
	if !ok || len(n.words) != 1 || n.words[0].quote != q || n.val.end != len(text)+2 {
		return "", fmt.Errorf("%q cannot be written in %c quotes", v, q)
	}
	return text, nil
}

func (a assignment) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i < 0 {
		return v.Text, nil
	}
	return a.value(t, n, v)
}

func (a assignment) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := a.plain(v.Text)
	if err != nil {
		return "", err
	}
	if like != nil && len(like.words) == 1 && like.words[0].quote != 0 && a.quoteNew == nil && strings.Trim(text, "0123456789") != "" && text[0] != like.words[0].quote {
		if q, err := a.quoted(v.Text, like.words[0].quote); err == nil {
			text = q
		}
	}
	if text == "" && strings.HasSuffix(a.sepLike(t, like, name), " ") {
		return name + strings.TrimRight(a.sepLike(t, like, name), " "), nil
	}
	return name + a.sepLike(t, like, name) + text, nil
}

// sepLike returns what stands between key and value, as like or, where that is
// a bare key, the first other entry has it.
func (a assignment) sepLike(t *tree, like *node, name string) string {
	if like == nil || like.val.start <= like.nameAt.end || like.val.empty() {
		like = nil
		for _, n := range t.entries() {
			if !n.block && n.val.start > n.nameAt.end && !n.val.empty() {
				like = n
				break
			}
		}
	}
	if like == nil {
		if a.sep[0] == ':' {
			return ": "
		}
		if a.tight {
			return a.sep[:1]
		}
		return " " + a.sep[:1] + " "
	}
	sep := t.src[like.nameAt.end:like.val.start]
	if at := strings.IndexAny(sep, a.sep); at > 1 && strings.Trim(sep[:at], " ") == "" {
		return strings.Repeat(" ", max(1, len(like.name)+at-len(name))) + sep[at:]
	}
	return sep
}
