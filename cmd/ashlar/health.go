package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe"
)

// signalNamed is the signal of that name, SIGTERM if it has none.
func signalNamed(name string) os.Signal {
	if s := unix.SignalNum(name); s != 0 {
		return s
	}
	return syscall.SIGTERM
}

// How long lies between two looks at a heartbeat: a program costs more than a
// connection.
const (
	pulse       = 20 * time.Millisecond
	programBeat = 200 * time.Millisecond
)

// unsaid is what container engines take for an interval or a timeout of 0.
const unsaid = 30 * time.Second

// patience is how long an image may take until its heartbeat is good: as long as a
// container engine would not call it unhealthy.
func patience(h *recipe.Health) time.Duration {
	return h.StartPeriod + time.Duration(h.Retries)*cmp.Or(h.Interval, unsaid)
}

// awaitHealth waits until a started image's heartbeat is good, or until its
// program has ended. One without a heartbeat is good at once.
func awaitHealth(ctx context.Context, r job.Running, h *recipe.Health) error {
	if h == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, patience(h), fmt.Errorf("no heartbeat within %s", patience(h)))
	defer cancel()
	wait := pulse
	if len(h.Command) > 0 {
		wait = programBeat
	}
	for {
		last := beat(ctx, r, h)
		var hopeless *noProgram
		switch {
		case last == nil:
			return nil
		case errors.Is(last, job.ErrEnded):
			return fmt.Errorf("no heartbeat: %w", job.ErrEnded)
		case errors.As(last, &hopeless):
			return fmt.Errorf("no heartbeat: %w", last)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-time.After(wait):
		}
	}
}

// beat asks once.
func beat(ctx context.Context, r job.Running, h *recipe.Health) error {
	if len(h.Command) > 0 {
		return beatInside(ctx, r, h)
	}
	if h.TCP != 0 {
		c, err := r.Dial(h.TCP)
		if err != nil {
			return err
		}
		return c.Close()
	}
	u, err := url.Parse(h.HTTP)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: h.Timeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return dialInside(r, u)
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.HTTP, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(req)
	if err != nil {
		return err
	}
	answer.Body.Close()
	if answer.StatusCode >= 400 {
		return fmt.Errorf("%s answers %s", h.HTTP, answer.Status)
	}
	return nil
}

// A noProgram is a heartbeat that will never come: its program cannot be started.
type noProgram struct{ error }

func (e *noProgram) Unwrap() error { return e.error }

// beatInside asks a program in the image.
func beatInside(ctx context.Context, r job.Running, h *recipe.Health) error {
	limit := cmp.Or(h.Timeout, unsaid)
	short, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no answer within %s", limit))
	defer cancel()
	var said bytes.Buffer
	exit, err := r.Exec(short, h.Command, limited{&said})
	switch {
	case err != nil && short.Err() == nil && !errors.Is(err, job.ErrEnded):
		return &noProgram{err}
	case err != nil:
		return err
	case exit != 0:
		err = fmt.Errorf("%s: exit status %d", h.Command[0], exit)
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		if last := harmless(lines[len(lines)-1]); last != "" {
			err = fmt.Errorf("%w: %s", err, last)
		}
	}
	return err
}

func dialInside(r job.Running, u *url.URL) (net.Conn, error) {
	port := 80
	if p := u.Port(); p != "" {
		var err error
		if port, err = strconv.Atoi(p); err != nil {
			return nil, err
		}
	}
	c, err := r.Dial(port)
	if err != nil {
		return nil, err
	}
	conn, ok := c.(net.Conn)
	if !ok {
		c.Close()
		return nil, errors.New("the image's network gives no connection")
	}
	return conn, nil
}
