package buildroot

import (
	"context"
	"fmt"
	"os"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A Shell is a buildroot to be entered. Close it afterwards.
type Shell struct {
	Job     job.Job
	scratch *store.Scratch
	log     *tee
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

// Shell prepares the root of a build action for a shell: what is in the
// directory kept, which a failed step left, or a fresh root with the source
// unpacked, if kept is empty.
func (b *Builder) Shell(ctx context.Context, a *plan.Action, kept string) (*Shell, error) {
	do, ok := a.Do.(*plan.Build)
	if !ok || len(do.Steps) == 0 {
		return nil, fmt.Errorf("%s has no steps", a.Label)
	}
	inputs, err := b.inputs(ctx, a)
	if err != nil {
		return nil, err
	}
	scratch, err := b.Store.Scratch("shell")
	if err != nil {
		return nil, err
	}
	s := &Shell{scratch: scratch}
	w := &building{Builder: b, action: a, do: do, scratch: scratch}
	if kept == "" {
		err = w.prepare(ctx, inputs)
		s.log = w.log
	} else {
		w.layers, err = w.stack(do.Root, inputs)
	}
	if err == nil {
		s.Job, err = w.job(shellStep(do))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	if kept != "" {
		s.Job.Scratch = kept
	}
	return s, nil
}

// shellStep is a step that does nothing but start a shell, as the last step's
// user and where it works.
func shellStep(do *plan.Build) recipe.Step {
	last := do.Steps[len(do.Steps)-1]
	last.Run = "#!/bin/sh\nexec bash -i\n"
	if os.Getenv("TERM") != "" {
		last.Env = append(last.Env, recipe.Var{Name: "TERM", Value: "xterm-256color"})
	}
	return last
}
