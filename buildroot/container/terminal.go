package container

import (
	"io"
	"os"
	"os/signal"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// A terminal passes bytes and sizes between the caller's terminal and the
// master of the one that the command has.
type terminal struct {
	in     *os.File
	out    io.Writer
	master *os.File

	wake   *os.File // closed to end the reading of in
	sizes  chan os.Signal
	before *term.State // nil if in is no terminal
	work   sync.WaitGroup
}

func newTerminal(in *os.File, out io.Writer, master *os.File) *terminal {
	t := &terminal{in: in, out: out, master: master, sizes: make(chan os.Signal, 1)}
	if out == nil {
		t.out = io.Discard
	}
	t.work.Go(func() { io.Copy(t.out, t.master) }) // ends with EIO when the command's side closes
	if in == nil {
		return t
	}
	if state, err := term.MakeRaw(int(in.Fd())); err == nil {
		t.before = state
		signal.Notify(t.sizes, unix.SIGWINCH)
		t.resize()
		t.work.Go(func() {
			for range t.sizes {
				t.resize()
			}
		})
	}
	r, w, err := os.Pipe()
	if err != nil {
		return t
	}
	t.wake = w
	t.work.Go(func() {
		defer r.Close()
		t.read(r)
	})
	return t
}

func (t *terminal) resize() { setSize(t.master, sizeOf(t.in)) }

// sizeOf returns the size of a terminal; of something else there is none.
func sizeOf(tty *os.File) unix.Winsize {
	if size, err := unix.IoctlGetWinsize(int(tty.Fd()), unix.TIOCGWINSZ); err == nil {
		return *size
	}
	return unix.Winsize{}
}

func setSize(tty *os.File, size unix.Winsize) {
	if size.Row > 0 && size.Col > 0 {
		unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &size)
	}
}

// read copies in to the master until wake's other end is closed. It polls,
// because a read of a terminal cannot be called back.
func (t *terminal) read(wake *os.File) {
	buf := make([]byte, 4096)
	fds := []unix.PollFd{{Fd: int32(t.in.Fd()), Events: unix.POLLIN}, {Fd: int32(wake.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return
		}
		if fds[1].Revents != 0 {
			return
		}
		if fds[0].Revents == 0 {
			continue
		}
		n, err := unix.Read(int(t.in.Fd()), buf)
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
		if _, err := t.master.Write(buf[:n]); err != nil {
			return
		}
	}
}

// end restores the caller's terminal and waits for the last bytes.
func (t *terminal) end() {
	signal.Stop(t.sizes)
	close(t.sizes)
	if t.wake != nil {
		t.wake.Close()
	}
	t.work.Wait()
	t.master.Close()
	if t.before != nil {
		term.Restore(int(t.in.Fd()), t.before)
	}
}
