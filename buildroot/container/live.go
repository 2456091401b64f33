package container

import (
	"debug/elf"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/opencontainers/runc/libcontainer"
	"golang.org/x/sys/unix"
)

// serveRun carries out one job for the front.
func (k *keeper) serveRun(conn *fdconn.Conn) {
	defer conn.Close()
	var q request
	if conn.Receive(&q) != nil {
		return
	}
	files, err := conn.Files(q.files())
	if err != nil {
		return
	}
	r, err := k.mountRoot(&q.Job)
	if err != nil {
		closeAll(files)
		conn.Send(event{Done: true, Err: send("start container", err)})
		return
	}
	l := &live{keeper: k, front: conn, job: &q.Job, size: q.Size, root: r, reports: &reports{}}
	res, err := l.run(&q, files)
	err = errors.Join(err, r.saveOwners(), k.unmountRoot(r))
	conn.Send(event{Done: true, Result: res, Err: sendIf("run container", err)})
	r.discard() // now that nobody waits for it
}

func sendIf(what string, err error) sent {
	if err == nil {
		return sent{}
	}
	return send(what, err)
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// startContainer is what fails if libcontainer does.
const startContainer = "start container"

// A live container.
type live struct {
	keeper  *keeper
	front   *fdconn.Conn
	job     *job.Job
	size    unix.Winsize // of its terminal
	root    *root
	reports *reports

	container *libcontainer.Container
	process   *libcontainer.Process
	shim      *net.UnixConn
	heard     bool // from the shim
	result    job.Result
	stop      *os.File      // closed to end the listener
	listening chan struct{} // closed when it has ended

	mu      sync.Mutex
	ended   bool
	sockets *sockets
}

// run starts the container and stays until it has ended, all of it.
func (l *live) run(q *request, files []*os.File) (job.Result, error) {
	defer closeAll(files)
	if a := l.root.accounts; a != nil && a.opened != "" {
		return job.Result{Opened: a.opened}, nil // nobody could tell
	}
	id := "c" + filepath.Base(l.root.dir)
	cfg, err := config(l.job, l.root.at(), l.keeper.group(id))
	if err != nil {
		return job.Result{}, err
	}
	if err := l.keeper.join(cfg, q.Join); err != nil {
		return job.Result{}, err
	}
	l.container, err = libcontainer.Create(filepath.Join(l.keeper.mem, "state"), id, cfg)
	if err != nil {
		return job.Result{}, failed("create container", err)
	}
	l.root.accounts.onOpen(func() { l.container.Signal(unix.SIGKILL) })
	err = l.start(q, files)
	closeAll(files) // the command's streams are to end with the command
	if err == nil {
		defer l.keeper.known(q.Key, l.process)()
		go l.obey()
		err = l.follow()
		l.container.Signal(unix.SIGKILL)
		l.process.Wait() // its status is the command's, which follow has heard
	} else {
		err = failed(startContainer, err)
	}
	l.end()
	l.result.Reports = l.reports.sorted()
	if l.result.Asked, l.result.Opened = l.root.accounts.seen(); l.result.Opened != "" {
		err = nil // it was stopped
	}
	l.result.OutOfMemory, l.result.LimitReached = starved(filepath.Join(cgroupMount, l.keeper.group(id)))
	return l.result, errors.Join(err, l.container.Destroy())
}

// end takes down what works for the container.
func (l *live) end() {
	l.mu.Lock()
	l.ended = true
	l.mu.Unlock()
	if l.sockets != nil {
		l.sockets.close()
	}
	if l.stop != nil {
		l.stop.Close()
		<-l.listening
	}
	if l.shim != nil {
		l.shim.Close()
	}
}

// start runs libcontainer with the shim as the container's first program.
func (l *live) start(q *request, files []*os.File) error {
	spec, err := l.spec(q)
	if err != nil {
		return err
	}
	defer spec.Close()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "shim"), os.NewFile(uintptr(fds[1]), "shim")
	defer theirs.Close()
	conn, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		return err
	}
	l.shim = conn.(*net.UnixConn)
	p := &libcontainer.Process{Args: []string{shimName}, Env: []string{"GOMAXPROCS=2", "HOME=/"}, Cwd: "/", Init: true,
		ExtraFiles: []*os.File{l.keeper.self, spec, theirs}}
	take := func() *os.File { f := files[0]; files = files[1:]; return f }
	if q.In {
		p.Stdin = take()
	}
	if q.Out {
		p.Stdout = take()
	}
	if q.Err {
		p.Stderr = take()
	} else if q.SameErr {
		p.Stderr = p.Stdout
	}
	p.ExtraFiles = append(p.ExtraFiles, files...)
	l.process = p
	return l.container.Run(p)
}

// spec returns a file with what the shim is to start.
func (l *live) spec(q *request) (*os.File, error) {
	j := l.job
	b, err := shimSpec{uid: int(j.User), gid: int(j.Group), terminal: j.Terminal,
		checkpoint: q.Checkpoint, dir: orDefault(j.Dir, "/"), args: j.Args, env: j.Env}.encode()
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("specification", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "specification")
	if _, err := f.WriteAt(b, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// follow hears the shim out. It ends when the command or the shim has.
func (l *live) follow() error {
	for {
		b := make([]byte, 4096)
		oob := make([]byte, unix.CmsgSpace(4))
		n, oobn, _, _, err := l.shim.ReadMsgUnix(b, oob)
		if (err != nil || n == 0) && !l.heard {
			return l.keeper.mute()
		}
		l.heard = true
		if err != nil || n == 0 {
			l.result.Exit, l.result.Signal = 128+int(unix.SIGKILL), int(unix.SIGKILL)
			return nil // killed from outside: our own doing
		}
		done, err := l.hear(b[0], string(b[1:n]), receivedFile(oob[:oobn]))
		if err != nil || done {
			return err
		}
	}
}

// mute explains a shim that ended without a word. It is this program, and a
// dynamically linked one needs its libraries in the root.
func (k *keeper) mute() error {
	e := &Error{What: "start container", Cause: "its first program did not run"}
	f, err := elf.NewFile(k.self)
	if err != nil {
		return e
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			e.Remedy = "ashlar itself is linked dynamically, and this root lacks the libraries that it needs: `make build` links it statically"
		}
	}
	return e
}

// receivedFile returns the descriptor of a control message, or nil.
func receivedFile(oob []byte) *os.File {
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) == 0 {
		return nil
	}
	fds, err := unix.ParseUnixRights(&msgs[0])
	if err != nil || len(fds) == 0 {
		return nil
	}
	unix.CloseOnExec(fds[0])
	return os.NewFile(uintptr(fds[0]), "received")
}

// hear acts on one packet of the shim's.
func (l *live) hear(what byte, text string, f *os.File) (done bool, err error) {
	if f != nil {
		defer f.Close()
	}
	switch what {
	case sayTerminal:
		if f == nil {
			return true, errors.New("no terminal")
		}
		setSize(f, l.size) // before the command, which is not to see another
		return false, l.front.Send(event{Terminal: true}, f)
	case sayListener:
		if f == nil {
			return true, errors.New("no listener")
		}
		if err := l.listen(f); err != nil {
			return true, err
		}
		_, err := l.shim.Write([]byte{sayGo})
		return false, err
	case sayStarted:
		return false, l.front.Send(event{Started: true})
	case sayError:
		return true, &Error{What: "start command", Cause: text}
	case sayRan, sayRefused:
		return false, l.ran(what, text)
	case sayExit:
		_, err := fmt.Sscanf(text, "%d %d", &l.result.Exit, &l.result.Signal)
		return true, err
	}
	return true, fmt.Errorf("shim said %q", what)
}

// listen starts the listener on a descriptor of its own.
func (l *live) listen(f *os.File) error {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		unix.Close(fd)
		return err
	}
	l.stop, l.listening = w, make(chan struct{})
	listener := &listener{fd: fd, proc: l.keeper.proc, user: l.job.User, group: l.job.Group,
		ledger: l.root.ledger, reports: l.reports}
	go func() {
		defer close(l.listening)
		defer r.Close()
		listener.serve(r)
	}()
	return nil
}

// obey does what the front says, until it hangs up; then nobody wants the
// container any more.
func (l *live) obey() {
	for {
		var o order
		if err := l.front.Receive(&o); err != nil || o.Kill {
			l.container.Signal(unix.SIGKILL)
			if err != nil {
				return
			}
			continue
		}
		if o.Signal > 0 && o.Signal < 65 {
			l.shim.Write([]byte{saySignal, byte(o.Signal)})
		}
		if o.Dial > 0 {
			go l.dial(o)
		}
		if len(o.Exec) > 0 || o.End {
			l.exec(o)
		}
	}
}
