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

	"github.com/pmezard/go-difflib/difflib"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

func editCommand() *command {
	return &command{
		name: "edit", args: "FILE --ops OPS.toml", short: "apply edit operations to any file",
		long: `Applies operations to FILE, as a recipe's [edit.PATH] does, and prints the difference.
Either all operations hold, or nothing is changed and each that does not is explained.
OPS.toml has set.KEY = "…", unset, comment, uncomment, lines and ops, as below [edit.PATH].

Exit status 0 if something changes, 3 if everything is already so, 1 for a mistake.`,
		run: runEdit,
	}
}

// sets collects --set flags.
type sets []string

func (s *sets) String() string     { return strings.Join(*s, " ") }
func (s *sets) Set(v string) error { *s = append(*s, v); return nil }

// editFlags are the choices of `ashlar edit`.
type editFlags struct {
	set                        sets
	ops, format                string
	print, write, strict, json bool
	formats                    bool
}

func runEdit(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	var f editFlags
	flags.Var(&f.set, "set", "`KEY=VALUE`: set one key; may be given again")
	flags.StringVar(&f.ops, "ops", "", "`FILE` with operations")
	flags.StringVar(&f.format, "format", "", "`FORMAT` of the file, where its path does not tell")
	flags.BoolVar(&f.print, "print", false, "print the whole result instead of the difference")
	flags.BoolVar(&f.write, "w", false, "write the result to the file")
	flags.BoolVar(&f.strict, "strict", false, "an operation that has nothing to do is a mistake")
	flags.BoolVar(&f.json, "json", false, "print what each operation did, as JSON")
	flags.BoolVar(&f.formats, "formats", false, "print which format belongs to which path, and stop")
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	if f.formats {
		return printFormats(env)
	}
	if len(names) != 1 {
		return usagef("edit takes one file")
	}
	if f.ops == "" && len(f.set) == 0 {
		return usagef("edit wants --ops OPS.toml or --set KEY=VALUE")
	}
	return env.edit(names[0], f)
}

func printFormats(env *env) error {
	for _, f := range edit.Formats() {
		fmt.Fprintf(env.out, "%-12s %s\n", f.Name, strings.Join(f.Globs, " "))
	}
	return nil
}

func (e *env) edit(file string, f editFlags) error {
	in := edit.Input{Name: file, Format: f.format, Options: edit.Options{Strict: f.strict}}
	var err error
	if in.Bytes, err = os.ReadFile(file); err != nil {
		return err
	}
	if err := f.operations(&in); err != nil {
		return err
	}
	res, err := edit.Apply(in)
	if err != nil {
		return err
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
		key, value, ok := strings.Cut(s, "=")
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

// patchFiles reads the patches that operations name.
func patchFiles(dir string, ops []edit.Op) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, op := range ops {
		if op.Verb != edit.Patch {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, op.Text))
		if err != nil {
			return nil, err
		}
		files[op.Text] = data
	}
	return files, nil
}

func (e *env) printEdit(file string, before []byte, res edit.Result, f editFlags) error {
	switch {
	case f.json:
		enc := json.NewEncoder(e.out)
		for _, d := range res.Done {
			if err := enc.Encode(struct {
				Op      string `json:"op"`
				Already bool   `json:"already"`
				Lines   []int  `json:"lines,omitempty"`
				Says    string `json:"says"`
			}{d.Op.String(), d.Already, d.Lines, d.Says}); err != nil {
				return err
			}
		}
		return nil
	case f.print:
		_, err := e.out.Write(res.Bytes)
		return err
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(before)), B: difflib.SplitLines(string(res.Bytes)),
		FromFile: file, ToFile: file, Context: 2,
	})
	if err != nil {
		return err
	}
	if !res.Already {
		fmt.Fprint(e.out, diff)
	}
	return nil
}

// overwrite replaces a file's bytes: through a link the file that it leads to,
// with its mode and, where that is allowed, its owner, and all or nothing.
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
	if err := keepOwner(tmp, info); err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if err := tmp.Chmod(info.Mode()); err != nil {
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
