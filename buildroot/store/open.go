package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// DefaultDir is where the store of a user is if nobody said otherwise:
// /var/lib/ashlar for root, who builds as another user that could not enter
// /root; else $XDG_CACHE_HOME/ashlar or ~/.cache/ashlar. It is empty if uid is
// not root and the environment has neither.
func DefaultDir(uid int) string {
	if uid == 0 {
		return "/var/lib/ashlar"
	}
	// XDG Base Directory Specification: a path that is not absolute is ignored.
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ashlar")
	}
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".cache", "ashlar")
	}
	return ""
}

// Make makes the directory of a store for another user, as root does before it
// becomes that user. What is there already keeps its owner.
func Make(dir string, uid, gid int) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("make store: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make store: %w", err)
	}
	switch err := os.Mkdir(dir, 0o700); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return fmt.Errorf("make store: %w", err)
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return errors.Join(fmt.Errorf("make store: %w", err), os.Remove(dir))
	}
	return nil
}

// Open opens the store in dir and makes it if it is not there. It refuses a
// directory that holds something else, belongs to somebody else, cannot be
// reached or written, or has the store of another version; the error says which
// and what to do.
func Open(dir string, opts Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil || dir == "" {
		return nil, fmt.Errorf("open store: no directory: set HOME, ASHLAR_STORE or --store")
	}
	s, err := open(abs, opts)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", abs, err)
	}
	return s, nil
}

func open(dir string, opts Options) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, blame(dir, err)
	}
	if err := checkOwner(dir); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, blame(dir, err)
	}
	s := &Store{dir: dir, root: root, opts: opts}
	if err := s.openAll(); err != nil {
		for _, c := range []*os.Root{s.blobs, s.trees, s.results, s.root} {
			if c != nil {
				c.Close()
			}
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) openAll() error {
	if err := s.checkVersion(); err != nil {
		return err
	}
	for _, d := range []struct {
		root **os.Root
		name string
	}{{&s.blobs, blobsDir}, {&s.trees, treesDir}, {&s.results, resultsDir}} {
		root, err := s.root.OpenRoot(d.name)
		if err != nil {
			return fmt.Errorf("%w: remove the directory and let it be made again", err)
		}
		*d.root = root
	}
	var err error
	s.self, err = s.root.Open(".")
	return err
}

// checkOwner makes sure that dir is ours alone: the trees below hold set-id
// files, which nobody else is to reach.
func checkOwner(dir string) error {
	var st unix.Stat_t
	if err := unix.Stat(dir, &st); err != nil {
		return blame(dir, err)
	}
	if uid := os.Geteuid(); int(st.Uid) != uid {
		return fmt.Errorf("it belongs to uid %d, not to uid %d: name another directory with --store or ASHLAR_STORE", st.Uid, uid)
	}
	if st.Mode&0o077 != 0 || st.Mode&0o700 != 0o700 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return err
		}
	}
	if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("it cannot be written (%w): name another directory with --store or ASHLAR_STORE", err)
	}
	return nil
}

// checkVersion reads the version file, and makes the store if there is none. A
// store that somebody is making, or stopped making, is made to its end.
func (s *Store) checkVersion() error {
	have, err := s.root.ReadFile(versionName)
	switch {
	case err == nil && string(have) == version:
		return nil
	case err == nil && strings.HasPrefix(string(have), "ashlar store "):
		return fmt.Errorf("it is %q, this ashlar reads %q: use the other ashlar, or remove the directory",
			strings.TrimSpace(string(have)), strings.TrimSpace(version))
	case err == nil:
		return fmt.Errorf("its file %q is not of a store: name another directory", versionName)
	case !absent(err):
		return err
	}
	return Full(s.make())
}

func (s *Store) make() error {
	dirs := []string{blobsDir, treesDir, resultsDir, partialDir, keptDir, cachesDir, locksDir, runDir}
	names, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, n := range names {
		known := slices.Contains(dirs, n.Name()) || strings.HasPrefix(n.Name(), versionName+"~")
		if !known && n.Name() != versionName && n.Name() != "lost+found" {
			return fmt.Errorf("it is not empty and no store (it has %q): name another directory", n.Name())
		}
	}
	for _, d := range dirs {
		if err := s.root.Mkdir(d, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	tmp := versionName + "~" + strconv.Itoa(os.Getpid())
	if err := s.writeVersion(tmp); err != nil {
		return errors.Join(err, s.root.Remove(tmp))
	}
	if err := s.root.Rename(tmp, versionName); absent(err) {
		_, err = s.root.Lstat(versionName) // another process has made it, and its GC took tmp
		return err
	} else if err != nil {
		return err
	}
	return s.syncDir(".")
}

func (s *Store) writeVersion(name string) error {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString(version); err != nil {
		return err
	}
	if s.opts.NoSync {
		return nil
	}
	return f.Sync()
}

// blame names the directory on the way to dir that this user may not enter or
// write, which the kernel's error does not.
func blame(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return err
	}
	const remedy = "name another directory with --store or ASHLAR_STORE"
	uid := os.Geteuid()
	var last string
	for _, p := range parents(dir) {
		var st unix.Stat_t
		if serr := unix.Stat(p, &st); serr != nil {
			break
		}
		if unix.Access(p, unix.X_OK) != nil {
			return fmt.Errorf("uid %d may not enter %s (mode %04o, of uid %d): %s", uid, p, st.Mode&0o7777, st.Uid, remedy)
		}
		last = p
	}
	if last != dir && last != "" {
		return fmt.Errorf("uid %d may not write %s: %s", uid, last, remedy)
	}
	return fmt.Errorf("%w: %s", err, remedy)
}

// parents lists "/" and every directory on the way to dir, and dir.
func parents(dir string) []string {
	var all []string
	for p := dir; ; p = filepath.Dir(p) {
		all = append(all, p)
		if p == filepath.Dir(p) {
			break
		}
	}
	slices.Reverse(all)
	return all
}

// Warnings says in sentences what about the store's place works, but badly.
func (s *Store) Warnings() []string {
	var st syscall.Statfs_t
	if err := syscall.Statfs(s.dir, &st); err != nil {
		return []string{fmt.Sprintf("store %s: %v", s.dir, err)}
	}
	// The numbers are of linux/magic.h; ceph, lustre and gpfs of their sources.
	network := map[uint32]string{
		0x6969: "NFS", 0xFF534D42: "CIFS", 0xFE534D42: "SMB", 0x517B: "SMB", 0x01021997: "9p",
		0x5346414F: "AFS", 0x00C36400: "Ceph", 0x0BD00BD0: "Lustre", 0x47504653: "GPFS", 0x65735546: "FUSE",
	}
	name, is := network[uint32(st.Type)]
	if !is {
		return nil
	}
	return []string{fmt.Sprintf("store %s is on %s: overlay mounts may refuse it, locks may not reach other machines, "+
		"and it is slow: name a directory on a local disk with --store or ASHLAR_STORE", s.dir, name)}
}
