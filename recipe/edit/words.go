package edit

import (
	"fmt"
	"slices"
	"strings"
)

// A directives family has lines of a name and words behind it: sshd_config,
// redis.conf, apache, pam.d, fstab, passwd, nsswitch and their kin.
type directives struct {
	marks  string // begin comment lines
	inline string // begin a comment behind a blank on an entry's line
	cont   byte   // as lineReader has it
	// sep is what stands between the words: blanks, or one byte such as the
	// colon of passwd. Behind the name may stand after, too: nsswitch's colon.
	sep    byte
	after  string
	quotes string // a word may stand in these
	escape bool   // quotes know backslashes
	// columns names the words behind the name; the last may be repeated.
	columns []string
	// columnOf overrides columns for entries whose columns depend on themselves.
	columnOf func(n *node, name string) int
	// rows says that lines are rows of a table: a new one is no key with a
	// value, so `line` and `insert` make it.
	rows        bool
	heads       func(s string, sp span) (node, headKind)
	heading     func(name string, args []string) (string, string)
	nested      bool
	uncommented func(text string) bool
	// empty says that an empty value is written as two quotes.
	empty bool
	// deep says that comments have blanks before a Key and its value.
	deep bool
	// name, if set, may turn words into another name (pam.d's -session).
	name func(string) string
	look style
}

func (d directives) style() *style {
	st := d.look
	st.marks, st.words, st.heading, st.folded, st.fields = d.marks, true, d.heading, d.cont == ' ', d.sep != 0
	st.phrases = d.sep == 0 && !d.rows
	switch {
	case d.columnOf != nil:
		st.column = d.columnOf
	case len(d.columns) > 0:
		st.column = func(n *node, name string) int {
			for i, c := range d.columns {
				if c == name {
					return i
				}
			}
			return -1
		}
	}
	return &st
}

func (d directives) parse(s string) *tree {
	r := lineReader{marks: d.marks, cont: d.cont, nested: d.nested, head: d.heads, twinOf: d.isTwin, extend: d.extend, uncommented: d.uncommented}
	var t *tree
	r.entry = func(s string, sp span) (node, bool) { return d.read(s, sp) }
	t = r.read(s)
	return t
}

// read reads `name word word # comment`.
func (d directives) read(s string, sp span) (node, bool) {
	if d.sep != 0 {
		return d.readColumns(s, sp)
	}
	sp.end = trailing(s, sp, d.inline)
	at := sp.start
	first := d.nameWord(s, &at, sp.end)
	n := node{name: first.text, nameAt: first.span, whole: span{sp.start, first.end}, val: span{first.end, first.end}}
	if first.empty() {
		return node{}, false
	}
	if d.name != nil {
		n.name = d.name(n.name)
	}
	if at < sp.end && strings.IndexByte(d.after, s[at]) >= 0 {
		at++
		n.whole.end = at
		n.val = span{at, at}
	}
	for {
		at = d.skip(s, at, sp.end)
		if at >= sp.end {
			break
		}
		if n.words == nil {
			n.words = make([]word, 0, 3)
		}
		n.words = append(n.words, d.word(s, &at, sp.end))
	}
	if len(n.words) > 0 {
		n.val = span{n.words[0].start, n.words[len(n.words)-1].end}
		n.whole.end = n.val.end
	}
	return n, true
}

// nameWord reads the name: up to a blank or to what may stand behind it.
func (d directives) nameWord(s string, at *int, end int) word {
	if strings.IndexByte(d.quotes, s[*at]) >= 0 {
		return d.word(s, at, end)
	}
	start := *at
	for *at < end && !isBlank(s[*at]) && s[*at] != '\n' && (d.after == "" || strings.IndexByte(d.after, s[*at]) < 0) {
		*at++
	}
	w := word{span: span{start, *at}, text: s[start:*at]}
	if next := d.skip(s, *at, end); d.after != "" && next < end && strings.IndexByte(d.after, s[next]) >= 0 {
		*at = next
	}
	return w
}

// skip moves over blanks and the ends of lines that go on.
func (d directives) skip(s string, at, end int) int {
	for at < end {
		switch {
		case isBlank(s[at]) || s[at] == '\n':
			at++
		case d.folds(s, at, end):
			at++
		default:
			return at
		}
	}
	return at
}

// folds reports whether the byte at offset at is a backslash that joins lines.
func (d directives) folds(s string, at, end int) bool {
	return d.cont == '\\' && s[at] == '\\' && at+1 < end && (s[at+1] == '\n' || s[at+1] == '\r')
}

// word reads one word.
func (d directives) word(s string, at *int, end int) word {
	start := *at
	if q := s[start]; strings.IndexByte(d.quotes, q) >= 0 {
		for i := start + 1; i < end; i++ {
			if s[i] == '\\' && d.escape {
				i++
			} else if s[i] == q {
				*at = i + 1
				w := word{span{start, i + 1}, s[start+1 : i], q}
				if d.escape {
					w.text = unescape(w.text, q)
				}
				return w
			}
		}
	}
	*at++
	bracket := s[start] == '[' && d.columnOf != nil // pam.d's [success=1 default=ignore]
	for *at < end {
		c := s[*at]
		if bracket && c == ']' {
			bracket = false
		}
		if (isBlank(c) || c == '\n' || d.folds(s, *at, end)) && !bracket {
			break
		}
		if c == '\\' && *at+1 < end && d.escape && s[*at+1] != '\n' && s[*at+1] != '\r' {
			*at++
		}
		*at++
	}
	*at = min(*at, end)
	return word{span{start, *at}, s[start:*at], 0}
}

// readColumns reads `name:word:word`.
func (d directives) readColumns(s string, sp span) (node, bool) {
	i := strings.IndexByte(s[sp.start:sp.end], d.sep)
	if i <= 0 {
		return node{}, false
	}
	key := span{sp.start, sp.start + i}
	n := node{name: key.of(s), nameAt: key, whole: sp, val: span{key.end + 1, sp.end}}
	at := key.end + 1
	for part := range strings.SplitSeq(n.val.of(s), string(d.sep)) {
		n.words = append(n.words, word{span: span{at, at + len(part)}, text: part})
		at += len(part) + 1
	}
	return n, true
}

// extend makes another commented line part of a twin's words.
func (d directives) extend(n *node, s string, sp span) {
	if last := len(n.words) - 1; last >= 0 && n.words[last].text == `\` {
		n.words = n.words[:last]
	}
	for at := sp.start; ; {
		if at = d.skip(s, at, sp.end); at >= sp.end {
			break
		}
		if w := d.word(s, &at, sp.end); w.text != `\` || at < sp.end {
			n.words = append(n.words, w)
		}
	}
	if len(n.words) > 0 {
		n.val.start = n.words[0].start
	}
}

// isTwin tells an entry that was commented out from prose.
func (d directives) isTwin(n *node, gap int, s string) bool {
	if !isKey(n.name) && !(d.rows && gap == 0) {
		return false
	}
	switch {
	case d.rows:
		return gap == 0 && len(n.words) >= min(2, len(d.columns))
	case gap == 0:
		return true
	case d.deep && gap <= 8 && len(n.words) == 1 && n.name[0] >= 'A' && n.name[0] <= 'Z' && strings.Trim(n.name, letters) == "":
	case gap > 2 || len(n.words) == 0 || len(n.words) > 4 && !numbers(n.words):
		return false
	}
	last := n.words[len(n.words)-1]
	if last.text == "" {
		return last.quote != 0
	}
	return !strings.ContainsAny(last.text[len(last.text)-1:], ".:,;?!") && !isProseWord(n.words[0].text)
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// numbers reports whether all words are numbers, which no sentence is.
func numbers(words []word) bool {
	return !slices.ContainsFunc(words, func(w word) bool { return strings.Trim(w.text, "0123456789") != "" })
}

// isKey reports whether s may be a key: a word of letters, digits and `-_.`.
func isKey(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte("-_.$/%@*:", s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

// isProseWord reports whether s stands second in sentences rather than as a value.
func isProseWord(s string) bool {
	switch strings.ToLower(s) {
	case "is", "are", "the", "a", "an", "of", "to", "for", "in", "this", "that", "and", "or", "if", "be", "can", "will", "should", "you", "it", "with", "by", "on-line", "as", "at", "was", "has", "have", "may", "must", "when", "which", "file", "files", "option", "options":
		return true
	}
	return false
}

func (d directives) value(t *tree, n *node, v Value) (string, error) {
	if d.after != "" && strings.HasPrefix(v.Text, d.after) {
		return "", fmt.Errorf("%q would not be read back as it is", v.Text)
	}
	if fields := strings.Count(v.Text, string(d.sep)) + 1; d.sep != 0 && fields < len(n.words) {
		return "", fmt.Errorf("the row has %s behind its name and %q has %d: name the one that is meant, as in arg = %q, or write them all with `%c` between them",
			plural(len(n.words), "field"), v.Text, fields, d.columns[0], d.sep)
	}
	if len(n.words) == 1 && n.words[0].quote != 0 {
		return d.quoted(v.Text, n.words[0].quote)
	}
	if v.Text == "" && d.empty && len(n.words) > 0 {
		return d.quoted("", d.quotes[0])
	}
	text, err := d.plain(v.Text, len(n.words) < 2)
	if err == nil && d.sep == 0 && n.val.empty() && text != "" {
		text = " " + text
		if d.after != "" && n.whole.end == n.nameAt.end {
			text = d.after[:1] + text
		}
	}
	return text, err
}

// plain spells a value of words as it is, or, where it may be one word, in the
// quotes that it needs.
func (d directives) plain(v string, one bool) (string, error) {
	if strings.ContainsAny(v, "\r\n") {
		if d.cont != 0 && isWhole(d.parse(d.probe(v)+"\n"), v) {
			return v, nil
		}
		return "", errFolded
	}
	probe := d.probe(v)
	n, ok := d.read(probe, span{0, len(probe)})
	if v == "" || ok && n.val.of(probe) == v && strings.TrimSpace(v) == v {
		return v, nil
	}
	if !one || d.quotes == "" {
		return "", fmt.Errorf("%q would not be read back as it is", v)
	}
	return d.quoted(v, d.quotes[0])
}

// probe makes an entry with a value.
func (d directives) probe(v string) string {
	switch {
	case d.sep != 0:
		return "k" + string(d.sep) + v
	case d.after != "":
		return "k" + d.after[:1] + " " + v
	}
	return "k " + v
}

// quoted spells one word in quotes.
func (d directives) quoted(v string, q byte) (string, error) {
	if d.escape {
		v = strings.ReplaceAll(strings.ReplaceAll(v, `\`, `\\`), string(q), `\`+string(q))
	}
	if strings.ContainsAny(v, "\r\n") || !d.escape && strings.IndexByte(v, q) >= 0 {
		return "", fmt.Errorf("%q cannot be written in %c quotes", v, q)
	}
	return string(q) + v + string(q), nil
}

func (d directives) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i >= 0 && n.words[i].quote != 0 {
		return d.quoted(v.Text, n.words[i].quote)
	}
	probe := d.probe(v.Text)
	m, ok := d.read(probe, span{0, len(probe)})
	if ok && len(m.words) == 1 && m.words[0].of(probe) == v.Text && !strings.ContainsAny(v.Text, "\r\n") {
		return v.Text, nil
	}
	if d.quotes == "" {
		return "", fmt.Errorf("%q is not one word, and the format has no quotes", v.Text)
	}
	return d.quoted(v.Text, d.quotes[0])
}

func (d directives) entry(t *tree, like *node, name string, v Value) (string, error) {
	if d.rows {
		return "", fmt.Errorf("there is no such row, and a row is more than a value: add it with `line` or `insert`")
	}
	text, err := d.plain(v.Text, true)
	if err != nil {
		return "", err
	}
	if text == "" {
		return name + d.after[:min(1, len(d.after))], nil
	}
	if d.sep != 0 {
		return name + string(d.sep) + text, nil
	}
	if d.after != "" && (like == nil || like.val.empty()) {
		return name + d.after[:1] + " " + text, nil
	}
	if like != nil && d.after != "" {
		lead := t.src[like.nameAt.end:like.val.start]
		if strings.Trim(lead, " \t") != "" {
			bare := strings.TrimRight(lead, " \t")
			return name + bare + strings.Repeat(" ", max(1, len(like.name)+len(lead)-len(name)-len(bare))) + text, nil
		}
	}
	return name + gapLike(t, like, name) + text, nil
}
