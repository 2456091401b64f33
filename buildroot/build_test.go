package buildroot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

const tool = `[depends]
build = ["base"]
[[step]]
run = "make"
[artefacts]
main = ["/tool"]
`

// user is a recipe that is built with tool.
const user = `[depends]
build = ["recipe:tool"]
[[step]]
run = "use"
[artefacts]
main = ["/used"]
`

func equalText(t *testing.T, what, got, want string) {
	t.Helper()
	if got = strings.TrimSpace(got); got != strings.TrimSpace(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// A build whose results the store has starts nothing, fetches nothing and reads
// no package.
func TestSecondBuildDoesNothing(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool, "user": user})
	w.does("tool: 1", map[string]string{"tool": "1"})
	w.does("user: 1", map[string]string{"used": "1"})
	p, first, err := w.build(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	equalText(t, "first", w.states(plan.KindBuild, plan.KindCollect), "build tool: done\nbuild user: done\ncollect tool: done\ncollect user: done")
	equalText(t, "tree", w.tree(p, first, "user", "main"), "/used file 0644 root:root 6b86b273 [recipe user 1]")
	if w.starts != 1 || w.fetched != 1 {
		t.Errorf("first: the runner was started %d times, %d files were fetched", w.starts, w.fetched)
	}
	_, second, err := w.build(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if w.starts != 1 || w.fetched != 1 {
		t.Error("the second build started a runner or fetched something")
	}
	equalText(t, "second", w.states(plan.KindUnpack, plan.KindConfigure, plan.KindBuild, plan.KindCollect), "collect tool: stored\ncollect user: stored")
	for _, g := range p.Goals {
		if a, b := first.ByAction[g.Action].Trees["main"], second.ByAction[g.Action].Trees["main"]; a != b || a == "" {
			t.Errorf("%s: %q, then %q", g.Recipe, a, b)
		}
	}
}

// What is made again and comes out equal ends the work: what needs it is not
// made again.
func TestEarlyCutOff(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool, "user": user})
	w.does("tool: 1", map[string]string{"tool": "1"})
	w.does("user: 1", map[string]string{"used": "1"})
	if _, _, err := w.build(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	w.write("tool", strings.Replace(tool, "make", "make with other words", 1))
	if _, _, err := w.build(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	equalText(t, "ran", fmt.Sprint(w.ran), "[tool: 1]")
	equalText(t, "equal", w.states(plan.KindBuild, plan.KindCollect), "build tool: done\nbuild user: stored\ncollect tool: stored\ncollect user: stored")

	w.does("tool: 1", map[string]string{"tool": "2"})
	w.write("tool", strings.Replace(tool, "make", "make something else", 1))
	if _, _, err := w.build(t.Context(), Options{}); err != nil {
		t.Fatal(err)
	}
	equalText(t, "ran", fmt.Sprint(w.ran), "[tool: 1 user: 1]")
}

// One recipe that fails stops none that does not need it, and is told of once.
func TestFailureStaysAlone(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool, "user": user, "second-user": user, "other": strings.ReplaceAll(tool, "tool", "other")})
	w.steps["tool: 1"] = func(string) job.Result { return job.Result{Exit: 3} }
	w.does("other: 1", map[string]string{"other": "1"})
	p, r, err := w.build(t.Context(), Options{Jobs: 1})
	if err == nil || strings.Count(err.Error(), "exit status 3") != 1 || !strings.HasPrefix(err.Error(), "build tool: ") {
		t.Errorf("error %v", err)
	}
	equalText(t, "states", w.states(plan.KindBuild, plan.KindCollect), "build other: done\nbuild tool: failed\ncollect other: done")
	for _, g := range p.Goals {
		_, ok := r.ByAction[g.Action]
		if failed := r.Failed[g.Action]; ok != (g.Recipe == "other") || ok == (failed != nil) {
			t.Errorf("%s: in the results: %v, failed: %v", g.Recipe, ok, failed)
		}
	}
	var step *StepError
	if !errors.As(err, &step) || step.Recipe != "tool" || step.Step != "1" || step.Pos.File != "recipes/tool/recipe.toml" || step.Result.Exit != 3 {
		t.Errorf("the step's error is %+v", step)
	}
	// Its root is kept for a shell.
	left, err := OpenLeft(w.store, "tool")
	if err != nil || left.Step != "1" {
		t.Fatalf("what the step left: %+v, %v", left, err)
	}
	left.Close()

	w.does("tool: 1", map[string]string{"tool": "1"})
	w.does("user: 1", map[string]string{"used": "1"})
	w.does("second-user: 1", map[string]string{"used": "1"})
	if _, _, err := w.build(t.Context(), Options{}); err != nil {
		t.Error(err)
	}
	if _, err := OpenLeft(w.store, "tool"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after a good build the failed step's root is still there: %v", err)
	}
}

// A fetch that fails is the failure of the actions that need the file.
func TestFetchFails(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool})
	clear(w.debs)
	_, _, err := w.build(t.Context(), Options{})
	if err == nil || err.Error() != "unpack base 1: fetch base 1: nobody has it" {
		t.Errorf("error %v", err)
	}
	if w.starts != 0 {
		t.Error("a runner was started")
	}
}

// Cancelling ends a build, whatever it is at, with the cause; nothing of it stays
// in the store, and the next build is a good one.
func TestCancel(t *testing.T) {
	cause := errors.New("enough")
	w := newWorld(t, map[string]string{"tool": tool, "user": user})
	w.does("tool: 1", map[string]string{"tool": "1"})
	w.does("user: 1", map[string]string{"used": "1"})
	ctx, cancel := context.WithCancelCause(t.Context())
	w.wait = func(ctx context.Context, _ string) error {
		cancel(cause)
		<-ctx.Done()
		return context.Cause(ctx)
	}
	p, r, err := w.build(ctx, Options{})
	if !errors.Is(err, cause) || len(r.ByAction) == 0 {
		t.Errorf("%d results, error %v", len(r.ByAction), err)
	}
	equalText(t, "failed", w.states(plan.KindBuild, plan.KindCollect), "")
	for _, g := range p.Goals {
		if _, ok, err := w.store.Result(string(g.Action)); ok || err != nil {
			t.Errorf("%s: in the store: %v, %v", g.Recipe, ok, err)
		}
	}
	if left := temporary(t, w); len(left) > 0 {
		t.Errorf("left in the store: %v", left)
	}
	cancelled, stop := context.WithCancelCause(t.Context())
	stop(cause)
	if _, _, err := w.build(cancelled, Options{}); !errors.Is(err, cause) {
		t.Errorf("cancelled before: %v", err)
	}
	w.wait = nil
	if _, _, err := w.build(t.Context(), Options{}); err != nil {
		t.Error(err)
	}
	equalText(t, "afterwards", w.states(plan.KindConfigure, plan.KindBuild), "build tool: done\nbuild user: done\nconfigure the base of trixie amd64: stored")
}

// A disk that is full is full for all: one says so, and the others stop.
func TestFullDiskStops(t *testing.T) {
	w := newWorld(t, map[string]string{"one": tool, "two": tool})
	w.wait = func(ctx context.Context, name string) error {
		if name == "one: 1" {
			return &os.PathError{Op: "write", Path: "/upper/file", Err: syscall.ENOSPC}
		}
		if !strings.HasPrefix(name, "two") {
			return nil // the base
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Second):
			return errors.New("it was not stopped")
		}
	}
	_, _, err := w.build(t.Context(), Options{Jobs: 2})
	if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "two") {
		t.Errorf("got %v", err)
	}
}

// What the full disk fails while all stops is told with its name, too.
func TestFullDiskOfTwo(t *testing.T) {
	w := newWorld(t, map[string]string{"one": tool, "two": tool})
	w.wait = func(ctx context.Context, name string) error {
		if name == "two: 1" {
			<-ctx.Done()
		}
		if strings.HasSuffix(name, ": 1") {
			return &os.PathError{Op: "write", Path: "/upper/file", Err: syscall.ENOSPC}
		}
		return nil // the base
	}
	_, _, err := w.build(t.Context(), Options{Jobs: 2})
	for _, label := range []string{"build one: ", "build two: "} {
		if err == nil || !strings.Contains(err.Error(), label) {
			t.Errorf("%q is not in %v", label, err)
		}
	}
}

// The first failure stops a build that is to fail fast: what works ends, what waits
// does not begin, and the results tell these apart.
func TestFailFast(t *testing.T) {
	w := newWorld(t, map[string]string{"bad": tool, "slow": tool, "late": strings.ReplaceAll(user, "tool", "slow"), "user": strings.ReplaceAll(user, "tool", "bad")})
	w.steps["bad: 1"] = func(string) job.Result { return job.Result{Exit: 3} }
	slow := make(chan struct{})
	w.wait = func(ctx context.Context, name string) error {
		if name == "slow: 1" {
			close(slow)
			<-ctx.Done()
			return context.Cause(ctx)
		}
		<-slow
		return nil
	}
	p, r, err := w.build(t.Context(), Options{Jobs: 2, FailFast: true})
	if err == nil || err.Error() != `build bad: step "1": exit status 3` {
		t.Errorf("error %v", err)
	}
	var got []string
	for _, a := range p.Actions {
		var input *InputError
		begun, stopped := r.Stopped[a.ID]
		switch err := r.Failed[a.ID]; {
		case stopped:
			got = append(got, fmt.Sprintf("%s: stopped, had begun: %v", a.Label, begun))
		case errors.As(err, &input):
			got = append(got, fmt.Sprintf("%s: not done because of %s", a.Label, input.Cause.Label))
		}
	}
	slices.Sort(got)
	equalText(t, "results", strings.Join(got, "\n"), `
build late: stopped, had begun: false
build slow: stopped, had begun: true
build user: not done because of build bad
collect bad: not done because of build bad
collect late: stopped, had begun: false
collect slow: stopped, had begun: false
collect user: not done because of build bad`)
}

// temporary are the directories of the store that were drafts or scratch.
func temporary(t *testing.T, w *world) []string {
	t.Helper()
	var left []string
	err := filepath.WalkDir(w.store.Dir(), func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "upper" || strings.HasPrefix(d.Name(), "build")) {
			left = append(left, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// No more actions work at once than were asked for; the digests are the same.
func TestJobs(t *testing.T) {
	var digests []string
	for _, jobs := range []int{1, 3} {
		recipes := map[string]string{}
		for i := range 6 {
			recipes[fmt.Sprintf("r%d", i)] = tool
		}
		w := newWorld(t, recipes)
		for name := range recipes {
			w.does(name+": 1", map[string]string{"tool": name})
		}
		var many atomic.Int32
		w.wait = func(ctx context.Context, _ string) error {
			// Long enough for others to come, if they may.
			for deadline := time.Now().Add(time.Second); int(many.Add(1)) < jobs && time.Now().Before(deadline); {
				many.Add(-1)
				time.Sleep(time.Millisecond)
			}
			return nil
		}
		p, r, err := w.build(t.Context(), Options{Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		if w.most > jobs {
			t.Errorf("-j %d: %d worked at once", jobs, w.most)
		}
		text := ""
		for _, g := range p.Goals {
			text += g.Recipe + r.ByAction[g.Action].Trees["main"] + "\n"
		}
		digests = append(digests, text)
	}
	equalText(t, "digests", digests[0], digests[1])
}

// Every action comes after its inputs, whatever the order of the goals.
func TestOrder(t *testing.T) {
	w := newWorld(t, map[string]string{"a": strings.ReplaceAll(user, "recipe:tool", "recipe:z"), "z": strings.ReplaceAll(user, "recipe:tool", "recipe:tool"), "tool": tool})
	w.does("tool: 1", map[string]string{"tool": "1"})
	w.does("z: 1", map[string]string{"used": "z"})
	w.does("a: 1", map[string]string{"used": "a"})
	if _, _, err := w.build(t.Context(), Options{Jobs: 8}); err != nil {
		t.Fatal(err)
	}
	equalText(t, "ran", fmt.Sprint(w.ran), "[tool: 1 z: 1 a: 1]")
	done := map[plan.ID]bool{}
	for _, e := range w.events {
		switch e.State {
		case Started:
			for _, id := range e.Action.Inputs {
				if !done[id] {
					t.Errorf("%s began before its inputs were done", e.Action.Label)
				}
			}
		case Done:
			done[e.Action.ID] = true
		}
	}
	if !slices.ContainsFunc(w.events, func(e Event) bool { return e.State == Done }) {
		t.Error("no events")
	}
}

// What cannot be unpacked is named once.
func TestDamagedPackage(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": tool})
	w.lock.Packages[0].SHA256 = w.put([]byte("no package"))
	_, _, err := w.build(t.Context(), Options{})
	if err == nil {
		t.Fatal("no error")
	}
	equalText(t, "error", err.Error(), "unpack base 1: this is no Debian package: it does not begin as an ar archive does")
}
