package sed

import (
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// sample returns a text that s would change and what it becomes; whole says
// that they are known in full.
func (c command) sample() (before, after string, whole bool) {
	pattern := c.re.String()
	before = loose(pattern)
	groups := groupTexts(pattern)
	for _, p := range c.with {
		after += p.text
		switch {
		case p.group < 0:
		case p.group == 0:
			after += before
		case p.group < len(groups):
			after += groups[p.group]
		}
	}
	return before, after, !strings.ContainsAny(before+after, "\x00\n") && before != ""
}

// addressText is what the lines say that c is for.
func addressText(c command) string {
	if c.from == nil || c.from.re == nil {
		return "\x00"
	}
	return loose(c.from.re.String())
}

// loose reads a pattern as the text that it was written for: a mark that may be
// there is, blanks are one, and what may be anything at the end is nothing.
func loose(pattern string) string {
	p := strings.NewReplacer(`#?`, "#", `;?`, ";", `#*`, "#", `;*`, ";", `[#;]?`, "#", `[#;]*`, "#", `[# ]*`, "#", `[;\s]*`, ";", `[#\s]*`, "#", `\S+`, "", `\S*`, "",
		`[[:space:]]*`, " ", `[[:space:]]+`, " ", `[ \t]*`, " ", `[\s]*`, " ", `[0-9]+`, "", `[0-9]*`, "", `\d+`, "", `\d*`, "", `.+`, "", ` *`, " ", ` +`, " ", ` ?`, " ", `.?`, "").Replace(pattern)
	return strings.TrimRight(plainText(p), " ")
}

// Setting reads a line as one setting of a file's format: what appending it to
// the file was to do. Lines of tables and keys that may be repeated are none.
func Setting(name, format, line string) (edit.Op, bool) {
	g := guesser{name: name, format: format}
	switch g.kind() {
	case "text", "lines", "pam", "fstab", "limits", "hosts", "services", "apt", "passwd", "group", "shadow", "sudoers", "pg_hba", "master.cf", "xml", "json":
		return edit.Op{}, false
	}
	all, err := edit.Entries(edit.Input{Name: name, Format: format, Bytes: []byte(line + "\n")})
	if err != nil || len(all) != 1 || all[0].Section || all[0].Commented || len(all[0].Path) != 1 || !plainKey(all[0].Name) || slices.Contains(repeated, all[0].Name) {
		return edit.Op{}, false
	}
	return edit.Op{Verb: edit.Set, Path: g.path(all[0].Name), To: []edit.Value{{Text: all[0].Value}}}, true
}

// Sectioned reports whether the keys of a file's format stand below [heads].
func Sectioned(name, format string) bool {
	g := guesser{name, format}
	return g.sectioned() || g.kind() == "php"
}

// Pattern turns a POSIX pattern into RE2.
func Pattern(pattern string, extended bool) (string, error) { return toRE2(pattern, extended) }

// GuessLine says what is meant by making each line that search matches into
// another one, and, unless only what search matches is replaced (part), adding
// that one where no line does.
func GuessLine(name, format, search, with string, isRegex, part bool) (edit.Op, error) {
	g := guesser{name: name, format: format}
	if !isRegex {
		search = regexp.QuoteMeta(search)
	}
	re, err := compilePerl(search)
	if err != nil {
		return edit.Op{}, err
	}
	group := regexp.MustCompile(`\$[0-9]`).MatchString(with)
	if !group && !part {
		if op, ok := Setting(name, format, with); ok {
			return op, nil
		}
	}
	if plain, err := unquote(search); err == nil && part {
		return edit.Op{Verb: edit.Replace, Text: plain, With: with}, nil
	}
	text := re.String()
	if !part {
		text = lineOf(re)
	}
	if group {
		if key, ok := g.key(strings.TrimPrefix(loose(search), "#")); ok && strings.HasPrefix(with, "$") {
			return edit.Op{Verb: edit.Uncomment, Path: key}, nil
		}
	}
	return edit.Op{Verb: edit.Regex, Text: text, With: regexp.MustCompile(`\$([0-9])`).ReplaceAllString(escape(with), `\$1`)}, nil
}
