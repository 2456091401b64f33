package edit

import (
	"fmt"
	"regexp"
	"strings"
)

// yamlPlain reports whether s can stand without quotes.
func yamlPlain(s string, flow bool) bool {
	if s == "" || s != strings.TrimSpace(s) || strings.Contains(s, ": ") || strings.Contains(s, " #") || strings.HasSuffix(s, ":") {
		return false
	}
	if flow && strings.ContainsAny(s, ",[]{}") {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] == 0x7f {
			return false
		}
	}
	if strings.IndexByte("-?:", s[0]) >= 0 {
		return len(s) > 1 && !isBlank(s[1]) && s != "---"
	}
	return strings.IndexByte(",[]{}#&*!|>'\"%@`", s[0]) < 0
}

// yamlTyped reports whether a plain s is read as something else than a string.
func yamlTyped(s string) bool {
	switch strings.ToLower(s) {
	case "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return true
	}
	return yamlNumber.MatchString(s)
}

// yamlNumber is what YAML 1.1 or 1.2 reads as a number or a date: integers,
// floats, numbers to the base 60, timestamps (yaml.org/type, YAML 1.2.2 10.3).
var yamlNumber = regexp.MustCompile(`^[-+]?(` +
	`0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|` +
	`[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*([eE][-+]?[0-9]+)?|` +
	`[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|\.(inf|Inf|INF)` +
	`)$|^\.(nan|NaN|NAN)$|^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?$`)

// yamlDouble writes s in double quotes.
func yamlDouble(s string) (string, error) {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\n' && s[i] != '\t' && s[i] != '\r' {
			return "", fmt.Errorf("%q has a control character", s)
		}
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(s) + `"`, nil
}

// yamlSpell writes a value in the manner of old, or by its kind where there is
// none. A string stays a string: it gets quotes where it would be read as a
// number or a boolean and the old value was neither.
func yamlSpell(old *word, v Value, flow bool) (string, error) {
	switch {
	case v.Kind == raw:
		return v.Text, nil
	case old != nil && old.quote != 0 && v.Kind != String && !isTyped(old.text):
		return v.Text, nil
	case old != nil && old.quote == '"':
		return yamlDouble(v.Text)
	case old != nil && old.quote == '\'' && !strings.ContainsFunc(v.Text, func(r rune) bool { return r < ' ' }):
		return "'" + strings.ReplaceAll(v.Text, "'", "''") + "'", nil
	case v.Kind != String:
		return v.Text, nil
	case !yamlPlain(v.Text, flow) || yamlTyped(v.Text) && (old == nil || !yamlTyped(old.text)):
		return yamlDouble(v.Text)
	}
	return v.Text, nil
}

func (yaml) value(t *tree, n *node, v Value) (string, error) {
	if n.block && len(n.kids) > 0 {
		return "", fmt.Errorf("it is a list; give a list of values")
	}
	if n.val.empty() {
		text, err := yamlSpell(nil, v, false)
		return " " + text, err
	}
	written := n.val.of(t.src)
	if err := yamlScalar(written); err != nil && !n.commented() {
		return "", err
	}
	if len(n.words) != 1 || strings.IndexByte("[{", written[0]) >= 0 {
		return yamlSpell(nil, v, false)
	}
	return yamlLike(t, &n.words[0], n.whole.start-t.lineStart(n.whole.start), v, false)
}

// yamlLike spells v in the manner of old, the value of an entry in column col.
func yamlLike(t *tree, old *word, col int, v Value, flow bool) (string, error) {
	if old.quote != '|' && old.quote != '>' {
		return yamlSpell(old, v, flow)
	}
	if text, ok := yamlLines(t, old, col, v); ok {
		return text, nil
	}
	return yamlSpell(nil, v, flow)
}

// yamlScalar refuses what is no scalar: with a new one, more than a value would
// be gone.
func yamlScalar(written string) error {
	switch last := written[len(written)-1]; {
	case written[0] == '[' && last == ']':
		return fmt.Errorf("it is a list; give a list of values")
	case written[0] == '{' && last == '}':
		return fmt.Errorf("it is a map in one line; `replace` changes a text in it")
	case written[0] == '*':
		return fmt.Errorf("it is an alias; set what is behind `&%s`, or `replace` the alias", written[1:])
	}
	return nil
}

// yamlLines spells v in lines of its own, as old is.
func yamlLines(t *tree, old *word, col int, v Value) (string, bool) {
	behind := t.src[old.end:]
	rest := strings.TrimLeft(behind, " \t\r\n")
	blanks := strings.Count(behind[:len(behind)-len(rest)], "\n") - 1
	b, ok := readYAMLBlock(old.of(t.src), col, max(0, blanks))
	if !ok || v.Kind != String {
		return "", false
	}
	indent := b.indent
	if indent == 0 {
		indent = col + len(yaml{}.style().indent)
	}
	return b.with(v.Text, eol(t.src), strings.Repeat(" ", indent))
}

func (yaml) arg(t *tree, n *node, i int, v Value) (string, error) {
	flow := t.src[n.val.start] == '['
	if len(n.words) == 0 {
		return yamlSpell(nil, v, flow)
	}
	old := &n.words[max(i, 0)]
	if i < 0 {
		return yamlSpell(old, v, flow)
	}
	if err := yamlScalar(old.of(t.src)); err != nil {
		return "", err
	}
	return yamlLike(t, old, len(t.indentAt(old.start)), v, flow)
}

func (yaml) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := yamlSpell(nil, v, false)
	if err != nil {
		return "", err
	}
	if name == "-" {
		return "- " + text, nil
	}
	key, err := yaml{}.spellName(t, nil, name)
	return key + ": " + text, err
}

func (yaml) spellName(_ *tree, _ *node, name string) (string, error) {
	if yamlPlain(name, false) && !yamlTyped(name) && !strings.HasPrefix(name, "?") {
		return name, nil
	}
	return yamlDouble(name)
}

func (yaml) list(t *tree, n *node, vs []Value) (string, error) {
	flow := n == nil || n.val.start < 0 || n.val.empty() || t.src[n.val.start] != '-' || !n.block
	var all []string
	for _, v := range vs {
		text, err := yamlSpell(nil, v, flow)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	if flow {
		text := "[" + strings.Join(all, ", ") + "]"
		if n != nil && n.val.empty() {
			text = " " + text
		}
		return text, nil
	}
	dash := t.src[n.val.start:n.words[0].start]
	sep := eol(t.src) + t.indentAt(n.val.start)
	return dash + strings.Join(all, sep+dash), nil
}

// lead returns the blanks that stay before a twin's name when it is shown.
func (yaml) lead(t *tree, n *node) string {
	gap := n.whole.start - n.mark - 1
	return strings.Repeat(" ", yamlColumn(0, max(gap, 0)))
}

// fragment reads text as the inside of a section.
func (y yaml) fragment(_ *node, text string) *tree { return y.parse(text) }
