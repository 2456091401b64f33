// Package shell reads commands of a shell that change files and says what a
// recipe has instead of each: operations of package edit on the file, or a key
// of its own, such as [file], [sudo] and [image] env.
//
// It knows what people write: echo, printf and here-documents with `>` and
// `>>`, tee, sed, `perl -pi`, cp, mv, ln, rm and the editors that tools bring
// (crudini, augtool, postconf, `git config`, …). What a value is made of at run
// time, by a command or a loop, it refuses with the reason. It runs nothing and
// reads and writes no files.
package shell

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/edit/sed"
)

// A Change is what one command does to one file, and what a recipe has instead.
type Change struct {
	Command string // the command as it is written
	Line    int    // where it begins in the script, from 1
	File    string // the file; it may hold ${VAR}
	// From is the file that File is made of, where it is another.
	From string
	// Sed is the script of sed or perl that edits the file, if that is how.
	Sed sed.Script
	// Text is what is written to the file or, with Append, to its end.
	Text   string
	Append bool

	// Ops are the operations, as far as they can be known without the file. A
	// value in them that holds ${VAR} wants expand = true.
	Ops []edit.Op
	// Keys are keys of a recipe, where the change is better one of these.
	Keys []Key
	// Vars are the variables of the shell that File, Ops and Keys name, sorted.
	Vars []string
	// Notes say what the shell does here that its author may not have meant.
	Notes []string
	// Err says why there is nothing in a recipe that means the same; then the
	// change has neither Ops nor Keys.
	Err error

	kind kind
}

// A kind is how a command changes a file.
type kind uint8

const (
	edits    kind = iota // by operations or a script
	writes               // all of it is Text
	appends              // Text goes to its end
	declares             // Text is what the command's own tool would have written to a new file
	copies               // it becomes what From is
)

// A Key is one key of a recipe: Name = Value, both as TOML.
type Key struct{ Name, Value string }

// String returns a line of TOML.
func (k Key) String() string { return k.Name + " = " + k.Value }

// Options are what is known about where a script runs.
type Options struct {
	Dir  string // the working directory; "/"
	Home string // of the user; "/root"
}

// Read reads a script and returns its changes in the order in which they are
// made; of several commands that write one file together it makes one change.
// Commands that change no file's content are left out. The error is one of
// syntax.
func Read(script string, opts Options) ([]Change, error) {
	file, err := parse(script)
	if err != nil {
		return nil, err
	}
	if opts.Dir == "" {
		opts.Dir = "/"
	}
	if opts.Home == "" {
		opts.Home = "/root"
	}
	r := &reader{script: script, dir: opts.Dir, home: opts.Home, vars: map[string]string{}}
	r.statements(file.Stmts)
	for i := range r.out {
		r.out[i].Append = r.out[i].kind == appends
		r.out[i].settle()
		if ch := &r.out[i]; ch.Err == nil && len(ch.Ops)+len(ch.Keys) == 0 {
			ch.refuse(errors.New("the command changes nothing"))
		}
	}
	return r.out, nil
}

func parse(script string) (*syntax.File, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, fmt.Errorf("shell: %w", err)
	}
	return file, nil
}

// A reader walks a script.
type reader struct {
	script    string
	dir, home string
	vars      map[string]string // what the script itself has assigned
	out       []Change
}

func (r *reader) statements(all []*syntax.Stmt) {
	for _, s := range all {
		r.statement(s)
	}
}

// statement reads one statement; those inside of others are read as if they ran.
func (r *reader) statement(s *syntax.Stmt) {
	if text, files, ok := r.written(s); ok {
		for _, f := range files {
			r.write(s, f, text)
		}
		return
	}
	switch c := s.Cmd.(type) {
	case *syntax.CallExpr:
		r.assign(c)
		r.call(s, c)
	case *syntax.BinaryCmd:
		if c.Op == syntax.Pipe || c.Op == syntax.PipeAll {
			r.pipe(s, c)
			return
		}
		r.statement(c.X)
		r.statement(c.Y)
	case *syntax.Block:
		r.statements(c.Stmts)
	case *syntax.Subshell:
		dir := r.dir
		r.statements(c.Stmts)
		r.dir = dir
	case *syntax.IfClause, *syntax.ForClause, *syntax.WhileClause, *syntax.CaseClause:
		r.branches(c)
	}
}

// branches refuses the changes that depend on conditions, each by itself. What
// a condition asks first, as `grep -q … ||` does, is none: edits ask themselves.
func (r *reader) branches(c syntax.Command) {
	from := len(r.out)
	why := "it depends on a condition of the script"
	syntax.Walk(c, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.ForClause, *syntax.WhileClause:
			why = "it is in a loop: write one edit for each"
		}
		s, ok := n.(*syntax.Stmt)
		if !ok {
			return true
		}
		if _, ok := s.Cmd.(*syntax.CallExpr); ok || r.hasOutput(s) {
			r.statement(s)
			return false
		}
		return true
	})
	for i := range r.out[from:] {
		r.out[from+i].refuse(errors.New(why))
	}
}

// hasOutput reports whether a statement sends its output to a file.
func (r *reader) hasOutput(s *syntax.Stmt) bool {
	return slices.ContainsFunc(s.Redirs, func(d *syntax.Redirect) bool { return isOutput(d.Op) })
}

// assign remembers what the script assigns, so that later words are known.
func (r *reader) assign(c *syntax.CallExpr) {
	if len(c.Args) > 0 {
		return
	}
	for _, a := range c.Assigns {
		if a.Name == nil || a.Append || a.Index != nil || a.Array != nil {
			continue
		}
		if v, err := r.text(a.Value); err == nil {
			r.vars[a.Name.Value] = v
		}
	}
}

// add appends a change of the statement.
func (r *reader) add(s *syntax.Stmt, ch Change) {
	ch.Command = strings.TrimSpace(r.script[s.Pos().Offset():s.End().Offset()])
	ch.Line = int(s.Pos().Line())
	r.out = append(r.out, ch)
}

// abs returns the path of a file that a word names.
func (r *reader) abs(name string) string {
	switch {
	case name == "~" || strings.HasPrefix(name, "~/"):
		return r.home + name[1:]
	case strings.HasPrefix(name, "/") || strings.HasPrefix(name, varOpen):
		return name
	}
	return path.Join(r.dir, name)
}

// pipe reads `… | tee f`, `sed … | tee f`, `… > f`.
func (r *reader) pipe(s *syntax.Stmt, c *syntax.BinaryCmd) {
	if last, ok := c.Y.Cmd.(*syntax.CallExpr); ok {
		if words, err := r.words(last.Args); err == nil && len(words) > 0 && known(base(words)) != nil && !r.hasOutput(c.Y) {
			r.call(c.Y, last)
			return
		}
	}
	if files := r.outputs(c.Y); len(files) > 0 {
		for _, f := range files {
			ch := Change{File: f.name}
			ch.refuse(errors.New("what is written is made by a command when it runs"))
			r.add(s, ch)
		}
		return
	}
	r.statement(c.X)
}

// call reads a command that is known by its name.
func (r *reader) call(s *syntax.Stmt, c *syntax.CallExpr) {
	words, err := r.words(c.Args)
	if len(words) == 0 {
		return
	}
	words = bareCommand(words)
	name := base(words)
	if name == "cd" && len(words) == 2 && err == nil {
		r.dir = r.abs(words[1])
		return
	}
	read := known(name)
	switch {
	case read != nil && err != nil:
		ch := Change{}
		ch.refuse(err)
		r.add(s, ch)
	case read != nil:
		for _, ch := range read(r, s, words[1:]) {
			r.add(s, ch)
		}
	case r.hasOutput(s):
		for _, f := range r.outputs(s) {
			ch := Change{File: f.name}
			ch.refuse(fmt.Errorf("what is written is made by `%s` when it runs", name))
			r.add(s, ch)
		}
	}
}

// base returns the name of the program that words call.
func base(words []string) string { return path.Base(words[0]) }

// bareCommand takes away what runs another command as it is.
func bareCommand(words []string) []string {
	for len(words) > 1 {
		switch base(words) {
		case "sudo", "exec", "command", "env", "then", "eval":
			words = words[1:]
			for len(words) > 1 && strings.HasPrefix(words[0], "-") {
				if n := words[0]; (n == "-u" || n == "-g") && len(words) > 2 {
					words = words[1:]
				}
				words = words[1:]
			}
			continue
		}
		break
	}
	return words
}

// refuse takes away what a change has and says why.
func (ch *Change) refuse(err error) {
	if ch.Err == nil {
		ch.Err = err
	}
	ch.Ops, ch.Keys = nil, nil
}
