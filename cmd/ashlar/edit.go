package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

func editCommand() *command {
	return &command{
		name: "edit", args: "FILE --set KEY=VALUE | --ops OPS.toml", short: "apply edit operations to any file",
		long: `Applies operations to FILE, as a recipe's [edit.PATH] does, and prints the difference.
Either all operations hold, or nothing is changed and each that does not is explained.
A key that is not in the file is added, and said to be new.

  ashlar edit nginx.conf --set http/server_tokens=off
  ashlar edit nginx.conf --ops ops.toml -w
  ashlar edit sshd_config --from-sed 's/^#*UsePAM.*/UsePAM no/'
  ashlar edit php.ini --from-shell 'echo "date.timezone = UTC" >> /etc/php.ini'

OPS.toml has set.KEY = "…", unset, comment, uncomment, lines and ops, as below
[edit.PATH], or that table itself. With --from-sed or --from-shell it prints the
operations that mean the same, for a recipe, and on standard error what each does to
FILE: the operations, and what sed or the shell would have done. --from-shell finds
the file in the command where FILE is not given.

Exit status 0 if something changes, 3 if everything is already so, 1 for a mistake.`,
		run: runEdit,
	}
}

// texts collects a flag that may be given again.
type texts []string

func (s *texts) String() string     { return strings.Join(*s, " ") }
func (s *texts) Set(v string) error { *s = append(*s, v); return nil }

// editFlags are the choices of `ashlar edit`.
type editFlags struct {
	set                              texts
	ops, format                      string
	diff, print, write, strict, json bool
	formats                          bool

	sed, shell texts // scripts to be translated
	extended   bool
}

func (f *editFlags) declare(flags *flag.FlagSet) {
	flags.Var(&f.set, "set", "`KEY=VALUE`: set one key; may be given again")
	flags.StringVar(&f.ops, "ops", "", "`FILE` with operations")
	flags.Var(&f.sed, "from-sed", "`SCRIPT` of sed: which operations mean the same; may be given again, as sed's -e")
	flags.Var(&f.sed, "e", "`SCRIPT`: the same as --from-sed")
	flags.BoolVar(&f.extended, "E", false, "the script has extended regular expressions, as with sed -E and -r")
	flags.BoolVar(&f.extended, "r", false, "the same as -E")
	flags.Var(&f.shell, "from-shell", "`COMMAND` of a shell that changes files: which operations mean the same")
	flags.StringVar(&f.format, "format", "", "`FORMAT` of the file, where its path does not tell")
	flags.BoolVar(&f.diff, "diff", false, "print the difference; so it does by itself")
	flags.BoolVar(&f.print, "print", false, "print the whole result instead of the difference")
	flags.BoolVar(&f.write, "w", false, "write the result to the file")
	flags.BoolVar(&f.strict, "strict", false, "an operation that has nothing to do is a mistake")
	flags.BoolVar(&f.json, "json", false, "print what was done, as JSON")
	flags.BoolVar(&f.formats, "formats", false, "print which format belongs to which paths, and stop")
}

// check finds choices that do not go together.
func (f *editFlags) check(names []string) error {
	from := len(f.sed) + len(f.shell)
	switch {
	case len(names) > 1:
		return usagef("edit takes one file, not %d", len(names))
	case len(names) == 0 && len(f.shell) == 0:
		return usagef("edit wants a file")
	case from == 0 && f.ops == "" && len(f.set) == 0:
		return usagef("edit wants --set KEY=VALUE, --ops OPS.toml, --from-sed SCRIPT or --from-shell COMMAND")
	case from > 0 && (f.ops != "" || len(f.set) > 0), len(f.sed) > 0 && len(f.shell) > 0:
		return usagef("--set and --ops, --from-sed and --from-shell do not go together")
	case f.extended && len(f.sed) == 0:
		return usagef("-E is for --from-sed")
	case f.print && (f.diff || f.json), f.diff && f.json:
		return usagef("--diff, --print and --json do not go together")
	}
	for _, s := range f.sed {
		if strings.HasPrefix(strings.TrimSpace(s), "sed ") {
			return usagef("--from-sed wants the script alone; a whole command is for --from-shell")
		}
	}
	if f.format != "" && !edit.KnowsFormat(f.format) {
		hint := "`ashlar edit --formats` lists them"
		if near := diag.Nearest(f.format, formatNames()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usagef("unknown format %q; %s", f.format, hint)
	}
	return nil
}

func runEdit(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	var f editFlags
	f.declare(flags)
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if f.formats {
		return printFormats(env, f.json)
	}
	if err := f.check(names); err != nil {
		return err
	}
	file := ""
	if len(names) > 0 {
		file = names[0]
	}
	if len(f.sed)+len(f.shell) > 0 {
		return env.translate(file, f)
	}
	return env.edit(file, f)
}

func formatNames() []string {
	var names []string
	for _, f := range edit.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// formatColumn is where what is said of a format begins.
const formatColumn = 14

// printFormats prints the table of formats: what each is, and its paths.
func printFormats(env *env, asJSON bool) error {
	for _, f := range edit.Formats() {
		if asJSON {
			if err := json.NewEncoder(env.out).Encode(struct {
				Format string   `json:"format"`
				About  string   `json:"about"`
				Paths  []string `json:"paths"`
			}{f.Name, f.About, f.Globs}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(env.out, "%-*s%s\n", formatColumn, f.Name, fold(f.About, formatColumn))
		if len(f.Globs) > 0 {
			fmt.Fprintf(env.out, "%*s%s\n", formatColumn, "", fold(strings.Join(f.Globs, " "), formatColumn))
		}
	}
	return nil
}

func (e *env) edit(file string, f editFlags) error {
	in, err := readInput(file, f)
	if err != nil {
		return err
	}
	if err := f.operations(&in); err != nil {
		return err
	}
	res, err := edit.Apply(in)
	if err != nil {
		return e.withLines(err)
	}
	if f.write && !res.Already {
		if err := overwrite(file, res.Bytes); err != nil {
			return err
		}
	}
	if err := e.printEdit(file, in.Bytes, res, f); err != nil {
		return err
	}
	if res.Already {
		return errAlready
	}
	return nil
}

// readInput reads the file that is to be edited.
func readInput(file string, f editFlags) (edit.Input, error) {
	in := edit.Input{Name: file, Format: f.format, Options: edit.Options{Strict: f.strict}}
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return in, fmt.Errorf("edit %s: there is no such file", file)
	}
	if err != nil {
		return in, err
	}
	if !info.Mode().IsRegular() {
		return in, fmt.Errorf("edit %s: it is no file of text", file)
	}
	in.Bytes, err = os.ReadFile(file)
	return in, err
}

// operations reads what is to be done: --ops first, then each --set.
func (f editFlags) operations(in *edit.Input) error {
	if f.ops != "" {
		src, err := os.ReadFile(f.ops)
		if err != nil {
			return err
		}
		e, err := recipe.ParseOps(f.ops, src)
		if err != nil {
			return err
		}
		in.Ops = e.Ops
		if in.Format == "" {
			in.Format = e.Format
		}
		if in.Files, err = patchFiles(filepath.Dir(f.ops), e.Ops); err != nil {
			return err
		}
	}
	for _, s := range f.set {
		key, value, ok := cutSetting(s)
		if !ok {
			return usagef("--set %s: write KEY=VALUE", s)
		}
		op, err := edit.DecodeSet(key, value, diag.Pos{File: "--set " + s})
		if err != nil {
			return err
		}
		in.Ops = append(in.Ops, op)
	}
	return nil
}

// cutSetting divides KEY=VALUE at the first = that is not in the key's brackets.
func cutSetting(s string) (key, value string, ok bool) {
	depth := 0
	for i, r := range s {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
		case r == '=' && depth <= 0:
			return strings.TrimSpace(s[:i]), s[i+1:], i > 0
		}
	}
	return "", "", false
}

// patchFiles reads the patches that operations name.
func patchFiles(dir string, ops []edit.Op) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, op := range ops {
		if op.Verb != edit.Patch {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, op.Text))
		if err != nil {
			return nil, &diag.Error{Pos: op.Pos, Msg: fmt.Sprintf("patch %s: %v", op.Text, err), Hint: "its path is relative to the file of operations"}
		}
		files[op.Text] = data
	}
	return files, nil
}

// withLines gives mistakes the lines of the file of operations that they are in.
func (e *env) withLines(err error) error {
	for _, d := range diag.Of(err) {
		if d.Line != "" || d.Pos.Line == 0 {
			continue
		}
		if src, err := os.ReadFile(d.Pos.File); err == nil {
			if lines := strings.Split(string(src), "\n"); d.Pos.Line <= len(lines) {
				d.Line = lines[d.Pos.Line-1]
			}
		}
	}
	return err
}

// An editDone is what one operation did, as --json prints it.
type editDone struct {
	Op      string `json:"op"`
	Already bool   `json:"already"`
	Lines   []int  `json:"lines,omitempty"`
	Says    string `json:"says"`
	New     bool   `json:"new,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// said is a clause about what an operation did.
func said(d edit.Done) string {
	if d.Says != "" || len(d.Lines) == 0 {
		return d.Says
	}
	return fmt.Sprintf("line %d", d.Lines[0])
}

func (e *env) printEdit(file string, before []byte, res edit.Result, f editFlags) error {
	if f.json {
		out := struct {
			File    string     `json:"file"`
			Format  string     `json:"format"`
			Already bool       `json:"already"`
			Ops     []editDone `json:"ops"`
			Diff    string     `json:"diff"`
		}{file, res.Format, res.Already, []editDone{}, difference(file, "before", before, "after", res.Bytes)}
		for _, d := range res.Done {
			out.Ops = append(out.Ops, editDone{d.Op.String(), d.Already, d.Lines, d.Says, d.New, d.Hint})
		}
		return json.NewEncoder(e.out).Encode(out)
	}
	for _, d := range res.Done {
		fmt.Fprintf(e.err, "%s (%s): %s: %s\n", file, res.Format, d.Op, said(d))
		if d.Hint != "" {
			fmt.Fprintf(e.err, "hint: %s\n", d.Hint)
		}
	}
	if f.print {
		_, err := e.out.Write(res.Bytes)
		return err
	}
	_, err := fmt.Fprint(e.out, painted(difference(file, "before", before, "after", res.Bytes), e.color && isTerminal(os.Stdout)))
	return err
}

// fileExists reports whether there is a file of that name.
func fileExists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// overwrite replaces a file's bytes: through a link the file that it leads to,
// with its mode and its owner, and all or nothing.
func overwrite(file string, data []byte) error {
	target, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(target)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(target), ".ashlar-*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // fails after the rename, and may
	defer tmp.Close()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	if err := keepOwner(tmp, info); err != nil {
		return fmt.Errorf("write %s: it could not keep its owner: %w", file, err)
	}
	if err := tmp.Chmod(info.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil {
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), target)
}
