package container

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A switched command runs as another user, on the command line of s6-applyuidgid:
// what its -u, -g and -U say. -G has no effect, there being one group.
type switched struct {
	uid, gid int
	unexport bool
	env      []string
	args     []string
}

// switchMain does in a container what Job.Switch is for. A namespace for the user
// needs a new process, so this one stays and is for its parent what the command is:
// it passes signals on and ends as the command did.
func switchMain() int {
	s, err := readSwitch(os.Args[1:], os.Environ())
	if err == nil {
		err = s.run()
	}
	fmt.Fprintf(os.Stderr, "%s: fatal: %v\n", switchName, err)
	return 111
}

// readSwitch reads the command line, whose options may stand together: -Uz.
func readSwitch(args, env []string) (*switched, error) {
	s := &switched{env: env}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0][1:]
		args = args[1:]
		if word == "-" {
			break
		}
		for word != "" {
			option := word[0]
			if word = word[1:]; strings.IndexByte("ugG", option) >= 0 {
				if word == "" && len(args) > 0 {
					word, args = args[0], args[1:]
				}
				if err := s.set(option, word); err != nil {
					return nil, err
				}
				break
			}
			if err := s.flag(option); err != nil {
				return nil, err
			}
		}
	}
	if s.args = args; len(args) == 0 {
		return nil, errors.New("no program")
	}
	if s.unexport {
		s.env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
			name, _, _ := strings.Cut(v, "=")
			return name == "UID" || name == "GID" || name == "GIDLIST"
		})
	}
	return s, nil
}

// set takes an option that has a value.
func (s *switched) set(option byte, value string) error {
	if option == 'G' {
		return nil
	}
	n, err := strconv.ParseUint(value, 10, 31)
	switch {
	case err != nil:
		return fmt.Errorf("-%c %q: not a number", option, value)
	case option == 'u':
		s.uid = int(n)
	default:
		s.gid = int(n)
	}
	return nil
}

// flag takes an option that has none: -U for what the environment says, -z for a
// command that does not see that.
func (s *switched) flag(option byte) error {
	switch option {
	case 'z':
		s.unexport = true
	case 'U':
		for _, v := range s.env {
			name, value, _ := strings.Cut(v, "=")
			if name == "UID" || name == "GID" {
				if err := s.set(name[0]|0x20, value); err != nil {
					return err
				}
			}
		}
	default:
		return fmt.Errorf("-%c: unknown option", option)
	}
	return nil
}

// run becomes the command, or starts it in a user namespace and ends as it does. It
// returns if the command cannot be started.
func (s *switched) run() error {
	name, err := exec.LookPath(s.args[0])
	if err != nil {
		return err
	}
	if s.uid == 0 && s.gid == 0 {
		return syscall.Exec(name, s.args, s.env)
	}
	runtime.LockOSThread() // Pdeathsig fires when the forking thread ends
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	attr := &syscall.ProcAttr{Env: s.env, Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}}
	inNamespace(attr.Sys, s.uid, s.gid)
	pid, err := syscall.ForkExec(name, s.args, attr)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	go forward(signals, pid)
	for {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); errors.Is(err, syscall.EINTR) {
			continue
		} else if err != nil {
			return err
		}
		if status.Signaled() {
			dieOf(status.Signal())
			return fmt.Errorf("%s: ended by signal %d", name, status.Signal())
		}
		os.Exit(status.ExitStatus())
	}
}

// dieOf ends this process by a signal, for which it asks the kernel to do what it
// does by default: Go's runtime has handlers of its own.
func dieOf(sig syscall.Signal) {
	var defaults [4]uint64 // struct sigaction of rt_sigaction(2), SIG_DFL
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&defaults)), 0, 8, 0, 0)
	unix.Kill(os.Getpid(), sig)
	select {} // until it arrives
}
