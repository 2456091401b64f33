package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe"
)

// A forward is a port of this machine that leads to one of the image.
type forward struct {
	host string // address and port to listen on
	port int    // of the image
	any  bool   // another port of this machine will do, too
}

func forwardsOf(published ports, declared []recipe.Port) ([]forward, error) {
	var list []forward
	for _, p := range published {
		f, err := parseForward(p)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	if len(published) > 0 {
		return list, nil
	}
	for _, p := range declared {
		if p.Proto == "tcp" {
			list = append(list, forward{host: fmt.Sprintf("127.0.0.1:%d", p.Number), port: p.Number, any: true})
		}
	}
	return list, nil
}

func parseForward(s string) (forward, error) {
	bad := usagef("-p %s: write PORT, PORT:PORT or HOST:PORT:PORT", s)
	fields := strings.Split(s, ":")
	host := "127.0.0.1"
	if len(fields) > 2 {
		host = strings.Join(fields[:len(fields)-2], ":")
		fields = fields[len(fields)-2:]
	}
	host = strings.Trim(host, "[]")
	if net.ParseIP(host) == nil {
		return forward{}, bad
	}
	port, err := strconv.ParseUint(fields[len(fields)-1], 10, 16)
	if err != nil || port == 0 {
		return forward{}, bad
	}
	from, err := strconv.ParseUint(fields[0], 10, 16)
	if err != nil {
		return forward{}, bad
	}
	return forward{host: net.JoinHostPort(host, strconv.Itoa(int(from))), port: int(port)}, nil
}

// A forwarder listens on this machine and dials in the image's network.
type forwarder struct {
	env       *env
	list      []forward
	listeners []net.Listener
	wg        sync.WaitGroup
}

func (f *forwarder) listen() error {
	for _, w := range f.list {
		l, err := net.Listen("tcp", w.host)
		if err != nil && w.any {
			l, err = net.Listen("tcp", "127.0.0.1:0")
		}
		if err != nil {
			return w.refused(err)
		}
		f.listeners = append(f.listeners, l)
		fmt.Fprintf(f.env.err, "%s leads to port %d\n", l.Addr(), w.port)
	}
	return nil
}

// undeclared warns of ports that the image does not say it has.
func (f *forwarder) undeclared(declared []recipe.Port) {
	var has []string
	for _, p := range declared {
		has = append(has, strconv.Itoa(p.Number))
	}
	for _, w := range f.list {
		if len(has) > 0 && !slices.Contains(has, strconv.Itoa(w.port)) {
			fmt.Fprintf(f.env.err, "warning: the image declares no port %d, but %s\n", w.port, strings.Join(has, ", "))
		}
	}
}

// refused says what to type instead where nobody may listen.
func (w forward) refused(err error) error {
	host, port, _ := net.SplitHostPort(w.host)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("port %s of this machine is in use: name another one, -p [HOST:]OTHER:%d", port, w.port)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("port %s of this machine is for root: name one from 1024 on, -p [HOST:]OTHER:%d", port, w.port)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: -p 0.0.0.0:%s:%d is for everybody", host, port, w.port)
	}
	return fmt.Errorf("forward port %d: %w", w.port, err)
}

func (f *forwarder) serve(r job.Running) {
	for i, l := range f.listeners {
		f.wg.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go relay(c, r, f.list[i].port)
			}
		})
	}
}

func (f *forwarder) close() {
	for _, l := range f.listeners {
		l.Close()
	}
	f.wg.Wait()
}

// relay copies both ways until both are done.
func relay(c net.Conn, r job.Running, port int) {
	defer c.Close()
	inside, err := r.Dial(port)
	if err != nil {
		return
	}
	defer inside.Close()
	done := make(chan struct{})
	go func() {
		io.Copy(inside, c)
		halfClose(inside)
		close(done)
	}()
	io.Copy(c, inside)
	halfClose(c)
	<-done
}

func halfClose(c any) {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		w.CloseWrite()
	}
}
