package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// A pending entry is whole and waits to get its name.
type pending struct {
	from string   // its name below the session
	dir  string   // of the store: where it is to go
	name string   // there
	file *os.File // the entry, if it is one file; open, and closed by its owner

	lead chan bool // true: you lead; false: done, see err
	err  error
}

func (p *pending) to() string { return p.dir + "/" + p.name }

// A committer gives entries their names. The first to come leads: it takes all
// that wait and publishes them with one sync. Who comes meanwhile waits for the
// next turn, which the leader hands to the first of them.
type committer struct {
	mu      sync.Mutex
	busy    bool
	waiting []*pending
}

// commit publishes p, alone or with others. It cannot be interrupted: once it
// is called, p is stored or failed.
func (c *committer) commit(p *pending, publish func([]*pending)) error {
	p.lead = make(chan bool, 1)
	c.mu.Lock()
	c.waiting = append(c.waiting, p)
	first := !c.busy
	c.busy = true
	c.mu.Unlock()
	if !first && !<-p.lead {
		return p.err
	}
	c.mu.Lock()
	batch := c.waiting
	c.waiting = nil
	c.mu.Unlock()

	publish(batch)
	for _, other := range batch {
		if other != p {
			other.lead <- false
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		c.busy = false
	} else {
		c.waiting[0].lead <- true
	}
	return p.err
}

// commit publishes p, see [committer.commit].
func (s *Store) commit(p *pending) error {
	if p.file != nil {
		return s.commitFiles.commit(p, s.publish)
	}
	return s.commitTrees.commit(p, s.publish)
}

// fewFiles is up to how many files are synced one by one. A sync of the whole
// file system waits for what other programs wrote, too.
const fewFiles = 4

// publish makes the entries durable, then visible, then their names durable.
func (s *Store) publish(batch []*pending) {
	s.syncData(batch)
	dirs := make(map[string]error)
	for _, p := range batch {
		if p.err != nil {
			continue
		}
		if p.err = s.rename(p); p.err == nil {
			dirs[p.dir] = nil
		}
	}
	for dir := range dirs {
		dirs[dir] = s.syncDir(dir)
	}
	for _, p := range batch {
		if p.err == nil {
			p.err = dirs[p.dir]
		}
	}
}

func (s *Store) syncData(batch []*pending) {
	if s.opts.NoSync {
		return
	}
	files := len(batch)
	for _, p := range batch {
		if p.file == nil {
			files = fewFiles + 1
		}
	}
	if files <= fewFiles {
		for _, p := range batch {
			p.err = wrap("fdatasync", p.from, unix.Fdatasync(int(p.file.Fd())))
		}
		return
	}
	// Since Linux 5.8 syncfs reports what could not be written since s.self was
	// opened, which is before anything that is committed here was written.
	err := wrap("syncfs", s.dir, unix.Syncfs(int(s.self.Fd())))
	for _, p := range batch {
		p.err = err
	}
}

// rename gives p its name. An entry of that name is as good: a file is replaced
// by its equal, a directory stays and p's remains where it is.
func (s *Store) rename(p *pending) error {
	err := s.root.Rename(p.from, p.to())
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return Full(err)
}

func (s *Store) syncDir(name string) error {
	if s.opts.NoSync {
		return nil
	}
	dir, err := s.root.Open(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	return wrap("fsync", name, unix.Fsync(int(dir.Fd())))
}

func wrap(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", op, name, Full(err))
}
