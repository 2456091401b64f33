package container

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/cgroup"
	"github.com/ashlar-build/ashlar/buildroot/job"
)

// divide writes into a directory what it would write into a mount.
func TestDivide(t *testing.T) {
	root := t.TempDir()
	if err := divide(root); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"keeper/cgroup.procs": "0", "cgroup.subtree_control": "+memory +pids", "jobs/cgroup.subtree_control": "+memory +pids",
	} {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || string(got) != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
	if max, err := os.ReadFile(filepath.Join(root, "jobs/memory.max")); err != nil || len(max) < len("100000000") {
		t.Errorf("jobs/memory.max: %q, %v", max, err)
	}
}

func TestMemoryForJobs(t *testing.T) {
	const mb = 1 << 20
	for total, want := range map[uint64]uint64{
		256 * mb: 128 * mb, 512 * mb: 256 * mb, 1024 * mb: 768 * mb, 4096 * mb: 3840 * mb, 65536 * mb: 61440 * mb,
	} {
		if got := memoryForJobs(total); got != want {
			t.Errorf("of %d MB: %d MB, want %d", total/mb, got/mb, want/mb)
		}
	}
}

func TestGroupOf(t *testing.T) {
	if g := groupOf("", job.Limits{Memory: 1 << 30}); g.Path != "" || g.Resources.Memory != 0 || g.Resources.PidsLimit != nil {
		t.Errorf("without a group: %+v of %q", g.Resources, g.Path)
	}
	g := groupOf("/jobs/c1", job.Limits{})
	if g.Path != "/jobs/c1" || g.Resources.Memory != 0 || g.Resources.MemorySwap != 0 || *g.Resources.PidsLimit != processes {
		t.Errorf("no limits: %+v of %q", g.Resources, g.Path)
	}
	r := groupOf("/jobs/c1", job.Limits{Memory: 1 << 30, Processes: 64}).Resources
	if r.Memory != 1<<30 || r.MemorySwap != r.Memory || *r.PidsLimit != 64 || r.Unified["memory.oom.group"] != "1" {
		t.Errorf("limits: %+v", r)
	}
}

func TestStarved(t *testing.T) {
	tests := []struct {
		name, events  string
		killed, limit bool
	}{
		{"nothing happened", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n", false, false},
		{"reclaimed at the limit", "low 0\nhigh 0\nmax 311\noom 0\noom_kill 0\n", false, false},
		{"over the limit", "low 0\nhigh 0\nmax 99\noom 1\noom_kill 3\noom_group_kill 1\n", true, true},
		{"the machine's memory", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 3\noom_group_kill 1\n", true, false},
		{"an allocation that failed", "max 9\noom 1\noom_kill 0\n", false, false},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "memory.events"), []byte(tt.events), 0o644); err != nil {
			t.Fatal(err)
		}
		if killed, limit := starved(dir); killed != tt.killed || limit != tt.limit {
			t.Errorf("%s: killed %v, limit %v", tt.name, killed, limit)
		}
	}
	if killed, limit := starved(t.TempDir()); killed || limit {
		t.Error("without a group something was killed")
	}
}

// enter is for Options.Group. Where there is no group to be had, the tests below
// show what holds then.
func enter(ctx context.Context, pid int) (func() error, error) {
	g, err := cgroup.Enter(ctx, pid, os.Getuid(), os.Getgid())
	if err != nil {
		return nil, err
	}
	return g.Close, nil
}

// What a job keeps in memory beside its processes counts, too: with a control
// group the kernel ends all of the job, and it is known why.
func TestContainerGroupMemory(t *testing.T) {
	k := start(t, Options{Group: enter})
	j := shell(t, "(sleep 1000 &); head -c 400000000 /dev/zero >/dev/shm/x; echo survived")
	j.Limits.Memory = 256 << 20
	out, res := try(t, k, j)
	if err := k.Limits(); err != nil {
		t.Logf("no control group here: %v", err)
		if res.OutOfMemory || res.LimitReached || !strings.Contains(out, "survived") {
			t.Errorf("%+v, printed %q; setrlimit(2) does not count this", res, out)
		}
		return
	}
	if !res.OutOfMemory || !res.LimitReached || res.Signal != 9 || strings.Contains(out, "survived") {
		t.Errorf("%+v, printed %q; want the end of all of it", res, out)
	}
	j.Limits.Memory = 0
	if out, res := try(t, k, j); res.OutOfMemory || res.LimitReached || !strings.Contains(out, "survived") {
		t.Errorf("without a limit: %+v, printed %q", res, out)
	}
}

// A job sees nothing of where its group is.
func TestContainerGroupUnseen(t *testing.T) {
	for _, o := range []Options{{}, {Group: enter}} {
		k := start(t, o)
		if got := run(t, k, shell(t, "grep ^0: /proc/self/cgroup; ls /sys")); got != "0::/\n" {
			t.Errorf("printed %q", got)
		}
	}
}

// The limit of processes holds with a group as without.
func TestContainerGroupProcesses(t *testing.T) {
	k := start(t, Options{Group: enter})
	j := shell(t, `i=0; while [ $i -lt 200 ]; do sleep 100 & i=$((i+1)); done; echo started`)
	j.Limits.Processes = 64
	if out, res := try(t, k, j); res.Exit == 0 || strings.Contains(out, "started") {
		t.Errorf("%+v, printed %q", res, out)
	}
}

// Why there is no group is kept, and containers run without.
func TestContainerGroupRefused(t *testing.T) {
	why := errors.New("not today")
	k := start(t, Options{Group: func(context.Context, int) (func() error, error) { return nil, why }})
	if !errors.Is(k.Limits(), why) {
		t.Errorf("limits: %v", k.Limits())
	}
	if got := run(t, k, shell(t, "echo fine")); got != "fine\n" {
		t.Errorf("printed %q", got)
	}
}
