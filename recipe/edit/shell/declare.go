package shell

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/edit/sed"
)

// declare finds what a recipe has for a text that is written or appended, and
// for a copy: a key of its own if the file is one of those that have one.
func (ch *Change) declare() {
	switch ch.kind {
	case edits:
		if ch.From != "" && ch.From != ch.File {
			ch.Keys = append(ch.Keys, Key{"file." + quote(ch.File), table("from", quote(ch.From))})
		}
		return
	case copies:
		ch.Keys = []Key{{"file." + quote(ch.File), table("from", quote(ch.From))}}
		return
	}
	for _, n := range natives() {
		if !n.file.MatchString(ch.File) {
			continue
		}
		if keys := n.keys(ch); len(keys) > 0 {
			ch.Keys = keys
			return
		}
	}
	if ch.kind == appends {
		ch.Ops = Appended(ch.File, "", ch.Text)
		if len(ch.Ops) == 0 {
			ch.refuse(errors.New("nothing is appended"))
		}
		return
	}
	expand := ""
	if strings.Contains(ch.Text, "${") && len(ch.Vars) > 0 {
		expand = "true"
	}
	ch.Keys = []Key{{"file." + quote(ch.File), table("content", quoteText(ch.Text), "expand", expand)}}
}

// Appended says what lines at the end of a file are as operations: keys where
// the format has them, a section where the text begins one, else lines.
func Appended(name, format, text string) []edit.Op {
	if ops := settings(name, format, text); len(ops) > 0 {
		return ops
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var ops []edit.Op
	seen := map[string]bool{}
	for _, l := range lines {
		bare := strings.TrimSpace(l)
		switch {
		case bare == "" && len(lines) == 1:
			return nil
		case bare == "":
			continue
		case seen[bare], len(lines) > 4: // a block, whose lines mean something together
			return []edit.Op{{Verb: edit.Insert, Text: strings.Trim(text, "\n"), Place: edit.End}}
		}
		seen[bare] = true
		ops = append(ops, edit.Op{Verb: edit.Line, Text: l, Place: edit.End})
	}
	return ops
}

// settings reads a text as settings, each a line, perhaps below a head.
func settings(name, format, text string) []edit.Op {
	var ops []edit.Op
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := 0; i < len(lines); i++ {
		l := strings.TrimSpace(lines[i])
		switch {
		case l == "":
		case strings.HasPrefix(l, "[") && strings.HasSuffix(l, "]") && sed.Sectioned(name, format):
			end := i + 1
			for end < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[end]), "[") {
				end++
			}
			body := strings.Trim(strings.Join(lines[i+1:end], "\n"), "\n")
			ops = append(ops, edit.Op{Verb: edit.Section, Path: edit.Path{{Name: strings.TrimSpace(l[1 : len(l)-1])}}, Body: body})
			i = end - 1
		default:
			op, ok := sed.Setting(name, format, l)
			if !ok {
				return nil
			}
			ops = append(ops, op)
		}
	}
	return ops
}

// A native is a file that a recipe has keys for.
type native struct {
	file *regexp.Regexp
	keys func(ch *Change) []Key
}

// natives are tried in order; one without an answer leaves the file an ordinary one.
func natives() []native {
	return []native{
		{regexp.MustCompile(`^/etc/timezone$`), func(ch *Change) []Key {
			return []Key{{"image.timezone", quote(strings.TrimSpace(ch.Text))}}
		}},
		{regexp.MustCompile(`^/etc/locale\.gen$`), locales},
		{regexp.MustCompile(`^/etc/sudoers(\.d/[^/]+)?$`), sudoers},
		{regexp.MustCompile(`^/etc/apt/sources\.list(\.d/[^/]+\.list)?$`), archives},
		{regexp.MustCompile(`/\.(bashrc|bash_profile|profile|bash_login|zshrc|zprofile|zshenv)$|^/etc/(bash\.bashrc|profile|environment|bashrc)$|^/etc/profile\.d/[^/]+\.sh$`), environment},
		{regexp.MustCompile(`^/etc/(passwd|group)$`), accounts},
	}
}

// locales reads lines of locale.gen.
func locales(ch *Change) []Key {
	var all []string
	for l := range strings.FieldsFuncSeq(ch.Text, func(r rune) bool { return r == '\n' }) {
		name, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		if name != "" && name[0] != '#' {
			all = append(all, quote(name))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return []Key{{"image.locales", "[" + strings.Join(all, ", ") + "]"}}
}

// sudoers reads rules; aliases and defaults are no rules by themselves, but
// stand in a file below sudoers.d as well.
func sudoers(ch *Change) []Key {
	name := path.Base(ch.File)
	if name == "sudoers" {
		name = ""
	}
	var keys []Key
	seen := map[string]bool{}
	for l := range strings.SplitSeq(ch.Text, "\n") {
		l = strings.TrimSpace(strings.ReplaceAll(l, "\t", " "))
		if l == "" || l[0] == '#' {
			continue
		}
		who := name
		if who == "" || seen[who] {
			who = strings.ToLower(regexp.MustCompile(`[^A-Za-z0-9_-]+`).ReplaceAllString(strings.Fields(l)[0], ""))
		}
		if who == "" || seen[who] {
			who = fmt.Sprintf("rule%d", len(keys)+1)
		}
		seen[who] = true
		keys = append(keys, Key{"sudo." + bareOrQuoted(who), quote(l)})
	}
	return keys
}

// archives reads lines of apt's sources; the key that signs them is not in them.
func archives(ch *Change) []Key {
	var keys []Key
	for l := range strings.SplitSeq(ch.Text, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' || strings.HasPrefix(l, "deb-src ") {
			continue
		}
		rest, ok := strings.CutPrefix(l, "deb ")
		if !ok {
			return nil
		}
		rest = strings.TrimSpace(rest)
		if strings.HasPrefix(rest, "[") {
			_, rest, ok = strings.Cut(rest, "]")
			if !ok {
				return nil
			}
		}
		words := strings.Fields(rest)
		if len(words) < 2 {
			return nil
		}
		var components []string
		for _, c := range words[2:] {
			components = append(components, quote(c))
		}
		list := ""
		if len(components) > 0 {
			list = "[" + strings.Join(components, ", ") + "]"
		}
		name := strings.ToLower(strings.TrimSuffix(path.Base(ch.File), ".list"))
		if name == "sources" {
			name = words[1]
		}
		if len(keys) > 0 {
			name = fmt.Sprintf("%s-%d", name, len(keys)+1)
		}
		name = strings.Trim(regexp.MustCompile(`[^a-z0-9+._-]+`).ReplaceAllString(strings.ToLower(name), "-"), "-.")
		keys = append(keys, Key{"archive." + bareOrQuoted(name), table("uri", quote(words[0]), "suite", quote(words[1]), "components", list, "signed-by", `"KEY.asc"`)})
	}
	if len(keys) > 0 {
		ch.Notes = append(ch.Notes, "put the archive's key beside the recipe, and its name into signed-by")
	}
	return keys
}

// environment reads exports of a login shell's files, which no program that an
// image starts would ever see.
func environment(ch *Change) []Key {
	var keys []Key
	for l := range strings.SplitSeq(ch.Text, "\n") {
		l = strings.TrimSpace(l)
		if l == "" || l[0] == '#' {
			continue
		}
		l = strings.TrimSpace(strings.TrimPrefix(l, "export "))
		name, value, ok := strings.Cut(l, "=")
		if !ok || !isName(name) || strings.ContainsAny(name, " ") {
			return nil
		}
		if len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0] {
			value = value[1 : len(value)-1]
		}
		if name == "PATH" {
			var dirs []string
			for d := range strings.SplitSeq(value, ":") {
				if d != "$PATH" && d != "${PATH}" && d != "$${PATH}" && d != "" {
					dirs = append(dirs, quote(d))
				}
			}
			if len(dirs) == 0 || strings.Contains(strings.Join(dirs, ""), "$") {
				return nil
			}
			keys = append(keys, Key{"image.path", "[" + strings.Join(dirs, ", ") + "]"})
			continue
		}
		if strings.ContainsAny(value, "`\"';&|") || strings.Contains(strings.ReplaceAll(value, "${", ""), "$") && len(ch.Vars) == 0 {
			return nil
		}
		keys = append(keys, Key{"image.env." + name, quote(value)})
	}
	return keys
}

// accounts reads rows of passwd and group.
func accounts(ch *Change) []Key {
	var keys []Key
	for l := range strings.SplitSeq(strings.TrimSuffix(ch.Text, "\n"), "\n") {
		f := strings.Split(l, ":")
		switch {
		case len(f) == 7 && strings.HasSuffix(ch.File, "passwd"):
			keys = append(keys, Key{"user." + bareOrQuoted(f[0]), table("uid", f[2], "gid", f[3], "home", quote(f[5]), "shell", quote(f[6]))})
		case len(f) == 4 && strings.HasSuffix(ch.File, "group"):
			keys = append(keys, Key{"group." + bareOrQuoted(f[0]), table("gid", f[2])})
		default:
			return nil
		}
	}
	return keys
}

// quote writes a TOML string.
func quote(s string) string { return edit.QuoteTOML(s) }

// quoteText writes a TOML string, on several lines where it has some.
func quoteText(s string) string {
	odd := strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffd })
	if strings.Count(s, "\n") > 1 && !strings.Contains(s, "'''") && odd < 0 && !strings.HasSuffix(s, "'") {
		return "'''\n" + s + "'''"
	}
	return quote(s)
}

// bareOrQuoted writes a TOML key.
func bareOrQuoted(s string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(s) {
		return s
	}
	return quote(s)
}

// table writes an inline table; a pair whose value is empty is left out.
func table(pairs ...string) string {
	var all []string
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all = append(all, pairs[i]+" = "+pairs[i+1])
		}
	}
	return "{ " + strings.Join(all, ", ") + " }"
}
