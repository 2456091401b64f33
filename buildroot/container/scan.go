package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

// scanBatch is how many changes one message holds.
const scanBatch = 500

// serveScan reads a scratch directory for the front.
func (k *keeper) serveScan(conn *fdconn.Conn) {
	defer conn.Close()
	var q scanRequest
	if conn.Receive(&q) != nil {
		return
	}
	var batch []found
	flush := func() error {
		err := conn.Send(scanned{Found: batch})
		batch = batch[:0]
		return err
	}
	err := k.scan(q.Scratch, func(f *found) error {
		batch = append(batch, *f)
		if len(batch) < scanBatch {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	conn.Send(scanned{Done: true, Err: sendIf("scan "+q.Scratch, err)})
}

// scan finds what was changed, sorted by path, and whose it is to be.
func (k *keeper) scan(scratch string, yield func(*found) error) error {
	owners, done, err := k.ownersOf(scratch)
	if err != nil {
		return err
	}
	defer done()
	return walkUpper(filepath.Join(scratch, "upper"), func(f *found, name string) error {
		o := nobodyAsked()
		if hasNoXattrs(f.Kind) {
			o = owners(f.Path)
			f.Below = true // there is no attribute to tell: the caller's base does
		} else if f.Kind == job.Regular || f.Kind == job.Dir {
			if o, err = f.readXattrs(name); err != nil {
				return err
			}
		}
		if o.uid != unset {
			f.UID, f.UIDKnown = o.uid, true
		}
		if o.gid != unset {
			f.GID, f.GIDKnown = o.gid, true
		}
		return yield(f)
	})
}

// hasNoXattrs tells for which kinds the ledger holds the owners.
func hasNoXattrs(k job.Kind) bool {
	return k == job.Symlink || k == job.Fifo || k == job.Socket
}

// ownersOf returns how to look up an owner in a scratch directory's ledger:
// the one of the job that is using it, or what the last has saved.
func (k *keeper) ownersOf(scratch string) (lookUp func(path string) owner, done func(), err error) {
	k.mu.Lock()
	r := k.mounted[scratch]
	k.mu.Unlock()
	if r == nil {
		saved, err := readOwners(scratch)
		return func(path string) owner {
			if o, ok := saved[path]; ok {
				return o
			}
			return nobodyAsked()
		}, func() {}, err
	}
	at, err := unix.Open(r.at(), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	return func(path string) owner {
		o, ok := r.ledger.ownerAt(at, path)
		if !ok {
			return nobodyAsked()
		}
		return o
	}, func() { unix.Close(at) }, nil
}

// walkUpper calls f for all below an overlay's upper directory, in order of
// paths, with a name by which the object can be reached meanwhile. Processes
// of the build may still be at work there: no link is followed, and what is
// gone when its turn comes is left out.
func walkUpper(upper string, f func(c *found, name string) error) error {
	fd, err := unix.Open(upper, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: upper, Err: err}
	}
	defer unix.Close(fd)
	return walkDir(fd, "", f)
}

func walkDir(dir int, path string, f func(*found, string) error) error {
	names, err := readNames(dir)
	if err != nil {
		return fmt.Errorf("%s/: %w", path, err)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := walkName(dir, name, path+"/"+name, f); err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return nil
}

func walkName(dir int, name, path string, f func(*found, string) error) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c := changeOf(path, &st)
	at := "/proc/self/fd/" + strconv.Itoa(dir) + "/" + name
	if c.Kind == job.Symlink {
		target, err := os.Readlink(at)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		c.Link = target
	}
	if err := f(c, at); err != nil || c.Kind != job.Dir {
		return err
	}
	sub, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(sub)
	return walkDir(sub, path, f)
}

// changeOf is what stat(2) tells.
func changeOf(path string, st *unix.Stat_t) *found {
	c := &found{Change: job.Change{Path: path, Mode: st.Mode & 0o7777, Ino: st.Ino, Nlink: uint64(st.Nlink),
		MTime: time.Unix(st.Mtim.Unix()), CTime: time.Unix(st.Ctim.Unix())}}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		c.Kind, c.Size = job.Regular, st.Size
	case unix.S_IFDIR:
		c.Kind = job.Dir
	case unix.S_IFLNK:
		c.Kind = job.Symlink
	case unix.S_IFIFO:
		c.Kind = job.Fifo
	case unix.S_IFSOCK:
		c.Kind = job.Socket
	case unix.S_IFBLK:
		c.Kind, c.Rdev = job.Block, uint64(st.Rdev)
	case unix.S_IFCHR:
		c.Kind, c.Rdev = job.Char, uint64(st.Rdev)
	}
	if isWhiteout(st) {
		c.Kind, c.Mode, c.Ino, c.Nlink = job.Whiteout, 0, 0, 0 // all whiteouts are links of one
	}
	return c
}

// readXattrs sorts a file's attributes: the kernel's, ours, and its own.
func (f *found) readXattrs(name string) (owner, error) {
	o := nobodyAsked()
	names, err := listXattrs(name)
	if err != nil {
		return o, fmt.Errorf("%s: %w", f.Path, err)
	}
	for _, x := range names {
		value, err := getXattr(name, x)
		if errors.Is(err, unix.ENODATA) {
			continue
		}
		if err != nil {
			return o, fmt.Errorf("%s: %s: %w", f.Path, x, err)
		}
		own, escaped := strings.CutPrefix(x, overlayXattr+"overlay.")
		switch {
		case x == ownerXattr:
			o, _ = ownerOf(value)
		case x == capsXattr:
			f.Caps = capsV2(value)
		case escaped: // a program's own attribute of overlay's name
			f.setXattr(overlayXattr+own, value)
		case x == overlayXattr+"opaque":
			f.Opaque = string(value) == "y"
		case x == overlayXattr+"origin":
			f.Below = true
		case strings.HasPrefix(x, "user.") && !strings.HasPrefix(x, overlayXattr):
			f.setXattr(x, value)
		}
	}
	return o, nil
}

func (f *found) setXattr(name string, value []byte) {
	if f.Xattrs == nil {
		f.Xattrs = map[string]string{}
	}
	f.Xattrs[name] = string(value)
}

// capsV2 takes the user namespace's root out of a capability attribute: a
// revision 3, as the kernel writes it for a namespace, becomes a revision 2.
// linux/capability.h has the layout.
func capsV2(v []byte) []byte {
	const size2, size3 = 20, 24
	if len(v) != size3 || v[3] != 3 {
		return v
	}
	v = slices.Clone(v[:size2])
	v[3] = 2
	return v
}

func isWhiteout(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}

// readNames lists a directory by a descriptor of its own, from the start.
func readNames(dir int) ([]string, error) {
	fd, err := unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), ".")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return names, err
}
