package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func testCommand() *command {
	return &command{
		name: "test", args: "[NAME...]", short: "run recipes' tests in their images",
		long: `Builds the recipes, starts their images and runs the tests that the recipes declare:
scripts beside the started image, once its heartbeat is good, and programs inside it.
Other images that a test names are started before it, in the same network.
Prints a line for each test; exit status 1 if one fails. Tests of images that could
not be built are skipped, and the others run.`,
		store: true, run: runTest,
	}
}

func runTest(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	env.tests = true
	b, buildErr := env.build(ctx, names, false)
	if b == nil || ctx.Err() != nil {
		return buildErr
	}
	keeper, err := env.keeper(ctx)
	if err != nil {
		return err
	}
	ran, failed, skipped := 0, 0, 0
	for _, i := range b.instances {
		for _, t := range i.Tests {
			tr := &trial{env: env, b: b, runner: keeper, inst: i, test: t}
			if lacks := tr.lacks(); lacks != "" {
				fmt.Fprintf(env.out, "skipped %s %s: %s was not built\n", lock.FullName(i), t.Name, lacks)
				skipped++
				continue
			}
			ran++
			if err := tr.verdict(ctx); ctx.Err() != nil {
				return context.Cause(ctx)
			} else if err != nil {
				failed++
			}
		}
	}
	if failed > 0 {
		return errors.Join(buildErr, fmt.Errorf("%d of %s failed", failed, plural(ran, "test")))
	}
	if ran+skipped == 0 && buildErr == nil {
		fmt.Fprintln(env.err, "these recipes declare no tests")
	}
	return buildErr
}

// A trial is one test that runs.
type trial struct {
	env    *env
	b      *built
	runner buildroot.Runner
	inst   *recipe.Instance
	test   recipe.Test
	out    bytes.Buffer // standard output of the test
	errs   bytes.Buffer

	servers []*server // that were started
}

// lacks is the recipe that the test needs and that was not built, or "".
func (t *trial) lacks() string {
	needs := []*recipe.Instance{t.inst}
	for _, c := range t.test.With {
		needs = append(needs, t.b.graph.Find(c.Dep, t.inst))
	}
	for _, i := range needs {
		if _, built := t.b.results[lock.FullName(i)]; !built {
			return lock.FullName(i)
		}
	}
	return ""
}

// verdict runs the test and prints what came of it.
func (t *trial) verdict(ctx context.Context) error {
	began := time.Now()
	err := t.run(ctx)
	if ctx.Err() != nil {
		return err
	}
	verdict := "ok    "
	if err != nil {
		verdict = "failed"
	}
	fmt.Fprintf(t.env.out, "%s %s %s %.1fs\n", verdict, lock.FullName(t.inst), t.test.Name, time.Since(began).Seconds())
	if err != nil {
		t.explain(err)
	}
	return err
}

// maxSaid is how much of what a test says is kept.
const maxSaid = 1 << 20

func (t *trial) run(ctx context.Context) error {
	full := lock.FullName(t.inst)
	img, ok := t.b.images[full]
	if !ok {
		return errors.New("the recipe has no image")
	}
	root, err := buildroot.Unpack(ctx, t.env.opened.store, t.b.results[full])
	if err != nil {
		return err
	}
	image := &server{who: "the image", health: t.inst.Image.Health}
	config := withEnv(img.Config, t.test.Env)
	var cmd []string
	if t.test.Exec != nil {
		config.Entrypoint, cmd = nil, t.test.Exec
	} else if t.test.Cmd != nil {
		cmd = t.test.Cmd
	}
	image.job, err = imageJob(full, root, config, t.inst.Image, cmd)
	if err != nil {
		return err
	}
	servers, err := t.companions(ctx)
	if err != nil {
		return err
	}
	image.job.Limits = limitsOf(t.test)
	image.job.Files = append(image.job.Files, t.hosts()...)
	if t.test.Exec == nil {
		servers = append(servers, image)
	}
	t.servers = servers
	return t.start(ctx, servers, nil, func(ctx context.Context, network job.Running) error {
		if t.test.Exec == nil {
			return t.script(ctx, network)
		}
		image.job.Timeout = t.test.Limits.Timeout
		res, err := t.runner.Run(ctx, image.job, job.Streams{Out: limited{&t.out}, Err: limited{&t.errs}, Network: network})
		if err != nil {
			return err
		}
		return t.judge(res)
	})
}

func limitsOf(t recipe.Test) job.Limits {
	return job.Limits{Memory: t.Limits.Memory, Processes: t.Limits.Processes}
}

// beyond returns which limit a job was ended for, or nil.
func beyond(res job.Result, timeout time.Duration, memory string) error {
	switch {
	case res.Timeout:
		return fmt.Errorf("it took longer than the %s that it may", timeout)
	case res.LimitReached:
		return fmt.Errorf("it needed more than the %s of memory that it may use", memory)
	case res.OutOfMemory:
		return errors.New("the machine had no memory left for it")
	}
	return nil
}

func (t *trial) script(ctx context.Context, image job.Running) error {
	full := lock.FullName(t.inst)
	layers, err := t.b.builder.Layers(ctx, t.b.plan.Roots[full+" test "+t.test.Name])
	if err != nil {
		return err
	}
	scratch, err := t.env.opened.store.Scratch("test")
	if err != nil {
		return err
	}
	defer scratch.Close()
	file := filepath.Join(scratch.Dir(), "script")
	if err := os.WriteFile(file, []byte(t.test.Run), 0o755); err != nil {
		return err
	}
	res, err := t.runner.Run(ctx, job.Job{
		Name: full + ": test " + t.test.Name, Layers: layers, Scratch: filepath.Join(scratch.Dir(), "root"),
		Args: []string{"/bin/bash", "-euo", "pipefail", "/run/ashlar/test"},
		Env:  []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC"},
		Dir:  "/", Binds: []job.Bind{{From: file, To: "/run/ashlar/test"}}, Files: t.hosts(),
		Limits: limitsOf(t.test), Timeout: t.test.Limits.Timeout,
		Tmpfs: []job.Tmpfs{{Path: "/run"}, {Path: "/tmp", Mode: 0o1777}},
	}, job.Streams{Out: limited{&t.out}, Err: limited{&t.errs}, Network: image})
	if err != nil {
		return err
	}
	return t.judge(res)
}

// judge compares what came with what the test expects.
func (t *trial) judge(res job.Result) error {
	if err := beyond(res, t.test.Limits.Timeout, recipe.Size(t.test.Limits.Memory)); err != nil {
		return err
	}
	if res.Exit != t.test.Exit {
		return fmt.Errorf("exit status %d, not %d", res.Exit, t.test.Exit)
	}
	for _, want := range t.test.Stdout {
		if !strings.Contains(t.out.String(), want) {
			return fmt.Errorf("standard output does not contain %q", want)
		}
	}
	return nil
}

func (t *trial) explain(err error) {
	t.quote("stdout", &t.out)
	t.quote("stderr", &t.errs)
	for _, s := range t.servers {
		t.quote(strings.TrimPrefix(s.who, "the "), &s.said)
	}
	diag.Print(t.env.err, &diag.Error{Pos: t.test.Pos, Msg: fmt.Sprintf("test %s: %v", t.test.Name, err)}, diag.Options{Color: t.env.color})
}

// quote prints the last lines of what somebody said.
func (t *trial) quote(who string, said *bytes.Buffer) {
	lines := strings.Split(strings.TrimRight(said.String(), "\n"), "\n")
	for _, line := range slices.Collect(lastOf(lines, 20)) {
		if line != "" {
			fmt.Fprintf(t.env.err, "  %s | %s\n", who, harmless(line))
		}
	}
}

func lastOf(lines []string, n int) func(func(string) bool) {
	return slices.Values(lines[max(0, len(lines)-n):])
}

// limited keeps the first of what is written to it.
type limited struct{ b *bytes.Buffer }

func (l limited) Write(p []byte) (int, error) {
	if room := maxSaid - l.b.Len(); room > 0 {
		l.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
