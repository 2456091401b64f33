// Package rmtree removes directories that a build filled: with directories of
// mode 000, with links to anywhere, deeper than a path can be long.
//
// It never follows a link and never enters another mount, so that nothing but
// what is below the directory can be removed. It needs no privilege but the
// files' ownership, and knows nothing of what they are.
package rmtree

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// maxDepth is how many directories are open at once. What lies deeper is moved
// up first.
const maxDepth = 64

// batch is how many names are read at once.
const batch = 1024

// Remove removes path and all below it. A path that does not exist is no error,
// and a link is removed, not followed, wherever it stands. Directories that their
// owner may not read, search or write get mode 0700 first. The directory that
// path is in has to be a trusted one. After an error, as much as can be is gone.
func Remove(path string) error {
	path = filepath.Clean(path)
	parent, err := unix.Open(filepath.Dir(path), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove %s: %w", path, err)
	}
	defer unix.Close(parent)
	r := remover{}
	if err := r.entry(parent, filepath.Base(path), 0); err != nil {
		return fmt.Errorf("remove %s: %w", filepath.Dir(path), err)
	}
	return nil
}

// RemoveAll is Remove under the name that package os gives it.
func RemoveAll(path string) error { return Remove(path) }

// A remover is one removal.
type remover struct {
	top   int // descriptor of the directory to remove
	moved int // directories moved there because they were too deep
}

// entry removes one name of the open directory at.
func (r *remover) entry(at int, name string, depth int) error {
	err := unix.Unlinkat(at, name, 0)
	if err == nil || errors.Is(err, unix.ENOENT) {
		return nil
	}
	if !errors.Is(err, unix.EISDIR) {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := unix.Unlinkat(at, name, unix.AT_REMOVEDIR); err == nil || errors.Is(err, unix.ENOENT) {
		return nil // it was empty
	}
	fd, err := openDir(at, name)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	dir := os.NewFile(uintptr(fd), name)
	defer dir.Close()
	if depth == 0 {
		r.top = fd
	}
	if depth >= maxDepth {
		return r.moveUp(at, name)
	}
	if err := r.contents(dir, fd, depth); err != nil {
		return fmt.Errorf("%s/%w", name, err)
	}
	if err := unix.Unlinkat(at, name, unix.AT_REMOVEDIR); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// moveUp moves a directory that is too deep to the top one, which is read again
// until it is empty. A name that is taken there is passed over.
func (r *remover) moveUp(at int, name string) error {
	for {
		r.moved++
		to := ".rmtree-" + strconv.Itoa(r.moved)
		err := unix.Renameat2(at, name, r.top, to, unix.RENAME_NOREPLACE)
		if errors.Is(err, unix.EINVAL) { // the file system has no such flag
			err = unix.Renameat(at, name, r.top, to)
		}
		switch {
		case errors.Is(err, unix.EEXIST), errors.Is(err, unix.ENOTEMPTY), errors.Is(err, unix.ENOTDIR):
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
}

// contents removes all names of an open directory, and those that come while it
// does. The first error is returned, after all others were tried.
func (r *remover) contents(dir *os.File, fd, depth int) error {
	for {
		seen, err := r.pass(dir, fd, depth)
		if err != nil || seen == 0 {
			return err
		}
		if _, err := dir.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
}

// pass reads the directory once, and counts its names.
func (r *remover) pass(dir *os.File, fd, depth int) (seen int, first error) {
	for {
		names, err := dir.Readdirnames(batch)
		for _, name := range names {
			if err := r.entry(fd, name, depth+1); err != nil && first == nil {
				first = err
			}
		}
		seen += len(names)
		if errors.Is(err, io.EOF) {
			return seen, first
		}
		if err != nil {
			return seen, err
		}
	}
}

// openDir opens a directory for reading, and lets its owner do all in it. The
// mode is changed through a descriptor: a name could be another by then.
func openDir(at int, name string) (int, error) {
	fd, err := open(at, name, unix.O_RDONLY)
	if errors.Is(err, unix.EACCES) {
		if err := unlock(at, name); err != nil {
			return -1, err
		}
		fd, err = open(at, name, unix.O_RDONLY)
	}
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err == nil && st.Mode&0o700 != 0o700 {
		_ = unix.Fchmod(fd, 0o700) // if it cannot be, removing what is inside says why
	}
	return fd, nil
}

// unlock gives a directory that cannot be opened mode 0700. A descriptor of it
// can be had without permission, and its name in /proc is no link of a build's.
func unlock(at int, name string) error {
	fd, err := open(at, name, unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), 0o700)
}

// open opens a directory of that name, no link, and nothing that is mounted.
func open(at int, name string, how uint64) (int, error) {
	for {
		fd, err := unix.Openat2(at, name, &unix.OpenHow{
			Flags:   how | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC,
			Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV,
		})
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EAGAIN):
			continue
		case errors.Is(err, unix.EXDEV):
			return -1, errors.New("something is mounted there: unmount it")
		}
		return fd, err
	}
}
