package edit

import (
	"fmt"
	"strings"
)

// tomlText is TOML by its lines: tables are sections by their names as written
// (`a.b`, and `[[a]]` by the keys in it), keys are as written, too.
type tomlText struct{}

func (tomlText) style() *style {
	return &style{marks: "#", types: true, heading: func(name string, _ []string) (string, string) { return "[" + name + "]", "" }}
}

func (tomlText) parse(s string) *tree {
	return lineReader{marks: "#", entry: tomlEntry, head: tomlHead, twinOf: tomlTwin, until: tomlUntil}.read(s)
}

// tomlHead reads `[table]` and `[[table]]`.
func tomlHead(s string, sp span) (node, headKind) {
	text := s[sp.start:trailing(s, sp, "#")]
	open, shut := "[", "]"
	if strings.HasPrefix(text, "[[") {
		open, shut = "[[", "]]"
	}
	if !strings.HasPrefix(text, open) || !strings.HasSuffix(text, shut) || len(text) < 2*len(open)+1 || strings.ContainsAny(text, "=,") {
		return node{}, noHead
	}
	name := span{sp.start + len(open), sp.start + len(text) - len(shut)}
	for !name.empty() && isBlank(s[name.start]) {
		name.start++
	}
	name.end = trimRight(s, name.start, name.end)
	return node{name: name.of(s), nameAt: name, whole: span{sp.start, sp.start + len(text)}, val: span{-1, -1}}, opens
}

// tomlEntry reads `key = value`.
func tomlEntry(s string, sp span) (node, bool) {
	eq := tomlEquals(s, sp)
	if eq < 0 {
		return node{}, false
	}
	key := span{sp.start, trimRight(s, sp.start, eq)}
	n := node{name: key.of(s), nameAt: key, whole: span{sp.start, eq + 1}, val: span{eq + 1, eq + 1}}
	if q := n.name[0]; (q == '"' || q == '\'') && strings.IndexByte(n.name[1:], q) == len(n.name)-2 {
		n.name = n.name[1 : len(n.name)-1]
	}
	at := eq + 1
	for at < sp.end && isBlank(s[at]) {
		at++
	}
	if at == sp.end || s[at] == '#' {
		return n, true
	}
	ws, end := tomlValue(s, at, sp.end)
	n.words, n.val, n.whole.end = ws, span{at, end}, end
	return n, true
}

// tomlEquals returns where the `=` behind the key is, or -1.
func tomlEquals(s string, sp span) int {
	quote := byte(0)
	for i := sp.start; i < sp.end && s[i] != '\n'; i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '=':
			if i == sp.start || trimRight(s, sp.start, i) == sp.start {
				return -1
			}
			return i
		case c == '#':
			return -1
		}
	}
	return -1
}

// tomlValue reads the value at offset at; ws are a list's items.
func tomlValue(s string, at, end int) (ws []word, stop int) {
	if s[at] == '[' {
		if ws, shut := yamlFlow(s[:end], at); shut > 0 {
			return ws, shut
		}
	}
	stop = tomlScalar(s, at, end)
	w := word{span: span{at, stop}, text: s[at:stop]}
	if q, text, ok := tomlLines(w.text); ok {
		w.quote, w.text = q, text
	} else if q := s[at]; (q == '"' || q == '\'') && stop-at >= 2 && s[stop-1] == q && !tomlLong(s[at:stop]) {
		w.quote, w.text = q, s[at+1:stop-1]
		if q == '"' && strings.IndexByte(w.text, '\\') >= 0 {
			w.text = tomlEscapes.Replace(w.text)
		}
	}
	return []word{w}, stop
}

// tomlEscapes resolves what stands for another byte in double quotes.
var tomlEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "\r")

// tomlScalar returns where the value at offset at ends: before a comment that
// is in no string and no bracket.
func tomlScalar(s string, at, end int) int {
	for i := at; i < end; i++ {
		switch c := s[i]; c {
		case '"', '\'':
			i = tomlString(s, i, end) - 1
		case '#':
			return trimRight(s, at, i)
		}
	}
	return trimRight(s, at, end)
}

// tomlLong reports whether a string begins with three quotes.
func tomlLong(s string) bool { return len(s) > 2 && s[0] == s[1] && s[0] == s[2] }

// tomlString returns where the string at offset at ends.
func tomlString(s string, at, end int) int {
	q := s[at]
	long := `"""`
	if q == '\'' {
		long = "'''"
	}
	if strings.HasPrefix(s[at:end], long) {
		if i := strings.Index(s[at+3:end], long); i >= 0 {
			return at + 3 + i + 3
		}
		return end
	}
	for i := at + 1; i < end && s[i] != '\n'; i++ {
		switch {
		case s[i] == '\\' && q == '"':
			i++
		case s[i] == q:
			return i + 1
		}
	}
	return at + 1
}

// tomlUntil ends an entry where no bracket and no string of lines is open.
func tomlUntil(s string, at int) int {
	depth := 0
	for ; at < len(s); at++ {
		switch s[at] {
		case '"', '\'':
			at = tomlString(s, at, len(s)) - 1
		case '#':
			at = max(at, lineEnd(s, at)-2)
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '\n':
			if depth <= 0 {
				return at
			}
		}
	}
	return len(s)
}

// tomlTwin wants a bare key.
func tomlTwin(n *node, gap int, s string) bool {
	return isKey(n.name) && !n.val.empty() && gap < 5
}

// tomlSpell writes a value: in the quotes of the old one, bare where that is no
// string, by its kind where there is none.
func tomlSpell(old *word, v Value) (string, error) {
	switch {
	case v.Kind == raw:
		return v.Text, nil
	case old != nil && old.quote != 0 && v.Kind != String && !isTyped(old.text):
		return v.Text, nil
	case old != nil && old.quote == '\'' && !strings.ContainsAny(v.Text, "'\n\r"):
		return "'" + v.Text + "'", nil
	case old != nil && old.quote == 0 && (isTyped(v.Text)), old == nil && v.Kind != String:
		return v.Text, nil
	}
	return yamlDouble(v.Text)
}

// isNumber reports whether s is a number as TOML and most languages write it.
func isNumber(s string) bool {
	bare := strings.TrimLeft(s, "+-")
	return len(s)-len(bare) < 2 && bare != "" && bare[0] >= '0' && bare[0] <= '9' && strings.Trim(bare, "0123456789._eE+-") == "" && strings.Count(bare, ".") < 2
}

// tomlLines reads a string of lines, in three quotes; false: it is none, or one
// of which lines are joined.
func tomlLines(s string) (quote byte, text string, ok bool) {
	if !tomlLong(s) || len(s) < 6 || s[len(s)-3:] != s[:3] || strings.Contains(s, "\\\n") || strings.Contains(s, "\r") {
		return 0, "", false
	}
	text = strings.TrimPrefix(s[3:len(s)-3], "\n")
	if s[0] == '"' {
		text = tomlEscapes.Replace(text)
	}
	return s[0], text, true
}

// tomlLike spells v in the manner of old.
func tomlLike(t *tree, old *word, v Value) (string, error) {
	written := old.of(t.src)
	switch q, _, long := tomlLines(written); {
	case strings.HasPrefix(written, "{"):
		return "", fmt.Errorf("it is a table in one line; `replace` changes a text in it")
	case !long || v.Kind != String || strings.ContainsFunc(v.Text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' }):
		return tomlSpell(old, v)
	case q == '"':
		text := strings.ReplaceAll(v.Text, `\`, `\\`)
		if strings.Contains(text, `"""`) || strings.HasSuffix(text, `"`) {
			text = strings.ReplaceAll(text, `"`, `\"`)
		}
		return `"""` + tomlLead(written, text) + text + `"""`, nil
	case strings.Contains(v.Text, `'''`) || strings.HasSuffix(v.Text, "'"):
		return yamlDouble(v.Text)
	default:
		return `'''` + tomlLead(written, v.Text) + v.Text + `'''`, nil
	}
}

// tomlLead returns the line end behind the quotes, which does not count: as it
// was, and where the text begins with one.
func tomlLead(written, text string) string {
	if written[3] == '\n' || strings.HasPrefix(text, "\n") {
		return "\n"
	}
	return ""
}

func (tomlText) value(t *tree, n *node, v Value) (string, error) {
	if len(n.words) == 0 || n.val.start != n.words[0].start {
		if len(n.words) > 0 || !n.val.empty() {
			return "", fmt.Errorf("it is a list; give a list of values")
		}
		text, err := tomlSpell(nil, v)
		return " " + text, err
	}
	return tomlLike(t, &n.words[0], v)
}

func (tomlText) arg(t *tree, n *node, i int, v Value) (string, error) {
	if len(n.words) == 0 {
		return tomlSpell(nil, v)
	}
	if i < 0 {
		return tomlSpell(&n.words[0], v)
	}
	return tomlLike(t, &n.words[i], v)
}

func (tomlText) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := tomlSpell(nil, v)
	if err != nil {
		return "", err
	}
	if n, ok := tomlEntry(name+"=1", span{0, len(name) + 2}); !ok || n.name != name || strings.ContainsAny(name, " \t[]") {
		if name, err = yamlDouble(name); err != nil {
			return "", err
		}
	}
	return name + assignment{sep: "="}.sepLike(t, like, name) + text, nil
}

func (tomlText) list(t *tree, n *node, vs []Value) (string, error) {
	var all []string
	for _, v := range vs {
		text, err := tomlSpell(nil, v)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	return "[" + strings.Join(all, ", ") + "]", nil
}
