package sed

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// Guess says what a script means without the file at hand: it names keys where
// the script's own text shows them, as the format of name writes them, and
// lines where it does not. What it guesses stops where the file is another than
// the script was written for. A command that only the file can explain is an
// error.
func Guess(name, format string, s Script) ([]edit.Op, error) {
	g := guesser{name: name, format: format}
	var ops []edit.Op
	var errs []error
	for _, c := range flat(s) {
		op, err := g.command(c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		ops = append(ops, op)
	}
	return merge(ops), errors.Join(errs...)
}

// A guesser knows a file's name and no more.
type guesser struct{ name, format string }

// command guesses one command.
func (g guesser) command(c command) (edit.Op, error) {
	switch {
	case c.not:
		return edit.Op{}, errors.New("the command is for all lines but some: say which ones are meant")
	case c.verb == 's' && c.from != nil && c.from.line == 1 && c.to == nil && c.source == "^" && len(c.with) == 1 && strings.HasSuffix(c.with[0].text, "\n"):
		return edit.Op{Verb: edit.Insert, Text: strings.TrimSuffix(c.with[0].text, "\n"), Place: edit.Start}, nil
	case c.from != nil && c.from.line > 0 && !(c.from.line == 1 && c.verb == 'i' && c.to == nil):
		return edit.Op{}, fmt.Errorf("line %d is a position, and positions change: say what stands there", c.from.line)
	}
	if c.from != nil && c.to != nil {
		if op, ok := g.section(c); ok {
			return op, nil
		}
		if c.verb == 'd' && c.from.re != nil && c.to.line == -1 { // all from here on
			return edit.Op{Verb: edit.Regex, Text: `(?s)` + lineOf(c.from.re) + `\n.*`, With: ""}, nil
		}
		if !c.from.first && !(c.from.line == 1 && c.to.line == -1) {
			return edit.Op{}, errors.New("the command is for a range of lines: name the section and the key in it")
		}
		c.from = nil
	}
	switch c.verb {
	case 'd':
		if c.from == nil || c.from.re == nil {
			return edit.Op{}, errors.New("the command takes lines away by their position: say what stands there")
		}
		return edit.Op{Verb: edit.DeleteLine, Text: c.from.re.String()}, nil
	case 'a', 'i':
		return g.insert(c)
	case 'c':
		if op, ok := g.keyed(addressText(c), c.text); ok {
			return op, nil
		}
		if c.from == nil || c.from.re == nil {
			return edit.Op{}, errors.New("the command changes lines by their position: say what stands there")
		}
		return edit.Op{Verb: edit.Regex, Text: lineOf(c.from.re), With: escape(c.text)}, nil
	}
	return g.substitution(c)
}

// lineOf returns a pattern of the whole line that re matches in.
func lineOf(re *regexp.Regexp) string {
	text := re.String()
	lead, tail := ".*", ".*"
	if strings.HasPrefix(text, "^") {
		lead = ""
	}
	if strings.HasSuffix(text, "$") && !strings.HasSuffix(text, `\$`) {
		tail = ""
	}
	if lead == "" {
		return text + tail
	}
	return "^" + lead + text + tail
}

// insert guesses a and i.
func (g guesser) insert(c command) (edit.Op, error) {
	where := map[byte]edit.Place{'a': edit.After, 'i': edit.Before}[c.verb]
	switch {
	case c.from != nil && c.from.re != nil:
		return edit.Op{Verb: edit.Insert, Text: c.text, Place: where, At: "/" + c.from.re.String() + "/"}, nil
	case c.from != nil && c.from.line == -1 && c.verb == 'a', c.from != nil && c.from.line == 1 && c.verb == 'i':
		end, verb := edit.End, edit.Line
		if c.verb == 'i' {
			end = edit.Start
		}
		if strings.Contains(c.text, "\n") {
			verb = edit.Insert
		}
		return edit.Op{Verb: verb, Text: c.text, Place: end}, nil
	}
	return edit.Op{}, errors.New("the text goes beside a line by its position: say beside what")
}

// section guesses a command for the lines of one section: from its head to the
// next one, or to an empty line, or to its end.
func (g guesser) section(c command) (edit.Op, bool) {
	if c.from.re == nil || c.verb != 's' {
		return edit.Op{}, false
	}
	head := strings.TrimSpace(loose(c.from.re.String()))
	inner := c
	inner.from, inner.to = nil, nil
	op, err := g.substitution(inner)
	if err != nil || !strings.HasPrefix(head, "[") || !strings.HasSuffix(head, "]") || len(op.Path) == 0 {
		return edit.Op{}, false
	}
	op.Path = edit.Path{{Name: strings.TrimSpace(head[1 : len(head)-1])}, {Name: op.Path[len(op.Path)-1].Name}}
	return op, true
}

// substitution guesses s.
func (g guesser) substitution(c command) (edit.Op, error) {
	before, after, whole := c.sample()
	if whole {
		if op, ok := g.keyed(before, after); ok {
			return op, nil
		}
	}
	if c.from != nil && c.from.re != nil {
		return g.addressed(c)
	}
	if c.from != nil {
		return edit.Op{}, errors.New("the command is for a line by its position: say what stands there")
	}
	op := literally(c)
	if op.Verb == edit.Regex && op.Text == "^" && !strings.Contains(op.With, `\n`) || op.Text == "$" || op.Text == ".*" {
		return edit.Op{}, errors.New("the command changes every line")
	}
	return op, nil
}

// addressed guesses s on the lines that a pattern selects: a key whose value is
// changed, or both patterns in one.
func (g guesser) addressed(c command) (edit.Op, error) {
	at := c.from.re.String()
	if key, ok := g.key(strings.TrimSpace(loose(at))); ok {
		plain, err := unquote(c.re.String())
		if err == nil && plain != "" && len(c.with) == 1 && c.with[0].text != "" && !strings.ContainsAny(plain+c.with[0].text, "#=") {
			return edit.Op{Verb: edit.Set, Path: key, To: []edit.Value{{Text: c.with[0].text}}, Was: []edit.Value{{Text: plain}}}, nil
		}
	}
	pattern := c.re.String()
	var with strings.Builder
	for _, p := range c.with {
		with.WriteString(escape(p.text))
		if p.group >= 0 {
			with.WriteString(`\` + string(rune('0'+p.group)))
		}
	}
	groups := c.re.NumSubexp()
	if c.from.re.NumSubexp() > 0 || groups > 7 {
		return edit.Op{}, errors.New("the command is for lines that a pattern with groups selects: say which ones")
	}
	own := strings.TrimPrefix(at, "^")
	switch {
	case strings.HasPrefix(pattern, "^"):
		rest := strings.TrimPrefix(own, strings.TrimPrefix(pattern, "^"))
		gap := ".*"
		if rest != own || own != at {
			gap = ""
		}
		return edit.Op{Verb: edit.Regex, Text: fmt.Sprintf("%s(%s%s)", pattern, gap, rest), With: with.String() + fmt.Sprintf(`\%d`, groups+1)}, nil
	case len(c.with) == 1 || groups == 0:
		text := fmt.Sprintf("(%s.*?)%s", at, pattern)
		return edit.Op{Verb: edit.Regex, Text: text, With: `\1` + strings.ReplaceAll(with.String(), `\0`, unquoted(pattern))}, nil
	}
	return edit.Op{}, errors.New("the command is for lines that one pattern selects and another one changes: say what they say")
}

// unquoted returns the text of a pattern that stands for one, else the pattern.
func unquoted(pattern string) string {
	if plain, err := unquote(pattern); err == nil {
		return escape(plain)
	}
	return pattern
}

// keyed reads two texts as one entry of the format, before and after.
func (g guesser) keyed(before, after string) (edit.Op, bool) {
	was, ok := g.entry(before)
	if !ok {
		key, ok := g.key(before)
		if !ok {
			return edit.Op{}, false
		}
		was = edit.Entry{Name: key[len(key)-1].Name, Path: key, Commented: isComment(before)}
	}
	now, ok := g.entry(after)
	if !ok {
		if bare, ok := g.key(after); ok && bare[len(bare)-1].Name == was.Name && was.Commented != isComment(after) {
			now = edit.Entry{Name: was.Name, Commented: isComment(after), Value: was.Value}
		} else {
			return edit.Op{}, false
		}
	}
	path := g.path(was.Name)
	switch {
	case was.Section || now.Section || !strings.EqualFold(was.Name, now.Name):
		return edit.Op{}, false
	case now.Commented && was.Commented:
		return edit.Op{}, false
	case now.Commented:
		return edit.Op{Verb: edit.Comment, Path: path}, true
	case was.Commented && now.Value == was.Value && !slices.Contains(repeated, now.Name) && now.Value == "":
		return edit.Op{Verb: edit.Uncomment, Path: path}, true
	case slices.Contains(repeated, now.Name) && was.Commented && now.Value != "":
		path[len(path)-1].Tests = []edit.Test{{Key: ".", Value: now.Value}}
		return edit.Op{Verb: edit.Uncomment, Path: path}, true
	case slices.Contains(repeated, now.Name):
		return edit.Op{}, false
	}
	op := edit.Op{Verb: edit.Set, Path: path, To: []edit.Value{{Text: now.Value}}}
	if was.Value != "" && was.Value != now.Value {
		op.Was = []edit.Value{{Text: was.Value}}
	}
	return op, now.Value != "" || was.Value != ""
}

// repeated names keys that stand several times in most files that have them.
var repeated = []string{"LoadModule", "Include", "IncludeOptional", "include", "extension", "zend_extension", "AddType", "AddHandler", "Listen", "listen",
	"location", "AllowOverride", "Options", "Require", "save", "server", "HostKey", "includedir", "@include", "deb", "deb-src", "session", "auth", "account", "password"}

// isComment reports whether text begins with a usual mark of comments.
func isComment(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.IndexByte("#;", text[0]) >= 0
}

// entry reads a text as one entry of the format.
func (g guesser) entry(text string) (edit.Entry, bool) {
	if strings.ContainsAny(text, "\n\x00") || strings.TrimSpace(text) == "" || !g.hasKeys() {
		return edit.Entry{}, false
	}
	all, err := edit.Entries(edit.Input{Name: g.name, Format: g.format, Bytes: []byte(strings.TrimSpace(text) + "\n")})
	if err != nil || len(all) != 1 || all[0].Section || len(all[0].Path) != 1 || !plainKey(all[0].Name) {
		return edit.Entry{}, false
	}
	return all[0], true
}

// key reads a text as nothing but a key, in a comment or not.
func (g guesser) key(text string) (edit.Path, bool) {
	name := strings.TrimRight(strings.TrimLeft(strings.TrimSpace(text), "#; "), " =:")
	if !plainKey(name) || !g.hasKeys() || slices.Contains(repeated, name) {
		return nil, false
	}
	return g.path(name), true
}

// plainKey reports whether s looks like a key of more than one letter.
func plainKey(s string) bool {
	return len(s) > 1 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.[]@", r)
	}) < 0
}

// hasKeys reports whether the format has entries that a name alone can name:
// those of nested blocks and the rows of tables have none.
func (g guesser) hasKeys() bool {
	switch g.kind() {
	case "text", "lines", "pam", "fstab", "limits", "hosts", "services", "apt", "passwd", "group", "shadow", "sudoers", "pg_hba", "master.cf",
		"nginx", "blocks", "apache", "xml", "json", "yaml", "haproxy", "logrotate", "dovecot", "braces":
		return false
	}
	return true
}

// kind returns the format, as far as the name tells.
func (g guesser) kind() string {
	if g.format != "" {
		return g.format
	}
	return edit.FormatOf(g.name)
}

// path names a key, in whatever section it stands where the format has sections.
func (g guesser) path(name string) edit.Path {
	if g.sectioned() {
		return edit.Path{{Any: true}, {Name: name}}
	}
	return edit.Path{{Name: name}}
}

// sectioned reports whether keys of the format stand in sections that a path
// must name.
func (g guesser) sectioned() bool {
	switch g.kind() {
	case "mysql", "systemd", "gitconfig", "samba", "supervisor", "configparser", "ini", "openssl":
		return true
	}
	return false
}
