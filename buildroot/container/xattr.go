package container

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/sys/unix"
)

// Names of extended attributes.
const (
	overlayXattr = "user.overlay."       // the kernel's own, with the option userxattr
	ownerXattr   = "user.ashlar.owner"   // two numbers that a command asked for: see note
	capsXattr    = "security.capability" // see capabilities(7), "File capabilities"
)

// listXattrs returns the names of path's extended attributes, of the last link
// itself. A file system without any has none.
func listXattrs(path string) ([]string, error) {
	buf := make([]byte, 1024)
	for {
		n, err := llistxattr(path, buf)
		switch {
		case errors.Is(err, unix.ERANGE):
			buf = make([]byte, 65536) // XATTR_LIST_MAX
			continue
		case errors.Is(err, unix.EOPNOTSUPP), n == 0 && err == nil:
			return nil, nil
		case err != nil:
			return nil, err
		}
		return strings.Split(string(bytes.TrimSuffix(buf[:n], []byte{0})), "\x00"), nil
	}
}

// llistxattr follows a magic link of /proc, which is to stand for what it leads to.
func llistxattr(path string, buf []byte) (int, error) {
	if magic(path) {
		return unix.Listxattr(path, buf)
	}
	return unix.Llistxattr(path, buf)
}

// magic tells whether path is /proc/self/fd/N.
func magic(path string) bool {
	fd, ok := strings.CutPrefix(path, "/proc/self/fd/")
	return ok && !strings.Contains(fd, "/")
}

func getXattr(path, name string) ([]byte, error) {
	get := unix.Lgetxattr
	if magic(path) {
		get = unix.Getxattr
	}
	buf := make([]byte, 256)
	for {
		n, err := get(path, name, buf)
		if errors.Is(err, unix.ERANGE) {
			buf = make([]byte, 65536) // XATTR_SIZE_MAX
			continue
		}
		if err != nil {
			return nil, err
		}
		return buf[:n], nil
	}
}
