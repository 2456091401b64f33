package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"golang.org/x/sys/unix"
)

// A keeper is the process between the front and the containers: pid 1 of its
// namespace, and its user namespace's root.
type keeper struct {
	disk   string // throw-away directories, on the store's file system
	mem    string // a private tmpfs: links, mount points, libcontainer's state
	self   *os.File
	mount2 atomic.Bool
	proc   int   // O_PATH of /proc
	groups error // why containers have no control groups; nil: they have

	mu      sync.Mutex
	next    int
	mounted map[string]*root // by scratch directory
	pids    map[int]int      // of running containers' first processes, by request.Key

	mergeMu sync.Mutex
	merged  map[string]string // directories, by the layers that they are of
}

// keeperMain serves the front until it closes the connection.
func keeperMain() int {
	unix.Umask(0o022)
	conn, err := fdconn.New(os.NewFile(3, "front"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	unix.CloseOnExec(3)
	var s setup
	if err := conn.Receive(&s); err != nil {
		return 1
	}
	k, err := newKeeper(s)
	if err != nil {
		conn.Send(ready{Err: send("start container keeper", err)})
		return 1
	}
	if conn.Send(ready{Group: sendIf("divide control group", k.groups)}) != nil {
		return 1
	}
	k.serve(conn)
	return 0
}

// newKeeper makes the namespaces fit for work.
func newKeeper(s setup) (*keeper, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, failed("make mounts private", err)
	}
	mem := filepath.Join(s.Dir, "mem")
	if err := os.Mkdir(mem, 0o700); err != nil {
		return nil, err
	}
	if err := unix.Mount("tmpfs", mem, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0700"); err != nil {
		return nil, failed("mount tmpfs", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return nil, failed("mount proc", err)
	}
	groups := errNoGroup
	if s.Group {
		groups = divideGroup(mem)
	}
	if groups != nil {
		if err := closeCgroups(); err != nil {
			return nil, err
		}
	}
	k := &keeper{disk: s.Dir, mem: mem, groups: groups,
		mounted: map[string]*root{}, pids: map[int]int{}, merged: map[string]string{}}
	k.mount2.Store(s.Mount2)
	var err error
	if k.self, err = sealSelf(k.selfPath()); err != nil {
		return nil, fmt.Errorf("seal program: %w", err)
	}
	if k.proc, err = unix.Open("/proc", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return nil, failed("open /proc", err)
	}
	return k, nil
}

// selfPath is where sealSelf mounts this program.
func (k *keeper) selfPath() string { return filepath.Join(k.mem, "exe") }

// errNoGroup is the front's doing: it has told why.
var errNoGroup = errors.New("no control group")

// group is the name of a container's control group, empty without.
func (k *keeper) group(id string) string {
	if k.groups != nil {
		return ""
	}
	return filepath.Join(jobsGroup, id)
}

// closeCgroups keeps libcontainer from making a cgroup where the host lets this
// user do so: it would be another one than elsewhere, the same one for all
// containers, and stay behind. Without a place for it, libcontainer uses none.
func closeCgroups() error {
	const at = "/sys/fs/cgroup"
	var fs unix.Statfs_t
	if err := unix.Statfs(at, &fs); err != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	if err := unix.Mount(at, at, "", unix.MS_BIND, ""); err != nil {
		return failed("bind "+at, err)
	}
	return failedIf("mount "+at+" read-only", unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|lockedFlags(&fs), ""))
}

// lockedFlags are those of a mount that a namespace may not change when it
// mounts it again. All but one have the same number in statfs(2) and mount(2).
func lockedFlags(fs *unix.Statfs_t) uintptr {
	const statfsRelatime = 0x1000
	flags := uintptr(fs.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME)
	if fs.Flags&statfsRelatime != 0 {
		flags |= unix.MS_RELATIME
	}
	return flags
}

// failed names the step of an error that the host is to blame for.
func failed(what string, err error) error {
	return &Error{What: what, Cause: err.Error(), errno: errnoOf(err)}
}

// sealSelf opens this program through a read-only mount, so that a container
// that reaches it by /proc/1/exe cannot write to it. Where the path cannot be
// used (a directory above is closed, the file was replaced), a copy does.
func sealSelf(at string) (*os.File, error) {
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(at, nil, 0o755); err != nil {
		return nil, err
	}
	var file, running unix.Stat_t
	same := unix.Stat(exe, &file) == nil && unix.Stat("/proc/self/exe", &running) == nil &&
		file.Dev == running.Dev && file.Ino == running.Ino
	if !same || unix.Mount(exe, at, "", unix.MS_BIND, "") != nil {
		if err := copySelf(at); err != nil {
			return nil, err
		}
		if err := unix.Mount(at, at, "", unix.MS_BIND, ""); err != nil {
			return nil, failed("bind mount", err)
		}
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(at, &fs); err != nil {
		return nil, err
	}
	if err := unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|lockedFlags(&fs), ""); err != nil {
		return nil, failed("mount read-only", err)
	}
	return os.Open(at)
}

func copySelf(to string) error {
	src, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}

// serve takes calls until the front has gone, and with the process everything
// in its pid namespace.
func (k *keeper) serve(front *fdconn.Conn) {
	for {
		var c call
		if front.Receive(&c) != nil {
			return
		}
		files, err := front.Files(1)
		if err != nil {
			return
		}
		conn, err := fdconn.New(files[0])
		if err != nil {
			continue
		}
		if c.Scan {
			go k.serveScan(conn)
		} else {
			go k.serveRun(conn)
		}
	}
}

// number returns a new name within this keeper.
func (k *keeper) number() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next++
	return strconv.Itoa(k.next)
}
