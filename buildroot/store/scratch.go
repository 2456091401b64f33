package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// A Scratch is a directory for files that nobody needs for long, such as what a
// step writes to its root.
type Scratch struct {
	store *Store
	name  string
	lock  *os.File // of one that was kept; the session's lock guards the others
}

// Scratch makes an empty directory, mode 0700, on the store's file system. The
// caller ends it with Close or Keep; if the process dies before, GC takes it.
// The prefix is for those who look at the disk.
func (s *Store) Scratch(prefix string) (*Scratch, error) {
	if err := checkName(prefix); err != nil {
		return nil, fmt.Errorf("scratch: %w", err)
	}
	ses, err := s.begin()
	if err != nil {
		return nil, fmt.Errorf("scratch: %w", err)
	}
	c := &Scratch{store: s, name: ses.temp("scratch-" + prefix)}
	if err := s.root.Mkdir(c.name, 0o700); err != nil {
		return nil, fmt.Errorf("scratch: %w", Full(err))
	}
	return c, nil
}

// Dir is the absolute path of the directory.
func (c *Scratch) Dir() string { return c.store.path(c.name) }

// Close removes the directory. Of one that was kept it only ends the use. It may
// be called again, and after Keep.
func (c *Scratch) Close() error {
	if c.lock != nil {
		return c.lock.Close()
	}
	if strings.HasPrefix(c.name, keptDir+"/") {
		return nil
	}
	if err := rmtree.Remove(c.Dir()); err != nil {
		return fmt.Errorf("remove scratch: %w", err)
	}
	return nil
}

// Keep leaves the directory to later processes under a name, which [Store.Kept]
// finds, in the place of what was kept under it before; Dir changes. It stays
// until the next Keep or until GC finds it old.
func (c *Scratch) Keep(name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("keep scratch: %w", err)
	}
	unlock, err := c.store.shareUse()
	if err != nil {
		return fmt.Errorf("keep scratch: %w", err)
	}
	defer unlock()
	to := path.Join(keptDir, name)
	for {
		old, err := c.store.displace(name)
		if err != nil {
			return fmt.Errorf("keep scratch %s: %w", name, err)
		}
		err = c.store.root.Rename(c.name, to)
		if errors.Is(err, unix.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
			continue // another process keeps its own at this moment
		}
		if err != nil {
			return fmt.Errorf("keep scratch: %w", err)
		}
		c.name = to
		return c.store.dropKept(old)
	}
}

// OpenKept opens one file of a directory that was kept, whoever uses the
// directory. The error is an fs.ErrNotExist if it is not there.
func (s *Store) OpenKept(name, file string) (*os.File, error) {
	if err := errors.Join(checkName(name), checkName(file)); err != nil {
		return nil, fmt.Errorf("open kept: %w", err)
	}
	return s.root.Open(path.Join(keptDir, name, file))
}

// Forget removes what is kept under a name. If somebody uses it, the files remain
// until GC finds that he has left.
func (s *Store) Forget(name string) error {
	if err := checkName(name); err != nil {
		return fmt.Errorf("forget scratch: %w", err)
	}
	unlock, err := s.shareUse()
	if err != nil {
		return fmt.Errorf("forget scratch: %w", err)
	}
	defer unlock()
	old, err := s.displace(name)
	if err == nil {
		err = s.dropKept(old)
	}
	if err != nil {
		return fmt.Errorf("forget scratch %s: %w", name, err)
	}
	return nil
}

// displace moves what is kept under name out of the way. A shell may be in it:
// then the files remain until GC finds that it has left.
func (s *Store) displace(name string) (old string, err error) {
	ses, err := s.begin()
	if err != nil {
		return "", err
	}
	old = path.Join(keptDir, name+"~"+path.Base(ses.temp(ses.name)))
	if err := s.root.Rename(path.Join(keptDir, name), old); err != nil {
		return "", unlessAbsent(err)
	}
	return old, nil
}

// dropKept removes a displaced directory unless somebody uses it.
func (s *Store) dropKept(old string) error {
	if old == "" {
		return nil
	}
	lock, err := s.lockKept(old)
	if err != nil {
		return unlessInUse(unlessAbsent(err))
	}
	defer lock.Close()
	return rmtree.Remove(s.path(old))
}

// Kept opens a directory that was kept. Nobody else can until Close is called.
// The error is an fs.ErrNotExist if nothing was kept under the name.
func (s *Store) Kept(name string) (*Scratch, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("kept scratch: %w", err)
	}
	c := &Scratch{store: s, name: path.Join(keptDir, name)}
	unlock, err := s.shareUse()
	if err != nil {
		return nil, fmt.Errorf("kept scratch: %w", err)
	}
	defer unlock()
	if c.lock, err = s.lockKept(c.name); err != nil {
		return nil, fmt.Errorf("kept scratch %s: %w", name, err)
	}
	return c, nil
}

func (s *Store) lockKept(name string) (*os.File, error) {
	dir, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	if err := lockDir(dir); err != nil {
		dir.Close()
		return nil, err
	}
	return dir, nil
}

func unlessInUse(err error) error {
	if errors.Is(err, errInUse) {
		return nil
	}
	return err
}
