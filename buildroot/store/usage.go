package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Usage is what a store takes on the disk.
type Usage struct {
	Results    Amount
	Trees      Amount
	Blobs      Amount
	Unfinished Amount // sessions, kept scratch directories, caches and partial downloads
}

// An Amount is a number of entries and the bytes that they take on the disk.
type Amount struct {
	Count int
	Bytes int64
}

// Bytes is the sum.
func (u Usage) Bytes() int64 {
	return u.Results.Bytes + u.Trees.Bytes + u.Blobs.Bytes + u.Unfinished.Bytes
}

// Usage adds up what the store takes. It reads every directory of every tree.
func (s *Store) Usage() (Usage, error) {
	all, err := s.scan()
	if err != nil {
		return Usage{}, fmt.Errorf("usage of store: %w", err)
	}
	var u Usage
	for _, e := range all {
		a := &u.Unfinished
		switch e.dir {
		case resultsDir:
			a = &u.Results
		case treesDir:
			a = &u.Trees
		case blobsDir:
			a = &u.Blobs
		}
		a.Count++
		a.Bytes += e.size
	}
	return u, nil
}

// An entry is one name in one of the store's directories.
type entry struct {
	dir, name string
	used      time.Time
	size      int64 // bytes on the disk; a file with many names counts once
}

func (e entry) path() string { return e.dir + "/" + e.name }

// scan lists what the store has, but for locks, in order of the names.
func (s *Store) scan() ([]entry, error) {
	var all []entry
	seen := make(map[inode]bool)
	for _, dir := range []string{resultsDir, treesDir, blobsDir, partialDir, keptDir, cachesDir, runDir} {
		names, err := fs.ReadDir(s.root.FS(), dir)
		if dir == cachesDir && absent(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			fi, err := n.Info()
			if absent(err) {
				continue // gone meanwhile
			}
			if err != nil {
				return nil, err
			}
			e := entry{dir: dir, name: n.Name(), used: fi.ModTime()}
			e.size = diskSize(s.path(dir, n.Name()), seen)
			all = append(all, e)
		}
	}
	return all, nil
}

// An inode tells files apart.
type inode struct{ dev, ino uint64 }

// diskSize adds up the blocks of a file or of all below a directory. What cannot
// be read counts as nothing.
func diskSize(name string, seen map[inode]bool) int64 {
	var sum int64
	_ = filepath.WalkDir(name, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d == nil {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return nil
		}
		sum += blocks(fi, seen)
		return nil
	})
	return sum
}

func blocks(fi os.FileInfo, seen map[inode]bool) int64 {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return fi.Size()
	}
	if !fi.IsDir() && st.Nlink > 1 {
		id := inode{uint64(st.Dev), st.Ino}
		if seen[id] {
			return 0
		}
		seen[id] = true
	}
	const blockSize = 512 // of st_blocks, whatever the file system: stat(2)
	return st.Blocks * blockSize
}
