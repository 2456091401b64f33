package fetch

import (
	"context"
	"errors"
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

// A candidate is one URL of a request.
type candidate struct {
	url     *url.URL
	failure *attemptError // of the last attempt
	out     bool          // no more attempts
}

// rounds asks one URL after another until try succeeds, and then those that may
// do better again, with pauses between. A mirror that is down for a moment so
// costs no time while another one is up.
func (f *Fetcher) rounds(ctx context.Context, name string, urls []string, try func(context.Context, *url.URL) error) error {
	cs := f.candidates(urls)
	pause := firstPause
	for n := 1; ; n++ {
		for _, c := range cs {
			if c.out {
				continue
			}
			err := try(ctx, c.url)
			if err == nil || ctx.Err() != nil {
				return err
			}
			if !errors.As(err, &c.failure) {
				return err // of the store: no other URL helps
			}
			c.out = !c.failure.again || n == f.opts.Attempts
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
		c := &candidate{}
		c.url, c.failure = f.parse(raw)
		c.out = c.failure != nil
		cs = append(cs, c)
	}
	return cs
}

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
		e.Failures = append(e.Failures, Failure{URL: c.url.Redacted(), Err: c.failure.err, Remedy: c.failure.remedy})
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
