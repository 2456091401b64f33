package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fdconn"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

// Run runs a job to its end. A command that was started and failed is a
// Result, not an error; an error means that it was not started, that ctx was
// cancelled (the error wraps its cause) or that Streams.Checkpoint failed.
//
// When ctx is cancelled, or the command has run for Job.Timeout, it gets Job.Stop
// (SIGTERM if nil) and after Job.Grace is killed. When the command has ended,
// all it has started ends too, whatever streams it holds.
//
// Streams.Started is called on a goroutine of its own, for which Run waits. A
// job with a Terminal writes all to Streams.Out.
func (k *Keeper) Run(ctx context.Context, j job.Job, s job.Streams) (job.Result, error) {
	if err := check(j); err != nil {
		return job.Result{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return job.Result{}, fmt.Errorf("%s: %w", j.Name, err)
	}
	conn, err := k.open(call{})
	if err != nil {
		return job.Result{}, fmt.Errorf("%s: %w", j.Name, err)
	}
	defer conn.Close()
	st, err := openStreams(j, s)
	if err != nil {
		return job.Result{}, fmt.Errorf("%s: %w", j.Name, err)
	}
	defer st.close()
	r := &running{conn: conn, asked: map[int]chan answer{}, key: int(k.keys.Add(1)), started: make(chan struct{})}
	st.request.Key = r.key
	if other, ok := s.Network.(*running); ok {
		st.request.Join = other.key
	}
	err = conn.Send(st.request, st.theirs...)
	st.handOver()
	if err != nil {
		return job.Result{}, fmt.Errorf("%s: %w", j.Name, k.died(err))
	}
	return k.attend(ctx, j, s, st, r)
}

// check finds the mistakes that need no kernel.
func check(j job.Job) error {
	switch {
	case len(j.Args) == 0:
		return fmt.Errorf("%s: no command", j.Name)
	case len(j.Layers) == 0:
		return fmt.Errorf("%s: no layers", j.Name)
	case j.Scratch != "" && !filepath.IsAbs(j.Scratch):
		return fmt.Errorf("%s: scratch directory %q: not absolute", j.Name, j.Scratch)
	case j.Dir != "" && !filepath.IsAbs(j.Dir):
		return fmt.Errorf("%s: working directory %q: not absolute", j.Name, j.Dir)
	}
	paths := slices.Clone(j.Layers)
	for _, b := range j.Binds {
		paths = append(paths, b.From, b.To)
	}
	for _, t := range j.Tmpfs {
		paths = append(paths, t.Path)
	}
	for _, f := range j.Files {
		paths = append(paths, f.Path)
	}
	for _, p := range paths {
		if !filepath.IsAbs(p) {
			return fmt.Errorf("%s: path %q: not absolute", j.Name, p)
		}
	}
	return nil
}

// open gives the keeper a new connection.
func (k *Keeper) open(c call) (*fdconn.Conn, error) {
	conn, other, err := fdconn.Pair()
	if err != nil {
		return nil, err
	}
	defer other.Close()
	if err := k.ctl.Send(c, other); err != nil {
		conn.Close()
		return nil, k.died(err)
	}
	return conn, nil
}

// attend serves a job's connection until the keeper says that it is done.
func (k *Keeper) attend(ctx context.Context, j job.Job, s job.Streams, st *streams, r *running) (job.Result, error) {
	fired, stop := make(chan struct{}), make(chan struct{})
	go r.stopWhen(ctx, j, stop, fired)
	var last event
	var err error
	for !last.Done {
		last = event{}
		if err = r.conn.Receive(&last); err != nil {
			break
		}
		if err = r.heed(last, s, st); err != nil {
			break
		}
	}
	close(stop)
	<-fired
	if err != nil {
		r.conn.Close() // the keeper ends the container, if it still can
	}
	r.hangUp()
	st.hangUp()
	r.waiting.Wait()
	if err != nil {
		return job.Result{}, fmt.Errorf("%s: %w", j.Name, k.died(err))
	}
	res := last.Result
	res.Timeout = r.timeout
	if r.cancelled != nil {
		return res, fmt.Errorf("%s: %w", j.Name, r.cancelled)
	}
	if err := last.Err.err(); err != nil {
		return res, fmt.Errorf("%s: %w", j.Name, k.explain(ctx, j, err))
	}
	if err := st.err(); err != nil {
		return res, fmt.Errorf("%s: %w", j.Name, err)
	}
	return res, nil
}

// explain gives a job that the kernel refused the words of the check that fails
// where the job's files lie.
func (k *Keeper) explain(ctx context.Context, j job.Job, err error) error {
	var e *Error
	refused := errors.As(err, &e) && e.What == startContainer // libcontainer's words have no number
	if errno := errnoOf(err); errno == 0 && !refused || errno == unix.ENOENT {
		return err
	}
	return explain(ctx, orDefault(j.Scratch, filepath.Dir(k.dir)), err)
}

// A running job, as the front sees it.
type running struct {
	conn *fdconn.Conn
	key  int // by which the keeper knows it

	waiting sync.WaitGroup
	started chan struct{} // closed when the command runs

	// Written by stopWhen before it closes fired.
	timeout   bool
	cancelled error

	mu    sync.Mutex
	asked map[int]chan answer
	next  int
	over  bool
}

// An answer is what came of an order.
type answer struct {
	file *os.File
	exit int
	err  error
}

// heed acts on one event.
func (r *running) heed(e event, s job.Streams, st *streams) error {
	if e.Terminal {
		files, err := r.conn.Files(1)
		if err != nil {
			return err
		}
		st.terminal(files[0])
	}
	if e.Answer > 0 {
		a := answer{exit: e.Exit, err: e.Err.err()}
		if e.Dialled {
			files, err := r.conn.Files(1)
			if err != nil {
				return err
			}
			a.file = files[0]
		}
		r.answer(e.Answer, a)
	}
	if e.Started {
		close(r.started)
		st.run(func() { r.kill() })
		if s.Started != nil {
			r.waiting.Go(func() { s.Started(r) })
		}
	}
	return nil
}

// stopWhen ends the command when it is time, until stop is closed.
func (r *running) stopWhen(ctx context.Context, j job.Job, stop <-chan struct{}, fired chan<- struct{}) {
	defer close(fired)
	timeout := time.NewTimer(j.Timeout)
	timeout.Stop()
	defer timeout.Stop()
	for started := r.started; !r.timeout && r.cancelled == nil; {
		select {
		case <-stop:
			return
		case <-started:
			started = nil
			if j.Timeout > 0 {
				timeout.Reset(j.Timeout)
			}
		case <-ctx.Done():
			r.cancelled = context.Cause(ctx)
		case <-timeout.C:
			r.timeout = true
		}
	}
	sig := j.Stop
	if sig == nil {
		sig = unix.SIGTERM
	}
	r.Signal(sig)
	grace := time.NewTimer(orDefault(j.Grace, defaultGrace))
	defer grace.Stop()
	select {
	case <-stop:
	case <-grace.C:
		r.kill()
	}
}

func orDefault[T comparable](v, zero T) T {
	if v == *new(T) {
		return zero
	}
	return v
}

func (r *running) kill() error { return r.conn.Send(order{Kill: true}) }

// Signal sends a signal to the command.
func (r *running) Signal(s os.Signal) error {
	n, ok := s.(syscall.Signal)
	if !ok {
		return fmt.Errorf("signal %v: unknown", s)
	}
	return r.conn.Send(order{Signal: int(n)})
}

// Dial connects to a TCP port of the job's own network namespace, on 127.0.0.1
// or else ::1.
func (r *running) Dial(port int) (io.ReadWriteCloser, error) {
	if port <= 0 || port > 65535 {
		return nil, fmt.Errorf("dial port %d: out of range", port)
	}
	_, c := r.ask(order{Dial: port})
	a := <-c
	if a.err != nil {
		return nil, fmt.Errorf("dial port %d: %w", port, a.err)
	}
	return connOf(a.file)
}

// ask gives an order, under a new ID, and says where the answer will come.
func (r *running) ask(o order, files ...*os.File) (id int, c chan answer) {
	c = make(chan answer, 1)
	r.mu.Lock()
	r.next++
	o.ID = r.next
	over := r.over
	r.asked[o.ID] = c
	r.mu.Unlock()
	if over || r.conn.Send(o, files...) != nil {
		r.answer(o.ID, answer{err: job.ErrEnded})
	}
	return o.ID, c
}

func (r *running) answer(id int, a answer) {
	r.mu.Lock()
	c := r.asked[id]
	delete(r.asked, id)
	r.mu.Unlock()
	if c != nil {
		c <- a
	} else if a.file != nil {
		a.file.Close()
	}
}

// hangUp answers all who still ask.
func (r *running) hangUp() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	for id, c := range r.asked {
		c <- answer{err: job.ErrEnded}
		delete(r.asked, id)
	}
}

// Scan returns what jobs have changed in a scratch directory, sorted by path.
// It may be called while a job waits at a checkpoint, and after its end.
//
// Of what the layers have too and no command gave to somebody, base tells the
// owner; nil means 0:0. It is asked for such a path alone, and for one of
// which a command changed the group and not the owner.
func (k *Keeper) Scan(ctx context.Context, scratch string, base func(path string) (uid, gid uint32)) ([]job.Change, error) {
	conn, err := k.open(call{Scan: true})
	if err != nil {
		return nil, fmt.Errorf("scan %s: %w", scratch, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.Send(scanRequest{Scratch: scratch}); err != nil {
		return nil, fmt.Errorf("scan %s: %w", scratch, err)
	}
	var changes []job.Change
	for {
		var s scanned
		if err := conn.Receive(&s); err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, fmt.Errorf("scan %s: %w", scratch, cause)
			}
			return nil, fmt.Errorf("scan %s: %w", scratch, k.died(err))
		}
		for _, f := range s.Found {
			changes = append(changes, f.change(base))
		}
		if s.Done {
			slices.SortFunc(changes, func(a, b job.Change) int { return strings.Compare(a.Path, b.Path) })
			return changes, s.Err.err()
		}
	}
}

// change fills in the owners that no command asked for.
func (f found) change(base func(string) (uint32, uint32)) job.Change {
	c := f.Change
	if !f.Below || base == nil || f.UIDKnown && f.GIDKnown {
		return c
	}
	uid, gid := base(c.Path)
	if !f.UIDKnown {
		c.UID = uid
	}
	if !f.GIDKnown {
		c.GID = gid
	}
	return c
}
