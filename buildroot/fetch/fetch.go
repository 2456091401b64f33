// Package fetch brings bytes from URLs into the store. What has a digest is asked
// for only if the store lacks it, and counts only if its bytes are right: which
// mirror gave them, over how many attempts and connections, makes no difference.
//
// It knows no archive and no recipe. It does not decide what to use: that is the
// lock's, and [Fetcher.Get] is there for `ashlar lock` alone.
package fetch

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// Options are the choices of a Fetcher. The zero value is ready to use.
type Options struct {
	// Offline refuses every request before it is made, but for file URLs and the
	// vendor.
	Offline bool

	// Vendor, if set, is asked first for all that has a SHA-256.
	Vendor *Vendor

	// Netrc is a text in netrc(5) format with names and passwords by host, for
	// basic authentication; none if empty. They go to that host only, also
	// across redirects, and in no message.
	Netrc string

	// Token, if set, tells what to send to a host for authorization, "name:password"
	// or a token alone; nothing if empty. It is asked for each request, goes to that
	// host only, over TLS or to this machine, and is in no message.
	Token func(ctx context.Context, host string) (string, error)

	// Git gets what requests want of git repositories. Without it there are none.
	Git Exporter

	// Jobs is how many downloads run at once: [DefaultJobs] if zero. PerHost is how many of
	// them ask one host: 4 if zero.
	Jobs, PerHost int

	// Attempts is how often one URL is asked before the next one is: 4 if zero.
	// What came before an attempt broke off is not asked for again.
	Attempts int

	// Stall ends an attempt during which nothing came for so long: 30 s if zero.
	Stall time.Duration

	// Progress, if set, is told of each download as its bytes come, a few times a
	// second at most, and once with Done. It is called by many goroutines.
	Progress func(Progress)

	// Dial replaces the way to open a connection.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	// TLS replaces the system's certificates and the usual protocol versions.
	TLS *tls.Config
}

// A Vendor has files by their SHA-256, as the blobs of an OCI image layout or of a
// repository in a registry. It is Files, or else what URL leads to.
type Vendor struct {
	Name  string // for messages: "oci://registry.example.com/team/vendor"
	Files fs.FS  // has blobs/sha256/DIGEST

	URL       string            // before the digest
	Transport http.RoundTripper // that is allowed to read there; the Fetcher's own if nil
}

// Progress is how far one download has come.
type Progress struct {
	Name  string // of the request
	URL   string // being asked, without password
	Bytes int64  // that are here, those of earlier attempts too
	Total int64  // of the whole, or 0 if nobody knows yet
	Done  bool   // no more will be told of this download
	Err   error  // of Done: why the file was not had
}

// A Request asks for one file that is known by its digest.
type Request struct {
	// Name is for messages: "nginx: source nginx-1.26.3.tar.gz".
	Name string

	// URLs are where the file may be, http, https or file, best first. Each is
	// asked when those before it failed, the first when the vendor has not got it.
	URLs []string

	// Git, if set, says what to take of a git repository, of which URLs are the
	// addresses.
	Git *GitTree

	// SHA256 and SHA512 are in lower-case hex. One of them is needed; both are
	// checked if both are there.
	SHA256, SHA512 string

	// Size in bytes is checked as soon as the answer's head is there; unknown if
	// zero.
	Size int64

	// MaxSize bounds a file of unknown size: 16 GiB if zero.
	MaxSize int64

	// Remedy is what may help if a place has the file no more or has another one in
	// its place; if empty, what helps with a package or a source.
	Remedy string
}

// An IndexRequest asks for a file whose bytes nobody knows beforehand, such as an
// archive's InRelease. What comes is to be checked by its signature.
type IndexRequest struct {
	Name    string   // for messages
	URLs    []string // as in Request
	MaxSize int64    // 256 MiB if zero
	Page    bool     // it is an HTML page, such as those of Python's package indexes

	// ETag and LastModified are those of the copy at hand, as Index had them, so
	// that a server can answer "not modified". Empty if there is none.
	ETag, LastModified string
}

// An Index is the answer to an IndexRequest.
type Index struct {
	Digest       string // SHA-256 of the blob in the store; empty if NotModified
	Size         int64
	URL          string // which of the request's URLs it came from
	ETag         string // for the next request, to the same URL; may be empty
	LastModified string // likewise
	NotModified  bool   // the copy at hand is still right
}

// DefaultJobs is how many downloads run at once unless Options say otherwise.
const DefaultJobs = 8

// The limits that a zero option stands for.
const (
	defaultPerHost  = 4
	defaultAttempts = 4
	defaultStall    = 30 * time.Second
	defaultMaxFile  = 16 << 30
	defaultMaxIndex = 256 << 20
)

// A Fetcher downloads. It keeps connections open; close it when all is there.
// Its methods may be called at once by many: more than Jobs wait.
type Fetcher struct {
	store  *store.Store
	opts   Options
	netrc  netrc
	client *http.Client
	vendor *http.Client
	jobs   chan struct{}

	buffers sync.Pool // *[copySize]byte

	mu    sync.Mutex
	hosts map[string]chan struct{}
}

// New makes a Fetcher that puts what it gets into s.
func New(s *store.Store, opts Options) (*Fetcher, error) {
	opts = opts.filled()
	f := &Fetcher{store: s, opts: opts, jobs: make(chan struct{}, opts.Jobs), hosts: make(map[string]chan struct{})}
	if opts.Netrc != "" {
		var err error
		if f.netrc, err = parseNetrc(opts.Netrc); err != nil {
			return nil, fmt.Errorf("read netrc: %w", err)
		}
	}
	f.client = newClient(opts, f.netrc)
	if v := opts.Vendor; v != nil && v.Transport != nil {
		f.vendor = &http.Client{CheckRedirect: checkRedirect, Transport: v.Transport}
	} else {
		f.vendor = f.client
	}
	return f, nil
}

func (o Options) filled() Options {
	if o.Jobs <= 0 {
		o.Jobs = DefaultJobs
	}
	if o.PerHost <= 0 {
		o.PerHost = defaultPerHost
	}
	if o.Attempts <= 0 {
		o.Attempts = defaultAttempts
	}
	if o.Stall <= 0 {
		o.Stall = defaultStall
	}
	return o
}

// Close closes idle connections. Nothing may be under way.
func (f *Fetcher) Close() { f.client.CloseIdleConnections() }
