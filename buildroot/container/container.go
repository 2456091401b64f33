// Package container carries out jobs: one command in one fresh, rootless
// container each. It is the only importer of libcontainer.
//
// There are three processes. The front is the caller's, in the host's
// namespaces. The keeper, one for a run of the program, lives in a user, mount
// and pid namespace of its own; it mounts the roots, runs libcontainer, answers
// the calls that change owners, and dials ports; when it dies, or the front
// does, the kernel ends everything below it. The shim is the first program of
// each container: it installs the system call filter, starts the command under
// the number it is to believe in, reaps, and passes signals on. Keeper and shim
// are this same program, started again; importing the package is all that is
// needed for that, in a command and in a test.
//
// One number is mapped, to whoever started the front: subordinate ids need a setuid
// helper, and differ from host to host. So a process has one user. setuid(2) and its
// kin answer success and change nothing, which is enough for package scripts and for
// what only wants to look as if; a program that checks whether it could go back, as
// sshd does, fails. Another user than 0 is one from its start (Job.User, Job.Switch),
// in a user namespace that maps that number.
//
// The package does not know what the layers hold or what a result is for.
package container

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

// Options are choices for a keeper. The zero value works.
type Options struct {
	// Dir holds what is thrown away: the roots of jobs without Scratch, and
	// merged layers. It is made, mode 0700, if it is missing, and should be on
	// the layers' file system. Empty means "ashlar-UID" in os.TempDir().
	Dir string

	// Mount2 mounts by mount(2) even where the kernel has the newer calls.
	Mount2 bool

	// Group moves the keeper, by its number, into a control group that it may
	// divide, and returns what removes that group when the keeper has ended. If
	// it is nil, or has an error, limits are those of setrlimit(2).
	Group func(ctx context.Context, pid int) (close func() error, err error)
}

// A Keeper runs jobs, many at a time. All of its methods may be called by many
// goroutines. Close ends it.
type Keeper struct {
	ctl    *fdconn.Conn
	cmd    *exec.Cmd
	dir    string   // this keeper's own, below Options.Dir
	lock   *os.File // locked as long as the directory is in use
	stderr *tail
	done   chan struct{} // closed when the process has ended
	close  func() error
	leave  func() error // removes the control group; nil without
	limits error        // why there is none
	keys   atomic.Int64 // of jobs
}

// Start starts the keeper, in about 20 ms. It refuses to run as root: a
// program started as root drops to an ordinary user first (package usher).
// When the host lacks something, the error is an [*Error] with the sentence
// and the remedy that [Probe] has for it.
//
// When ctx ends, Start returns its cause. Afterwards the keeper ends with Close or
// with the process: what runs in it by then has contexts of its own, and the time
// that they give it to end.
func Start(ctx context.Context, o Options) (*Keeper, error) {
	if os.Getuid() == 0 {
		return nil, &Error{What: "start container keeper", Cause: "this process is root",
			Remedy: "drop to an ordinary user first"}
	}
	dir, lock, err := keeperDir(o.Dir)
	if err != nil {
		return nil, err
	}
	k := &Keeper{dir: dir, lock: lock, stderr: &tail{}, done: make(chan struct{})}
	k.close = sync.OnceValue(k.end)
	err = k.start(ctx, o, setup{Dir: dir, Mount2: o.Mount2})
	if err != nil {
		if k.ctl != nil {
			k.close()
		}
		k.clean()
		return nil, explain(ctx, filepath.Dir(dir), err)
	}
	return k, nil
}

// start starts the process and waits until it is ready.
func (k *Keeper) start(ctx context.Context, o Options, s setup) error {
	ctl, other, err := fdconn.Pair()
	if err != nil {
		return err
	}
	k.cmd = keeperCommand(other, k.stderr)
	started := make(chan error)
	go k.hold(started)
	err = <-started
	other.Close() // the keeper's alone: if it dies, what waits for it is to hear of it
	if err != nil {
		ctl.Close()
		return &Error{What: "clone user namespace", Cause: err.Error(), errno: errnoOf(err)}
	}
	k.ctl = ctl
	stop := context.AfterFunc(ctx, func() { k.cmd.Process.Kill() })
	defer stop()
	k.limits = errNoGroup
	if o.Group != nil {
		k.leave, k.limits = o.Group(ctx, k.cmd.Process.Pid)
	}
	s.Group = k.limits == nil
	if err := ctl.Send(s); err != nil {
		return errors.Join(context.Cause(ctx), k.died(err))
	}
	var r ready
	if err := ctl.Receive(&r); err != nil {
		return errors.Join(context.Cause(ctx), k.died(err))
	}
	if s.Group {
		k.limits = r.Group.err()
	}
	return r.Err.err()
}

// Limits returns nil if each container has a control group, so that its limits
// hold for all of its processes together; else why not.
func (k *Keeper) Limits() error { return k.limits }

// keeperCommand starts this program as keeper. What the keeper shares with
// every host: pid 1, and a map of one uid and one gid.
func keeperCommand(ctl *os.File, stderr *tail) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{keeperName}
	cmd.ExtraFiles = []*os.File{ctl}
	cmd.Stderr = stderr
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
		Setpgid:     true, // Ctrl-C is for the front to judge
	}
	return cmd
}

// hold starts the process and stays with it: Pdeathsig fires when the thread
// that forked ends.
func (k *Keeper) hold(started chan<- error) {
	runtime.LockOSThread()
	err := k.cmd.Start()
	started <- err
	if err == nil {
		k.cmd.Wait()
	}
	close(k.done)
}

// Close kills what still runs, waits for the keeper to end, and removes what
// it has left. Calling it again returns the same.
func (k *Keeper) Close() error { return k.close() }

func (k *Keeper) end() error {
	k.ctl.Close() // the keeper exits on end of file
	select {
	case <-k.done:
	case <-time.After(2 * time.Second):
		k.cmd.Process.Kill()
		<-k.done
	}
	return k.clean()
}

func (k *Keeper) clean() error {
	err := rmtree.RemoveAll(k.dir)
	if k.leave != nil {
		err = errors.Join(err, k.leave())
	}
	k.lock.Close()
	os.Remove(k.lock.Name())
	return err
}

// died explains the loss of the connection by the keeper's last words.
func (k *Keeper) died(cause error) error {
	select {
	case <-k.done:
	case <-time.After(time.Second):
	}
	e := &Error{What: "container keeper", Cause: "it ended: " + cause.Error()}
	if s := k.stderr.String(); s != "" {
		e.Cause = s
	}
	return e
}

// keeperDir makes a new directory, locked, and removes those that dead keepers left.
func keeperDir(base string) (dir string, lock *os.File, err error) {
	if base == "" {
		base = filepath.Join(os.TempDir(), "ashlar-"+strconv.Itoa(os.Getuid()))
	}
	if base, err = filepath.Abs(base); err != nil {
		return "", nil, err
	}
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", nil, fmt.Errorf("make directory: %w", err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(base, &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() {
		return "", nil, &Error{What: base, Cause: "not a directory of this user", Remedy: "remove it, or name another place for temporary files"}
	}
	sweep(base)
	lock, err = os.CreateTemp(base, "keeper-*.lock")
	if err != nil {
		return "", nil, fmt.Errorf("make directory: %w", err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return "", nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	dir = lock.Name()[:len(lock.Name())-len(".lock")]
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("make directory: %w", err)
	}
	return dir, lock, nil
}

// sweep removes the directories whose lock nobody holds. A lock file younger
// than a minute may be one that is not locked yet.
func sweep(base string) {
	locks, _ := filepath.Glob(filepath.Join(base, "keeper-*.lock"))
	for _, name := range locks {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		info, err := f.Stat()
		if err == nil && time.Since(info.ModTime()) > time.Minute && unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
			if rmtree.RemoveAll(name[:len(name)-len(".lock")]) == nil {
				os.Remove(name)
			}
		}
		f.Close()
	}
}
