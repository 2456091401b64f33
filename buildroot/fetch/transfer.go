package fetch

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// Fetch returns the SHA-256 of the requested file, which then is in the store. It
// asks nobody if it was there before. An [*Error] tells what became of each URL;
// what has come so far is kept, and asked for no more when Fetch is called again.
func (f *Fetcher) Fetch(ctx context.Context, req Request) (digest string, err error) {
	if err := req.check(); err != nil {
		return "", fmt.Errorf("fetch %s: %w", req.Name, err)
	}
	if digest, ok, err := f.have(req); ok || err != nil {
		return digest, err
	}
	release, err := acquire(ctx, f.jobs)
	if err != nil {
		return "", fmt.Errorf("fetch %s: %w", req.Name, err)
	}
	defer release()
	digest, err = f.fetch(ctx, req)
	var known *Error
	if err != nil && !errors.As(err, &known) {
		err = fmt.Errorf("fetch %s: %w", req.Name, err)
	}
	return digest, err
}

func (r Request) check() error {
	if len(r.URLs) == 0 {
		return errors.New("no URL is given")
	}
	if r.SHA256 == "" && r.SHA512 == "" {
		return errors.New("no digest is given")
	}
	for _, d := range []struct {
		name, hex string
		size      int
	}{{"sha256", r.SHA256, 32}, {"sha512", r.SHA512, 64}} {
		b, err := hex.DecodeString(d.hex)
		if d.hex != "" && (err != nil || len(b) != d.size || strings.ToLower(d.hex) != d.hex) {
			return fmt.Errorf("%s %q: not %d lower-case hexadecimal digits", d.name, d.hex, 2*d.size)
		}
	}
	return nil
}

// The store finds blobs by SHA-256. Of files known by their SHA-512 alone, a
// result remembers which blob they are.
const sha512Blob = "file"

func (r Request) key() string {
	if r.SHA256 != "" {
		return r.SHA256
	}
	return "sha512-" + r.SHA512
}

// have looks for the file in the store.
func (f *Fetcher) have(req Request) (digest string, ok bool, err error) {
	if req.SHA256 != "" {
		return req.SHA256, f.store.HasBlob(req.SHA256), nil
	}
	r, ok, err := f.store.Result(req.key())
	return r.Blobs[sha512Blob], ok, err
}

func (f *Fetcher) fetch(ctx context.Context, req Request) (digest string, err error) {
	t := &transfer{f: f, req: req, sha512: sha512.New()}
	if t.part, err = f.store.Partial(ctx, req.key(), t.sha512); err != nil {
		return "", err
	}
	defer t.part.Close()
	if digest, ok, err := f.have(req); ok || err != nil { // another process was first
		return digest, errors.Join(err, t.part.Discard())
	}
	t.resumed = t.part.Size() > 0
	defer func() { t.progress(true, err) }()
	places := f.candidates
	if req.Git != nil {
		places = f.repositories
	}
	if err := f.rounds(ctx, req.Name, append(f.vendored(req.SHA256), places(req.URLs)...), t.from); err != nil {
		return "", withRemedy(err, req.Remedy)
	}
	if digest, err = t.part.Commit(ctx, req.SHA256); err != nil || req.SHA256 != "" {
		return digest, err
	}
	return digest, f.store.PutResult(ctx, req.key(), store.Result{Blobs: map[string]string{sha512Blob: digest}})
}

// A transfer is the way of one file into the store, over as many URLs and
// attempts as it takes.
type transfer struct {
	f       *Fetcher
	req     Request
	part    *store.Partial
	sha512  hash.Hash
	resumed bool // the partial file has bytes of more than one answer
	html    bool // the last answer said to be an HTML page
	etag    string
	etagOf  string // the URL that gave it
	url     string
	told    time.Time // when progress was told last
	total   int64
}

// enough is how much an attempt must bring to be followed by another at once.
const enough = 1 << 20

// from gets what is missing of the file from one place. It returns nil if the whole
// file is there, and right.
func (t *transfer) from(ctx context.Context, p place) error {
	t.url = p.name
	for {
		had := t.part.Size()
		err := t.attempt(ctx, p)
		if err == nil {
			err = t.verify()
		}
		var a *attemptError
		if err != nil && errors.As(err, &a) && a.again && t.part.Size()-had >= enough && ctx.Err() == nil {
			continue
		}
		return err
	}
}

func (t *transfer) attempt(ctx context.Context, p place) error {
	if t.whole() || t.part.Size() > t.limit() {
		if t.verify() == nil {
			return nil
		}
		if err := t.reset(); err != nil {
			return err
		}
	}
	t.html = false
	if p.git != "" {
		return t.export(ctx, p)
	}
	switch u := p.url; {
	case p.files != nil:
		f, err := p.files.Open(u.Path)
		return t.file(ctx, f, err, remedyVendor)
	case u.Scheme == "file":
		f, err := os.Open(u.Path)
		return t.file(ctx, f, err, remedyURL)
	}
	header := make(http.Header)
	if n := t.part.Size(); n > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", n))
		if t.etagOf == p.url.String() && t.etag != "" {
			header.Set("If-Range", t.etag)
		}
	}
	return t.f.ask(ctx, p, header, func(r *http.Response, body io.Reader) error {
		return t.receive(ctx, p.url, r, body)
	})
}

// receive appends an answer's body to what is there.
func (t *transfer) receive(ctx context.Context, u *url.URL, r *http.Response, body io.Reader) error {
	begin, total, err := t.place(r)
	if err != nil {
		drain(body)
		return err
	}
	if begin == 0 && t.part.Size() > 0 { // the server sends all of it
		if err := t.reset(); err != nil {
			return err
		}
	}
	t.resumed = t.resumed || begin > 0
	t.total = total
	t.html = isHTML(r)
	t.etag, t.etagOf = "", u.String()
	if tag := r.Header.Get("ETag"); strings.HasPrefix(tag, `"`) { // weak ones say nothing about bytes
		t.etag = tag
	}
	if err := t.checkTotal(total); err != nil {
		return err
	}
	return t.copy(ctx, body)
}

// place reads of an answer's head which byte it begins with, and how many the
// whole file has: 0 if it does not say.
func (t *transfer) place(r *http.Response) (begin, total int64, err error) {
	switch r.StatusCode {
	case http.StatusOK:
		return 0, max(r.ContentLength, 0), nil
	case http.StatusPartialContent:
		var end int64
		have := r.Header.Get("Content-Range")
		if _, err := fmt.Sscanf(have, "bytes %d-%d/%d", &begin, &end, &total); err != nil {
			_, err := fmt.Sscanf(have, "bytes %d-%d/*", &begin, &end)
			if err != nil {
				return 0, 0, errors.Join(t.reset(), again(remedyURL, "the server sends a part and does not say which"))
			}
		}
		if begin != t.part.Size() {
			return 0, 0, errors.Join(t.reset(), again(remedyURL, "the server sends another part than asked for"))
		}
		return begin, total, nil
	case http.StatusRequestedRangeNotSatisfiable:
		// What is here is longer than the server's file: one of them is wrong.
		return 0, 0, errors.Join(t.reset(), again(remedyOther, "%w", &StatusError{Code: r.StatusCode}))
	}
	return 0, 0, final(remedyURL, "%w", &StatusError{Code: r.StatusCode})
}

// checkTotal refuses a file of the wrong size before its bytes come.
func (t *transfer) checkTotal(total int64) error {
	switch {
	case total == 0:
		return nil
	case t.req.Size > 0 && total != t.req.Size && t.html:
		return final(remedyOther, "an HTML page of %d bytes in place of the file", total)
	case t.req.Size > 0 && total != t.req.Size:
		return final(remedyOther, "the file has %d bytes there, not %d", total, t.req.Size)
	case total > t.limit():
		return final(remedyOther, "the file has %d bytes there, more than the limit of %d", total, t.limit())
	}
	return nil
}

// file gets the file from this machine, once it was opened.
func (t *transfer) file(ctx context.Context, f fs.File, err error, remedy string) error {
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return final(remedy, "%w", err)
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		return final(remedy, "it is not a file")
	}
	if err := t.reset(); err != nil {
		return err
	}
	t.total = fi.Size()
	if err := t.checkTotal(fi.Size()); err != nil {
		return err
	}
	return t.copy(ctx, f)
}

// copySize is the size of one read.
const copySize = 128 << 10

// copy appends body to what is there, and stops one byte beyond the limit.
func (t *transfer) copy(ctx context.Context, body io.Reader) error {
	buf, ok := t.f.buffers.Get().(*[copySize]byte)
	if !ok {
		buf = new([copySize]byte)
	}
	defer t.f.buffers.Put(buf)
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := body.Read(buf[:])
		if t.part.Size()+int64(n) > t.limit() {
			return errors.Join(t.reset(), final(remedyOther, "%s", t.tooLong()))
		}
		if _, err := t.part.Write(buf[:n]); err != nil {
			return err
		}
		t.progress(false, nil)
		if err == io.EOF {
			return t.ended()
		}
		if err != nil {
			return err
		}
	}
}

func (t *transfer) tooLong() string {
	if t.html {
		return "an HTML page in place of the file"
	}
	return fmt.Sprintf("more than %d bytes come", t.limit())
}

// ended judges an answer that ended without an error.
func (t *transfer) ended() error {
	if t.req.Size == 0 || t.part.Size() == t.req.Size {
		return nil
	}
	if t.html {
		n := t.part.Size()
		return errors.Join(t.reset(), final(remedyOther, "an HTML page of %d bytes in place of the file", n))
	}
	return again(remedyLater, "the answer ended early, after %d of %d bytes", t.part.Size(), t.req.Size)
}

// verify compares the whole file with its digests. One that was put together of
// several answers is forgotten and may come better as a whole.
func (t *transfer) verify() error {
	got, want := t.part.Digest(), t.req.SHA256
	kind := "sha256"
	if want == "" || got == want && t.req.SHA512 != "" {
		kind, got, want = "sha512", hex.EncodeToString(t.sha512.Sum(nil)), t.req.SHA512
	}
	if got == want {
		return nil
	}
	size, pieces, html := t.part.Size(), t.resumed, t.html
	if err := t.reset(); err != nil {
		return err
	}
	switch {
	case pieces:
		return again(remedyOther, "its parts have %s %s, not %s", kind, got, want)
	case html:
		return final(remedyOther, "an HTML page of %d bytes in place of the file", size)
	}
	return final(t.remedy(), "%w", &DigestError{Kind: kind, Got: got, Want: want, Size: size})
}

// remedy is what helps against a whole file that is another one.
func (t *transfer) remedy() string {
	if t.req.Git != nil {
		return remedyGit
	}
	return remedyOther
}

// whole reports whether no byte is missing, as far as is known.
func (t *transfer) whole() bool { return t.req.Size > 0 && t.part.Size() == t.req.Size }

func (t *transfer) limit() int64 {
	switch {
	case t.req.Size > 0:
		return t.req.Size
	case t.req.MaxSize > 0:
		return t.req.MaxSize
	}
	return defaultMaxFile
}

func (t *transfer) reset() error {
	t.resumed = false
	return t.part.Reset()
}

// tellEvery is how often progress is told.
const tellEvery = 200 * time.Millisecond

func (t *transfer) progress(done bool, err error) {
	if t.f.opts.Progress == nil || !done && time.Since(t.told) < tellEvery {
		return
	}
	t.told = time.Now()
	total := t.req.Size
	if total == 0 {
		total = t.total
	}
	t.f.opts.Progress(Progress{Name: t.req.Name, URL: t.url, Bytes: t.part.Size(), Total: total, Done: done, Err: err})
}

// isHTML reports whether an answer says to be a page for people, such as those
// of captive portals, mirrors' error pages and download counters.
func isHTML(r *http.Response) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}
