package buildroot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A jobserver bounds what the makes of all builds have at work together: not more
// than a build by itself may have. It is a fifo with a token for each job (GNU make
// manual, "POSIX Jobserver Interaction"). A make has one job without asking, and
// takes a token for each further one; for the first its step takes one as soon as
// there is one to be had. What a make that was killed did not give back is there
// again when no step is left.
type jobserver struct {
	dir  *store.Scratch
	jobs int

	mu     sync.Mutex
	inside int
	fifo   *os.File // with nobody at the other end its tokens would be gone
}

// jobserverPath is where a step finds the fifo.
const jobserverPath = "/run/ashlar/jobs"

// firstMake is the first version that knows jobservers that are fifos.
const firstMake = "4.4"

func newJobserver(s *store.Store, jobs int) (*jobserver, error) {
	dir, err := s.Scratch("jobs")
	if err != nil {
		return nil, err
	}
	j := &jobserver{dir: dir, jobs: jobs}
	if err = unix.Mkfifo(j.path(), 0o600); err == nil {
		j.fifo, err = j.open()
	}
	if err != nil {
		dir.Close()
		return nil, fmt.Errorf("jobserver: %w", err)
	}
	return j, nil
}

func (j *jobserver) path() string { return filepath.Join(j.dir.Dir(), "fifo") }

func (j *jobserver) open() (*os.File, error) {
	return os.OpenFile(j.path(), os.O_RDWR|syscall.O_NONBLOCK, 0)
}

func (j *jobserver) close() error {
	j.fifo.Close()
	return j.dir.Close()
}

// enter takes a token for a step, now or later, until leave is called.
func (j *jobserver) enter() (leave func(), err error) {
	own, err := j.open()
	if err != nil {
		return nil, fmt.Errorf("jobserver: %w", err)
	}
	j.mu.Lock()
	if j.inside++; j.inside == 1 {
		err = j.fill()
	}
	j.mu.Unlock()
	taken := make(chan []byte, 1)
	go func() {
		token := make([]byte, 1)
		n, _ := own.Read(token) // an error is the end of the step
		taken <- token[:n]
	}()
	leave = func() {
		own.SetReadDeadline(time.Unix(1, 0))
		own.Write(<-taken)
		own.Close()
		j.mu.Lock()
		j.inside--
		j.mu.Unlock()
	}
	if err != nil {
		leave()
		return nil, fmt.Errorf("jobserver: %w", err)
	}
	return leave, nil
}

// fill leaves as many tokens as there may be jobs, whatever was there.
func (j *jobserver) fill() error {
	raw, err := j.fifo.SyscallConn()
	if err != nil {
		return err
	}
	err = raw.Control(func(fd uintptr) {
		buf := make([]byte, 512)
		for n := 1; n > 0; {
			n, _ = unix.Read(int(fd), buf) // it does not block: EAGAIN is the end
		}
	})
	if err == nil {
		_, err = j.fifo.Write(bytes.Repeat([]byte("+"), j.jobs))
	}
	return err
}

// share has the make of a step ask the jobserver, if it can, and if nothing that is
// secret could leave the step by it.
func (w *building) share(j *job.Job) (leave func(), err error) {
	nothing := func() {}
	if !w.shares || w.search != nil || w.Jobs < 2 {
		return nothing, nil
	}
	w.serve.Do(func() { w.server, w.serveErr = newJobserver(w.Store, w.Jobs) })
	if w.serveErr != nil {
		return nothing, w.serveErr
	}
	flags := fmt.Sprintf("MAKEFLAGS=-j%d", w.Jobs)
	for i, v := range j.Env {
		if v == flags { // and not what the recipe sets
			j.Env[i] = flags + " --jobserver-auth=fifo:" + jobserverPath
			j.Binds = append(j.Binds, job.Bind{From: w.server.path(), To: jobserverPath, Writable: true})
			return w.server.enter()
		}
	}
	return nothing, nil
}

// knowsFifos reports whether the make of a root can ask a jobserver that is a fifo.
func (b *Builder) knowsFifos(r plan.Root, inputs map[plan.ID]store.Result) (bool, error) {
	pkgs, err := b.pkgs(r.Packages, inputs)
	for _, p := range pkgs {
		if p.Control.Name == "make" {
			return relation.Compare(p.Control.Version, firstMake) >= 0, err
		}
	}
	return false, err
}
