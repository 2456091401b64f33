package container

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// streams are the front's ends of a job's pipes.
type streams struct {
	request request
	theirs  []*os.File // the keeper's, in the order of the request
	own     []*os.File // of theirs, those that are not the caller's
	given   job.Streams

	out, errs      *os.File // read ends, or nil
	lines, replies *os.File // of the checkpoint, or nil

	copying sync.WaitGroup
	tty     *terminal

	mu    sync.Mutex
	first error
}

// openStreams makes the pipes that a job needs. Writers get what comes through
// a pipe, never their own descriptor: a container is to hold nothing of the
// host's that it could ask for more.
func openStreams(j job.Job, s job.Streams) (*streams, error) {
	st := &streams{given: s}
	st.request.Job = j
	st.request.Job.Stop = nil
	if j.Terminal {
		if s.In != nil {
			st.request.Size = sizeOf(s.In)
		}
		return st, st.openCheckpoint()
	}
	if s.In != nil {
		st.request.In = true
		st.theirs = append(st.theirs, s.In)
	}
	var err error
	if s.Out != nil {
		st.request.Out = true
		if st.out, err = st.pipe(); err != nil {
			return nil, err
		}
	}
	if s.Err != nil && sameWriter(s.Out, s.Err) {
		st.request.SameErr = true
	} else if s.Err != nil {
		st.request.Err = true
		if st.errs, err = st.pipe(); err != nil {
			return nil, err
		}
	}
	return st, st.openCheckpoint()
}

// sameWriter tells whether a and b are one writer; what cannot be compared is not.
func sameWriter(a, b io.Writer) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a == b
}

// pipe makes a pipe whose write end is the keeper's.
func (st *streams) pipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		st.close()
		return nil, err
	}
	st.theirs = append(st.theirs, w)
	st.own = append(st.own, w)
	return r, nil
}

func (st *streams) openCheckpoint() (err error) {
	if st.given.Checkpoint == nil {
		return nil
	}
	st.request.Checkpoint = true
	if st.lines, err = st.pipe(); err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		st.close()
		return err
	}
	st.replies = w
	st.theirs = append(st.theirs, r)
	st.own = append(st.own, r)
	return nil
}

// handOver closes the keeper's ends here: it has its own by now.
func (st *streams) handOver() {
	for _, f := range st.own {
		f.Close()
	}
	st.own = nil
}

// run starts the copying. It is called once the command runs. A checkpoint
// that fails calls kill.
func (st *streams) run(kill func()) {
	st.copy(st.given.Out, st.out)
	st.copy(st.given.Err, st.errs)
	if st.lines != nil {
		st.copying.Go(func() {
			if err := st.checkpoints(); err != nil {
				st.fail(err)
				kill()
			}
		})
	}
}

func (st *streams) copy(w io.Writer, r *os.File) {
	if r == nil {
		return
	}
	st.copying.Go(func() {
		if _, err := io.Copy(w, r); err != nil {
			st.fail(err)
			io.Copy(io.Discard, r) // the command is not to block for it
		}
	})
}

// checkpoints hands on each line, and answers it.
func (st *streams) checkpoints() error {
	defer st.replies.Close()
	lines := bufio.NewScanner(st.lines)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if err := st.given.Checkpoint(lines.Text()); err != nil {
			return err
		}
		if _, err := st.replies.WriteString("\n"); err != nil {
			return nil // the command has ended meanwhile
		}
	}
	return lines.Err()
}

func (st *streams) fail(err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.first = errors.Join(st.first, err)
}

func (st *streams) err() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.first
}

// hangUp waits until all that the command wrote has been read. That ends: its
// processes are gone, and with them the pipes' other ends.
func (st *streams) hangUp() {
	if st.tty != nil {
		st.tty.end()
	}
	st.copying.Wait()
}

func (st *streams) close() {
	st.handOver()
	for _, f := range []*os.File{st.out, st.errs, st.lines, st.replies} {
		if f != nil {
			f.Close()
		}
	}
}

// terminal connects the caller's terminal with the command's.
func (st *streams) terminal(master *os.File) {
	st.tty = newTerminal(st.given.In, st.given.Out, master)
}

func connOf(f *os.File) (net.Conn, error) {
	defer f.Close()
	return net.FileConn(f)
}
