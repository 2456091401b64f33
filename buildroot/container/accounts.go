package container

import (
	"encoding/binary"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

// The C library asks a daemon for an account, if there is one, before it reads
// the files (nscd(8)); what it asks is one name or number. So for a job with
// Accounts the keeper is that daemon, and hears what was asked; and it watches the
// files themselves (inotify(7)), of which the kernel says that somebody opened
// them before that somebody can read.

// nscdSocket is where the C library looks for it; /var/run leads there.
const nscdSocket = "/run/nscd/socket"

// accountFiles are watched, those that the root has.
var accountFiles = []string{"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"}

// reads are the events of whoever reads a file, or could read it as another inode
// under another name.
const reads = unix.IN_OPEN | unix.IN_ATTRIB | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF

// accounts answers and watches for one job. A nil one does nothing.
type accounts struct {
	passwd, group [][]string // fields of the lines
	listener      *net.UnixListener
	answering     sync.WaitGroup

	inotify  *os.File
	fd       int              // inotify's
	names    map[int32]string // by watch
	held     []int            // the files: as long as they are open, their inodes stay the ones that are watched
	watching sync.WaitGroup

	mu     sync.Mutex
	asked  map[string]bool
	opened string
}

// serveAccounts binds the daemon's socket into the job's root.
func (r *root) serveAccounts(j *job.Job) error {
	if j.Accounts == nil {
		return nil
	}
	dir, err := os.Open(r.dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	// By the descriptor, for the path may be longer than a socket's can be.
	short := filepath.Join("/proc/self/fd", strconv.Itoa(int(dir.Fd())), "nscd")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return err
	}
	listener.SetUnlinkOnClose(false) // the whole directory goes
	a := &accounts{passwd: fieldsOf(j.Accounts.Passwd, 7), group: fieldsOf(j.Accounts.Group, 4),
		listener: listener, names: map[int32]string{}, asked: map[string]bool{}}
	r.accounts = a
	j.Binds = append(j.Binds, job.Bind{From: filepath.Join(r.dir, "nscd"), To: nscdSocket})
	a.answering.Go(a.serve)
	return nil
}

// fieldsOf are the lines of a file that have n fields.
func fieldsOf(text []byte, n int) [][]string {
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), ":"); len(f) == n {
			lines = append(lines, f)
		}
	}
	return lines
}

// watch begins to watch the files of a root. One that cannot be watched counts as
// opened: then nobody knows who does it.
func (a *accounts) watch(root string) {
	if a == nil {
		return
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		a.opened = accountFiles[0]
		return
	}
	a.fd, a.inotify = fd, os.NewFile(uintptr(fd), "inotify")
	for _, name := range accountFiles {
		if err := a.watchFile(root, name); err != nil && err != unix.ENOENT {
			a.opened = name
			return
		}
	}
}

func (a *accounts) watchFile(root, name string) error {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	at, err := unix.Openat2(dir, inside(name), &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return err
	}
	a.held = append(a.held, at)
	id, err := unix.InotifyAddWatch(a.fd, "/proc/self/fd/"+strconv.Itoa(at), reads)
	a.names[int32(id)] = name
	return err
}

// onOpen calls stop once when a file is opened.
func (a *accounts) onOpen(stop func()) {
	if a == nil {
		return
	}
	a.watching.Go(func() {
		b := make([]byte, unix.SizeofInotifyEvent+unix.NAME_MAX+1)
		if n, _ := a.inotify.Read(b); n > 0 {
			a.open(b)
			stop()
		}
	})
}

// open notes the first of the kernel's events.
func (a *accounts) open(event []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	name, ok := a.names[int32(binary.NativeEndian.Uint32(event))]
	if !ok {
		name = accountFiles[0] // the queue ran over
	}
	if a.opened == "" {
		a.opened = name
	}
}

// seen tells what was asked and opened, when the container has ended.
func (a *accounts) seen() (asked []string, opened string) {
	if a == nil {
		return nil, ""
	}
	a.inotify.SetReadDeadline(time.Unix(1, 0))
	a.watching.Wait()
	b := make([]byte, 4096)
	if n, _ := unix.Read(a.fd, b); n > 0 {
		a.open(b)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.asked)), a.opened
}

// close ends it, when no process of the container is left.
func (a *accounts) close() {
	if a == nil {
		return
	}
	a.listener.Close()
	a.answering.Wait()
	if a.inotify != nil {
		a.inotify.Close()
	}
	for _, fd := range a.held {
		unix.Close(fd)
	}
}

func (a *accounts) serve() {
	for {
		conn, err := a.listener.AcceptUnix()
		if err != nil {
			return
		}
		a.answering.Go(func() {
			defer conn.Close()
			conn.Write(a.answer(conn))
		})
	}
}

// The requests of nscd-client.h, and the longest key that it allows.
const (
	nscdUserByName  = 0
	nscdUserByID    = 1
	nscdGroupByName = 2
	nscdGroupByID   = 3

	nscdVersion = 2
	nscdMaxKey  = 1024
)

// maxAsked is how many accounts a job may ask for: scripts ask for a dozen.
const maxAsked = 1000

// answer reads a request and returns the answer: for one account what the files
// say, for all else, such as whose groups a user is in, that this daemon does not
// serve it.
func (a *accounts) answer(conn io.Reader) []byte {
	var q struct{ Version, Kind, Size int32 }
	if binary.Read(conn, binary.NativeEndian, &q) != nil || q.Version != nscdVersion || q.Size < 1 || q.Size > nscdMaxKey {
		return nil
	}
	b := make([]byte, q.Size)
	if _, err := io.ReadFull(conn, b); err != nil {
		return nil
	}
	key := strings.TrimSuffix(string(b), "\x00")
	var found []byte
	switch q.Kind {
	case nscdUserByName:
		found = userAnswer(lineWith(a.passwd, 0, key))
	case nscdUserByID:
		found = userAnswer(lineWith(a.passwd, 2, key))
	case nscdGroupByName:
		found = groupAnswer(lineWith(a.group, 0, key))
	case nscdGroupByID:
		found = groupAnswer(lineWith(a.group, 2, key))
	default:
		return words(nscdVersion, -1, 0, 0, 0, 0, 0, 0)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case len(a.asked) < maxAsked:
		a.asked[key] = true
	case a.opened == "":
		a.opened = accountFiles[0] // as good as that
	}
	return found
}

// lineWith is the first line with that in a field, or nil.
func lineWith(lines [][]string, field int, value string) []string {
	for _, f := range lines {
		if f[field] == value {
			return f
		}
	}
	return nil
}

// words are the numbers of an answer. The longest head has nine.
func words(list ...int32) []byte {
	b, _ := binary.Append(nil, binary.NativeEndian, list)
	return b
}

func size(s string) int32 { return int32(len(s) + 1) }

// number is an id as the C library reads it from a file.
func number(s string) int32 {
	n, _ := strconv.ParseUint(s, 10, 32)
	return int32(uint32(n))
}

func userAnswer(f []string) []byte {
	if f == nil {
		return words(nscdVersion, 0, 0, 0, -1, -1, 0, 0, 0)
	}
	b := words(nscdVersion, 1, size(f[0]), size(f[1]), number(f[2]), number(f[3]), size(f[4]), size(f[5]), size(f[6]))
	return append(b, strings.Join([]string{f[0], f[1], f[4], f[5], f[6]}, "\x00")+"\x00"...)
}

func groupAnswer(f []string) []byte {
	if f == nil {
		return words(nscdVersion, 0, 0, 0, -1, 0)
	}
	members := slices.DeleteFunc(strings.Split(f[3], ","), func(m string) bool { return m == "" })
	b := words(nscdVersion, 1, size(f[0]), size(f[1]), number(f[2]), int32(len(members)))
	for _, m := range members {
		b = append(b, words(size(m))...)
	}
	for _, s := range append([]string{f[0], f[1]}, members...) {
		b = append(b, s+"\x00"...)
	}
	return b
}
