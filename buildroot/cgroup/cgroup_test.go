package cgroup

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// tree makes a directory with what a hierarchy's files hold.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// group adds the files of one group.
func group(files map[string]string, dir, available, handed, procs string) {
	for name, text := range map[string]string{"cgroup.controllers": available, "cgroup.subtree_control": handed,
		"cgroup.procs": procs, "cgroup.type": "domain\n"} {
		files[filepath.Join(dir, name)] = text
	}
}

func TestPlace(t *testing.T) {
	const all = "cpuset cpu io memory pids\n"
	tests := []struct {
		name  string
		files func(f map[string]string)
		want  string // "" if there is none
	}{
		{"the parent hands both down", func(f map[string]string) {
			group(f, "a", all, "memory pids\n", "")
			group(f, "a/own", "memory pids\n", "", "1\n")
		}, "a"},
		{"the parent has no process and may hand both down", func(f map[string]string) {
			group(f, "a", all, "", "")
			group(f, "a/own", "", "", "1\n")
		}, "a"},
		{"own processes stand in the way, and above is nothing", func(f map[string]string) {
			group(f, "a/own", all, "", "1\n")
		}, ""},
		{"the parent has processes", func(f map[string]string) {
			group(f, "a", all, "", "7\n")
			group(f, "a/own", "", "", "1\n")
		}, ""},
		{"no memory is handed down", func(f map[string]string) {
			group(f, "a", "cpu pids\n", "pids\n", "")
			group(f, "a/own", "pids\n", "", "1\n")
		}, ""},
		{"the root of all may have processes", func(f map[string]string) {
			group(f, ".", all, "", "1\n2\n")
			delete(f, "cgroup.type")
			group(f, "a/own", "", "", "1\n")
		}, "."},
		{"the root of a container's groups may not", func(f map[string]string) {
			group(f, ".", all, "", "1\n2\n")
			group(f, "a/own", "", "", "1\n")
		}, ""},
	}
	for _, tt := range tests {
		files := map[string]string{}
		tt.files(files)
		root := tree(t, files)
		dir, ok := hierarchy{root: root}.place("/a/own")
		if ok != (tt.want != "") || ok && dir != filepath.Join(root, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.name, strings.TrimPrefix(dir, root), ok, tt.want)
		}
	}
}

// Of systemd's groups only those are divided that it has handed over.
func TestPlaceDelegated(t *testing.T) {
	files := map[string]string{}
	group(files, "user/app", "memory pids\n", "memory pids\n", "")
	group(files, "user/app/own", "memory pids\n", "", "1\n")
	root := tree(t, files)
	h := hierarchy{root: root, systemd: true}
	if dir, ok := h.place("/user/app/own"); ok {
		t.Errorf("took %s, which systemd looks after", dir)
	}
	for value, want := range map[string]bool{"0": false, "1": true} {
		if err := unix.Setxattr(filepath.Join(root, "user"), "user.delegate", []byte(value), 0); err != nil {
			if os.Getenv("ASHLAR_NO_SKIP") != "" {
				t.Fatal(err)
			}
			t.Skip("no user attributes in the directory for tests:", err)
		}
		if dir, ok := h.place("/user/app/own"); ok != want {
			t.Errorf("delegate %s: %q, %v", value, dir, ok)
		}
	}
	if _, ok := h.place("/../elsewhere"); ok {
		t.Error("took a group outside of the mount")
	}
}

func TestOwnGroup(t *testing.T) {
	root := tree(t, map[string]string{
		"v2": "0::/user.slice/session-1.scope\n", "both": "4:memory:/a\n1:name=systemd:/b\n0::/\n", "v1": "4:memory:/a\n",
	})
	for file, want := range map[string]string{"v2": "/user.slice/session-1.scope", "both": "/"} {
		if own, err := ownGroup(filepath.Join(root, file)); own != want || err != nil {
			t.Errorf("%s: %q, %v", file, own, err)
		}
	}
	if own, err := ownGroup(filepath.Join(root, "v1")); err == nil {
		t.Errorf("version 1: %q", own)
	}
}

// sweep removes the groups of processes that are gone, and no other.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	dead, mine := prefix+strconv.Itoa(cmd.Process.Pid), prefix+strconv.Itoa(os.Getpid())
	for _, name := range []string{dead + "/jobs/c1", dead + "/keeper", mine + "/jobs", "other", prefix + "x"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sweep(dir) // there is no cgroup.kill to write to in a directory: what is empty goes
	list, err := os.ReadDir(dir)
	var left []string
	for _, e := range list {
		left = append(left, e.Name())
	}
	want := []string{mine, prefix + "x", "other"}
	slices.Sort(want)
	if err != nil || !slices.Equal(left, want) {
		t.Errorf("left %q, want %q; %v", left, want, err)
	}
}

// A real process in a real group, where there is one to be had; else the words say why.
func TestContainerEnter(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "read x; read y; exit 3")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer in.Close()
	pid := cmd.Process.Pid
	before, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	g, err := Enter(context.Background(), pid, os.Getuid(), os.Getgid())
	if err != nil {
		var refused *Error
		if !errors.As(err, &refused) || refused.Cause == "" {
			t.Fatalf("error without a reason: %v", err)
		}
		after, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
		if err != nil || string(after) != string(before) {
			t.Errorf("refused (%v), and yet moved: %q, %v", refused, after, err)
		}
		return
	}
	own, err := ownGroup("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err != nil || !strings.Contains(own, prefix+strconv.Itoa(pid)) {
		t.Errorf("in %q, %v", own, err)
	}
	dir := filepath.Join(Mount, own)
	if !has(filepath.Join(dir, "cgroup.controllers"), controllers()) {
		t.Error("without controllers")
	}
	if err := os.Mkdir(filepath.Join(dir, "inner"), 0o755); err != nil {
		t.Error(err)
	}
	io.WriteString(in, "\n\n")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 3 {
		t.Error(err)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	for range 1000 {
		if !exists(dir) {
			return
		}
		unix.Nanosleep(&unix.Timespec{Nsec: 5e6}, nil)
	}
	t.Errorf("%s is still there", dir)
}
