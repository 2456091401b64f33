package deb

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// refuse is the remedy where there is none.
const refuse = "the package is broken or hostile; do not use it"

// Canonical is where a path of a package is unpacked to: what lies in one of
// the directories that are links into /usr since Debian 12 (base-files ships
// the links, Debian Policy 9.1.1) goes to where the link leads. The links
// themselves stay where they are, and are what is meant by their bare names.
func Canonical(p string) string {
	top, rest, below := strings.Cut(strings.TrimPrefix(p, "/"), "/")
	if below && aliased(top) {
		return "/usr/" + top + "/" + rest
	}
	return p
}

// aliased reports whether a directory of the root is a link into /usr.
func aliased(top string) bool {
	switch top {
	case "bin", "sbin", "lib", "lib32", "lib64", "libo32", "libx32":
		return true
	}
	return false
}

const (
	maxName = 255  // NAME_MAX of every file system that we may be on
	maxPath = 4000 // PATH_MAX is 4096; a root's own path comes before it at times
)

// memberPath makes an absolute, clean path of a name in the data archive:
// "./usr/bin/x" or "usr/bin/x". dpkg drops a leading slash; no tool writes one.
func memberPath(name string) (string, error) {
	if strings.HasPrefix(name, "/") {
		return "", errors.New("its path is absolute: " + refuse)
	}
	if len(name) > maxPath {
		return "", fmt.Errorf("its path has %d bytes, and %d is the most: %s", len(name), maxPath, refuse)
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "..":
			return "", errors.New("its path leads out of the package: " + refuse)
		case len(part) > maxName:
			return "", fmt.Errorf("a name of %d bytes in its path, and %d is the most: %s", len(part), maxName, refuse)
		case strings.ContainsAny(part, "\n\x00"):
			return "", errors.New("a line break in its path, which dpkg's lists cannot hold: " + refuse)
		}
	}
	return path.Clean("/" + name), nil
}

// printable is a path for a message, in quotes if it has what a message cannot
// show.
func printable(p string) string {
	if q := strconv.Quote(p); len(q) != len(p)+2 {
		return q
	}
	return p
}
