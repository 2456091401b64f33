package usher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// remote is a directory that an usher opens. To ask for each of ten thousand files
// takes longer than to read them, so what this process may see itself it opens itself;
// the answer is the same.
type remote struct {
	c    *Client
	dir  string
	near *local // or nil
}

// near opens a directory that was received; nil if this process may not, or has got
// none.
func near(files []*os.File) *local {
	if len(files) != 1 {
		return nil
	}
	defer files[0].Close()
	l, err := openLocal(Dir{Path: fmt.Sprintf("/proc/self/fd/%d", files[0].Fd())})
	if err != nil {
		return nil
	}
	return l
}

// refused reports whether an answer of near's is one for this user only.
func refused(err error) bool { return errors.Is(err, fs.ErrPermission) }

func (r *remote) open(name string) (*os.File, error) {
	if r.near != nil {
		if f, err := r.near.open(name); !refused(err) {
			return f, err
		}
	}
	_, files, err := r.c.ask(question{Op: opOpen, Dir: r.dir, Name: name})
	if err != nil {
		return nil, err
	}
	return named(files, name)
}

// named gives the file that was received the name that it is known by.
func named(files []*os.File, name string) (*os.File, error) {
	if len(files) != 1 {
		return nil, fmt.Errorf("usher: open %s: %d files came", name, len(files))
	}
	f := files[0]
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (r *remote) stat(name string, follow bool) (entry, error) {
	if r.near != nil {
		if e, err := r.near.stat(name, follow); !refused(err) {
			return e, err
		}
	}
	op := opLstat
	if follow {
		op = opStat
	}
	a, _, err := r.c.ask(question{Op: op, Dir: r.dir, Name: name})
	if err != nil || len(a.Entries) != 1 {
		return entry{}, err
	}
	return a.Entries[0], nil
}

func (r *remote) readDir(name string) ([]entry, error) {
	if r.near != nil {
		if list, err := r.near.readDir(name); !refused(err) {
			return list, err
		}
	}
	a, _, err := r.c.ask(question{Op: opReadDir, Dir: r.dir, Name: name})
	return a.Entries, err
}

func (r *remote) readLink(name string) (string, error) {
	if r.near != nil {
		if to, err := r.near.readLink(name); !refused(err) {
			return to, err
		}
	}
	a, _, err := r.c.ask(question{Op: opReadLink, Dir: r.dir, Name: name})
	return a.Text, err
}

func (r *remote) create(name string, perm fs.FileMode) (*os.File, string, error) {
	a, files, err := r.c.ask(question{Op: opCreate, Dir: r.dir, Name: name, Perm: perm})
	if err != nil {
		return nil, "", err
	}
	f, err := named(files, name)
	return f, a.Text, err
}

func (r *remote) rename(from, to string) error {
	_, _, err := r.c.ask(question{Op: opRename, Dir: r.dir, Name: from, To: to})
	return err
}

func (r *remote) mkdirAll(name string, perm fs.FileMode) error {
	_, _, err := r.c.ask(question{Op: opMkdirAll, Dir: r.dir, Name: name, Perm: perm})
	return err
}

func (r *remote) remove(name string) error {
	_, _, err := r.c.ask(question{Op: opRemove, Dir: r.dir, Name: name})
	return err
}

func (r *remote) close() error {
	if r.near == nil {
		return nil
	}
	return r.near.close()
}
