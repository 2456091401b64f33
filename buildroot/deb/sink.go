package deb

import (
	"fmt"
	"os"
	"path"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/layer"
)

// A sink writes below one directory and nowhere else. Every directory on the
// way to a path is opened by openat2(2) with RESOLVE_BENEATH and
// RESOLVE_NO_SYMLINKS: a link that somebody put in the way is an error, whoever
// it was.
//
// os.Root would do, but opens every directory of every path one by one and can
// neither set the time of a link nor make a fifo.
type sink struct {
	root int
	dir  string // the directory last used, and its descriptor
	fd   int
	dirs map[string]dirMode
}

type dirMode struct {
	mode  uint32
	mtime int64
}

// newSink makes the directory root, which must not exist.
func newSink(root string) (*sink, error) {
	if err := os.Mkdir(root, 0o755); err != nil {
		return nil, err
	}
	fd, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: root, Err: err}
	}
	return &sink{root: fd, dir: "/", fd: fd, dirs: map[string]dirMode{}}, nil
}

func (s *sink) close() {
	if s.fd != s.root {
		unix.Close(s.fd)
	}
	unix.Close(s.root)
}

// parent opens the directory of p and returns it with p's last name.
func (s *sink) parent(p string) (fd int, name string, err error) {
	dir, name := path.Split(p)
	dir = path.Clean(dir)
	if dir == s.dir {
		return s.fd, name, nil
	}
	if dir == "/" {
		return s.root, name, nil
	}
	fd, err = unix.Openat2(s.root, dir[1:], &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return -1, "", fmt.Errorf("open its directory: %w", err)
	}
	if s.fd != s.root {
		unix.Close(s.fd)
	}
	s.dir, s.fd = dir, fd
	return fd, name, nil
}

// mkdir makes a directory, or notes another mode and time for one. Until finish
// it is ours to write to, whatever its mode.
func (s *sink) mkdir(p string, mode uint32, mtime int64) error {
	_, have := s.dirs[p]
	if p != "/" && !have {
		fd, name, err := s.parent(p)
		if err == nil {
			err = unix.Mkdirat(fd, name, 0o700)
		}
		if err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	s.dirs[p] = dirMode{mode, mtime}
	return nil
}

// create makes a file and opens it to be written and read again.
func (s *sink) create(p string) (*os.File, error) {
	fd, name, err := s.parent(p)
	if err != nil {
		return nil, err
	}
	f, err := unix.Openat(fd, name, unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make file: %w", err)
	}
	return os.NewFile(uintptr(f), p), nil
}

// seal gives a written file its mode and time.
func (s *sink) seal(f *os.File, p string, mode uint32, mtime int64) error {
	if err := unix.Fchmod(int(f.Fd()), mode); err != nil {
		return fmt.Errorf("set mode: %w", err)
	}
	return s.stamp(p, mtime)
}

func (s *sink) symlink(p, target string, mtime int64) error {
	fd, name, err := s.parent(p)
	if err == nil {
		err = unix.Symlinkat(target, fd, name)
	}
	if err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	return s.stamp(p, mtime)
}

func (s *sink) fifo(p string, mode uint32, mtime int64) error {
	fd, name, err := s.parent(p)
	if err == nil {
		err = unix.Mknodat(fd, name, unix.S_IFIFO|0o600, 0)
	}
	if err == nil {
		err = unix.Fchmodat(fd, name, mode, 0)
	}
	if err != nil {
		return fmt.Errorf("make fifo: %w", err)
	}
	return s.stamp(p, mtime)
}

// link gives the file at old the further name p.
func (s *sink) link(old, p string) error {
	dir, _, err := s.parent(old)
	if err != nil {
		return err
	}
	if dir, err = unix.Dup(dir); err != nil { // the next parent closes the first
		return err
	}
	defer unix.Close(dir)
	fd, name, err := s.parent(p)
	if err == nil {
		err = unix.Linkat(dir, path.Base(old), fd, name, 0)
	}
	if err != nil {
		return fmt.Errorf("make hard link: %w", err)
	}
	return nil
}

func (s *sink) remove(p string) error {
	fd, name, err := s.parent(p)
	if err == nil {
		err = unix.Unlinkat(fd, name, 0)
	}
	if err != nil {
		return fmt.Errorf("replace it: %w", err)
	}
	return nil
}

// stamp sets the modification time, of a link its own.
func (s *sink) stamp(p string, mtime int64) error {
	fd, name, err := s.parent(p)
	if err != nil {
		return err
	}
	if name == "" {
		name = "."
	}
	ts := unix.Timespec{Sec: mtime}
	if err := unix.UtimesNanoAt(fd, name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return fmt.Errorf("set time: %w", err)
	}
	return nil
}

// finish sets the directories' modes and times, those below before those above:
// a mode may lock us out, and making a file changes its directory's time. root
// is the package's own entry for "/", or nil.
func (s *sink) finish(root *layer.File) error {
	if root == nil {
		s.dirs["/"] = dirMode{0o755, 0}
	}
	paths := make([]string, 0, len(s.dirs))
	for p := range s.dirs {
		paths = append(paths, p)
	}
	slices.SortFunc(paths, func(a, b string) int { return layer.Compare(b, a) })
	for _, p := range paths {
		d := s.dirs[p]
		fd, name, err := s.parent(p)
		if err != nil {
			return err
		}
		if name == "" {
			name = "."
		}
		if err := unix.Fchmodat(fd, name, d.mode, 0); err != nil {
			return fmt.Errorf("%s: set mode: %w", p, err)
		}
		if err := s.stamp(p, d.mtime); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return nil
}
