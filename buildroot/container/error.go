package container

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"syscall"
)

// An Error is a job that could not be started, or a host that cannot run any.
type Error struct {
	What   string // what was tried: "nginx: compile: mount root"
	Cause  string // why it did not work
	Remedy string // what to do; may be empty

	errno syscall.Errno
}

// Error returns one sentence, and the remedy as a line of its own.
func (e *Error) Error() string {
	s := e.What + ": " + e.Cause
	if e.Remedy != "" {
		s += "\nhint: " + e.Remedy
	}
	return s
}

// Is tells whether the kernel's answer was target, a syscall.Errno.
func (e *Error) Is(target error) bool {
	return e.errno != 0 && errors.Is(e.errno, target)
}

// errnoOf returns the kernel's answer in err, or 0.
func errnoOf(err error) syscall.Errno {
	var e *Error
	if errors.As(err, &e) {
		return e.errno
	}
	var errno syscall.Errno
	errors.As(err, &errno)
	return errno
}

// sent is an error on its way between processes.
type sent struct {
	What, Cause, Remedy string
	Errno               int
}

func send(what string, err error) sent {
	var e *Error
	if errors.As(err, &e) {
		return sent{What: e.What, Cause: e.Cause, Remedy: e.Remedy, Errno: int(e.errno)}
	}
	return sent{What: what, Cause: err.Error(), Errno: int(errnoOf(err))}
}

// err returns nil for the zero value.
func (s sent) err() error {
	if s == (sent{}) {
		return nil
	}
	return &Error{What: s.What, Cause: s.Cause, Remedy: s.Remedy, errno: syscall.Errno(s.Errno)}
}

// A tail keeps the end of what is written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const tailSize = 4096

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - tailSize; over > 0 {
		t.buf = bytes.Clone(t.buf[over:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}
