package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// The images of one test share one network, whose only interface is the
// loopback: so nothing has to be routed, and no privilege is asked of the
// machine. A name of one of them is one more of 127.0.0.1. Two that listen on one
// port cannot be in one test, which package recipe refuses.

// A server is an image that a test starts.
type server struct {
	who    string // "the image", or the name of its host
	job    job.Job
	health *recipe.Health
	said   bytes.Buffer
}

// start starts servers one after the other, each once the heartbeat of the one
// before is good, and calls f with the network that they share. However that
// ends, they all end then.
func (t *trial) start(ctx context.Context, servers []*server, network job.Running, f func(context.Context, job.Running) error) error {
	if len(servers) == 0 {
		return f(ctx, network)
	}
	s := servers[0]
	ctx, stop := context.WithCancelCause(ctx)
	done := errors.New("the test is over")
	verdict := make(chan error, 1)
	healthy := false
	s.job.Grace = time.Second
	res, err := t.runner.Run(ctx, s.job, job.Streams{Out: limited{&s.said}, Err: limited{&s.said}, Network: network, Started: func(r job.Running) {
		if network == nil {
			network = r
		}
		err := awaitHealth(ctx, r, s.health)
		if healthy = err == nil; healthy {
			err = t.start(ctx, servers[1:], network, f)
		} else {
			err = fmt.Errorf("%s: %w", s.who, err)
		}
		verdict <- err
		stop(done)
	}})
	stop(done)
	select {
	case v := <-verdict:
		if v == nil || err != nil {
			return v
		}
		if !healthy && errors.Is(v, job.ErrEnded) {
			v = errors.New("its heartbeat was never good")
		}
		return fmt.Errorf("%w: %w", t.ended(s, res), v)
	default:
	}
	if err != nil && !errors.Is(err, done) {
		return err
	}
	return fmt.Errorf("%w before the test did", t.ended(s, res))
}

// ended says why a server ended by itself.
func (t *trial) ended(s *server, res job.Result) error {
	if err := beyond(res, t.test.Limits.Timeout, recipe.Size(t.test.Limits.Memory)); err != nil {
		return fmt.Errorf("%s ended: %w", s.who, err)
	}
	return fmt.Errorf("%s ended with exit status %d", s.who, res.Exit)
}

// companions are the images beside the tested one, as they are to be started.
func (t *trial) companions(ctx context.Context) ([]*server, error) {
	var servers []*server
	for _, c := range t.test.With {
		of := t.b.graph.Find(c.Dep, t.inst)
		full := lock.FullName(of)
		root, err := buildroot.Unpack(ctx, t.env.opened.store, t.b.results[full])
		if err != nil {
			return nil, err
		}
		s := &server{who: c.Host, health: of.Image.Health}
		if s.job, err = imageJob(full, root, withEnv(t.b.images[full].Config, c.Env), of.Image, nil); err != nil {
			return nil, err
		}
		s.job.Hostname, s.job.Limits = c.Host, limitsOf(t.test)
		s.job.Files = append(s.job.Files, t.hosts()...)
		servers = append(servers, s)
	}
	return servers, nil
}

// hosts is /etc/hosts of all that runs in a test with companions.
func (t *trial) hosts() []job.File {
	if len(t.test.With) == 0 {
		return nil
	}
	names := []string{"localhost"}
	for _, c := range t.test.With {
		names = append(names, c.Host)
	}
	text := "127.0.0.1 " + strings.Join(names, " ") + "\n::1 localhost ip6-localhost ip6-loopback\n"
	return []job.File{{Path: "/etc/hosts", Mode: 0o644, Data: []byte(text)}}
}

// withEnv is a configuration with more variables.
func withEnv(c oci.Config, env []recipe.Var) oci.Config {
	c.Env = slices.Clip(c.Env)
	for _, v := range env {
		c.Env = append(c.Env, v.Name+"="+v.Value)
	}
	return c
}
