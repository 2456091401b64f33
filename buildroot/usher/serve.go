package usher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"golang.org/x/sys/unix"
)

// What a client may ask for.
const (
	opOpen     = "open"
	opStat     = "stat"
	opLstat    = "lstat"
	opReadDir  = "readdir"
	opReadLink = "readlink"
	opCreate   = "create"
	opRename   = "rename"
	opMkdirAll = "mkdir"
	opRemove   = "remove"
	opAsk      = "ask" // Name is a question of the program's own
)

// A question names a directory and a name in it; an answer comes to each, in order.
type question struct {
	Op, Dir, Name string
	To            string // of rename
	Perm          fs.FileMode
}

type answer struct {
	Err     failure
	Entries []entry
	Text    string // readlink's target, create's temporary name
	Files   int
}

// A failure is an error on its way between processes.
type failure struct {
	Op, Path, Text string
	Errno          int
}

func failureOf(q question, err error) failure {
	f := failure{Op: q.Op, Path: q.Name, Text: err.Error()}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		f.Errno = int(errno)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		f.Text = p.Err.Error()
	}
	return f
}

// err returns an error of the kind that package os makes, or nil.
func (f failure) err() error {
	switch {
	case f == (failure{}):
		return nil
	case f.Errno != 0:
		return &fs.PathError{Op: f.Op, Path: f.Path, Err: syscall.Errno(f.Errno)}
	}
	return &fs.PathError{Op: f.Op, Path: f.Path, Err: errors.New(f.Text)}
}

func openDirs(dirs map[string]Dir) (map[string]*local, error) {
	open := map[string]*local{}
	for name, d := range dirs {
		l, err := openLocal(d)
		if err != nil {
			closeDirs(open)
			return nil, err
		}
		open[name] = l
	}
	return open, nil
}

func closeDirs(dirs map[string]*local) {
	for _, l := range dirs {
		l.close()
	}
}

// unfinished are files that were created and not yet renamed or removed.
type unfinished map[[2]string]bool

// serve answers until the client hangs up, and removes what it left unfinished.
func serve(conn *fdconn.Conn, dirs map[string]*local, tell func(string) ([]byte, error)) {
	defer closeDirs(dirs)
	left := unfinished{}
	defer func() {
		for at := range left {
			dirs[at[0]].remove(at[1])
		}
	}()
	for {
		var q question
		if conn.Receive(&q) != nil {
			return
		}
		var a answer
		var file *os.File
		if q.Op == opAsk {
			a = told(q, tell)
		} else {
			a, file = reply(q, dirs, left)
		}
		var files []*os.File
		if file != nil {
			files = []*os.File{file}
			a.Files = 1
		}
		err := conn.Send(a, files...)
		if file != nil {
			file.Close()
		}
		if err != nil {
			return
		}
	}
}

// told answers a question of the program's own.
func told(q question, tell func(string) ([]byte, error)) answer {
	if tell == nil {
		return answer{Err: failure{Text: "nobody can tell " + q.Name}}
	}
	data, err := tell(q.Name)
	if err != nil {
		return answer{Err: failure{Text: err.Error()}}
	}
	return answer{Text: string(data)}
}

// reply carries one question out.
func reply(q question, dirs map[string]*local, left unfinished) (a answer, f *os.File) {
	l, ok := dirs[q.Dir]
	if !ok {
		return answer{Err: failureOf(q, fmt.Errorf("no directory %q", q.Dir))}, nil
	}
	var err error
	var e entry
	switch q.Op {
	case opOpen:
		f, err = l.open(q.Name)
	case opStat, opLstat:
		e, err = l.stat(q.Name, q.Op == opStat)
		a.Entries = []entry{e}
	case opReadDir:
		a.Entries, err = l.readDir(q.Name)
	case opReadLink:
		a.Text, err = l.readLink(q.Name)
	case opCreate:
		if f, a.Text, err = l.create(q.Name, q.Perm); err == nil {
			left[[2]string{q.Dir, a.Text}] = true
		}
	case opRename:
		if !left[[2]string{q.Dir, q.Name}] {
			err = errors.New("not a file that was created here")
		} else if err = l.rename(q.Name, q.To); err == nil {
			delete(left, [2]string{q.Dir, q.Name})
		}
	case opMkdirAll:
		err = l.mkdirAll(q.Name, q.Perm)
	case opRemove:
		if err = l.remove(q.Name); err == nil {
			delete(left, [2]string{q.Dir, q.Name})
		}
	default:
		err = errors.New("unknown question")
	}
	if err != nil {
		return answer{Err: failureOf(q, err)}, nil
	}
	return a, f
}

// A Client asks this process's usher.
type Client struct {
	mu   sync.Mutex // a question and its answer
	conn *fdconn.Conn
}

// Open returns a directory by the name that Options.Dirs gave it.
func (c *Client) Open(dir string) (*Files, error) {
	r := &remote{c, dir}
	if _, err := r.stat(".", true); err != nil {
		return nil, err
	}
	return &Files{r}, nil
}

// Ask returns what Options.Tell answers.
func (c *Client) Ask(name string) ([]byte, error) {
	a, _, err := c.ask(question{Op: opAsk, Name: name})
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		err = wrapped.Err // there is no path
	}
	return []byte(a.Text), err
}

// Close hangs up. What was created and not closed is thrown away.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) ask(q question) (answer, *os.File, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conn.Send(q); err != nil {
		return answer{}, nil, fmt.Errorf("usher: %w", err)
	}
	var a answer
	if err := c.conn.Receive(&a); err != nil {
		return answer{}, nil, fmt.Errorf("usher: %w", err)
	}
	if err := a.Err.err(); err != nil {
		return answer{}, nil, err
	}
	files, err := c.conn.Files(a.Files)
	if err != nil || len(files) == 0 {
		return a, nil, err
	}
	return a, files[0], nil
}

// remote is a directory that an usher opens.
type remote struct {
	c   *Client
	dir string
}

func (r *remote) open(name string) (*os.File, error) {
	_, f, err := r.c.ask(question{Op: opOpen, Dir: r.dir, Name: name})
	if err != nil {
		return nil, err
	}
	return named(f, name)
}

// named gives a file that was received the name that it is known by.
func named(f *os.File, name string) (*os.File, error) {
	if f == nil {
		return nil, fmt.Errorf("usher: open %s: no file came", name)
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (r *remote) stat(name string, follow bool) (entry, error) {
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
	a, _, err := r.c.ask(question{Op: opReadDir, Dir: r.dir, Name: name})
	return a.Entries, err
}

func (r *remote) readLink(name string) (string, error) {
	a, _, err := r.c.ask(question{Op: opReadLink, Dir: r.dir, Name: name})
	return a.Text, err
}

func (r *remote) create(name string, perm fs.FileMode) (*os.File, string, error) {
	a, f, err := r.c.ask(question{Op: opCreate, Dir: r.dir, Name: name, Perm: perm})
	if err != nil {
		return nil, "", err
	}
	f, err = named(f, name)
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

func (r *remote) close() error { return nil }
