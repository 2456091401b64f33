package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
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

// pulse is how long lies between two looks at a heartbeat.
const pulse = 20 * time.Millisecond

// heartbeat is what can be asked from outside whether an image works, or nil. Of
// one whose heartbeat is a program inside it, that is its first TCP port.
func heartbeat(i *recipe.Image) *recipe.Health {
	if i.Health == nil || len(i.Health.Command) == 0 {
		return i.Health
	}
	for _, p := range i.Ports {
		if p.Proto == "tcp" {
			return &recipe.Health{TCP: p.Number}
		}
	}
	return nil
}

// awaitHealth waits until a started image's heartbeat is good, or until its
// program has ended. One without a heartbeat is good at once.
func awaitHealth(ctx context.Context, r job.Running, h *recipe.Health, limit time.Duration) error {
	if h == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no heartbeat within %s", limit))
	defer cancel()
	var last error
	for {
		if last = beat(ctx, r, h); last == nil {
			return nil
		}
		if errors.Is(last, job.ErrEnded) {
			return fmt.Errorf("no heartbeat: %w", job.ErrEnded)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", context.Cause(ctx), last)
		case <-time.After(pulse):
		}
	}
}

// beat asks once.
func beat(ctx context.Context, r job.Running, h *recipe.Health) error {
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
