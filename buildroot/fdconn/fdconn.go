// Package fdconn sends Go values and open files between two processes of one
// program over a Unix socket. It is for processes that trust each other: what
// arrives is decoded by encoding/gob. What the values mean, it does not know.
package fdconn

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// maxFiles is how many files one message may carry; the kernel's own limit is 253.
const maxFiles = 16

// A Conn is one end. Send may be called by many at a time, Receive by one.
type Conn struct {
	unix *net.UnixConn

	mu  sync.Mutex // for all below
	enc *gob.Encoder
	out bytes.Buffer

	dec *gob.Decoder
	in  reader
}

// Pair makes a connection and the other end of it, which is for another
// process. The caller closes both.
func Pair() (*Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	other := os.NewFile(uintptr(fds[1]), "socketpair")
	c, err := New(os.NewFile(uintptr(fds[0]), "socketpair"))
	if err != nil {
		other.Close()
		return nil, nil, err
	}
	return c, other, nil
}

// New makes a connection of one end of a pair, and closes f.
func New(f *os.File) (*Conn, error) {
	nc, err := net.FileConn(f)
	f.Close()
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	u, ok := nc.(*net.UnixConn)
	if !ok {
		nc.Close()
		return nil, errors.New("socket: it is no Unix socket")
	}
	c := &Conn{unix: u}
	c.in.unix = u
	c.enc = gob.NewEncoder(&c.out)
	c.dec = gob.NewDecoder(&c.in)
	return c, nil
}

// Send sends v with files, of which the sender keeps its own descriptors. The
// value must say how many files there are.
func (c *Conn) Send(v any, files ...*os.File) error {
	if len(files) > maxFiles {
		return fmt.Errorf("send %d files: more than %d", len(files), maxFiles)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.out.Reset()
	if err := c.enc.Encode(v); err != nil {
		return fmt.Errorf("encode %T: %w", v, err)
	}
	var oob []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		oob = unix.UnixRights(fds...)
	}
	for b := c.out.Bytes(); len(b) > 0; oob = nil {
		n, _, err := c.unix.WriteMsgUnix(b, oob, nil)
		if err != nil {
			return fmt.Errorf("send: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// Receive fills v, a pointer, from the next message. It returns io.EOF when the
// other side has closed.
func (c *Conn) Receive(v any) error { return c.dec.Decode(v) }

// Files returns the next n files that came with messages. The caller closes them.
func (c *Conn) Files(n int) ([]*os.File, error) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if n < 0 || n > len(c.in.files) {
		return nil, fmt.Errorf("receive %d files: %d came", n, len(c.in.files))
	}
	files := c.in.files[:n:n]
	c.in.files = c.in.files[n:]
	return files, nil
}

// Close closes this end and all files that nobody has taken; the other side
// receives io.EOF.
func (c *Conn) Close() error {
	err := c.unix.Close()
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	for _, f := range c.in.files {
		f.Close()
	}
	c.in.files = nil
	return err
}

// A reader reads bytes and collects the files that come with them.
type reader struct {
	unix *net.UnixConn

	mu    sync.Mutex
	files []*os.File // that nobody has taken yet
}

func (r *reader) Read(p []byte) (int, error) {
	oob := make([]byte, unix.CmsgSpace(maxFiles*4))
	n, oobn, _, _, err := r.unix.ReadMsgUnix(p, oob)
	if err != nil {
		return max(n, 0), err
	}
	msgs, err := unix.ParseSocketControlMessage(oob[:oobn])
	if err != nil {
		return n, fmt.Errorf("control message: %w", err)
	}
	for i := range msgs {
		fds, err := unix.ParseUnixRights(&msgs[i])
		if err != nil {
			return n, fmt.Errorf("control message: %w", err)
		}
		r.add(fds)
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (r *reader) add(fds []int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, fd := range fds {
		r.files = append(r.files, os.NewFile(uintptr(fd), "received"))
	}
}
