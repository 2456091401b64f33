package shell

import (
	"fmt"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// setOp is one set.
func setOp(value string, path ...string) edit.Op {
	op := edit.Op{Verb: edit.Set, To: []edit.Value{{Text: value}}}
	for _, name := range path {
		op.Path = append(op.Path, edit.Step{Name: name})
	}
	return op
}

// readCrudini reads `crudini --set FILE SECTION KEY VALUE` and --del.
func readCrudini(r *reader, _ *syntax.Stmt, args []string) []Change {
	var words []string
	verb := ""
	for _, a := range args {
		switch {
		case a == "--set" || a == "--del" || a == "--get" || a == "--merge":
			verb = a
		case strings.HasPrefix(a, "--"):
		default:
			words = append(words, a)
		}
	}
	switch {
	case verb == "--set" && len(words) == 4:
		return []Change{{File: r.abs(words[0]), Ops: []edit.Op{setOp(words[3], sectionPath(words[1], words[2])...)}}}
	case verb == "--del" && (len(words) == 2 || len(words) == 3):
		op := setOp("", sectionPath(words[1], words[2:]...)...)
		return []Change{{File: r.abs(words[0]), Ops: []edit.Op{{Verb: edit.Unset, Path: op.Path}}}}
	case verb == "--set" || verb == "--del" || verb == "--merge":
		return refused("", "crudini %s: its arguments are not a file, a section, a key and a value", verb)
	}
	return nil
}

// sectionPath is the path of a key; crudini's empty section is the file's top.
func sectionPath(section string, keys ...string) []string {
	if section == "" || section == "DEFAULT" && len(keys) == 0 {
		return keys
	}
	return append([]string{section}, keys...)
}

// readAugtool reads `augtool set /files/PATH VALUE` and rm.
func readAugtool(r *reader, s *syntax.Stmt, args []string) []Change {
	var words []string
	saves := false
	for _, a := range args {
		switch {
		case strings.HasPrefix(a, "-"):
			saves = saves || strings.Contains(a, "s")
		default:
			words = append(words, a)
		}
	}
	if len(words) == 1 && strings.Contains(words[0], " ") {
		words = augWords(words[0])
	}
	if len(words) == 0 {
		if text, ok := r.input(s); ok {
			var out []Change
			for l := range strings.SplitSeq(text, "\n") {
				if ws := augWords(l); len(ws) > 0 && (ws[0] == "set" || ws[0] == "rm") {
					out = append(out, r.augeas(ws, true)...)
				}
			}
			return out
		}
		return refused("", "augtool reads its commands from a file: write each as an operation")
	}
	return r.augeas(words, saves)
}

// augWords takes a line of augtool apart.
func augWords(line string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`"([^"]*)"|'([^']*)'|(\S+)`).FindAllStringSubmatch(line, -1) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}

// augeas reads one command of augtool's.
func (r *reader) augeas(words []string, saves bool) []Change {
	set := len(words) == 3 && words[0] == "set"
	if !set && !(len(words) == 2 && (words[0] == "rm" || words[0] == "remove")) {
		return refused("", "augtool %s: write what it is to do as an operation", words[0])
	}
	full := strings.TrimPrefix(words[1], "/files")
	parts := strings.Split(strings.TrimPrefix(full, "/"), "/")
	file := ""
	var keys []string
	for i := 1; i < len(parts); i++ {
		name := "/" + strings.Join(parts[:i], "/")
		if edit.FormatOf(name) != "text" || strings.Contains(parts[i-1], ".") {
			file, keys = name, parts[i:]
			break
		}
	}
	switch {
	case hasVar(words[1]) && file == "":
		return refused(full, "which file is changed is known when the command runs")
	case file == "":
		return refused("", "augtool: no part of %s is a file of a known format", full)
	case strings.ContainsAny(strings.Join(keys, ""), "[*"):
		return refused(file, "the path names an entry by its position or pattern: choose it by a value")
	}
	ch := Change{File: file, Ops: []edit.Op{setOp("", keys...)}}
	if set {
		ch.Ops[0].To[0].Text = words[2]
	} else {
		ch.Ops[0] = edit.Op{Verb: edit.Unset, Path: ch.Ops[0].Path}
	}
	if !saves {
		ch.Notes = []string{"augtool saves nothing without -s"}
	}
	return []Change{ch}
}

// readPostconf reads `postconf -e 'KEY = VALUE'…`, -# and -X.
func readPostconf(r *reader, _ *syntax.Stmt, args []string) []Change {
	ch := Change{File: "/etc/postfix/main.cf"}
	mode := ""
	for i := 0; i < len(args); i++ {
		a := args[i]
		key, value, pair := strings.Cut(a, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case a == "-c" && i+1 < len(args):
			i++
			ch.File = r.abs(args[i]) + "/main.cf"
		case a == "-e" || a == "-X" || a == "-#":
			mode = a
		case a == "-M" || a == "-F" || a == "-P" || a == "-Me" || a == "-Fe" || a == "-Pe":
			return refused("/etc/postfix/master.cf", "master.cf is a table: write `set` with arg, or `insert` a row")
		case strings.HasPrefix(a, "-"):
		case mode == "-X" || mode == "-#":
			verb := map[string]edit.Verb{"-X": edit.Unset, "-#": edit.Comment}[mode]
			ch.Ops = append(ch.Ops, edit.Op{Verb: verb, Path: edit.Path{{Name: key}}})
		case pair:
			ch.Ops = append(ch.Ops, setOp(value, key))
		}
	}
	if len(ch.Ops) == 0 {
		return nil
	}
	return []Change{ch}
}

// readGit reads `git config`.
func readGit(r *reader, _ *syntax.Stmt, args []string) []Change {
	for len(args) > 1 && args[0] != "config" {
		args = args[1:]
	}
	if len(args) < 2 || args[0] != "config" {
		return nil
	}
	file, unset := r.abs(".git/config"), false
	var words []string
	for i := 1; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--global":
			file = r.home + "/.gitconfig"
		case a == "--system":
			file = "/etc/gitconfig"
		case (a == "-f" || a == "--file") && i+1 < len(args):
			i++
			file = r.abs(args[i])
		case a == "--unset" || a == "--unset-all":
			unset = true
		case a == "-l" || a == "--list" || strings.HasPrefix(a, "--get"):
			return nil
		case !strings.HasPrefix(a, "-") || len(words) > 0:
			words = append(words, a)
		}
	}
	first, last := -1, -1
	if len(words) > 0 {
		first, last = strings.IndexByte(words[0], '.'), strings.LastIndexByte(words[0], '.')
	}
	if first < 1 || !unset && len(words) < 2 {
		return nil
	}
	section := words[0][:first]
	if last > first {
		section += fmt.Sprintf(" %q", words[0][first+1:last])
	}
	if unset {
		op := edit.Op{Verb: edit.Unset, Path: edit.Path{{Name: section}, {Name: words[0][last+1:]}}}
		return []Change{{File: file, Ops: []edit.Op{op}}}
	}
	value := words[1]
	if strings.ContainsAny(value, "#;\"\\") || strings.TrimSpace(value) != value {
		value = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	}
	return r.declare(file, "["+section+"]\n", "\t"+words[0][last+1:]+" = "+value+"\n")
}

// declare makes or extends the file that a tool would have made.
func (r *reader) declare(file, head, line string) []Change {
	before := r.lastOf(file)
	if before == nil || before.kind != declares {
		return []Change{{File: file, Text: head + line, kind: declares}}
	}
	if i := strings.LastIndex(before.Text, "\n["); head != "" && !strings.HasPrefix(before.Text[i+1:], head) {
		line = head + line
	}
	before.Text += line
	return nil
}

// readConfig reads `npm config set`, `yarn config set`, `pip config set` and
// `bundle config`, as the files that these keep.
func readConfig(r *reader, s *syntax.Stmt, args []string) []Change {
	if len(args) < 2 || args[0] != "config" {
		return nil
	}
	call, _ := s.Cmd.(*syntax.CallExpr)
	tool := ""
	if call != nil {
		words, _ := r.words(call.Args)
		tool = base(bareCommand(words))
	}
	var words []string
	for _, a := range args[1:] {
		switch {
		case a == "set" && len(words) == 0:
		case a == "--local" || a == "--delete" || a == "--list" || a == "--get" || a == "get" || a == "list" || a == "unset":
			return nil
		case strings.HasPrefix(a, "-") && len(words) == 0, a == "-g", a == "--global":
		default:
			words = append(words, a)
		}
	}
	if len(words) == 1 {
		if k, v, ok := strings.Cut(words[0], "="); ok {
			words = []string{k, v}
		}
	}
	if len(words) < 2 {
		return nil
	}
	key, value := words[0], strings.Join(words[1:], " ")
	switch tool {
	case "npm":
		return r.declare(r.home+"/.npmrc", "", key+"="+value+"\n")
	case "yarn":
		return r.declare(r.home+"/.yarnrc", "", fmt.Sprintf("%s %q\n", key, value))
	case "bundle":
		name := "BUNDLE_" + strings.ToUpper(strings.NewReplacer(".", "__", "-", "___", "/", "__").Replace(key))
		return r.declare(r.home+"/.bundle/config", "", fmt.Sprintf("%s: %q\n", name, value))
	case "pip", "pip3":
		section, name, ok := strings.Cut(key, ".")
		if !ok {
			return nil
		}
		return r.declare(r.home+"/.config/pip/pip.conf", "["+section+"]\n", name+" = "+value+"\n")
	}
	return refused("", "%s config: write the file that it keeps", tool)
}

// readJq reads `jq '.a.b = "v"' A > B`.
func readJq(r *reader, s *syntax.Stmt, args []string) []Change {
	to := r.outputs(s)
	if len(to) != 1 {
		return nil
	}
	var words []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "--indent":
			i++
		case strings.HasPrefix(a, "-"):
			if a != "-r" && a != "-M" && a != "-S" {
				return refused(to[0].name, "jq has the option %s: write what it is to do as operations", a)
			}
		default:
			words = append(words, a)
		}
	}
	if len(words) != 2 {
		return refused(to[0].name, "what jq reads is made by a command when it runs")
	}
	ch := Change{File: to[0].name, From: r.abs(words[1])}
	for part := range strings.SplitSeq(words[0], "|") {
		m := jqSet.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return refused(to[0].name, "the filter of jq is a program: write what it is to do as operations")
		}
		op := setOp(m[2] + m[3])
		if m[3] != "" {
			op.To[0].Kind = edit.Number
			if m[3] == "true" || m[3] == "false" {
				op.To[0].Kind = edit.Bool
			}
		}
		for _, key := range jqKey.FindAllStringSubmatch(m[1], -1) {
			op.Path = append(op.Path, edit.Step{Name: key[1] + key[2]})
		}
		ch.Ops = append(ch.Ops, op)
	}
	return []Change{ch}
}

// An assignment of jq's, and a key in its path.
var (
	jqSet = regexp.MustCompile(`^((?:\.(?:[\w$-]+|"[^"]+"))+)\s*=\s*(?:"([^"\\]*)"|(-?[0-9.]+|true|false))$`)
	jqKey = regexp.MustCompile(`\.(?:([\w$-]+)|"([^"]+)")`)
)
