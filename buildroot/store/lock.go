package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// The pauses between two looks at a lock that somebody else holds.
const (
	lockPauseMin = time.Millisecond
	lockPauseMax = 50 * time.Millisecond
)

// Lock waits until nobody else, in this process or another one, has the lock of
// an action, and takes it: equal actions run once, if each looks for the result
// again when it has the lock. The lock ends with unlock, or with the process.
// Waiting ends with ctx.
func (s *Store) Lock(ctx context.Context, id string) (unlock func(), err error) {
	if err := checkName(id); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	name := locksDir + "/" + id
	f, err := s.waitLock(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", id, err)
	}
	// Removed before it is released: whoever waits for this file finds in tryLock
	// that it is no longer the one of that name.
	return func() { s.root.Remove(name); f.Close() }, nil
}

// waitLock opens, makes and locks a file of the store, and looks again and again
// while somebody else has it: a wait in the kernel could not end with ctx.
func (s *Store) waitLock(ctx context.Context, name string) (*os.File, error) {
	for pause := lockPauseMin; ; pause = min(2*pause, lockPauseMax) {
		f, err := s.tryLock(name)
		if f != nil || err != nil {
			return f, Full(err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// tryLock locks the lock file of that name. It returns nil if somebody else has
// it.
func (s *Store) tryLock(name string) (*os.File, error) {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		var same bool
		if same, err = s.isFile(f, name); same {
			return f, nil
		}
	}
	f.Close()
	if err != nil && !locked(err) {
		return nil, err
	}
	return nil, nil
}

// isFile reports whether name still names the open file f.
func (s *Store) isFile(f *os.File, name string) (bool, error) {
	have, err := f.Stat()
	if err != nil {
		return false, err
	}
	now, err := s.root.Lstat(name)
	if err != nil {
		return false, unlessAbsent(err)
	}
	return os.SameFile(have, now), nil
}

// lockDir locks an open directory without waiting; errInUse says that somebody
// else has it.
func lockDir(dir *os.File) error {
	err := flock(dir, unix.LOCK_EX|unix.LOCK_NB)
	if locked(err) {
		return errInUse
	}
	return err
}

var errInUse = errors.New("another process uses it")
