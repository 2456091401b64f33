package usher

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Files are the files of one directory. Names are those of io/fs: relative,
// with slashes, "." for the directory itself. A symbolic link is followed as
// long as it stays inside. All methods may be called by many at a time.
type Files struct {
	b backend
}

// A backend does the work: by itself or through an usher.
type backend interface {
	open(name string) (*os.File, error) // a regular file; of a directory the error is EISDIR
	stat(name string, follow bool) (entry, error)
	readDir(name string) ([]entry, error)
	readLink(name string) (string, error)
	create(name string, perm fs.FileMode) (f *os.File, temporary string, err error)
	rename(from, to string) error
	mkdirAll(name string, perm fs.FileMode) error
	remove(name string) error
	close() error
}

// Open opens a directory by itself. Close closes it.
func Open(dir string) (*Files, error) {
	l, err := openLocal(Dir{Path: dir, Write: true})
	if err != nil {
		return nil, err
	}
	return &Files{l}, nil
}

// Close releases the directory. Files that were opened stay open.
func (f *Files) Close() error { return f.b.close() }

func valid(op, name string) error {
	if !fs.ValidPath(name) {
		return &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return nil
}

// Open opens a file or directory for reading. Of a regular file it returns an
// *os.File. What is neither, such as a fifo or a device, is refused.
func (f *Files) Open(name string) (fs.File, error) {
	if err := valid("open", name); err != nil {
		return nil, err
	}
	file, err := f.b.open(name)
	if err == nil {
		return file, nil
	}
	if !errors.Is(err, syscall.EISDIR) {
		return nil, err
	}
	e, err := f.b.stat(name, true)
	if err != nil {
		return nil, err
	}
	return &directory{files: f, name: name, info: info{e}}, nil
}

func (f *Files) statValid(op, name string, follow bool) (entry, error) {
	if err := valid(op, name); err != nil {
		return entry{}, err
	}
	return f.b.stat(name, follow)
}

// Stat describes what a name leads to.
func (f *Files) Stat(name string) (fs.FileInfo, error) {
	e, err := f.statValid("stat", name, true)
	if err != nil {
		return nil, err
	}
	return info{e}, nil
}

// Lstat describes a name, a symbolic link itself.
func (f *Files) Lstat(name string) (fs.FileInfo, error) {
	e, err := f.statValid("lstat", name, false)
	if err != nil {
		return nil, err
	}
	return info{e}, nil
}

// ReadLink returns the target of a symbolic link.
func (f *Files) ReadLink(name string) (string, error) {
	if err := valid("readlink", name); err != nil {
		return "", err
	}
	return f.b.readLink(name)
}

// ReadDir lists a directory, sorted by name.
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := valid("readdir", name); err != nil {
		return nil, err
	}
	entries, err := f.b.readDir(name)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.N, b.N) })
	list := make([]fs.DirEntry, len(entries))
	for i, e := range entries {
		list[i] = fs.FileInfoToDirEntry(info{e})
	}
	return list, nil
}

// MkdirAll makes a directory and those above it.
func (f *Files) MkdirAll(name string, perm fs.FileMode) error {
	if err := valid("mkdir", name); err != nil {
		return err
	}
	return f.b.mkdirAll(name, perm)
}

// Remove removes a file, a link or an empty directory.
func (f *Files) Remove(name string) error {
	if err := valid("remove", name); err != nil {
		return err
	}
	return f.b.remove(name)
}

// Create starts a file, which appears under its name, in place of what may be
// there, when Close succeeds. Until then, and after Abort, there is nothing of it.
func (f *Files) Create(name string, perm fs.FileMode) (*Writer, error) {
	if err := valid("create", name); err != nil {
		return nil, err
	}
	file, temporary, err := f.b.create(name, perm)
	if err != nil {
		return nil, err
	}
	return &Writer{b: f.b, file: file, name: name, temporary: temporary}, nil
}

// A Writer writes one file. Close or Abort must be called.
type Writer struct {
	b               backend
	file            *os.File
	name, temporary string
	failed          error
	ended           bool
}

// Write appends to the file. After it has failed, Close aborts.
func (w *Writer) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if err != nil {
		w.failed = err
	}
	return n, err
}

// Close puts the file in its place. Calling it again, or after Abort, is an error.
func (w *Writer) Close() error {
	if w.ended {
		return &fs.PathError{Op: "close", Path: w.name, Err: fs.ErrClosed}
	}
	if err := errors.Join(w.failed, w.file.Close()); err != nil {
		return errors.Join(err, w.discard())
	}
	if err := w.b.rename(w.temporary, w.name); err != nil {
		return errors.Join(err, w.discard())
	}
	w.ended = true
	return nil
}

// Abort throws away what was written. After Close it does nothing, so that it
// may be deferred.
func (w *Writer) Abort() error {
	if w.ended {
		return nil
	}
	w.file.Close()
	return w.discard()
}

func (w *Writer) discard() error {
	w.ended = true
	return w.b.remove(w.temporary)
}

// A directory is an opened directory.
type directory struct {
	files *Files
	name  string
	info  info
	list  []fs.DirEntry
	read  bool
}

func (d *directory) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *directory) Close() error               { return nil }
func (d *directory) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

// ReadDir follows fs.ReadDirFile.
func (d *directory) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.read {
		list, err := d.files.ReadDir(d.name)
		if err != nil {
			return nil, err
		}
		d.list, d.read = list, true
	}
	if n <= 0 {
		n = len(d.list)
	} else if len(d.list) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.list))
	list := d.list[:n]
	d.list = d.list[n:]
	return list, nil
}

// An entry is what both processes know of a file.
type entry struct {
	N string
	S int64
	M fs.FileMode
	T time.Time
	I Identity
}

// An Identity tells whether a file is the same as before: what FileInfo.Sys
// returns for files of [Files].
type Identity struct {
	Device, Inode uint64
	Changed       time.Time // of its content, mode or owner; no program can set it
}

func entryOf(i fs.FileInfo) entry {
	e := entry{N: i.Name(), S: i.Size(), M: i.Mode(), T: i.ModTime()}
	if s, ok := i.Sys().(*syscall.Stat_t); ok {
		e.I = Identity{uint64(s.Dev), s.Ino, time.Unix(s.Ctim.Unix())}
	}
	return e
}

type info struct{ entry }

func (i info) Name() string       { return i.N }
func (i info) Size() int64        { return i.S }
func (i info) Mode() fs.FileMode  { return i.M }
func (i info) ModTime() time.Time { return i.T }
func (i info) IsDir() bool        { return i.M.IsDir() }
func (i info) Sys() any           { return i.I }
