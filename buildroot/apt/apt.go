// Package apt answers which packages of Debian archives satisfy relations, as
// apt would, and says where each of them can be had. It is the [lock.Resolver]
// of the program.
//
// An archive is trusted for what its signed Release file says, and only as long
// as that file is valid, is not older than one seen before, and is of the suite
// that was asked for. Packages files are read once into an index, which is
// mapped by later runs: see package index. The answers are package solve's.
//
// This package fetches indexes, never packages, and reads no .deb.
package apt

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A Fetcher brings files from archives into the store; *fetch.Fetcher is one.
type Fetcher interface {
	Get(context.Context, fetch.IndexRequest) (fetch.Index, error)
	Fetch(context.Context, fetch.Request) (digest string, err error)
}

// Blobs opens what a Fetcher got, by SHA-256; *store.Store does.
type Blobs interface {
	Blob(digest string) (*os.File, error)
}

// Options are the choices of a Client. The zero value is ready to use.
type Options struct {
	// MaxAge is how long ago an archive may have been asked for its Release file
	// to be believed unasked: an hour if zero; negative asks always. Asking is one
	// conditional request for each archive.
	MaxAge time.Duration

	// Offline uses what is kept, however long ago the archive was asked, and asks
	// nobody. A Release file that has expired since is then used all the same.
	Offline bool
}

// defaultMaxAge is short enough that a day's security updates are seen and long
// enough that work on recipes asks the archives once.
const defaultMaxAge = time.Hour

// A Client resolves from archives. Its methods may be called at once by many.
type Client struct {
	dir   string
	fetch Fetcher
	blobs Blobs
	opts  Options

	mu       sync.Mutex
	archives map[string]*once[*kept]        // by identity and architecture
	indexes  map[string]*once[*index.Index] // by name of the file
}

var _ lock.Resolver = (*Client)(nil)

// New makes a Client that keeps Release files and indexes in dir, which it
// creates when it is needed. Close it when its answers are no longer used.
func New(dir string, f Fetcher, b Blobs, opts Options) *Client {
	if opts.MaxAge == 0 {
		opts.MaxAge = defaultMaxAge
	}
	return &Client{
		dir: dir, fetch: f, blobs: b, opts: opts,
		archives: map[string]*once[*kept]{},
		indexes:  map[string]*once[*index.Index]{},
	}
}

// Close unmaps the indexes. Answers stay valid.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, o := range c.indexes {
		if ix, err := o.value, o.err; err == nil && ix != nil {
			errs = append(errs, ix.Close())
		}
	}
	clear(c.indexes)
	return errors.Join(errs...)
}

// A once is something that is made by the first who needs it.
type once[T any] struct {
	sync.Mutex
	done  bool
	value T
	err   error
}

// do makes the value unless it is there. One whose making was cancelled is made
// again by the next who needs it.
func (o *once[T]) do(ctx context.Context, f func(context.Context) (T, error)) (T, error) {
	o.Lock()
	defer o.Unlock()
	if !o.done {
		o.value, o.err = f(ctx)
		o.done = ctx.Err() == nil
	}
	return o.value, o.err
}
