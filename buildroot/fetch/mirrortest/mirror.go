// Package mirrortest is a pretend mirror for tests: an HTTP server that has the
// files it was given and misbehaves on demand. It counts what it was asked.
package mirrortest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Mirror serves files. Its methods may be called while it is asked.
type Mirror struct {
	URL string      // without a slash at the end
	TLS *tls.Config // of a client that trusts it, if it was made by StartTLS

	// Authority is the certificate of who signed the mirror's, as PEM, if it was made
	// by StartTLS.
	Authority []byte

	// Dial reaches a mirror that was made by New, and is nil of the others.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu       sync.Mutex
	files    map[string]file
	faults   map[string][]Fault
	always   map[string]Fault
	requests []Request
}

type file struct {
	data  []byte
	mtime time.Time
}

// A Request is one that the mirror got.
type Request struct {
	Path, Range, IfRange, IfNoneMatch, IfModifiedSince string

	Authorization  string
	User, Password string // of basic authentication
	Protocol       string // "HTTP/1.1", "HTTP/2.0"
}

// A Fault answers a request in the place of the mirror. The data are those of the
// file, nil if there is none.
type Fault func(w http.ResponseWriter, r *http.Request, data []byte)

func empty() *Mirror {
	return &Mirror{files: make(map[string]file), faults: make(map[string][]Fault), always: make(map[string]Fault)}
}

// Start starts a mirror on a loopback port. It stops when the test ends.
func Start(t testing.TB) *Mirror {
	m := empty()
	s := httptest.NewUnstartedServer(m)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	m.URL = s.URL
	return m
}

// StartTLS is Start with HTTPS and HTTP/2.
func StartTLS(t testing.TB) *Mirror {
	m := empty()
	s := httptest.NewUnstartedServer(m)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	m.URL = s.URL
	m.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
	m.Authority = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	return m
}

// New starts a mirror in memory, for tests in a bubble of testing/synctest:
// nothing in it waits for the kernel. Only its Dial reaches it, by any name.
func New(t testing.TB) *Mirror {
	m := empty()
	m.URL = "http://mirror.test"
	l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	m.Dial = l.dial
	s := &http.Server{Handler: m, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() { defer close(served); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); <-served })
	return m
}

// Put gives the mirror a file, in the place of an older one.
func (m *Mirror) Put(path string, data []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[path] = file{data, time.Unix(1_700_000_000, 0).Add(time.Duration(len(m.files)) * time.Hour)}
}

// PutFS gives the mirror all files of a file system below a path.
func (m *Mirror) PutFS(path string, files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		m.Put(path+"/"+name, data)
		return err
	})
}

// Remove takes a file from the mirror.
func (m *Mirror) Remove(path string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, path)
}

// Misbehave answers the next requests for a path by the faults, in order.
func (m *Mirror) Misbehave(path string, faults ...Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults[path] = append(m.faults[path], faults...)
}

// Always answers all requests for a path by a fault; by the file if it is nil.
func (m *Mirror) Always(path string, f Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.always[path] = f
}

// Requests are all requests so far, in order.
func (m *Mirror) Requests() []Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.requests)
}

// Forget forgets the requests so far.
func (m *Mirror) Forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests = nil
}

// ServeHTTP answers as a mirror does: with ranges, validators and conditions.
func (m *Mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, there, fault := m.take(r)
	if fault != nil {
		fault(w, r, f.data)
		return
	}
	if !there {
		http.NotFound(w, r)
		return
	}
	serve(w, r, f)
}

func serve(w http.ResponseWriter, r *http.Request, f file) {
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(f.data)))
	w.Header().Set("Content-Type", "application/octet-stream")
	if strings.HasSuffix(r.URL.Path, "/") { // a directory's page
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	http.ServeContent(w, r, "", f.mtime, bytes.NewReader(f.data))
}

func (m *Mirror) take(r *http.Request) (f file, there bool, fault Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	q := Request{
		Path: r.URL.Path, Range: r.Header.Get("Range"), IfRange: r.Header.Get("If-Range"),
		IfNoneMatch: r.Header.Get("If-None-Match"), IfModifiedSince: r.Header.Get("If-Modified-Since"),
		Protocol: r.Proto,
	}
	q.Authorization = r.Header.Get("Authorization")
	q.User, q.Password, _ = r.BasicAuth()
	m.requests = append(m.requests, q)
	f, there = m.files[r.URL.Path]
	fault = m.always[r.URL.Path]
	if next := m.faults[r.URL.Path]; len(next) > 0 {
		fault, m.faults[r.URL.Path] = next[0], next[1:]
	}
	return f, there, fault
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "mirrortest", Net: "pipe"} }
