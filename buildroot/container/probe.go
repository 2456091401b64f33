package container

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

// A Check is one thing that containers need of a host, and what came of trying it.
type Check struct {
	Name   string // "user namespaces"
	OK     bool
	Found  string // what was found, with the kernel's answer
	Remedy string // what to do, or to type; empty if OK
}

// What is tried, in this order: each needs those before it.
const (
	checkUsers   = "user namespaces"
	checkMounts  = "mounts in a user namespace"
	checkProc    = "a fresh /proc"
	checkOverlay = "overlay mounts"
	checkXattr   = "user attributes of files"
	checkFilter  = "system call filter with listener"
	checkNested  = "nested namespaces"
	checkPtrace  = "reading memory of own processes"
)

func checkNames() []string {
	return []string{checkUsers, checkMounts, checkProc, checkOverlay, checkXattr, checkFilter, checkNested, checkPtrace}
}

// Probe tries what containers need, in some 30 ms, and never concludes from a
// version. dir is where layers are to lie; it is made if it is missing. What
// could not be tried, because an earlier check failed, is left out.
func Probe(ctx context.Context, dir string) []Check {
	errs, err := probe(ctx, dir)
	f := readFacts(dir)
	if err != nil {
		return []Check{f.check(checkUsers, err)}
	}
	var checks []Check
	for _, name := range checkNames() {
		err, tried := errs[name]
		if !tried {
			break
		}
		checks = append(checks, f.check(name, err))
		if err != nil {
			break
		}
	}
	return checks
}

// explain gives a failed start the words of the check that fails. An error
// that no check explains keeps its own.
func explain(ctx context.Context, dir string, err error) error {
	var e *Error
	if !errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	for _, c := range Probe(ctx, dir) {
		if !c.OK {
			return &Error{What: c.Name, Cause: c.Found, Remedy: c.Remedy, errno: e.errno}
		}
	}
	return err
}

// probe runs this program as probe, in namespaces like the keeper's. The error
// is that of making these.
func probe(ctx context.Context, dir string) (map[string]error, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(dir, "probe-")
	if err != nil {
		return nil, err
	}
	defer rmtree.RemoveAll(tmp)
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{probeName, tmp}
	cmd.Env = []string{}
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	cmd.SysProcAttr = keeperCommand(nil, nil).SysProcAttr
	cmd.SysProcAttr.Pdeathsig = 0 // the thread may end before it
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	err = cmd.Wait()
	errs := map[string]error{checkUsers: nil}
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		name, answer, _ := strings.Cut(lines.Text(), "\t")
		n, text, _ := strings.Cut(answer, "\t")
		errno, convErr := strconv.Atoi(n)
		if convErr != nil {
			return nil, fmt.Errorf("probe said %q", lines.Text())
		}
		errs[name] = nil
		if text != "" {
			errs[name] = &Error{What: name, Cause: text, errno: syscall.Errno(errno)}
		}
	}
	if err != nil && len(errs) == 1 {
		return nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return errs, nil
}

// probeMain tries one thing after another and prints the kernel's answers.
func probeMain() int {
	if len(os.Args) < 2 {
		return 2
	}
	dir := os.Args[1]
	for _, step := range []struct {
		name string
		try  func(dir string) error
	}{
		{checkMounts, tryMounts}, {checkProc, tryProc}, {checkOverlay, tryOverlay}, {checkXattr, tryXattr},
		{checkFilter, tryFilter}, {checkNested, tryNested}, {checkPtrace, tryPtrace},
	} {
		err := step.try(dir)
		text := ""
		if err != nil {
			text = strings.ReplaceAll(err.Error(), "\n", " ")
		}
		fmt.Printf("%s\t%d\t%s\n", step.name, int(errnoOf(err)), text)
		if err != nil {
			return 1
		}
	}
	return 0
}

func tryMounts(dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	mem := filepath.Join(dir, "mem")
	if err := os.Mkdir(mem, 0o700); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", mem, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700"); err != nil {
		return fmt.Errorf("mount tmpfs: %w", err)
	}
	return nil
}

func tryProc(string) error {
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount proc: %w", err)
	}
	return nil
}

// tryOverlay mounts two layers and removes a directory that both have: without
// the option userxattr that fails although the mount does not.
func tryOverlay(dir string) error {
	for _, d := range []string{"a/d", "b/d", "upper", "work", "merged"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	data := "lowerdir=a:b,upperdir=upper,workdir=work,userxattr,volatile"
	err := inDirectory(dir, func() error { return unix.Mount("overlay", "merged", "overlay", 0, data) })
	if err != nil {
		return fmt.Errorf("mount overlay: %w", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "merged/d")); err != nil {
		return fmt.Errorf("remove a merged directory: %w", err)
	}
	return nil
}

func tryXattr(dir string) error {
	name := filepath.Join(dir, "merged/f")
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		return err
	}
	if err := unix.Setxattr(name, ownerXattr, nobodyAsked().note(), 0); err != nil {
		return fmt.Errorf("set %s: %w", ownerXattr, err)
	}
	return nil
}

func tryFilter(string) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	fd, err := installFilter()
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// tryNested makes all the namespaces that a container has.
func tryNested(string) error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{nestedName}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC |
			syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWCGROUP,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 101, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 101, HostID: 0, Size: 1}}}
	return cmd.Run()
}

// tryPtrace reads the memory of a child, as the listener reads paths.
func tryPtrace(string) error {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{nestedName}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer cmd.Wait()
	defer in.Close()
	var b [1]byte
	local := []unix.Iovec{{Base: &b[0]}}
	local[0].SetLen(1)
	// The address is nobody's: EFAULT says that reading was allowed.
	_, err = unix.ProcessVMReadv(cmd.Process.Pid, local, []unix.RemoteIovec{{Base: 8, Len: 1}}, 0)
	if errors.Is(err, unix.EFAULT) {
		return nil
	}
	return fmt.Errorf("read memory: %w", err)
}
