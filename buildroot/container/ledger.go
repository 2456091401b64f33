package container

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// An owner is what commands asked a file's owner to be. A number that nobody
// asked for is unset.
type owner struct{ uid, gid uint32 }

// unset is the number that chown(2) leaves alone.
const unset = ^uint32(0)

// nobodyAsked is the owner of a file that no command gave to anybody.
func nobodyAsked() owner { return owner{unset, unset} }

// with returns o after chown to uid and gid.
func (o owner) with(uid, gid uint32) owner {
	if uid != unset {
		o.uid = uid
	}
	if gid != unset {
		o.gid = gid
	}
	return o
}

// note is the value of ownerXattr: uid and gid, little-endian.
func (o owner) note() []byte {
	b := binary.LittleEndian.AppendUint32(nil, o.uid)
	return binary.LittleEndian.AppendUint32(b, o.gid)
}

func ownerOf(note []byte) (owner, bool) {
	if len(note) != 8 {
		return nobodyAsked(), false
	}
	return owner{binary.LittleEndian.Uint32(note), binary.LittleEndian.Uint32(note[4:])}, true
}

// A ledger holds the owners of files that cannot have user attributes:
// symbolic links, fifos and sockets. Files are known by device and inode, as
// seen through the overlay. A descriptor is kept of each, so that its number
// cannot become another file's; beyond maxHeld the time of birth tells.
type ledger struct {
	mu      sync.Mutex
	entries map[fileID]entry
	held    int
}

type fileID struct {
	major, minor uint32
	ino          uint64
}

type entry struct {
	owner
	fd    int // O_PATH, or -1
	birth unix.StatxTimestamp
}

const maxHeld = 1000

func newLedger() *ledger { return &ledger{entries: map[fileID]entry{}} }

// identify returns what a file is known by; obj may be an O_PATH descriptor.
func identify(obj int) (fileID, unix.StatxTimestamp, error) {
	var st unix.Statx_t
	err := unix.Statx(obj, "", unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &st)
	return fileID{st.Dev_major, st.Dev_minor, st.Ino}, st.Btime, err
}

// owner returns what is noted of a file.
func (l *ledger) owner(obj int) (owner, bool) {
	id, birth, err := identify(obj)
	if err != nil {
		return nobodyAsked(), false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.entries[id]
	if !ok || e.birth != birth {
		return nobodyAsked(), false
	}
	return e.owner, true
}

// set notes a file's owner.
func (l *ledger) set(obj int, o owner) {
	id, birth, err := identify(obj)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.entries[id]; ok && e.birth == birth {
		e.owner = o
		l.entries[id] = e
		return
	}
	e := entry{owner: o, fd: -1, birth: birth}
	if l.held < maxHeld {
		if fd, err := unix.FcntlInt(uintptr(obj), unix.F_DUPFD_CLOEXEC, 0); err == nil {
			e.fd = fd
			l.held++
		}
	}
	l.entries[id] = e
}

func (l *ledger) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries) == 0
}

func (l *ledger) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, e := range l.entries {
		if e.fd >= 0 {
			unix.Close(e.fd)
		}
		delete(l.entries, id)
	}
	l.held = 0
}

// ownersFile keeps a ledger beside a scratch directory's upper, between jobs:
// one file a line, uid, gid and the quoted path inside the root.
const ownersFile = "owners"

// saveOwners writes the ledger down when a job has ended.
func (r *root) saveOwners() error {
	name := filepath.Join(r.scratch, ownersFile)
	if r.thrown {
		return nil
	}
	if r.ledger.empty() {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		return nil
	}
	at, err := unix.Open(r.at(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	var text strings.Builder
	err = walkUpper(filepath.Join(r.scratch, "upper"), func(f *found, _ string) error {
		if o, ok := r.ledger.ownerAt(at, f.Path); ok && hasNoXattrs(f.Kind) {
			fmt.Fprintf(&text, "%d %d %q\n", o.uid, o.gid, f.Path)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", []byte(text.String()), 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// ownerAt looks up a path of the root that is open at at.
func (l *ledger) ownerAt(at int, path string) (owner, bool) {
	obj, err := openInside(at, path)
	if err != nil {
		return nobodyAsked(), false
	}
	defer unix.Close(obj)
	return l.owner(obj)
}

// openInside opens a path of the root itself, through no link.
func openInside(at int, path string) (int, error) {
	return unix.Openat2(at, inside(path), &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | unix.RESOLVE_NO_XDEV,
	})
}

// readOwners reads what saveOwners wrote; a missing file is an empty one.
func readOwners(scratch string) (map[string]owner, error) {
	name := filepath.Join(scratch, ownersFile)
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	owners := map[string]owner{}
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 3)
		if len(f) != 3 {
			return nil, fmt.Errorf("%s: bad line %q", name, line)
		}
		uid, err1 := strconv.ParseUint(f[0], 10, 32)
		gid, err2 := strconv.ParseUint(f[1], 10, 32)
		path, err3 := strconv.Unquote(f[2])
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, fmt.Errorf("%s: bad line %q: %w", name, line, err)
		}
		owners[path] = owner{uint32(uid), uint32(gid)}
	}
	return owners, nil
}

// loadOwners fills the ledger of a mounted root with what earlier jobs left.
func (r *root) loadOwners() error {
	owners, err := readOwners(r.scratch)
	if err != nil || len(owners) == 0 {
		return err
	}
	at, err := unix.Open(r.at(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(at)
	for path, o := range owners {
		obj, err := openInside(at, path)
		if err != nil {
			continue // it was removed since
		}
		r.ledger.set(obj, o)
		unix.Close(obj)
	}
	return nil
}
