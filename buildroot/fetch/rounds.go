package fetch

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"time"
)

const (
	// firstPause is the pause behind the first round; each further one is twice
	// as long.
	firstPause = 500 * time.Millisecond

	// maxWait is as long as a server can make us wait.
	maxWait = time.Minute
)

// A place is where a file may be.
type place struct {
	name   string // for messages, without password
	url    *url.URL
	client *http.Client
	vendor bool
	files  fs.FS  // the vendor's, in place of a client
	git    string // the address of a git repository, in place of all others
}

// A candidate is one place of a request.
type candidate struct {
	place
	failure *attemptError // of the last attempt
	out     bool          // no more attempts
}

// rounds asks one place after another until try succeeds, and then those that may
// do better again, with pauses between. A mirror that is down for a moment so
// costs no time while another one is up.
func (f *Fetcher) rounds(ctx context.Context, name string, cs []*candidate, try func(context.Context, place) error) error {
	pause := firstPause
	for n := 1; ; n++ {
		for _, c := range cs {
			if c.out {
				continue
			}
			err := try(ctx, c.place)
			if err == nil || ctx.Err() != nil {
				return err
			}
			if !errors.As(err, &c.failure) {
				return err // of the store: no other place helps
			}
			c.out = !c.failure.again || n == f.opts.Attempts
			if c.vendor && c.failure.remedy == remedyGone {
				c.failure.remedy = remedyVendor
			}
		}
		wait, ok := nextRound(cs, pause)
		if !ok {
			return failed(name, cs)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		pause *= 2
	}
}

// nextRound is how long to wait for the first of those that may do better.
func nextRound(cs []*candidate, pause time.Duration) (wait time.Duration, ok bool) {
	for _, c := range cs {
		if c.out {
			continue
		}
		if w := max(pause, c.failure.after); !ok || w < wait {
			wait, ok = w, true
		}
	}
	return wait, ok
}

// candidates parses the URLs. What must not be asked is out from the start.
func (f *Fetcher) candidates(urls []string) []*candidate {
	var cs []*candidate
	for _, raw := range urls {
		u, failure := f.parse(raw)
		cs = append(cs, &candidate{place: place{name: u.Redacted(), url: u, client: f.client}, failure: failure, out: failure != nil})
	}
	return cs
}

// vendored is the place of a file in the vendor, if there is a vendor.
func (f *Fetcher) vendored(sha256 string) []*candidate {
	v := f.opts.Vendor
	if v == nil || sha256 == "" {
		return nil
	}
	p := place{name: "the vendor " + v.Name, vendor: true, files: v.Files, client: f.vendor, url: &url.URL{Path: vendorBlobs + sha256}}
	if v.Files == nil {
		u, err := url.Parse(v.URL + sha256)
		if err != nil {
			return []*candidate{{place: p, failure: final(remedyURL, "its URL cannot be read"), out: true}}
		}
		p.url = u
	}
	return []*candidate{{place: p}}
}

// vendorBlobs is where an OCI image layout has its blobs.
const vendorBlobs = "blobs/sha256/"

func (f *Fetcher) parse(raw string) (*url.URL, *attemptError) {
	u, err := url.Parse(raw)
	if err != nil {
		var inner *url.Error
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return &url.URL{Opaque: "(a URL that cannot be read)"}, final(remedyURL, "%w", err)
	}
	switch {
	case u.Scheme == "file":
		if !filepath.IsAbs(u.Path) || u.Host != "" && u.Host != "localhost" {
			return u, final("write it as file:///PATH", "a file URL without an absolute path")
		}
	case u.Scheme != "http" && u.Scheme != "https":
		return u, final("use http, https or file", "scheme %q is not known", u.Scheme)
	case u.Host == "":
		return u, final(remedyURL, "no host in it")
	case f.opts.Offline:
		return u, final(remedyOffline, "%w", ErrOffline)
	}
	return u, nil
}

func failed(name string, cs []*candidate) error {
	e := &Error{Name: name}
	for _, c := range cs {
		e.Failures = append(e.Failures, Failure{Place: c.name, Err: c.failure.err, Remedy: c.failure.remedy})
	}
	return e
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
