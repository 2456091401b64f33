package shell

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/edit/sed"
)

// A program is a command that changes files: it reads its arguments.
type program func(r *reader, s *syntax.Stmt, args []string) []Change

// known returns the program of a name, or nil.
func known(name string) program {
	switch name {
	case "sed", "gsed":
		return readSed
	case "perl":
		return readPerl
	case "ex", "vi", "vim":
		return readEx
	case "find":
		return readFind
	case "xargs":
		return readXargs
	case "rpl":
		return readRpl
	case "go-replace":
		return readGoReplace
	case "cp", "mv", "install":
		return readCopy
	case "envsubst":
		return readEnvsubst
	case "grep", "egrep", "fgrep":
		return readGrep
	case "jq":
		return readJq
	case "patch":
		return readPatch
	case "awk", "gawk", "mawk":
		return readAwk
	case "crudini":
		return readCrudini
	case "augtool":
		return readAugtool
	case "postconf":
		return readPostconf
	case "git":
		return readGit
	case "npm", "yarn", "pip", "pip3", "bundle", "composer":
		return readConfig
	}
	return nil
}

// refused returns the one change of a command that a recipe has nothing for.
func refused(file, format string, args ...any) []Change {
	ch := Change{File: file}
	ch.refuse(fmt.Errorf(format, args...))
	return []Change{ch}
}

// readFind reads `find DIR -name GLOB -exec sed -i … {} ;`.
func readFind(r *reader, s *syntax.Stmt, args []string) []Change {
	var dirs []string
	glob, at := "*", -1
	for i, a := range args {
		switch {
		case a == "-exec" || a == "-execdir":
			at = i + 1
		case (a == "-name" || a == "-iname") && i+1 < len(args):
			glob = args[i+1]
		case i == len(dirs) && !strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "(") && !strings.HasPrefix(a, "!"):
			dirs = append(dirs, a)
		}
		if at >= 0 {
			break
		}
	}
	if at < 0 || at >= len(args) {
		return nil
	}
	words := bareCommand(args[at:])
	read := known(base(words))
	if read == nil || base(words) == "find" {
		return nil
	}
	var inner []string
	for _, w := range words[1:] {
		if w != ";" && w != "+" {
			inner = append(inner, w)
		}
	}
	var out []Change
	for _, d := range dirs {
		call := strings.Split(strings.ReplaceAll(strings.Join(inner, "\x00"), "{}", path.Join(r.abs(d), "**", glob)), "\x00")
		out = append(out, read(r, s, call)...)
	}
	return out
}

// readXargs reads `… | xargs sed -i …`: the files are what another command prints.
func readXargs(r *reader, s *syntax.Stmt, args []string) []Change {
	for i, a := range args {
		read := known(path.Base(a))
		if read == nil {
			continue
		}
		if name := path.Base(a); name == "xargs" || name == "find" || len(read(r, s, append(args[i+1:len(args):len(args)], "FILE"))) == 0 {
			return nil
		}
		return refused("", "which files are changed is what another command prints: name them, or write a pattern with files = N")
	}
	return nil
}

// readRpl reads `rpl OLD NEW FILE…`.
func readRpl(r *reader, s *syntax.Stmt, args []string) []Change {
	var words []string
	for _, a := range args {
		if !strings.HasPrefix(a, "-") {
			words = append(words, a)
		}
	}
	if len(words) < 3 {
		return nil
	}
	var out []Change
	for _, f := range words[2:] {
		op := edit.Op{Verb: edit.Replace, Text: words[0], With: words[1], Count: edit.Count{N: 1, OrMore: true}}
		out = append(out, Change{File: r.abs(f), Ops: []edit.Op{op}})
	}
	return out
}

// readGoReplace reads go-replace of webdevops' images: whole lines that a
// pattern matches become others, or are added where none does.
func readGoReplace(r *reader, s *syntax.Stmt, args []string) []Change {
	mode, pattern := "", ""
	isRegex := false
	var pairs [][2]string
	var files []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		name, value, joined := strings.Cut(a, "=")
		if !joined && i+1 < len(args) && (a == "-s" || a == "-r" || a == "--search" || a == "--replace" || a == "-m" || a == "--mode") {
			i++
			value = args[i]
		}
		switch name {
		case "-m", "--mode":
			mode = value
		case "--regex":
			isRegex = true
		case "-s", "--search":
			pattern = value
		case "-r", "--replace":
			pairs = append(pairs, [2]string{pattern, value})
		case "--":
			files = append(files, args[i+1:]...)
			i = len(args)
		default:
			if !strings.HasPrefix(a, "-") {
				files = append(files, a)
			}
		}
	}
	var out []Change
	for _, f := range files {
		ch := Change{File: r.abs(f)}
		for _, p := range pairs {
			op, err := sed.GuessLine(ch.File, "", p[0], p[1], isRegex, mode == "" || mode == "replace")
			if err != nil {
				ch.refuse(err)
				break
			}
			ch.Ops = append(ch.Ops, op)
		}
		out = append(out, ch)
	}
	return out
}

// readCopy reads `cp A B` of two files; what copies directories is no edit.
func readCopy(r *reader, s *syntax.Stmt, args []string) []Change {
	var words []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a == "-m" || a == "-o" || a == "-g":
			i++
		case strings.HasPrefix(a, "-") && strings.ContainsAny(a, "rRadDt") && (len(args) == 0 || !strings.Contains(path.Base(args[len(args)-1]), ".")):
			return nil
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	if len(words) != 2 || strings.ContainsAny(words[0]+words[1], "*?") {
		return nil
	}
	from, to := r.abs(words[0]), r.abs(words[1])
	if strings.HasSuffix(words[1], "/") {
		to = path.Join(to, path.Base(from))
	}
	return []Change{{File: to, From: from, kind: copies, Notes: []string{"write replace = true where a package has the file already"}}}
}

// readEnvsubst reads `envsubst < A > B`.
func readEnvsubst(r *reader, s *syntax.Stmt, args []string) []Change {
	to := r.outputs(s)
	from := ""
	for _, d := range s.Redirs {
		if d.Op == syntax.RdrIn {
			from, _ = r.text(d.Word)
		}
	}
	if len(to) != 1 {
		return nil
	}
	if from == "" {
		return refused(to[0].name, "what is filled in is made by a command when it runs")
	}
	ch := Change{File: to[0].name, From: r.abs(from), kind: copies}
	ch.Notes = []string{"write expand = true, and ${NAME} for each variable of [vars] in the file"}
	return []Change{ch}
}

// readGrep reads `grep -v PATTERN A > B`.
func readGrep(r *reader, s *syntax.Stmt, args []string) []Change {
	to := r.outputs(s)
	var words []string
	invert, fixed, extended := false, false, false
	for _, a := range args {
		if len(a) < 2 || a[0] != '-' {
			words = append(words, a)
			continue
		}
		invert = invert || strings.Contains(a, "v")
		fixed = fixed || strings.Contains(a, "F")
		extended = extended || strings.Contains(a, "E")
	}
	if len(to) != 1 || len(words) != 2 {
		return nil
	}
	if !invert {
		return refused(to[0].name, "grep prints chosen lines only: write what the file must say")
	}
	pattern := regexp.QuoteMeta(words[0])
	if !fixed {
		var err error
		if pattern, err = sed.Pattern(words[0], extended); err != nil {
			return refused(to[0].name, "%w", err)
		}
	}
	op := edit.Op{Verb: edit.DeleteLine, Text: pattern}
	return []Change{{File: to[0].name, From: r.abs(words[1]), Ops: []edit.Op{op}}}
}

// readPatch reads `patch FILE < DIFF`, and for a tree the key of its source.
func readPatch(r *reader, s *syntax.Stmt, args []string) []Change {
	diff := ""
	var words []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case (a == "-i" || a == "--input") && i+1 < len(args):
			i++
			diff = args[i]
		case strings.HasPrefix(a, "--input="):
			diff = strings.TrimPrefix(a, "--input=")
		case strings.HasPrefix(a, "-i") && len(a) > 2:
			diff = a[2:]
		case (a == "-d" || a == "-p") && i+1 < len(args):
			i++
		case !strings.HasPrefix(a, "-"):
			words = append(words, a)
		}
	}
	for _, d := range s.Redirs {
		if d.Op == syntax.RdrIn {
			diff, _ = r.text(d.Word)
		}
	}
	if len(words) > 1 {
		diff = words[1]
	}
	switch {
	case diff == "":
		return refused("", "the difference is what another command prints: put it into a file beside the recipe")
	case len(words) > 0:
		return []Change{{File: r.abs(words[0]), Ops: []edit.Op{{Verb: edit.Patch, Text: path.Base(diff)}}}}
	}
	ch := Change{Keys: []Key{{"patches", "[" + quote(path.Base(diff)) + "]"}}}
	ch.Notes = []string{"the key stands in [[source]]; the file lies beside the recipe"}
	return []Change{ch}
}

// readAwk refuses awk whose output goes to a file.
func readAwk(r *reader, s *syntax.Stmt, _ []string) []Change {
	if to := r.outputs(s); len(to) > 0 {
		return refused(to[0].name, "awk is a program: write what it is to do as operations, or a patch")
	}
	return nil
}
