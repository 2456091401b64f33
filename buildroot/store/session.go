package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// touchEvery is how exact a last use is. Each use of an older entry costs a
// write; GC spares what was used within it.
const touchEvery = 24 * time.Hour

// A session is a directory of what one process has not finished, and the proof
// that the process lives: it holds a flock on the file "lock" in it, which was
// last changed when the session began.
type session struct {
	store *Store
	name  string
	lock  *os.File
	count atomic.Int64
}

const sessionLock = "lock"

// newSession begins a session. GC looks at sessions only while nobody does, so
// that it never sees one that is not locked yet.
func (s *Store) newSession() (*session, error) {
	unlock, err := s.shareUse()
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	defer unlock()
	name := rand.Text()
	if err := s.root.Mkdir(path.Join(runDir, name), 0o700); err != nil {
		return nil, fmt.Errorf("begin session: %w", Full(err))
	}
	lock, err := s.root.OpenFile(path.Join(runDir, name, sessionLock), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err == nil {
		err = flock(lock, unix.LOCK_EX|unix.LOCK_NB)
	}
	if err != nil {
		rmtree.Remove(s.path(runDir, name))
		return nil, fmt.Errorf("begin session: %w", Full(err))
	}
	return &session{store: s, name: name, lock: lock}, nil
}

// begin returns the session of this Store and makes it on the first call.
func (s *Store) begin() (*session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		return s.session, nil
	}
	ses, err := s.newSession()
	if err != nil {
		return nil, err
	}
	s.session = ses
	return ses, nil
}

// temp is a name of the store that nobody else has: below the session, with
// prefix for those who look.
func (ses *session) temp(prefix string) string {
	return path.Join(runDir, ses.name, prefix+"-"+strconv.FormatInt(ses.count.Add(1), 10))
}

func (ses *session) end() error {
	err := rmtree.Remove(ses.store.path(runDir, ses.name))
	return errors.Join(err, ses.lock.Close())
}

// use reports whether dir has name, and notes that it was used.
func (s *Store) use(dir *os.Root, name string) (bool, error) {
	fi, err := s.useInfo(dir, name)
	return fi != nil, err
}

// useInfo is use for those who ask more; the answer is nil if dir has no name.
func (s *Store) useInfo(dir *os.Root, name string) (os.FileInfo, error) {
	if _, err := s.begin(); err != nil {
		return nil, err
	}
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, unlessAbsent(err)
	}
	if there, err := s.touch(dir, name, fi); !there || err != nil {
		return nil, err
	}
	return fi, nil
}

// touch notes that name was used, if its last use was long ago: then it may have
// gone meanwhile.
func (s *Store) touch(dir *os.Root, name string, fi os.FileInfo) (there bool, err error) {
	if age := time.Since(fi.ModTime()); -touchEvery < age && age < touchEvery {
		return true, nil
	}
	unlock, err := s.shareUse()
	if err != nil {
		return false, err
	}
	defer unlock()
	now := time.Now()
	if err := dir.Chtimes(name, now, now); err != nil {
		return false, unlessAbsent(err)
	}
	return true, nil
}

func unlessAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}

// shareUse keeps GC from removing anything until unlock is called, which is to
// be soon.
func (s *Store) shareUse() (unlock func(), err error) {
	return s.hold(useLock, unix.LOCK_SH)
}

// hold waits for a lock on one of the store's own lock files.
func (s *Store) hold(name string, how int) (unlock func(), err error) {
	f, err := s.root.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, Full(err)
	}
	if err := flock(f, how); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// flock locks an open file or directory; closing it unlocks. A lock belongs to
// the open file, not to the process: two opened by one process exclude each
// other.
func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return &os.PathError{Op: "flock", Path: f.Name(), Err: err}
		}
	}
}

// locked reports whether an error of flock with LOCK_NB says that somebody else
// has the lock.
func locked(err error) bool { return errors.Is(err, unix.EWOULDBLOCK) }
