package fetch

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxRedirects is more than any mirror network needs: they take two or three.
const maxRedirects = 10

// idleTimeout is how long an open connection waits for another request.
const idleTimeout = 90 * time.Second

// keepAlive is how often TCP asks whether the other side still lives.
const keepAlive = 30 * time.Second

// newClient makes an HTTP client of its own: the default one is anybody's. The
// proxy is the environment's, as every downloader has it; a digest makes it
// harmless.
func newClient(o Options, n netrc) *http.Client {
	dial := o.Dial
	if dial == nil {
		d := &net.Dialer{KeepAlive: keepAlive}
		dial = d.DialContext
	}
	return &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &authorized{netrc: n, token: o.Token, next: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         dial,
			TLSClientConfig:     o.TLS,
			ForceAttemptHTTP2:   true,
			DisableCompression:  true, // digests are of the bytes as they are kept
			MaxIdleConnsPerHost: o.PerHost,
			IdleConnTimeout:     idleTimeout,
		}},
	}
}

func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return errRedirects
	}
	return nil
}

// An authorized transport adds the password of the host that is asked, and of no
// other: it sees each request of a chain of redirects.
type authorized struct {
	netrc netrc
	token func(ctx context.Context, host string) (string, error)
	next  *http.Transport
}

func (a *authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	if a.token != nil && confidential(r.URL) {
		token, err := a.token(r.Context(), r.URL.Hostname())
		if err != nil {
			return nil, &tokenError{err}
		}
		if token != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", authorization(token))
			return a.next.RoundTrip(r)
		}
	}
	login, ok := a.netrc[r.URL.Hostname()]
	redirected := r.Response != nil
	if !ok || r.Header.Get("Authorization") != "" || redirected && r.URL.Scheme != "https" {
		return a.next.RoundTrip(r)
	}
	r = r.Clone(r.Context())
	r.SetBasicAuth(login.name, login.password)
	return a.next.RoundTrip(r)
}

// confidential reports whether nobody on the way sees what is asked.
func confidential(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || ip != nil && ip.IsLoopback()
}

// authorization is what RFC 7617 and RFC 6750 send: "name:password", or a token.
func authorization(token string) string {
	if strings.Contains(token, ":") {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(token))
	}
	return "Bearer " + token
}

// A tokenError says that the caller could not tell a token.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// CloseIdleConnections lets http.Client pass it on.
func (a *authorized) CloseIdleConnections() { a.next.CloseIdleConnections() }

// ask sends a GET with the header given, once the host has room, and hands the
// answer to use. It ends when ctx does or nothing came for the stall time: use
// reads from body, which watches it.
func (f *Fetcher) ask(ctx context.Context, p place, header http.Header, use func(r *http.Response, body io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url.String(), nil)
	if err != nil {
		return final(remedyURL, "%w", err)
	}
	release, err := f.acquireHost(ctx, req.URL.Host)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(f.opts.Stall, func() { cancel(errStall) })
	defer stall.Stop()

	req = req.WithContext(ctx)
	req.Header = header.Clone()
	req.Header.Set("User-Agent", "ashlar")
	r, err := p.client.Do(req)
	if err != nil {
		return f.judge(ctx, err)
	}
	defer r.Body.Close()
	stall.Reset(f.opts.Stall)
	if e := ofStatus(r, time.Now()); e != nil && r.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		drain(r.Body)
		return e
	}
	return use(r, &watched{Reader: r.Body, ctx: ctx, f: f, stall: stall})
}

// drainMax is as much of an unwanted answer as is read to keep its connection.
const drainMax = 64 << 10

func drain(r io.Reader) { _, _ = io.CopyN(io.Discard, r, drainMax) }

// judge makes an attemptError of a transport's error, unless the caller stopped.
func (f *Fetcher) judge(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case cause == nil:
		return ofTransport(err)
	case cause == errStall:
		return again(remedyNetwork, "%w for %v", errStall, f.opts.Stall)
	default:
		return cause
	}
}

// A watched body puts off the stall time with each read, and judges errors.
type watched struct {
	io.Reader
	ctx   context.Context
	f     *Fetcher
	stall *time.Timer
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.stall.Reset(w.f.opts.Stall)
	}
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case err == io.ErrUnexpectedEOF:
		return n, again(remedyLater, "the answer ended early")
	}
	return n, w.f.judge(w.ctx, err)
}

// acquireHost waits until fewer than PerHost requests ask a host.
func (f *Fetcher) acquireHost(ctx context.Context, host string) (release func(), err error) {
	f.mu.Lock()
	slots := f.hosts[host]
	if slots == nil {
		slots = make(chan struct{}, f.opts.PerHost)
		f.hosts[host] = slots
	}
	f.mu.Unlock()
	return acquire(ctx, slots)
}

func acquire(ctx context.Context, slots chan struct{}) (release func(), err error) {
	select {
	case slots <- struct{}{}:
		return func() { <-slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a slot: %w", context.Cause(ctx))
	}
}
