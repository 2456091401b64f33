package container

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The kernel's structures and requests of seccomp_unotify(2).
type notification struct {
	ID    uint64
	PID   uint32 // a thread's
	Flags uint32
	Nr    int32
	Arch  uint32
	IP    uint64
	Args  [6]uint64
}

type response struct {
	ID    uint64
	Val   int64
	Error int32
	Flags uint32
}

const (
	notifyReceive = 0xc0502100
	notifySend    = 0xc0182101
	notifyIDValid = 0x40082102
)

// A listener answers the calls that the filter hands over: those that change
// owners, which it makes itself for the one uid that exists and notes what was
// asked for; and those that it only reports.
type listener struct {
	fd      int
	proc    int    // O_PATH of the keeper's /proc
	user    uint32 // the job's
	group   uint32
	ledger  *ledger
	reports *reports
}

// reports collects sentences, each once.
type reports struct {
	mu   sync.Mutex
	said map[string]bool
}

// maxReports is where reports end: a program in a loop could make any number.
const maxReports = 200

func (r *reports) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.said == nil {
		r.said = map[string]bool{}
	}
	if len(r.said) < maxReports {
		r.said[fmt.Sprintf(format, args...)] = true
	}
}

// sorted returns the sentences in an order that is the same each time.
func (r *reports) sorted() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for s := range r.said {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}

// serve answers until the last process with the filter has gone, or stop can
// be read. It runs on a thread whose root and working directory are its own,
// and which ends with it.
func (l *listener) serve(stop *os.File) {
	runtime.LockOSThread()
	defer unix.Close(l.fd)
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		l.reports.add("owners: unshare: %v", err)
		return
	}
	poll := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}, {Fd: int32(stop.Fd()), Events: unix.POLLIN}}
	path := make([]byte, unix.PathMax)
	for {
		if _, err := unix.Poll(poll, -1); err != nil {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return
		}
		if poll[0].Revents&unix.POLLIN == 0 {
			return // nobody left, or told to stop
		}
		n := notification{} // the kernel wants zeros
		if err := l.ioctl(notifyReceive, unsafe.Pointer(&n)); err != nil {
			continue // the caller was killed meanwhile
		}
		if errno, ok := l.answer(&n, path); ok {
			r := response{ID: n.ID, Error: -int32(errno)}
			l.ioctl(notifySend, unsafe.Pointer(&r)) // ENOENT: the caller was killed meanwhile
		}
	}
}

func (l *listener) ioctl(request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(l.fd), request, uintptr(arg))
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// answer carries a call out. It is not ok when the caller has gone, and with it
// the right to look at what its number leads to.
func (l *listener) answer(n *notification, buf []byte) (errno unix.Errno, ok bool) {
	switch {
	case slices.Contains(chownCalls(), int(n.Nr)):
		err := l.chown(n, buf)
		if errors.Is(err, errGone) {
			return 0, false
		}
		return errnoOf(err), true
	case slices.Contains(mknodCalls(), int(n.Nr)):
		l.reportMknod(n, buf)
		return unix.EPERM, true
	default:
		l.reportUser(n)
		return 0, true
	}
}

// errGone says that the caller was killed while its call was looked at.
var errGone = errors.New("the caller has gone")

// valid tells whether the caller still waits, and so its pid is still its own.
func (l *listener) valid(n *notification) bool {
	id := n.ID
	return l.ioctl(notifyIDValid, unsafe.Pointer(&id)) == nil
}

// chown makes the real call: the kernel finds what is wrong, clears set-id bits
// and capabilities, copies up, sets the time. Then it notes the owner.
func (l *listener) chown(n *notification, buf []byte) error {
	c, err := l.chownCall(n, buf)
	if err != nil {
		return err
	}
	if l.user != 0 && (c.uid != unset && c.uid != l.user || c.gid != unset && c.gid != l.group) {
		return unix.EPERM // an ordinary user gives nothing away
	}
	obj, err := l.resolve(n.PID, c)
	if err != nil {
		if !l.valid(n) {
			return errGone
		}
		return err
	}
	defer unix.Close(obj)
	if !l.valid(n) {
		return errGone
	}
	uid, gid := -1, -1
	if c.uid != unset {
		uid = 0
	}
	if c.gid != unset {
		gid = 0
	}
	if err := unix.Fchownat(obj, "", uid, gid, unix.AT_EMPTY_PATH); err != nil {
		return err
	}
	if c.uid != unset || c.gid != unset {
		l.note(obj, c.uid, c.gid)
	}
	return nil
}

// note writes down who is to own a file: as an attribute, which follows it
// through rename, link and copy-up and dies with it, or in the ledger. Owners
// of files outside of the root are nobody's business.
func (l *listener) note(obj int, uid, gid uint32) {
	if err := unix.Fchdir(l.proc); err != nil {
		return
	}
	// From outside the thread's root: inside, the link would not exist.
	name := fmt.Sprintf("thread-self/fd/%d", obj)
	before := nobodyAsked()
	var b [8]byte
	if n, err := unix.Getxattr(name, ownerXattr, b[:]); err == nil {
		before, _ = ownerOf(b[:n])
	} else if o, ok := l.ledger.owner(obj); ok {
		before = o
	}
	after := before.with(uid, gid)
	if unix.Setxattr(name, ownerXattr, after.note(), 0) == nil {
		return
	}
	var fs unix.Statfs_t
	if unix.Fstatfs(obj, &fs) == nil && fs.Type == unix.OVERLAYFS_SUPER_MAGIC {
		l.ledger.set(obj, after)
	}
}

// reportMknod says which device a command wanted.
func (l *listener) reportMknod(n *notification, buf []byte) {
	args := n.Args[:]
	if int(n.Nr) == unix.SYS_MKNODAT {
		args = args[1:]
	}
	path, err := readString(n.PID, args[0], buf)
	if err != nil || !l.valid(n) {
		return
	}
	kind := "character"
	if uint32(args[1])&unix.S_IFMT == unix.S_IFBLK {
		kind = "block"
	}
	l.reports.add("mknod %s: %s device %d:%d refused", path, kind, unix.Major(args[2]), unix.Minor(args[2]))
}

// reportUser says as whom a program believes to go on.
func (l *listener) reportUser(n *notification) {
	uid := uint32(n.Args[0])
	if int(n.Nr) != unix.SYS_SETUID {
		uid = uint32(n.Args[1]) // the effective one
	}
	if uid == l.user {
		return
	}
	name := l.commandOf(n.PID)
	if l.valid(n) {
		l.reports.add("%s: changed to user %d, pretended", name, uid)
	}
}

// commandOf returns the name of a process, as ps(1) has it.
func (l *listener) commandOf(pid uint32) string {
	return strings.TrimSpace(l.read(fmt.Sprintf("%d/comm", pid)))
}

// read returns the start of a file of the keeper's /proc.
func (l *listener) read(name string) string {
	fd, err := unix.Openat(l.proc, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	b := make([]byte, 4096)
	n, err := unix.Read(fd, b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}
