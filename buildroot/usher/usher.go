// Package usher lets a program that was started as root work as an ordinary
// user, and still reach the files of the person who started it.
//
// [Run] starts the program again, with the same arguments, as a user that owns
// nothing else and has no groups. What remains as root is the usher: it opens
// files for the other process and puts finished ones in their place, in the
// directories that were named beforehand and nowhere else, answers what the program
// has an answer for, and passes signals and the exit status on. What the other user may
// read of them anyway it opens without asking. To the rest of the program all are the
// same: a [Files] is a directory, reached by itself or through an usher.
//
// The package does not know what the files are for.
package usher

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"runtime"
	"strconv"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"golang.org/x/sys/unix"
)

// FallbackID is the user and group of a program that was started as root where
// no system user "ashlar" exists. It lies outside of the ranges that
// login.defs(5) and systemd give to people and services, and is not 65534,
// which others share.
const FallbackID = 971234

// BuildUser returns who works for root: the system user "ashlar" if there is
// one, else FallbackID.
func BuildUser() (uid, gid int) {
	u, err := user.Lookup("ashlar")
	if err != nil {
		return FallbackID, FallbackID
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err1 != nil || err2 != nil || uid == 0 {
		return FallbackID, FallbackID
	}
	return uid, gid
}

// Options are choices for Run. The zero value works.
type Options struct {
	UID, GID int            // of BuildUser if UID is 0
	Dirs     map[string]Dir // what may be opened, by a name of the program's own
	Args     []string       // arguments; os.Args[1:] if nil
	Env      []string       // added to the environment

	// Tell answers what the other process asks by Client.Ask; nil: nothing.
	Tell func(name string) ([]byte, error)

	// Connect opens what the other process asks for by Client.Connect; nil: nothing.
	// It must not wait: nothing else is answered meanwhile.
	Connect func(name string) ([]*os.File, error)
}

// A Dir is a directory that an usher opens for others.
type Dir struct {
	Path  string
	Write bool
	Only  []string // the names that alone may be looked at; all if empty
}

// socketVariable says in which descriptor a process finds its usher.
const socketVariable = "ASHLAR_USHER"

// Run starts this program again as another user, serves it until it ends, and
// returns its exit status: 128 + N after signal N. Cancelling ctx kills it.
// The process dies with this one.
//
// SIGTERM, SIGHUP and SIGQUIT are passed on. SIGINT is too, unless the terminal
// has sent it: then the other process has it already.
func Run(ctx context.Context, o Options) (status int, err error) {
	if o.UID == 0 {
		o.UID, o.GID = BuildUser()
	}
	dirs, err := openDirs(o.Dirs)
	if err != nil {
		return 0, err
	}
	conn, other, err := fdconn.Pair()
	if err != nil {
		return 0, err
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		serve(conn, dirs, o)
	}()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT)
	status, err = runAs(ctx, o, other, signals)
	signal.Stop(signals)
	conn.Close()
	<-served
	return status, err
}

// runAs starts the process and waits for it.
func runAs(ctx context.Context, o Options, socket *os.File, signals <-chan os.Signal) (int, error) {
	args := o.Args
	if args == nil {
		args = os.Args[1:]
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(append(os.Environ(), o.Env...), socketVariable+"=3")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Credential: &syscall.Credential{Uid: uint32(o.UID), Gid: uint32(o.GID), Groups: []uint32{}},
		Pdeathsig:  syscall.SIGKILL,
	}
	// Pdeathsig fires when the thread ends that forked.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	socket.Close()
	if err != nil {
		return 0, startError(o.UID, err)
	}
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		for {
			select {
			case <-ended:
				return
			case s := <-signals:
				if s != unix.SIGINT || !inForeground() {
					cmd.Process.Signal(s)
				}
			}
		}
	}()
	err = cmd.Wait()
	if cmd.ProcessState == nil {
		return 0, err
	}
	ws := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return ws.ExitStatus(), nil
}

func startError(uid int, err error) error {
	if errors.Is(err, unix.EACCES) {
		exe, _ := os.Readlink("/proc/self/exe")
		return fmt.Errorf("run %s as user %d: %w\nhint: chmod a+rx the program", exe, uid, err)
	}
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("become user %d: %w\nhint: this root may not be another user; start the program as an ordinary one", uid, err)
	}
	return fmt.Errorf("run as user %d: %w", uid, err)
}

// inForeground tells whether this process is one that Ctrl-C reaches.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// Connect returns the usher of this process, or nil if it has none. To be
// called once, before processes are started: they are not to have it.
func Connect() (*Client, error) {
	v := os.Getenv(socketVariable)
	if v == "" {
		return nil, nil
	}
	os.Unsetenv(socketVariable)
	fd, err := strconv.Atoi(v)
	if err != nil || fd < 3 {
		return nil, fmt.Errorf("%s=%s: no descriptor", socketVariable, v)
	}
	unix.CloseOnExec(fd)
	conn, err := fdconn.New(os.NewFile(uintptr(fd), "usher"))
	if err != nil {
		return nil, fmt.Errorf("%s=%s: %w", socketVariable, v, err)
	}
	return &Client{conn: conn}, nil
}
