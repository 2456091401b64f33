package container

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/opencontainers/runc/libcontainer"
	"github.com/opencontainers/runc/libcontainer/configs"
	"golang.org/x/sys/unix"
)

// sockets makes sockets in a container's network namespace. A socket belongs
// to the namespace of the thread that made it; afterwards anybody may use it.
type sockets struct {
	done chan struct{}

	mu       sync.Mutex
	closed   bool
	requests chan socketRequest
}

type socketRequest struct {
	family int
	reply  chan socketReply
}

type socketReply struct {
	fd  int
	err error
}

// newSockets starts a thread that joins the network namespace of pid.
func newSockets(proc, pid int) (*sockets, error) {
	ns, err := unix.Openat(proc, fmt.Sprintf("%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &sockets{requests: make(chan socketRequest), done: make(chan struct{})}
	joined := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		defer close(s.done)
		err := unix.Setns(ns, unix.CLONE_NEWNET)
		unix.Close(ns)
		joined <- err
		for r := range s.requests {
			fd, err := unix.Socket(r.family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			r.reply <- socketReply{fd, err}
		}
	}()
	if err := <-joined; err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *sockets) close() {
	s.mu.Lock()
	if !s.closed {
		close(s.requests)
	}
	s.closed = true
	s.mu.Unlock()
	<-s.done
}

func (s *sockets) socket(family int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return -1, job.ErrEnded
	}
	r := socketRequest{family, make(chan socketReply, 1)}
	s.requests <- r
	reply := <-r.reply
	return reply.fd, reply.err
}

// dial connects to a port of the container's: 127.0.0.1, or else ::1.
func (s *sockets) dial(port int) (*os.File, error) {
	f, err := s.connect(unix.AF_INET, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	if errors.Is(err, unix.ECONNREFUSED) {
		if f, err := s.connect(unix.AF_INET6, &unix.SockaddrInet6{Port: port, Addr: [16]byte{15: 1}}); err == nil {
			return f, nil
		}
	}
	return f, err
}

func (s *sockets) connect(family int, to unix.Sockaddr) (*os.File, error) {
	fd, err := s.socket(family)
	if err != nil {
		return nil, err
	}
	// A listener that does not accept keeps callers waiting: not for ever.
	err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: 5})
	for again := err == nil; again; again = errors.Is(err, unix.EINTR) {
		err = unix.Connect(fd, to)
	}
	if err == nil {
		err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{})
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "connection"), nil
}

// dial answers an order to connect.
func (l *live) dial(o order) {
	s, err := l.network()
	if err != nil {
		l.front.Send(event{Answer: o.ID, Err: send("join network", err)})
		return
	}
	f, err := s.dial(o.Dial)
	if err != nil {
		l.front.Send(event{Answer: o.ID, Err: send("connect", err)})
		return
	}
	defer f.Close()
	l.front.Send(event{Answer: o.ID, Dialled: true}, f)
}

// network returns the container's sockets; the first who asks starts them.
func (l *live) network() (*sockets, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil, job.ErrEnded
	}
	if l.sockets != nil {
		return l.sockets, nil
	}
	pid, err := l.process.Pid()
	if err != nil {
		return nil, err
	}
	l.sockets, err = newSockets(l.keeper.proc, pid)
	return l.sockets, err
}

// join makes a container share the network of a running one, by its key.
func (k *keeper) join(c *configs.Config, key int) error {
	if key == 0 {
		return nil
	}
	k.mu.Lock()
	pid, ok := k.pids[key]
	k.mu.Unlock()
	if !ok {
		return &Error{What: "join network", Cause: "its job has ended"}
	}
	for i := range c.Namespaces {
		if c.Namespaces[i].Type == configs.NEWNET {
			c.Namespaces[i].Path = fmt.Sprintf("/proc/%d/ns/net", pid)
		}
	}
	c.Networks, c.Sysctl = nil, nil // it is the other one's to set up
	return nil
}

// known lets others find a running container until the function that it
// returns is called.
func (k *keeper) known(key int, p *libcontainer.Process) (forget func()) {
	pid, err := p.Pid()
	if err != nil {
		return func() {}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pids[key] = pid
	return func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.pids, key)
	}
}
