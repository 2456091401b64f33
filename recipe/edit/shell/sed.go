package shell

import (
	"errors"
	"fmt"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/recipe/edit/sed"
)

// A sedCall is sed's command line.
type sedCall struct {
	scripts  []string
	extended bool
	inPlace  bool
	suffix   string
	files    []string
	refuse   string
}

// parseSed reads it as getopt does.
func parseSed(args []string) sedCall {
	var c sedCall
	for i := 0; i < len(args); i++ {
		a := args[i]
		value := func(rest string) string {
			if rest != "" || i+1 == len(args) {
				return rest
			}
			i++
			return args[i]
		}
		switch {
		case a == "--":
			c.files = append(c.files, args[i+1:]...)
			i = len(args)
		case strings.HasPrefix(a, "--in-place"):
			c.inPlace = true
			_, c.suffix, _ = strings.Cut(a, "=")
		case strings.HasPrefix(a, "--expression="):
			c.scripts = append(c.scripts, strings.TrimPrefix(a, "--expression="))
		case a == "--expression":
			c.scripts = append(c.scripts, value(""))
		case a == "--regexp-extended":
			c.extended = true
		case a == "--follow-symlinks", a == "--unbuffered", a == "--posix", a == "--debug":
		case a == "--quiet", a == "--silent":
			c.refuse = "sed -n prints chosen lines only"
		case strings.HasPrefix(a, "--"):
			c.refuse = "sed has the option " + a
		case len(a) > 1 && a[0] == '-':
			c.cluster(a[1:], value)
		default:
			c.files = append(c.files, a)
		}
	}
	if len(c.scripts) == 0 && len(c.files) > 0 {
		c.scripts, c.files = c.files[:1], c.files[1:]
	}
	return c
}

// cluster reads letters behind one dash; -i takes the rest as its suffix.
func (c *sedCall) cluster(letters string, value func(string) string) {
	for n := 0; n < len(letters); n++ {
		rest := letters[n+1:]
		switch letters[n] {
		case 'i':
			c.inPlace, c.suffix = true, rest
			return
		case 'E', 'r':
			c.extended = true
		case 'e':
			c.scripts = append(c.scripts, value(rest))
			return
		case 's', 'u', 'b':
		case 'n':
			c.refuse = "sed -n prints chosen lines only"
		case 'z':
			c.refuse = "sed -z reads the file as one line"
		case 'f':
			c.scripts = append(c.scripts, "") // so no word is the script
			value(rest)
			c.refuse = "the script is in a file: read it with --from-sed"
			return
		case 'l':
			value(rest)
			return
		default:
			c.refuse = "sed has the option -" + letters[n:n+1]
		}
	}
}

// readSed reads `sed -i`, and sed whose output goes to a file.
func readSed(r *reader, s *syntax.Stmt, args []string) []Change {
	c := parseSed(args)
	to := r.outputs(s)
	if !c.inPlace && len(to) == 0 {
		return nil
	}
	var notes []string
	if c.inPlace && (c.suffix == "e" || c.suffix == "r" || c.suffix == "E" || c.suffix == "n") {
		notes = append(notes, fmt.Sprintf("sed reads -i%s as -i with the suffix %q: it leaves a copy FILE%s, and -%s is not heard", c.suffix, c.suffix, c.suffix, c.suffix))
		if c.suffix == "e" && len(c.scripts) == 0 && len(c.files) > 0 {
			c.scripts, c.files = c.files[:1], c.files[1:]
		}
	}
	script, err := sed.Parse(strings.Join(c.scripts, "\n"), c.extended)
	if c.refuse != "" {
		err = errors.New(c.refuse)
	}
	return r.scripted(c.files, c.inPlace, to, script, err, notes)
}

// scripted returns the changes of a script on each file, or on the copy that
// its output goes to.
func (r *reader) scripted(files []string, inPlace bool, to []output, script sed.Script, err error, notes []string) []Change {
	var out []Change
	for i, f := range files {
		ch := Change{File: r.abs(f), Sed: script, Notes: notes}
		if !inPlace {
			if ch.From = ch.File; i > 0 || len(to) != 1 || to[0].append {
				err = errors.New("what is written is made of several files when it runs")
			}
			ch.File = to[0].name
		}
		if strings.ContainsAny(ch.File, "*?") {
			ch.Notes = append(ch.Notes[:len(ch.Notes):len(ch.Notes)], "write files = N, the number of files that the pattern must match")
		}
		ch.guess(err)
		out = append(out, ch)
	}
	if len(files) == 0 {
		return refused("", "which files are changed is known when the command runs")
	}
	return out
}

// guess says what the change's script means without its file.
func (ch *Change) guess(err error) {
	if err == nil {
		ch.Ops, err = sed.Guess(ch.File, "", ch.Sed)
	}
	if err != nil {
		ch.refuse(err)
	}
}

// readPerl reads `perl -pi -e`.
func readPerl(r *reader, s *syntax.Stmt, args []string) []Change {
	var scripts, files []string
	inPlace, loop, whole, refuse := false, false, false, ""
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			files = append(files, a)
			continue
		}
		for n := 1; n < len(a); n++ {
			switch a[n] {
			case 'p':
				loop = true
			case 'i':
				inPlace = true
				n = len(a)
			case 'e':
				if i+1 < len(args) {
					i++
					scripts = append(scripts, args[i])
				}
				n = len(a)
			case 'w':
			case '0', '7':
				whole = true
			default:
				refuse = fmt.Sprintf("perl has the option %s: it does more than substitutions in lines", a)
			}
		}
	}
	if !inPlace {
		return nil
	}
	script, err := sed.ParsePerl(strings.Join(scripts, ";"))
	switch {
	case refuse != "":
		err = errors.New(refuse)
	case !loop:
		err = errors.New("perl without -p does more than substitutions in lines")
	}
	out := r.scripted(files, true, nil, script, err, nil)
	for i := range out {
		if whole { // the patterns are for all of the file, as those of regex are
			out[i].Sed = nil
		}
	}
	return out
}

// readEx reads `ex -sc '%s/…/…/|x' FILE`.
func readEx(r *reader, s *syntax.Stmt, args []string) []Change {
	var scripts, files []string
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case strings.HasPrefix(a, "-") && strings.HasSuffix(a, "c") && i+1 < len(args):
			i++
			for _, c := range strings.Split(args[i], "|") {
				if c = strings.TrimSpace(c); c != "x" && c != "wq" && c != "w" && c != "q" {
					scripts = append(scripts, strings.TrimPrefix(c, "%"))
				}
			}
		case strings.HasPrefix(a, "-"), strings.HasPrefix(a, "+"):
		default:
			files = append(files, a)
		}
	}
	if len(scripts) == 0 {
		return nil
	}
	script, err := sed.Parse(strings.Join(scripts, "\n"), false)
	return r.scripted(files, true, nil, script, err, nil)
}
