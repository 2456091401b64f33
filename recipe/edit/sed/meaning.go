package sed

import (
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// meaning says what a script that changes nothing was meant to do: the key and
// value that its new text says, if the file has that key once; else the text
// operation, which stops with the reason.
func (t *translation) meaning(s Script) Plan {
	var ops []edit.Op
	for _, c := range flat(s) {
		if op, ok := t.meantSet(c); ok {
			ops = append(ops, op)
			continue
		}
		ops = append(ops, literally(c))
	}
	p := t.try(ops)
	p.Meant = true
	return p
}

// flat returns the commands in braces and out of them.
func flat(s Script) []command {
	var out []command
	for _, c := range s {
		if c.verb == '{' {
			for _, inner := range flat(c.body) {
				if inner.from == nil {
					inner.from, inner.to = c.from, c.to
				}
				out = append(out, inner)
			}
			continue
		}
		out = append(out, c)
	}
	return out
}

// meantSet reads a command's new text as an entry of the file's format.
func (t *translation) meantSet(c command) (edit.Op, bool) {
	text := c.text
	if c.verb == 's' {
		groups := groupTexts(c.re.String())
		for _, p := range c.with {
			text += p.text
			switch {
			case p.group < 0:
			case p.group < len(groups):
				text += groups[p.group]
			default:
				return edit.Op{}, false
			}
		}
	}
	text = strings.TrimSpace(text)
	if c.verb == 'd' || text == "" || strings.Contains(text, "\n") || strings.Contains(text, "\x00") {
		return edit.Op{}, false
	}
	in := t.in
	in.Bytes = []byte(text + "\n")
	said, err := edit.Entries(in)
	if err != nil || len(said) != 1 || said[0].Commented || said[0].Section || said[0].Value == "" {
		return edit.Op{}, false
	}
	var found *edit.Entry
	for i, e := range t.before {
		if e.Name != said[0].Name || e.Section || !e.Unique || found != nil && e.Commented && !found.Commented {
			continue
		}
		if found != nil && found.Commented == e.Commented && bare(found.Path).String() != bare(e.Path).String() {
			return edit.Op{}, false
		}
		found = &t.before[i]
	}
	if found == nil {
		return edit.Op{}, false
	}
	return edit.Op{Verb: edit.Set, Path: bare(found.Path), To: []edit.Value{{Text: said[0].Value}}}, true
}

// literally is a command as an operation on text.
func literally(c command) edit.Op {
	at := `/^$/`
	if c.from != nil && c.from.re != nil {
		at = "/" + c.from.re.String() + "/"
	}
	switch c.verb {
	case 'd':
		return edit.Op{Verb: edit.DeleteLine, Text: strings.Trim(at, "/")}
	case 'a', 'i':
		place := map[byte]edit.Place{'a': edit.After, 'i': edit.Before}[c.verb]
		return edit.Op{Verb: edit.Insert, Text: c.text, Place: place, At: at}
	case 'c':
		return edit.Op{Verb: edit.Regex, Text: "^.*" + strings.Trim(at, "/^$") + ".*$", With: escape(c.text)}
	}
	pattern := c.re.String()
	if plain, err := unquote(pattern); err == nil && len(c.with) == 1 && plain != "" {
		return edit.Op{Verb: edit.Replace, Text: plain, With: c.with[0].text}
	}
	var with strings.Builder
	for _, p := range c.with {
		with.WriteString(escape(p.text))
		if p.group >= 0 {
			with.WriteString(`\` + string(rune('0'+p.group)))
		}
	}
	return edit.Op{Verb: edit.Regex, Text: pattern, With: with.String()}
}

// escape writes text for `with` of a regex.
func escape(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }

// unquote returns the text that a pattern stands for if it stands for one only.
func unquote(pattern string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	prefix, whole := re.LiteralPrefix()
	if !whole || strings.ContainsAny(pattern, "^$") && regexp.QuoteMeta(prefix) != pattern {
		return "", errNotPlain
	}
	return prefix, nil
}

// errNotPlain says that a pattern stands for several texts.
var errNotPlain = regexpError("the pattern stands for several texts")

type regexpError string

func (e regexpError) Error() string { return string(e) }

// groupTexts returns what each group of a pattern stands for, as far as that
// is one text once marks, blanks and repetitions are left out; 0 is the whole.
func groupTexts(pattern string) []string {
	out := []string{plainText(pattern)}
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '(':
			depth, j := 0, i
			for ; j < len(pattern); j++ {
				if pattern[j] == '\\' {
					j++
				} else if pattern[j] == '(' {
					depth++
				} else if pattern[j] == ')' {
					if depth--; depth == 0 {
						break
					}
				}
			}
			out = append(out, plainText(pattern[i+1:min(j, len(pattern))]))
		}
	}
	return out
}

// plainText reads a pattern loosely; what is no literal becomes nothing, or a
// blank where it stands for blanks. A pattern of alternatives is a zero byte.
func plainText(p string) string {
	if strings.Contains(p, "|") || strings.Contains(p, ".*") && !strings.HasSuffix(p, ".*") {
		return "\x00"
	}
	p = strings.NewReplacer(`\s*`, " ", `\s+`, " ", `\s`, " ", ".*", "", "^", "", "$", "", "(", "", ")", "", "#?", "", ";?", "", "#*", "", "[#]", "").Replace(p)
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			b.WriteByte(p[i])
		case strings.IndexByte("[]{}*+?", p[i]) >= 0:
			return "\x00"
		default:
			b.WriteByte(p[i])
		}
	}
	return b.String()
}
