package usher

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
)

// What a client may ask for.
const (
	opDir      = "dir" // the directory itself
	opOpen     = "open"
	opStat     = "stat"
	opLstat    = "lstat"
	opReadDir  = "readdir"
	opReadLink = "readlink"
	opCreate   = "create"
	opRename   = "rename"
	opMkdirAll = "mkdir"
	opRemove   = "remove"
	opAsk      = "ask"     // Name is a question of the program's own
	opConnect  = "connect" // likewise, and the answer is files
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
func serve(conn *fdconn.Conn, dirs map[string]*local, o Options) {
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
		var files []*os.File
		switch q.Op {
		case opAsk:
			a = told(q, o.Tell)
		case opConnect:
			a, files = connected(q, o.Connect)
		default:
			var file *os.File
			if a, file = reply(q, dirs, left); file != nil {
				files = []*os.File{file}
			}
		}
		a.Files = len(files)
		err := conn.Send(a, files...)
		for _, f := range files {
			f.Close()
		}
		if err != nil {
			return
		}
	}
}

// connected opens what the program's own question asks for.
func connected(q question, connect func(string) ([]*os.File, error)) (answer, []*os.File) {
	if connect == nil {
		return answer{Err: failure{Text: "nobody can open " + q.Name}}, nil
	}
	files, err := connect(q.Name)
	if err != nil {
		return answer{Err: failure{Text: err.Error()}}, nil
	}
	return answer{}, files
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
	case opDir:
		if f, err = l.itself(); err == nil && f == nil {
			return answer{}, nil
		}
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
	_, files, err := c.ask(question{Op: opDir, Dir: dir, Name: "."})
	if err != nil {
		return nil, err
	}
	return &Files{&remote{c, dir, near(files)}}, nil
}

// Ask returns what Options.Tell answers.
func (c *Client) Ask(name string) ([]byte, error) {
	a, _, err := c.ask(question{Op: opAsk, Name: name})
	return []byte(a.Text), unwrapped(err)
}

// Connect returns what Options.Connect opens. The caller closes all of it.
func (c *Client) Connect(name string) ([]*os.File, error) {
	_, files, err := c.ask(question{Op: opConnect, Name: name})
	return files, unwrapped(err)
}

// unwrapped is the error of a question of the program's own, in which there is no path.
func unwrapped(err error) error {
	var wrapped *fs.PathError
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// Close hangs up. What was created and not closed is thrown away.
func (c *Client) Close() error { return c.conn.Close() }

func (c *Client) ask(q question) (answer, []*os.File, error) {
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
	return a, files, err
}
