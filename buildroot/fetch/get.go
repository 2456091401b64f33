package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

// Get fetches what a URL has now and puts it into the store. The URLs are asked in
// order; validators go to the first only, which they are of.
func (f *Fetcher) Get(ctx context.Context, req IndexRequest) (Index, error) {
	if len(req.URLs) == 0 {
		return Index{}, fmt.Errorf("fetch %s: no URL is given", req.Name)
	}
	if req.MaxSize <= 0 {
		req.MaxSize = defaultMaxIndex
	}
	release, err := acquire(ctx, f.jobs)
	if err != nil {
		return Index{}, fmt.Errorf("fetch %s: %w", req.Name, err)
	}
	defer release()
	var got Index
	err = f.rounds(ctx, req.Name, f.candidates(req.URLs), func(ctx context.Context, p place) error {
		var err error
		got, err = f.get(ctx, req, p)
		return err
	})
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = fmt.Errorf("fetch %s: %w", req.Name, err)
	}
	if err != nil {
		return Index{}, err
	}
	return got, nil
}

func (f *Fetcher) get(ctx context.Context, req IndexRequest, p place) (Index, error) {
	u := p.url
	got := Index{URL: u.Redacted()}
	if u.Scheme == "file" {
		return f.getFile(ctx, req, u.Path, got)
	}
	header := make(http.Header)
	if u.String() == req.URLs[0] {
		set(header, "If-None-Match", req.ETag)
		set(header, "If-Modified-Since", req.LastModified)
	}
	err := f.ask(ctx, p, header, func(r *http.Response, body io.Reader) error {
		got.ETag, got.LastModified = r.Header.Get("ETag"), r.Header.Get("Last-Modified")
		switch {
		case r.StatusCode == http.StatusNotModified && req.ETag+req.LastModified != "":
			got.NotModified = true
			return nil
		case r.StatusCode != http.StatusOK:
			return final(remedyURL, "%w", &StatusError{Code: r.StatusCode})
		case isHTML(r) && !req.Page && !strings.HasSuffix(u.Path, ".html"):
			return final("correct the URL, or log in to this network if it asks for that", "an HTML page in place of the file")
		case r.ContentLength > req.MaxSize:
			return tooBig(req)
		}
		return f.putIndex(ctx, req, body, &got)
	})
	if a := (*attemptError)(nil); errors.As(err, &a) && a.remedy == remedyGone {
		a.remedy = remedyURL // nobody has pinned it yet
	}
	return got, err
}

func (f *Fetcher) getFile(ctx context.Context, req IndexRequest, name string, got Index) (Index, error) {
	file, err := os.Open(name)
	if err != nil {
		return got, final(remedyURL, "%w", err)
	}
	defer file.Close()
	if fi, err := file.Stat(); err != nil || !fi.Mode().IsRegular() {
		return got, final(remedyURL, "it is not a file")
	}
	return got, f.putIndex(ctx, req, file, &got)
}

func (f *Fetcher) putIndex(ctx context.Context, req IndexRequest, body io.Reader, got *Index) error {
	r := &bounded{Reader: body, left: req.MaxSize, err: tooBig(req)}
	var err error
	got.Digest, got.Size, err = f.store.Put(ctx, r, "")
	return err
}

func tooBig(req IndexRequest) error {
	return final(remedyURL, "it has more than %d bytes", req.MaxSize)
}

// A bounded reader fails when more than left bytes come.
type bounded struct {
	io.Reader
	left int64
	err  error
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, b.err
	}
	return n, err
}

func set(h http.Header, key, value string) {
	if value != "" {
		h.Set(key, value)
	}
}
