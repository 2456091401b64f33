package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"golang.org/x/sys/unix"
)

// mergeTail makes one of the lowest layers, so that maxLayers are left. The
// last layer holds mount points and is another each time: it stays as it is.
// Merges are kept for the keeper's life.
func (k *keeper) mergeTail(layers []string) ([]string, error) {
	keep, last := maxLayers-2, len(layers)-1
	tail := layers[keep:last]
	key := strings.Join(tail, "\x00")
	k.mergeMu.Lock()
	defer k.mergeMu.Unlock()
	dir, ok := k.merged[key]
	if !ok {
		dir = filepath.Join(k.disk, "merged-"+strconv.Itoa(len(k.merged)))
		if err := mergeTrees(dir, tail); err != nil {
			return nil, mergeError(len(tail), errors.Join(err, rmtree.RemoveAll(dir)))
		}
		k.merged[key] = dir
	}
	return append(append([]string{}, layers[:keep]...), dir, layers[last]), nil
}

func mergeError(n int, err error) error {
	e := &Error{What: fmt.Sprintf("merge %d layers", n), Cause: err.Error(), errno: errnoOf(err)}
	if errors.Is(err, unix.EXDEV) {
		e.Remedy = fmt.Sprintf("more than %d layers are merged by hard links: keep them and the directory for "+
			"temporary files on one file system", maxLayers-1)
	}
	return e
}

// mergeTrees makes in dir, by hard links, what an overlay mount of trees, top
// first, would show. Nothing is to lie below: whiteouts are not kept.
func mergeTrees(dir string, trees []string) error {
	fds := make([]int, 0, len(trees))
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for _, tree := range trees {
		fd, err := unix.Open(tree, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", tree, err)
		}
		fds = append(fds, fd)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	out, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	return mergeDir(out, fds)
}

// mergeDir fills the directory out from directories, top first, and gives it
// the attributes of the first.
func mergeDir(out int, dirs []int) error {
	seen := map[string]bool{}
	for i, dir := range dirs {
		names, err := readNames(dir)
		if err != nil {
			return err
		}
		for _, name := range names {
			if seen[name] {
				continue
			}
			seen[name] = true
			if err := mergeName(out, name, dirs[i:]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return copyAttributes(out, dirs[0])
}

// mergeName makes what name is in the first of dirs, and in those below if it
// is a directory that they show through.
func mergeName(out int, name string, dirs []int) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dirs[0], name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	switch {
	case isWhiteout(&st):
		return nil
	case st.Mode&unix.S_IFMT != unix.S_IFDIR:
		return unix.Linkat(dirs[0], name, out, name, 0)
	}
	var same []int
	defer func() {
		for _, fd := range same {
			unix.Close(fd)
		}
	}()
	for _, dir := range dirs {
		fd, err := unix.Openat(dir, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) {
			break // a file or a whiteout hides what is below it
		}
		if err != nil {
			return err
		}
		same = append(same, fd)
		if isOpaque(fd) {
			break
		}
	}
	if err := unix.Mkdirat(out, name, 0o700); err != nil {
		return err
	}
	sub, err := unix.Openat(out, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(sub)
	return mergeDir(sub, same)
}

func isWhiteout(st *unix.Stat_t) bool {
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}

// isOpaque tells whether the directory hides what layers below have in it.
func isOpaque(fd int) bool {
	var v [2]byte
	n, err := unix.Fgetxattr(fd, "user.overlay.opaque", v[:])
	return err == nil && n == 1 && v[0] == 'y'
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

// copyAttributes gives a directory another's mode, time and user attributes.
func copyAttributes(to, from int) error {
	var st unix.Stat_t
	if err := unix.Fstat(from, &st); err != nil {
		return err
	}
	names, err := listXattrs("/proc/self/fd/" + strconv.Itoa(from))
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasPrefix(name, "user.") || strings.HasPrefix(name, overlayXattr) {
			continue
		}
		value, err := getXattr("/proc/self/fd/"+strconv.Itoa(from), name)
		if err != nil {
			return err
		}
		if err := unix.Fsetxattr(to, name, value, 0); err != nil {
			return err
		}
	}
	if err := unix.Fchmod(to, st.Mode&0o7777); err != nil {
		return err
	}
	times := []unix.Timespec{st.Atim, st.Mtim}
	return unix.UtimesNanoAt(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(to), times, 0)
}
