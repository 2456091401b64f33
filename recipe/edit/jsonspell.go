package edit

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// isTyped reports whether s, without its quotes, would be a number or a boolean.
func isTyped(s string) bool { return isNumber(s) || s == "true" || s == "false" }

// jsonText writes a string.
func jsonText(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("%q is not UTF-8", s)
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(s)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// jsonSpell writes a value: in quotes where the old one has them; bare where
// the old one is bare and the new one can be; by its kind where there is none,
// or where a number or a boolean comes for words in quotes.
func jsonSpell(old *word, v Value) (string, error) {
	bare := v.Kind != String
	if old != nil && (v.Kind == String || old.quote == 0 || isTyped(old.text)) {
		bare = old.quote == 0
	}
	if v.Kind == raw {
		return v.Text, nil
	}
	if bare && json.Valid([]byte(v.Text)) && strings.Trim(v.Text, " \t\r\n\"{}[]") == v.Text {
		return v.Text, nil
	}
	return jsonText(v.Text)
}

func (jsonc) value(t *tree, n *node, v Value) (string, error) {
	if n.block {
		return "", fmt.Errorf("it is a list; give a list of values")
	}
	return jsonSpell(&n.words[0], v)
}

func (jsonc) arg(t *tree, n *node, i int, v Value) (string, error) {
	if i < 0 {
		i = 0
	}
	if i < len(n.words) {
		return jsonSpell(&n.words[i], v)
	}
	return jsonSpell(nil, v)
}

func (jsonc) entry(t *tree, like *node, name string, v Value) (string, error) {
	text, err := jsonSpell(nil, v)
	if err != nil {
		return "", err
	}
	if name == "-" {
		return text, nil
	}
	key, err := jsonText(name)
	gap := ": "
	for _, n := range t.entries() {
		if n.name != "-" && n.val.start > n.nameAt.end {
			gap = t.src[n.nameAt.end:n.val.start]
			break
		}
	}
	if strings.ContainsAny(gap, "/\n") {
		gap = ": "
	}
	return key + gap + text, err
}

func (jsonc) list(t *tree, n *node, vs []Value) (string, error) {
	sep, pad := ", ", ""
	if n != nil && n.block && len(n.kids) > 0 {
		pad = t.src[n.body.start:n.kids[0].whole.start]
		if strings.TrimSpace(pad) != "" {
			pad = ""
		} else if pad != "" {
			sep = "," + pad
		}
	}
	var all []string
	for _, v := range vs {
		text, err := jsonSpell(nil, v)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	tail := ""
	if pad != "" {
		tail = t.src[n.kids[len(n.kids)-1].whole.end:n.body.end]
	}
	return "[" + pad + strings.Join(all, sep) + tail + "]", nil
}

func (jsonc) spellName(_ *tree, n *node, name string) (string, error) {
	if n.name == "-" {
		return "", fmt.Errorf("an item of a list has no name")
	}
	return jsonText(name)
}
