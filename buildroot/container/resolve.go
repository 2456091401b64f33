package container

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A chownCall is one of chown(2)'s family, in its most general form.
type chownCall struct {
	dir      int32 // a descriptor of the caller's, or AT_FDCWD
	path     string
	flags    int
	uid, gid uint32
}

// chownCall reads a call's arguments.
func (l *listener) chownCall(n *notification, buf []byte) (c chownCall, err error) {
	a := n.Args
	c = chownCall{dir: unix.AT_FDCWD, uid: uint32(a[1]), gid: uint32(a[2])}
	addr := a[0]
	switch call := int(n.Nr); {
	case call == unix.SYS_FCHOWN:
		c.dir, c.flags = int32(a[0]), unix.AT_EMPTY_PATH
		if l.isPath(n.PID, c.dir) {
			return c, unix.EBADF
		}
		return c, nil
	case call == unix.SYS_FCHOWNAT:
		c = chownCall{dir: int32(a[0]), flags: int(int32(a[4])), uid: uint32(a[2]), gid: uint32(a[3])}
		addr = a[1]
		if c.flags&^(unix.AT_SYMLINK_NOFOLLOW|unix.AT_EMPTY_PATH) != 0 {
			return c, unix.EINVAL
		}
	case isLchown(call):
		c.flags = unix.AT_SYMLINK_NOFOLLOW
	}
	c.path, err = readString(n.PID, addr, buf)
	if errors.Is(err, unix.ESRCH) {
		return c, errGone
	}
	return c, err
}

// readString reads a path from a process, a page at a time, since the next may
// not be there.
func readString(pid uint32, addr uint64, buf []byte) (string, error) {
	page := uint64(os.Getpagesize())
	for n := 0; n < len(buf); {
		size := min(int(page-(addr+uint64(n))%page), len(buf)-n)
		local := []unix.Iovec{{Base: &buf[n]}}
		local[0].SetLen(size)
		remote := []unix.RemoteIovec{{Base: uintptr(addr) + uintptr(n), Len: size}}
		got, err := unix.ProcessVMReadv(int(pid), local, remote, 0)
		if err != nil {
			return "", err
		}
		if i := bytes.IndexByte(buf[n:n+got], 0); i >= 0 {
			return string(buf[:n+i]), nil
		}
		n += got
	}
	return "", unix.ENAMETOOLONG
}

// resolve opens, with O_PATH, what a path means to a process: from its own
// root, so that no link leads out of it, and its own working directory. The
// thread's root and working directory are others afterwards.
func (l *listener) resolve(pid uint32, c chownCall) (int, error) {
	if c.path == "" {
		if c.flags&unix.AT_EMPTY_PATH == 0 {
			return -1, unix.ENOENT
		}
		return l.openOf(pid, c.dir, 0)
	}
	root, err := unix.Openat(l.proc, fmt.Sprintf("%d/root", pid), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	if err := unix.Fchdir(root); err != nil {
		return -1, err
	}
	if err := unix.Chroot("."); err != nil {
		return -1, err
	}
	if !path.IsAbs(c.path) {
		dir, err := l.openOf(pid, c.dir, unix.O_DIRECTORY)
		if err != nil {
			return -1, err
		}
		defer unix.Close(dir)
		if err := unix.Fchdir(dir); err != nil {
			return -1, err
		}
	}
	flags := unix.O_PATH | unix.O_CLOEXEC
	if c.flags&unix.AT_SYMLINK_NOFOLLOW != 0 {
		flags |= unix.O_NOFOLLOW
	}
	return unix.Open(l.ownProc(pid, c.path), flags, 0)
}

// openOf opens a process's working directory or what one of its descriptors is of.
func (l *listener) openOf(pid uint32, dir int32, flags int) (int, error) {
	if dir == unix.AT_FDCWD {
		return unix.Openat(l.proc, fmt.Sprintf("%d/cwd", pid), unix.O_PATH|unix.O_CLOEXEC|flags, 0)
	}
	obj, err := unix.Openat(l.proc, fmt.Sprintf("%d/fd/%d", pid, dir), unix.O_PATH|unix.O_CLOEXEC|flags, 0)
	if errors.Is(err, unix.ENOENT) {
		err = unix.EBADF
	}
	return obj, err
}

// isPath tells whether a descriptor was opened with O_PATH; fchown(2) takes none such.
func (l *listener) isPath(pid uint32, fd int32) bool {
	for line := range strings.Lines(l.read(fmt.Sprintf("%d/fdinfo/%d", pid, fd))) {
		if rest, ok := strings.CutPrefix(line, "flags:"); ok {
			flags, err := strconv.ParseUint(strings.TrimSpace(rest), 8, 64)
			return err == nil && flags&unix.O_PATH != 0
		}
	}
	return false
}

// ownProc replaces "self" in paths to /proc, which would mean this thread, by
// the caller's number there; and the links in /dev that lead to it.
func (l *listener) ownProc(pid uint32, name string) string {
	if !strings.HasPrefix(name, "/proc/") && !strings.HasPrefix(name, "/dev/") {
		return name
	}
	for _, link := range [][2]string{
		{"/dev/stdin", "/proc/self/fd/0"}, {"/dev/stdout", "/proc/self/fd/1"}, {"/dev/stderr", "/proc/self/fd/2"},
	} {
		if name == link[0] {
			name = link[1]
		}
	}
	if rest, ok := strings.CutPrefix(name, "/dev/fd/"); ok {
		name = "/proc/self/fd/" + rest
	}
	if rest, ok := strings.CutPrefix(name, "/proc/self/"); ok {
		return "/proc/" + l.inner(pid, "NStgid:") + "/" + rest
	}
	if rest, ok := strings.CutPrefix(name, "/proc/thread-self/"); ok {
		return "/proc/" + l.inner(pid, "NStgid:") + "/task/" + l.inner(pid, "NSpid:") + "/" + rest
	}
	return name
}

// inner returns a number of the process in its own pid namespace.
func (l *listener) inner(pid uint32, field string) string {
	for line := range strings.Lines(l.read(fmt.Sprintf("%d/status", pid))) {
		if rest, ok := strings.CutPrefix(line, field); ok {
			f := strings.Fields(rest)
			return f[len(f)-1]
		}
	}
	return "0"
}
