package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"
)

// A Cache is a directory that a tool fills for its own later use. Several may use
// it at once; what is in it is the tool's business.
type Cache struct {
	dir  string
	lock *os.File
}

// Cache opens the cache of that name, which is made if it is not there. GC
// leaves it alone until Close.
func (s *Store) Cache(name string) (*Cache, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("cache: %w", err)
	}
	unlock, err := s.shareUse()
	if err != nil {
		return nil, fmt.Errorf("cache %s: %w", name, err)
	}
	defer unlock()
	c := &Cache{dir: s.path(cachesDir, name)}
	if c.lock, err = s.openCache(path.Join(cachesDir, name)); err != nil {
		return nil, fmt.Errorf("cache %s: %w", name, Full(err))
	}
	return c, nil
}

func (s *Store) openCache(name string) (*os.File, error) {
	for _, dir := range []string{cachesDir, name} {
		if err := s.root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	now := time.Now()
	if err := s.root.Chtimes(name, now, now); err != nil {
		return nil, err
	}
	f, err := s.root.Open(name)
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_SH); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Dir is the absolute path of the directory.
func (c *Cache) Dir() string { return c.dir }

// Close ends the use.
func (c *Cache) Close() error { return c.lock.Close() }
