package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/edit/sed"
	"github.com/ashlar-build/ashlar/recipe/edit/shell"
)

// A translated file is what commands do to one file, in two ways.
type translated struct {
	path   string // as the recipe is to name it
	in     edit.Input
	absent bool // there are no bytes of it here: operations are guessed
	before []byte
	ours   []byte // as the operations leave it
	theirs []byte // as the shell does
	tool   string // "sed", "the shell"
	ops    []edit.Op
	meant  bool
	err    error // why the operations stop
}

// translate says which operations mean what a script of sed, or commands of a
// shell, do to a file.
func (e *env) translate(file string, f editFlags) error {
	if len(f.sed) > 0 {
		script, err := sed.Parse(strings.Join(f.sed, "\n"), f.extended)
		if err != nil {
			return err
		}
		t, err := open(file, file, f, "sed")
		if err != nil {
			return err
		}
		plan, err := sed.Translate(t.in, script)
		if err != nil {
			return err
		}
		t.take(plan)
		return e.told(f, []*translated{t}, nil)
	}
	script := strings.Join(f.shell, "\n")
	changes, err := shell.Read(script, shell.Options{})
	if err != nil {
		return err
	}
	if err := e.noteOthers(script); err != nil {
		return err
	}
	if len(changes) == 0 {
		return errors.New("the command changes no file that is known here: it is read for echo, printf and here-documents with > and >>, tee, sed, perl -pi, cp, crudini, augtool, postconf and their like")
	}
	var files []*translated
	var keys []shell.Key
	var failed []error
	vars := map[string]bool{}
	for _, ch := range changes {
		for _, v := range ch.Vars {
			vars[v] = true
		}
		for _, n := range ch.Notes {
			fmt.Fprintf(e.err, "note: line %d: %s\n", ch.Line, n)
		}
		if ch.Err != nil {
			failed = append(failed, &diag.Error{Pos: diag.Pos{File: "--from-shell", Line: ch.Line, Col: 1}, Msg: ch.Err.Error(), Line: firstLine(ch.Command)})
			continue
		}
		keys = append(keys, ch.Keys...)
		if len(ch.Keys) > 0 {
			continue
		}
		if files, err = changeOf(ch, files, file, f); err != nil {
			return err
		}
	}
	if len(vars) > 0 {
		fmt.Fprintf(e.err, "note: declare in [vars], and say expand = true beside the operations: %s\n", strings.Join(slices.Sorted(maps.Keys(vars)), ", "))
	}
	told := e.told(f, files, keys)
	if len(failed) > 0 && errors.Is(told, errAlready) {
		told = nil
	}
	return errors.Join(append(failed, told)...)
}

// keyFor has the keys of a recipe that do what programs of Dockerfiles do.
var keyFor = map[string]string{
	"apt-get": "depends", "apt": "depends", "aptitude": "depends", "useradd": "[user]", "adduser": "[user]", "usermod": "[user]", "groupadd": "[group]", "addgroup": "[group]",
	"mkdir": "[dir]", "chown": "owner of [dir], [file] and [artefacts]", "chmod": "mode of [dir], [file] and [artefacts]", "ln": "[link]", "rm": "[remove]",
	"a2enmod": "[link]", "a2ensite": "[link]", "a2enconf": "[link]", "a2dismod": "[remove]", "a2dissite": "[remove]", "a2disconf": "[remove]", "phpenmod": "[link]",
	"curl": "[[source]]", "wget": "[[source]]", "locale-gen": "image.locale", "ldconfig": "nothing, it has run", "update-ca-certificates": "nothing, it has run", "touch": "[file]",
}

// noteOthers says which commands of a script are no edits, and where they belong.
func (e *env) noteOthers(script string) error {
	names, err := shell.Others(script)
	if err != nil || len(names) == 0 {
		return err
	}
	for i, name := range names {
		key, ok := keyFor[name]
		if !ok {
			key = "[[step]]"
		}
		names[i] += " (" + key + ")"
	}
	fmt.Fprintf(e.err, "note: no edits, but for other keys of a recipe: %s\n", strings.Join(names, ", "))
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// changeOf adds what one command does to the file that it changes: file, if that
// is given, else the one that the command names, if it is here.
func changeOf(ch shell.Change, files []*translated, file string, f editFlags) ([]*translated, error) {
	at := slices.IndexFunc(files, func(t *translated) bool { return t.path == ch.File })
	if at < 0 {
		name := ch.File
		if file != "" && (path.Base(file) == path.Base(ch.File) || len(files) == 0) {
			name = file
		}
		t, err := open(name, ch.File, f, "the shell")
		if err != nil {
			return nil, err
		}
		files = append(files, t)
		at = len(files) - 1
	}
	t := files[at]
	if t.absent {
		t.ops = append(t.ops, ch.Ops...)
		return files, nil
	}
	if t.err != nil {
		return files, nil
	}
	now := t.in
	now.Bytes = t.ours
	plan, err := ch.On(now)
	if err != nil {
		return nil, err
	}
	left := plan.Sed
	if string(t.theirs) != string(t.ours) {
		now.Bytes = t.theirs
		if other, err := ch.On(now); err == nil {
			left = other.Sed
		}
	}
	t.take(plan)
	t.theirs = []byte(left)
	return files, nil
}

// open reads a file to translate for; where there is none by that name, and
// nobody gave it, operations will be guessed.
func open(name, path string, f editFlags, tool string) (*translated, error) {
	t := &translated{path: path, tool: tool}
	if tool != "sed" && !fileExists(name) && name == path {
		t.absent, t.in = true, edit.Input{Name: name, Format: f.format}
		return t, nil
	}
	in, err := readInput(name, f)
	if err != nil {
		return nil, err
	}
	if in.Format == "" && edit.FormatOf(name) == "text" {
		if known := edit.FormatOf(path); known != "text" {
			in.Format = known
		}
	}
	t.in, t.before, t.ours, t.theirs = in, in.Bytes, in.Bytes, in.Bytes
	return t, nil
}

// take adds a plan's operations to what was done before.
func (t *translated) take(p sed.Plan) {
	t.ops = append(t.ops, p.Ops...)
	t.theirs, t.meant, t.err = []byte(p.Sed), t.meant || p.Meant, p.Err
	if p.Err == nil {
		t.ours = p.Result.Bytes
	}
}

// told prints what was found: keys and operations for a recipe on standard
// output, what they do on standard error. It writes the files if asked to.
func (e *env) told(f editFlags, files []*translated, keys []shell.Key) error {
	if f.json {
		return e.toldJSON(files, keys)
	}
	for _, k := range keys {
		fmt.Fprintln(e.out, k)
	}
	var errs []error
	changed := len(keys) > 0
	for i, t := range files {
		if i > 0 || len(keys) > 0 {
			fmt.Fprintln(e.out)
		}
		if len(t.ops) > 0 {
			fmt.Fprint(e.out, edit.Table(t.path, t.ops))
		}
		if !strings.HasPrefix(t.path, "/") {
			fmt.Fprintf(e.err, "note: a recipe has the file's path in the image in the place of %q\n", t.path)
		}
		fmt.Fprintln(e.err)
		e.beside(t)
		if t.err != nil {
			errs = append(errs, t.err)
		}
		changed = changed || t.absent || t.err == nil && string(t.ours) != string(t.before)
		if f.write && !t.absent && t.err == nil && string(t.ours) != string(t.before) {
			if err := overwrite(t.in.Name, t.ours); err != nil {
				return err
			}
		}
	}
	if len(errs) == 0 && !changed {
		return errAlready
	}
	return errors.Join(errs...)
}

// beside prints what the operations and the shell make of a file.
func (e *env) beside(t *translated) {
	ours, theirs, before := string(t.ours), string(t.theirs), string(t.before)
	switch {
	case t.absent:
		fmt.Fprintf(e.err, "%s is not here, so the operations are guessed from the command alone:\n`ashlar edit COPY --from-shell …` tries them on a copy of it\n", t.path)
	case t.err != nil && theirs == before:
		fmt.Fprintf(e.err, "%s changes nothing here, and says nothing. The operations stop:\n", t.tool)
	case t.err != nil:
		fmt.Fprintf(e.err, "%s does this:\n%s\nThe operations stop:\n", t.tool, painted(difference(t.path, "before", t.before, "after", t.theirs), e.color))
	case ours == before && theirs == before:
		fmt.Fprintf(e.err, "%s has it already: %s changes nothing, and the operations change nothing.\n", t.path, t.tool)
	case ours == theirs:
		fmt.Fprintf(e.err, "The operations and %s do the same:\n%s", t.tool, painted(difference(t.path, "before", t.before, "after", t.ours), e.color))
	case theirs == before:
		fmt.Fprintf(e.err, "%s changes nothing here, and says nothing. The operations do what seems to be meant:\n%s", t.tool, painted(difference(t.path, "before", t.before, "after", t.ours), e.color))
	default:
		if t.meant {
			fmt.Fprintf(e.err, "What %s does here has no effect; the operations do what seems to be meant:\n", t.tool)
		} else {
			fmt.Fprintf(e.err, "The operations and %s do not do the same:\n", t.tool)
		}
		sides(e.err, splitLines(before), side{"the operations", splitLines(ours)}, side{t.tool, splitLines(theirs)}, columns(), e.color)
	}
}

// columns is the width of the terminal on standard error, or a usual one.
func columns() int {
	if w, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil && w > 0 {
		return w
	}
	return 120
}

// toldJSON prints an object a file.
func (e *env) toldJSON(files []*translated, keys []shell.Key) error {
	enc := json.NewEncoder(e.out)
	for _, k := range keys {
		if err := enc.Encode(map[string]string{"key": k.Name, "value": k.Value}); err != nil {
			return err
		}
	}
	var errs []error
	for _, t := range files {
		out := struct {
			File    string   `json:"file"`
			Ops     []string `json:"ops"`
			Guessed bool     `json:"guessed,omitempty"`
			Same    bool     `json:"same"`
			Diff    string   `json:"diff"`
			Shell   string   `json:"shell"`
			Error   string   `json:"error,omitempty"`
		}{File: t.path, Ops: []string{}, Guessed: t.absent, Same: t.err == nil && string(t.ours) == string(t.theirs),
			Diff:  difference(t.path, "before", t.before, "after", t.ours),
			Shell: difference(t.path, "before", t.before, "after", t.theirs),
		}
		for _, op := range t.ops {
			out.Ops = append(out.Ops, op.TOML())
		}
		if t.err != nil {
			out.Error = t.err.Error()
			errs = append(errs, t.err)
		}
		if err := enc.Encode(out); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}
