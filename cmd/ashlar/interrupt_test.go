package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A moment is a line of a build's events during which it is interrupted.
type moment struct {
	name   string
	line   string // regular expression
	signal syscall.Signal
	pty    bool // by Ctrl-C at a terminal
	exit   int
}

// stubborn is a step that does not want to end, and leaves a daemon that holds
// its output.
const stubborn = `[depends]
build = ["libc-bin"]
[[step]]
run = """
trap 'echo no' TERM INT
(setsid sleep 1000 &)
echo the step works
while :; do sleep 1; done
"""
[artefacts]
main = []
`

// Interrupted at any moment, ashlar ends soon with the status that shells know,
// and leaves no process, no mount and no half result; the next build goes on from
// there.
func TestArchiveInterrupt(t *testing.T) {
	needArchive(t)
	// Whatever is left without a parent becomes our child.
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) })
	store, dir := newStore(t), t.TempDir()
	recipe := filepath.Join(dir, "recipes", "stubborn", "recipe.toml")
	if err := os.MkdirAll(filepath.Dir(recipe), 0o755); err != nil {
		t.Fatal(err)
	}
	put := func(text string) {
		if err := os.WriteFile(recipe, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put(stubborn)
	run := func(args ...string) *exec.Cmd {
		cmd := exec.Command("ashlar", append([]string{"-C", dir, "--store", store}, args...)...)
		cmd.Env = append(os.Environ(), "NO_COLOR=1")
		return cmd
	}
	if out, err := run("lock").CombinedOutput(); err != nil {
		t.Fatalf("lock: %v\n%s", err, out)
	}
	for _, m := range []moment{
		{"before a fetch", `"event":"wanted"`, syscall.SIGINT, false, 130},
		{"unpacking", `"event":"started".*"kind":"unpack"`, syscall.SIGINT, false, 130},
		{"unpacking, terminated", `"event":"done".*"kind":"unpack"`, syscall.SIGTERM, false, 143},
		{"configuring", `"event":"started".*"kind":"configure"`, syscall.SIGINT, false, 130},
		{"in a maintainer script", `"event":"output".*"kind":"configure"`, syscall.SIGINT, false, 130},
		{"in a step", `"line":"the step works"`, syscall.SIGINT, false, 130},
		{"in a step, terminated", `"line":"the step works"`, syscall.SIGTERM, false, 143},
		{"in a step, at a terminal", `"line":"the step works"`, 0, true, 130},
	} {
		t.Run(m.name, func(t *testing.T) { m.test(t, run("--progress=json", "build"), store) })
	}
	put(strings.Replace(stubborn, "while :; do sleep 1; done", "", 1))
	if out, err := run("build").CombinedOutput(); err != nil {
		t.Errorf("the next build: %v\n%s", err, out)
	}
}

func (m moment) test(t *testing.T, cmd *exec.Cmd, store string) {
	out, interrupt := m.start(t, cmd)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	var log bytes.Buffer
	at := regexp.MustCompile(m.line)
	for lines.Scan() && !at.Match(lines.Bytes()) {
		fmt.Fprintln(&log, lines.Text())
	}
	if !at.Match(lines.Bytes()) {
		cmd.Process.Kill()
		t.Fatalf("the moment never came:\n%s", log.String())
	}
	begin := time.Now()
	interrupt()
	go io.Copy(io.Discard, out)
	err := cmd.Wait()
	took := time.Since(begin)
	t.Logf("ended after %v", took)
	var ended *exec.ExitError
	if !errors.As(err, &ended) || ended.ExitCode() != m.exit {
		t.Errorf("%v, want exit status %d", err, m.exit)
	}
	if took > 10*time.Second { // two without anything else on the machine
		t.Errorf("it took %v to end", took)
	}
	if left := orphans(); left != "" {
		t.Errorf("processes are left: %s", left)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || bytes.Contains(mounts, []byte(store)) {
		t.Errorf("mounts are left: %v\n%s", err, mounts)
	}
	for _, name := range []string{"run", "keepers"} {
		left, err := os.ReadDir(filepath.Join(store, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) || len(left) > 0 {
			t.Errorf("%s is left in the store's %s: %v", left, name, err)
		}
	}
}

// start starts the command and returns its events, and what interrupts it.
func (m moment) start(t *testing.T, cmd *exec.Cmd) (out io.Reader, interrupt func()) {
	t.Helper()
	if !m.pty {
		out, err := cmd.StderrPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		return out, func() { cmd.Process.Signal(m.signal) }
	}
	master, slave := openTerminal(t)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	return master, func() { master.WriteString("\x03") }
}

func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// orphans waits until this process has no children, and returns the command
// lines of those that do not end.
func orphans() string {
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		_, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if errors.Is(err, unix.ECHILD) {
			return ""
		}
	}
	var left []string
	tasks, _ := filepath.Glob("/proc/self/task/*/children")
	for _, name := range tasks {
		children, _ := os.ReadFile(name)
		for _, pid := range strings.Fields(string(children)) {
			line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
			left = append(left, pid+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return strings.Join(left, "; ")
}
