package buildroot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/secret"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Where steps find what they need. The paths are part of what a build sees, and
// so of its format.
const (
	sourceDir  = "/build" // the unpacked source
	outDir     = "/out"   // ${out}
	scriptPath = "/run/ashlar/step"
	flagsPath  = "/run/ashlar/with-flags"
	usualPath  = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// withFlags sets the compiler flags of Debian's packages (dpkg-buildflags(1)),
// if the root has them, and becomes the step.
const withFlags = `#!/bin/sh
if [ -x /usr/bin/dpkg-buildflags ]; then eval "$(dpkg-buildflags --export=sh)" || exit; fi
exec "$@"
`

// A StepError is a step that ended with another status than 0.
type StepError struct {
	Recipe string
	Step   string
	Pos    diag.Pos // of the command that failed, or of the step's script
	Limits recipe.Limits
	Result job.Result

	// Command is what failed, if bash ran the script and said so.
	Command string
	Tail    []string // the last lines of what the step wrote
}

func (e *StepError) Error() string {
	what := fmt.Sprintf("exit status %d", e.Result.Exit)
	switch {
	case e.Result.Timeout:
		what = "it took longer than it may"
	case e.Result.LimitReached:
		return fmt.Sprintf("step %q: it needed more than the %s of memory that it may use", e.Step, recipe.Size(e.Limits.Memory))
	case e.Result.OutOfMemory:
		return fmt.Sprintf("step %q: the machine had no memory left for it", e.Step)
	case e.Result.Signal != 0:
		what = fmt.Sprintf("killed by signal %d", e.Result.Signal)
	}
	command, _, _ := strings.Cut(e.Command, "\n")
	if command != "" {
		what = command + ": " + what
	}
	return fmt.Sprintf("step %q: %s", e.Step, what)
}

// Hint says what may help besides a look at the log; it may be empty.
func (e *StepError) Hint() string {
	switch {
	case e.Result.LimitReached:
		return "raise memory of the step"
	case e.Result.OutOfMemory:
		return "build less at once with -j, or say with memory what the step needs, for less to run beside it"
	case e.Result.Timeout:
		return "raise timeout of the step"
	}
	return ""
}

// A building is one run of a recipe's steps.
type building struct {
	*Builder
	action  *plan.Action
	do      *plan.Build
	scratch *store.Scratch
	layers  []string  // of the root, top first
	epoch   time.Time // SOURCE_DATE_EPOCH
	log     *tee
	opened  map[string]*store.Cache // by the cache's name in the recipe
	ends    []time.Time             // of each step
	listed  [][]string              // paths after each step
	reports []string
	shares  bool // its make can ask a jobserver

	secrets map[string][]byte // by name, of all steps
	search  *secret.Search    // for them; nil without
}

func (b *Builder) build(ctx context.Context, a *plan.Action, do *plan.Build, inputs map[plan.ID]store.Result) (finish finisher, err error) {
	scratch, err := b.Store.Scratch("build")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			scratch.Close()
		}
	}()
	w := &building{Builder: b, action: a, do: do, scratch: scratch, opened: map[string]*store.Cache{}}
	defer w.closeCaches()
	if err := w.prepare(ctx, inputs); err != nil {
		return nil, err
	}
	defer w.log.Close()
	if err := w.steps(ctx, do.Steps); err != nil {
		return nil, err
	}
	return w.harvest(ctx)
}

func (w *building) steps(ctx context.Context, steps []recipe.Step) error {
	for _, s := range steps {
		if err := w.step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// rootOf are the layers of a build's root, top first: what the builds before
// changed, the source as scratch has it, the caches of its languages, its packages.
func (w *building) rootOf(scratch *store.Scratch, inputs map[plan.ID]store.Result) ([]string, error) {
	layers, err := w.earlier(inputs)
	if err != nil {
		return nil, err
	}
	if w.do.Layered() {
		layers = append(layers, filepath.Join(scratch.Dir(), sourceLayer))
	}
	caches, err := w.vendored(w.do, inputs)
	if err != nil {
		return nil, err
	}
	packages, err := w.stack(w.do.Root, inputs)
	return slices.Concat(layers, caches, packages), err
}

func (w *building) upper() string { return filepath.Join(w.scratch.Dir(), "upper") }

// prepare puts the sources where the steps look for them, and finds the layers
// of the root.
func (w *building) prepare(ctx context.Context, inputs map[plan.ID]store.Result) error {
	for _, dir := range []string{w.source(), filepath.Join(w.upper(), sourceDir), filepath.Join(w.upper(), outDir)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	var err error
	if w.layers, err = w.rootOf(w.scratch, inputs); err != nil {
		return err
	}
	if err := w.knowLocales(inputs); err != nil {
		return err
	}
	if w.shares, err = w.knowsFifos(w.do.Root, inputs); err != nil {
		return err
	}
	if err := w.revealSecrets(ctx); err != nil {
		return err
	}
	if w.log, err = newTee(filepath.Join(w.scratch.Dir(), logName), func(line string) {
		w.event(Event{Action: w.action, State: Output, Line: line})
	}); err != nil {
		return err
	}
	w.log.search = w.search
	if err := w.placeSources(ctx); err != nil {
		return err
	}
	if w.epoch.IsZero() {
		newest, err := w.newest(w.do.Root, inputs)
		if err != nil {
			return err
		}
		w.epoch = unixTime(newest)
	}
	return nil
}

func (w *building) step(ctx context.Context, s recipe.Step) error {
	runner, err := w.run(ctx)
	if err != nil {
		return err
	}
	j, err := w.job(s)
	if err != nil {
		return err
	}
	if err := w.caches(&j); err != nil {
		return err
	}
	if !strings.HasPrefix(s.Run, "#!") {
		if err := w.trap(&j); err != nil {
			return err
		}
	}
	leave, err := w.share(&j)
	if err != nil {
		return err
	}
	res, err := runner.Run(ctx, j, job.Streams{Out: w.log, Err: w.log})
	leave()
	if err != nil {
		return fmt.Errorf("step %q: %w", s.Name, err)
	}
	w.ends = append(w.ends, time.Now())
	w.reports = append(w.reports, res.Reports...)
	if res.Exit == 0 && res.Signal == 0 && !res.Timeout {
		w.listed = append(w.listed, listing(w.upper()))
		return w.said(s)
	}
	failed := &StepError{Recipe: w.action.Recipe, Step: s.Name, Limits: s.Limits, Result: res, Tail: w.log.Tail()}
	if err := w.leftSecret(s); err != nil {
		if leak := (*LeakError)(nil); errors.As(err, &leak) {
			return err
		}
		return fmt.Errorf("%w (and its root was not kept: %w)", failed, err)
	}
	failed.blame(s, w.scratch.Dir())
	return w.keep(failed)
}

// keep leaves the root of a failed step, and the log beside it, to `ashlar shell`
// and `ashlar log`.
func (w *building) keep(e *StepError) error {
	w.log.Close()
	err := os.WriteFile(filepath.Join(w.scratch.Dir(), stepsName), []byte(e.Step), 0o600)
	if err == nil {
		err = w.scratch.Keep(keptName(e.Recipe))
	}
	if err != nil {
		return fmt.Errorf("%w (and its root could not be kept: %w)", e, err)
	}
	return e
}

// keptName is the name under which the store keeps what the last failed step of
// a recipe left.
func keptName(recipe string) string { return "failed-" + recipe }

// job says how one step runs.
func (w *building) job(s recipe.Step) (job.Job, error) {
	if len(w.do.Root.Packages) == 0 {
		return job.Job{}, fmt.Errorf("step %q has no root: [depends] build is empty", s.Name)
	}
	script := filepath.Join(w.scratch.Dir(), stepName)
	if err := os.WriteFile(script, []byte(s.Run), 0o755); err != nil {
		return job.Job{}, err
	}
	flags := filepath.Join(w.scratch.Dir(), "with-flags")
	if err := os.WriteFile(flags, []byte(withFlags), 0o755); err != nil {
		return job.Job{}, err
	}
	user, group, err := accountOf(append([]string{w.upper()}, w.layers...), s.User)
	if err != nil {
		return job.Job{}, &diag.Error{Pos: s.Pos, Msg: fmt.Sprintf("step %q: %v", s.Name, err), Hint: "declare it in [user], or build-depend on the package that makes it"}
	}
	j := job.Job{
		Name: w.action.Recipe + ": " + s.Name, Layers: w.layers, Scratch: w.scratch.Dir(),
		Args: command(s.Run), Env: w.env(s), Dir: w.workdir(s),
		User: user, Group: group, Hostname: effects.Hostname, Profile: job.Build, Timeout: s.Limits.Timeout,
		Limits: job.Limits{Memory: s.Limits.Memory, Processes: s.Limits.Processes},
		Tmpfs:  []job.Tmpfs{{Path: "/run", Mode: 0o755}, {Path: "/tmp", Mode: 0o1777}},
		Binds:  []job.Bind{{From: script, To: scriptPath}, {From: flags, To: flagsPath}},
	}
	for _, ref := range s.Secrets {
		j.Files = append(j.Files, job.File{Path: secretsDir + ref.Name, Mode: 0o400, Data: w.secrets[ref.Name]})
	}
	if w.do.Room.Flags != "none" {
		j.Args = append([]string{flagsPath}, j.Args...)
	}
	return j, nil
}

// command runs a script by its own #! line, or by bash, which every root has.
func command(script string) []string {
	if line, ok := strings.CutPrefix(script, "#!"); ok {
		line, _, _ = strings.Cut(line, "\n")
		program, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		if arg = strings.TrimSpace(arg); arg != "" {
			return []string{program, arg, scriptPath}
		}
		return []string{program, scriptPath}
	}
	return []string{"/bin/bash", "-euo", "pipefail", scriptPath}
}

// env is the whole environment of a step, in a fixed order; of two settings of
// one name the later counts.
func (w *building) env(s recipe.Step) []string {
	jobs := strconv.Itoa(w.Jobs)
	env := newEnvironment()
	for _, v := range w.do.Vars {
		env.set(v.Name, v.Value)
	}
	env.set("PATH", usualPath)
	env.set("HOME", "/root")
	env.set("LC_ALL", "C.UTF-8")
	env.set("TZ", "UTC")
	env.set("SOURCE_DATE_EPOCH", strconv.FormatInt(w.epoch.Unix(), 10))
	env.set("src", sourceDir)
	env.set("out", outDir)
	env.set("jobs", jobs)
	env.set("MAKEFLAGS", "-j"+jobs)
	for _, kind := range w.do.Languages {
		for _, v := range language.Env(kind) {
			name, value, _ := strings.Cut(v, "=")
			env.set(name, value)
		}
	}
	for _, v := range w.do.Room.Env {
		env.set(v.Name, v.Value)
	}
	for _, v := range s.Env {
		env.set(v.Name, v.Value)
	}
	return env.list()
}

func (w *building) workdir(s recipe.Step) string {
	dir := s.Workdir
	if dir == "" {
		dir = w.do.Room.Workdir
	}
	if filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(sourceDir, dir)
}
