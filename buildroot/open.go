package buildroot

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

// An Opener opens the bytes of files that are in the trees of a store.
type Opener struct {
	Store *store.Store
}

// Open opens f's bytes. The caller closes them.
func (o Opener) Open(f *layer.File) (io.ReadCloser, error) {
	if f.Data != nil || f.In == "" {
		return io.NopCloser(bytes.NewReader(f.Data)), nil
	}
	dir, ok := o.Store.Tree(f.In)
	if !ok {
		return nil, fmt.Errorf("the store has no tree %s, which has %s", f.In, f.Path)
	}
	at := f.At
	if at == "" {
		at = f.Path
	}
	return openOwn(filepath.Join(dir, "root", at))
}

// readTree reads the index of a tree of the store. Its files know where their
// bytes are.
func readTree(s *store.Store, digest string) (*layer.Index, error) {
	dir, ok := s.Tree(digest)
	if !ok {
		return nil, fmt.Errorf("the store lost tree %s while it was in use", digest)
	}
	f, err := os.Open(filepath.Join(dir, "index"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := layer.ReadIndex(f)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", digest, err)
	}
	locate(x, digest)
	return x, nil
}

// locate tells the files of an index where their bytes are.
func locate(x *layer.Index, digest string) {
	for _, f := range x.Files {
		f.In = digest
		if f.At == "" {
			f.At = f.Path
		}
	}
}

// writeTree makes a tree of the store that holds files, whose bytes o opens.
// Where it can it links what other trees have: what a build can see of that is a
// file's number of names, nothing else.
func writeTree(s *store.Store, o layer.Opener, files []*layer.File, meta map[string]string) (*store.Draft, string, error) {
	draft, err := s.NewTree()
	if err != nil {
		return nil, "", err
	}
	root := filepath.Join(draft.Dir(), "root")
	err = os.Mkdir(root, 0o755)
	for _, f := range files {
		if err == nil {
			err = place(s, o, root, f)
		}
	}
	for i := len(files) - 1; i >= 0 && err == nil; i-- {
		if f := files[i]; f.Type == layer.Dir {
			path := filepath.Join(root, f.Path)
			if err = os.Chmod(path, fileMode(f.Mode)); err == nil {
				err = os.Chtimes(path, unixTime(f.MTime), unixTime(f.MTime))
			}
		}
	}
	var digest string
	if err == nil {
		digest, err = writeIndex(draft.Dir(), &layer.Index{Files: moved(files), Meta: meta})
	}
	if err != nil {
		return nil, "", draft.Fail(err)
	}
	return draft, digest, nil
}

// moved are files whose bytes are where their paths say.
func moved(files []*layer.File) []*layer.File {
	here := make([]*layer.File, len(files))
	for i, f := range files {
		g := *f
		g.In, g.At, g.Data = "", "", nil
		here[i] = &g
	}
	return here
}

// place puts one file below root.
func place(s *store.Store, o layer.Opener, root string, f *layer.File) error {
	path := filepath.Join(root, f.Path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	switch f.Type {
	case layer.Dir:
		return os.MkdirAll(path, 0o755)
	case layer.Symlink:
		if err := os.Symlink(f.Link, path); err != nil {
			return err
		}
		ts := unix.Timespec{Sec: f.MTime}
		return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	case layer.Hardlink:
		return os.Link(filepath.Join(root, f.Link), path)
	case layer.Regular:
		if linked(s, f, path) {
			return nil
		}
		return copyFile(o, f, path)
	}
	return nil // a whiteout or device is in the index alone
}

// linked makes path a further name of the file that a tree has, if it is the
// same in all that a directory entry shows.
func linked(s *store.Store, f *layer.File, path string) bool {
	dir, ok := s.Tree(f.In)
	if f.Data != nil || f.In == "" || !ok {
		return false
	}
	old := filepath.Join(dir, "root", f.At)
	info, err := os.Lstat(old)
	return err == nil && info.Mode().Perm() == os.FileMode(f.Mode&0o777) && f.Mode&^0o777 == 0 && os.Link(old, path) == nil
}

func copyFile(o layer.Opener, f *layer.File, path string) error {
	r, err := o.Open(f)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	if err := w.Chmod(fileMode(f.Mode)); err != nil {
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.Chtimes(path, unixTime(f.MTime), unixTime(f.MTime))
}

// fileMode is a mode as package os has it.
func fileMode(m uint32) os.FileMode {
	mode := os.FileMode(m & 0o777)
	for bit, flag := range map[uint32]os.FileMode{0o4000: os.ModeSetuid, 0o2000: os.ModeSetgid, 0o1000: os.ModeSticky} {
		if m&bit != 0 {
			mode |= flag
		}
	}
	return mode
}
