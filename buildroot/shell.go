package buildroot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A Shell is a buildroot to be entered. Close it afterwards.
type Shell struct {
	Job  job.Job
	Step string // whose user, directory and environment the shell has

	scratch *store.Scratch
	log     *tee
	left    *building // that a failed step left, and that has secrets; or nil
	at      recipe.Step
}

// Search looks for secrets in what a shell wrote to the root of a failed step,
// which is kept: with one in it, it is kept no longer, and the error is a
// [LeakError].
func (s *Shell) Search() error {
	if s.left == nil {
		return nil
	}
	err := s.left.searchLeft(s.at)
	if leak := (*LeakError)(nil); errors.As(err, &leak) {
		if err := s.left.Store.Forget(keptName(s.left.action.Recipe)); err != nil {
			return err
		}
		leak.Shell = true
		return leak
	}
	return err
}

// Close drops the buildroot, if it was made for the shell.
func (s *Shell) Close() error {
	if s.log != nil {
		s.log.Close()
	}
	if s.scratch == nil {
		return nil
	}
	return s.scratch.Close()
}

// ShellOptions say which root a shell is in. The zero value is a fresh one, with
// the source unpacked. At most one of them may be set.
type ShellOptions struct {
	Left   *Left  // what a failed step left
	Before string // a step: those before it are run first
	After  string // a step: it and those before it are run first
}

// ShellIn is which of the actions that run a recipe's steps has the root that the
// options mean: without a step the last, which sees the whole source.
func ShellIn(builds []*plan.Action, o ShellOptions) (*plan.Action, error) {
	if len(builds) == 0 {
		return nil, errors.New("it has no steps, and so no buildroot")
	}
	var names []string
	for _, a := range builds {
		for _, s := range a.Do.(*plan.Build).Steps {
			if s.Name == o.step() {
				return a, nil
			}
			names = append(names, s.Name)
		}
	}
	if o.Before+o.After != "" {
		return nil, fmt.Errorf("there is no step %q: the steps are %s", o.step(), strings.Join(names, ", "))
	}
	return builds[len(builds)-1], nil
}

// step is the name of the step that is meant, or "".
func (o ShellOptions) step() string {
	if o.Left != nil {
		return o.Left.Step
	}
	return o.Before + o.After
}

// Shell prepares the root of a build action, which [ShellIn] found, for a shell.
func (b *Builder) Shell(ctx context.Context, a *plan.Action, o ShellOptions) (*Shell, error) {
	do := a.Do.(*plan.Build)
	first, at := o.steps(do.Steps)
	b.look(a.Inputs)
	inputs, err := b.inputs(ctx, a)
	if err != nil {
		return nil, err
	}
	scratch, err := b.Store.Scratch("shell")
	if err != nil {
		return nil, err
	}
	s := &Shell{scratch: scratch, Step: at.Name}
	w := &building{Builder: b, action: a, do: do, scratch: scratch, opened: map[string]*store.Cache{}}
	defer w.closeCaches()
	if o.Left != nil {
		if err = w.revealSecrets(ctx); err == nil {
			w.layers, err = w.rootOf(o.Left.dir, inputs)
		}
		if w.search != nil {
			in := *w
			in.scratch = o.Left.dir
			s.left, s.at = &in, at
		}
	} else if err = w.prepare(ctx, inputs); err == nil {
		s.log = w.log
		err = w.steps(ctx, first)
	}
	if err == nil {
		s.Job, err = w.shell(at, o.Left)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// steps finds what is to run first, and the step in whose place the shell is: the
// last one if the recipe has lost the one that failed.
func (o ShellOptions) steps(all []recipe.Step) (first []recipe.Step, at recipe.Step) {
	i := slices.IndexFunc(all, func(s recipe.Step) bool { return s.Name == o.step() })
	switch {
	case i < 0:
		return nil, all[len(all)-1]
	case o.After != "":
		return all[:i+1], all[i]
	}
	return all[:i], all[i]
}

// shell is the job of a shell in the place of a step, whose script and commands
// are at hand in it.
func (w *building) shell(at recipe.Step, left *Left) (job.Job, error) {
	j, err := w.job(at)
	if err != nil {
		return j, err
	}
	commands := commandsOf(at.Run)
	if left != nil {
		j.Scratch = left.dir.Dir()
		if f, ok := readFailed(left.dir.Dir()); ok {
			commands = append(commands, f.text)
		}
	}
	history := filepath.Join(w.scratch.Dir(), historyName)
	if err := os.WriteFile(history, []byte(historyOf(commands)), 0o666); err != nil {
		return j, err
	}
	j.Binds = append(j.Binds, job.Bind{From: history, To: historyPath, Writable: true})
	j.Env = append(j.Env, "HISTFILE="+historyPath, "HISTTIMEFORMAT=", "TERM=xterm-256color")
	j.Args = []string{"/bin/bash", "-i"}
	if w.do.Room.Flags != "none" {
		j.Args = append([]string{flagsPath}, j.Args...)
	}
	j.Timeout = 0
	return j, nil
}

// commandsOf splits a shell script into its commands; one that is no shell's is
// itself the command.
func commandsOf(script string) []string {
	whole := []string{scriptPath}
	if line, _, _ := strings.Cut(script, "\n"); strings.HasPrefix(line, "#!") && !strings.HasSuffix(line, "sh") && !strings.Contains(line, "sh ") {
		return whole
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	if err != nil {
		return whole
	}
	var commands []string
	for _, s := range file.Stmts {
		from, to := s.Pos().Offset(), s.End().Offset()
		commands = append(commands, script[from:min(int(to), len(script))])
	}
	return commands
}

// historyOf is a history file of bash: with a time before each, commands may
// have several lines.
func historyOf(commands []string) string {
	var b strings.Builder
	for i, c := range commands {
		fmt.Fprintf(&b, "#%d\n%s\n", i+1, c)
	}
	return b.String()
}
