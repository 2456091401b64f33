package container

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

// helpFront is a program that runs a container, for others to kill. Its
// standard input, which nobody reads, goes on to all processes.
func helpFront(args []string) {
	dir, root, stage := args[0], args[1], args[2]
	k, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("keeper", k.cmd.Process.Pid)
	if stage == "keeper" {
		time.Sleep(time.Hour)
	}
	_, err = k.Run(context.Background(), job.Job{Name: "test", Layers: []string{root}, Binds: []job.Bind{{From: "/usr", To: "/usr"}},
		Args: []string{"/bin/sh", "-c", "setsid sleep 1000 & sleep 1000 & echo running; wait"}, Env: []string{"PATH=/usr/bin"}},
		job.Streams{In: os.Stdin, Out: os.Stdout})
	fmt.Println("run:", err)
}

// Whoever is killed, front or keeper: nothing is left, and the next run works.
func TestContainerDeath(t *testing.T) {
	for _, stage := range []string{"keeper", "running"} {
		for _, victim := range []string{"front", "keeper"} {
			t.Run(stage+"/"+victim, func(t *testing.T) { testDeath(t, stage, victim) })
		}
	}
}

// startFront runs helpFront until it has come to a stage. What is left of it
// can be told by the pipe: its other end is everybody's standard input.
func startFront(t *testing.T, dir, stage string) (cmd *exec.Cmd, keeper int, left *os.File) {
	t.Helper()
	left, mark, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command("/proc/self/exe", dir, hostRoot(t), stage)
	cmd.Env = append(os.Environ(), "ASHLAR_TEST_HELPER=front")
	cmd.Stdin = mark
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	mark.Close()
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != stage {
		if n, ok := strings.CutPrefix(lines.Text(), "keeper "); ok {
			keeper, _ = strconv.Atoi(n)
			if stage != "running" {
				break
			}
		}
	}
	if keeper == 0 {
		t.Fatalf("no keeper: %q", lines.Text())
	}
	return cmd, keeper, left
}

// The front may die at any moment of a container's start.
func TestContainerDeathAtAnyMoment(t *testing.T) {
	for i := range 10 {
		dir := scratch(t)
		cmd, keeper, left := startFront(t, dir, "starting")
		time.Sleep(time.Duration(i) * 8 * time.Millisecond)
		cmd.Process.Kill()
		if err := allGone(left); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		cmd.Wait()
		left.Close()
		if err := goneSoon(keeper); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// allGone waits for the end of file that says that every process that had the
// mark is gone.
func allGone(left *os.File) error {
	left.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := left.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return fmt.Errorf("processes are left: %v", err)
	}
	return nil
}

func testDeath(t *testing.T, stage, victim string) {
	dir := scratch(t)
	cmd, keeper, left := startFront(t, dir, stage)
	defer left.Close()
	defer cmd.Process.Kill()
	if victim == "keeper" {
		unix.Kill(keeper, unix.SIGKILL)
		if stage == "keeper" {
			time.Sleep(100 * time.Millisecond)
			cmd.Process.Kill() // it sleeps, and does not know yet
		}
	} else {
		cmd.Process.Kill()
	}
	if err := allGone(left); err != nil {
		t.Error(err)
	}
	cmd.Wait()
	if err := goneSoon(keeper); err != nil {
		t.Error(err)
	}
	// What it left on disk goes with the next keeper, once it is old enough.
	locks, _ := filepath.Glob(filepath.Join(dir, "*.lock"))
	for _, name := range locks {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(name, old, old); err != nil {
			t.Error(err)
		}
	}
	k := start(t, Options{Dir: dir})
	run(t, k, shell(t, "true"))
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if names, err := os.ReadDir(dir); len(names) != 0 || err != nil {
		t.Errorf("left on disk: %v, %v", names, err)
	}
}

// goneSoon waits until a process is no more, or waits for somebody to ask for
// its status.
func goneSoon(pid int) error {
	for range 500 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) || bytes.Contains(stat, []byte(") Z ")) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("process %d lives", pid)
}

func TestContainerCancel(t *testing.T) {
	k := start(t, Options{})
	cause := errors.New("enough")
	tests := []struct {
		name, script string
		grace        time.Duration
		stop         os.Signal
		exit         int
		out          string
	}{
		{"obeys", `trap 'echo told; exit 3' TERM; echo up; while :; do sleep 0.01; done`, time.Minute, nil, 3, "up\ntold\n"},
		{"other signal", `trap 'echo told; exit 4' INT; echo up; while :; do sleep 0.01; done`, time.Minute, os.Interrupt, 4, "up\ntold\n"},
		{"dies", `echo up; exec sleep 1000`, time.Minute, nil, 143, "up\n"},
		{"stubborn", `trap '' TERM; echo up; sleep 1000 & wait; sleep 1000`, 0, nil, 137, "up\n"},
	}
	for _, test := range tests {
		ctx, cancel := context.WithCancelCause(context.Background())
		var out bytes.Buffer
		j := shell(t, test.script)
		j.Grace, j.Stop = test.grace, test.stop
		w := writerFunc(func(p []byte) (int, error) {
			if bytes.Contains(p, []byte("up")) {
				cancel(cause)
			}
			return out.Write(p)
		})
		begin := time.Now()
		res, err := k.Run(ctx, j, job.Streams{Out: w})
		if !errors.Is(err, cause) || res.Exit != test.exit || out.String() != test.out {
			t.Errorf("%s: %+v, %v, %q", test.name, res, err, out.String())
		}
		if d := time.Since(begin); d > 30*time.Second {
			t.Errorf("%s: took %v", test.name, d)
		}
		cancel(nil)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(cause)
	if _, err := k.Run(ctx, shell(t, "true"), job.Streams{}); !errors.Is(err, cause) {
		t.Errorf("cancelled before: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestContainerTimeout(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, "exec sleep 1000")
	j.Timeout = 200 * time.Millisecond
	res, err := k.Run(context.Background(), j, job.Streams{})
	if err != nil || !res.Timeout || res.Exit != 143 || res.Signal != 15 {
		t.Errorf("%+v, %v", res, err)
	}
}

// A daemon that holds the streams ends with the command, and does not keep us.
func TestContainerDaemon(t *testing.T) {
	k := start(t, Options{})
	begin := time.Now()
	same(t, "output", run(t, k, shell(t, `(setsid sleep 1000 &) ; trap '' TERM; sleep 1000 & echo done`)), "done\n")
	if d := time.Since(begin); d > time.Minute {
		t.Errorf("took %v", d)
	}
}

// Close ends what runs, at once.
func TestContainerClose(t *testing.T) {
	k := start(t, Options{})
	done := make(chan error, 1)
	up := make(chan struct{})
	go func() {
		_, err := k.Run(context.Background(), shell(t, "exec sleep 1000"), job.Streams{Started: func(job.Running) { close(up) }})
		done <- err
	}()
	<-up
	if err := k.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; err == nil || !strings.Contains(err.Error(), "container keeper") {
		t.Errorf("Run: %v", err)
	}
	if _, err := k.Run(context.Background(), shell(t, "true"), job.Streams{}); err == nil {
		t.Error("Run after Close: no error")
	}
	if _, err := k.Scan(context.Background(), scratch(t), nil); err == nil {
		t.Error("Scan after Close: no error")
	}
}

// Start ends with its context, at whatever it is.
func TestContainerStartIsCancelled(t *testing.T) {
	cause := errors.New("enough")
	for i := range 20 {
		ctx, cancel := context.WithCancelCause(context.Background())
		dir := scratch(t)
		time.AfterFunc(time.Duration(i)*2*time.Millisecond, func() { cancel(cause) })
		done := make(chan error, 1)
		go func() {
			k, err := Start(ctx, Options{Dir: dir})
			if err == nil {
				err = k.Close()
			} else if !errors.Is(err, cause) {
				t.Errorf("%d: %v", i, err)
			}
			done <- err
		}()
		select {
		case <-done:
		case <-time.After(time.Minute):
			t.Fatalf("%d: Start did not return", i)
		}
		cancel(nil)
		if names, err := os.ReadDir(dir); len(names) != 0 || err != nil {
			t.Errorf("%d: left on disk: %v, %v", i, names, err)
		}
	}
}

// The keeper leaves no dead children, descriptors, mounts or threads behind.
// It cleans up when the front has its answer: what is left is what stays left.
func TestContainerLeaks(t *testing.T) {
	const runs = 20
	k := start(t, Options{})
	j := shell(t, "chown 1:1 /etc; ln -s x /l; chown -h 1:1 /l; (true &)")
	run(t, k, j)
	before := held{}
	if err := eventually(func() error {
		last := before
		before = heldBy(t, k.cmd.Process.Pid)
		if last != before {
			return fmt.Errorf("%+v, then %+v", last, before)
		}
		return nil
	}); err != nil {
		t.Fatalf("a keeper without work changes: %v", err)
	}
	for range runs {
		run(t, k, j)
	}
	err := eventually(func() error {
		after := heldBy(t, k.cmd.Process.Pid)
		// The Go runtime keeps a few threads for system calls that wait; mounts get
		// fewer when the host removes a directory that something is mounted on.
		if after.descriptors > before.descriptors || after.threads > before.threads+runs/3 ||
			after.mounts > before.mounts || after.children != 0 {
			return fmt.Errorf("%+v, were %+v", after, before)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// held is what a process has of the kernel.
type held struct{ descriptors, threads, mounts, children int }

func heldBy(t *testing.T, pid int) held {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	proc := fmt.Sprintf("/proc/%d", pid)
	descriptors, err := os.ReadDir(proc + "/fd")
	check(err)
	threads, err := os.ReadDir(proc + "/task")
	check(err)
	mounts, err := os.ReadFile(proc + "/mountinfo")
	check(err)
	h := held{descriptors: len(descriptors), threads: len(threads), mounts: bytes.Count(mounts, []byte("\n"))}
	for _, thread := range threads {
		children, err := os.ReadFile(filepath.Join(proc, "task", thread.Name(), "children"))
		if err == nil { // else the thread has ended
			h.children += len(bytes.Fields(children))
		}
	}
	return h
}

// eventually asks again until there is no error, for ten seconds, and returns
// the last one.
func eventually(f func() error) (err error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = f(); err == nil {
			return nil
		}
	}
	return err
}
