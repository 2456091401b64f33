package fetch

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// An Error says that none of the places gave the file, and what each did.
type Error struct {
	Name     string    // of the request
	Failures []Failure // in the order in which they were asked
}

// A Failure is why one place did not give the file: its last attempt.
type Failure struct {
	Place  string // a URL without password, or the vendor
	Err    error  // what happened
	Remedy string // what may help
}

// Error is one line: what happened at each place, and the remedies.
func (e *Error) Error() string {
	text := e.What()
	if remedies := e.Remedies(); remedies != "" {
		text += ": " + remedies
	}
	return text
}

// What is what happened at each place, those together that did the same.
func (e *Error) What() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fetch %s: ", e.Name)
	for i, f := range e.Failures {
		switch {
		case i == 0:
			b.WriteString(f.Place)
		case f.Err.Error() == e.Failures[i-1].Err.Error():
			b.WriteString(", " + f.Place)
		default:
			fmt.Fprintf(&b, ": %v; %s", e.Failures[i-1].Err, f.Place)
		}
	}
	fmt.Fprintf(&b, ": %v", e.Failures[len(e.Failures)-1].Err)
	return b.String()
}

// Remedies are what may help, each once; empty if nobody knows.
func (e *Error) Remedies() string {
	var remedies []string
	for _, f := range e.Failures {
		if f.Remedy != "" && !slices.Contains(remedies, f.Remedy) {
			remedies = append(remedies, f.Remedy)
		}
	}
	return strings.Join(remedies, ", or ")
}

// Unwrap gives errors.Is and errors.As the causes.
func (e *Error) Unwrap() []error {
	all := make([]error, len(e.Failures))
	for i, f := range e.Failures {
		all[i] = f.Err
	}
	return all
}

// withRemedy puts a request's own remedy in the place of those for packages and
// sources.
func withRemedy(err error, remedy string) error {
	var e *Error
	if remedy != "" && errors.As(err, &e) {
		for i, f := range e.Failures {
			if f.Remedy == remedyGone || f.Remedy == remedyOther {
				e.Failures[i].Remedy = remedy
			}
		}
	}
	return err
}

// ErrOffline is the cause when Options.Offline forbade to ask.
var ErrOffline = errors.New("not in the store, and offline")

// A StatusError is an answer that is neither the file nor a redirect to it.
type StatusError struct {
	Code int // HTTP status
}

func (e *StatusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the server answers %d %s", e.Code, http.StatusText(e.Code)))
}

// A DigestError is a whole file that is another one than was asked for.
type DigestError struct {
	Kind      string // "sha256" or "sha512"
	Got, Want string // in hex
	Size      int64  // of what came, in bytes
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("its %d bytes have %s %s, not %s", e.Size, e.Kind, e.Got, e.Want)
}

// A failed attempt.
type attemptError struct {
	err    error
	remedy string
	again  bool          // another attempt may go better
	after  time.Duration // the server asks to wait so long
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

const (
	remedyOffline = "run it once without --offline"
	remedyGone    = "let `ashlar lock --repair` move the package to what its archive has now, or correct the URL of a source"
	remedyLogin   = "put a name and a password for the host into the netrc file"
	remedyProxy   = "write the proxy with its name and password in the proxy variables: http://NAME:PASSWORD@HOST"
	remedyLater   = "try again later, or name a mirror"
	remedyNetwork = "look at the network and the proxy variables, or name a mirror"
	remedyVendor  = "run `ashlar vendor` where the archives can be reached"
	remedyOther   = "compare the URL and the digest with what its authors publish: the file was replaced, or this is not it"
	remedyGit     = "ask its owners what was changed: the name of a commit stands for one content alone"
	remedyURL     = "correct the URL"
	remedyTLS     = "add the authority's certificate to the system's, or name its file in SSL_CERT_FILE, and look at this machine's clock"
)

// final and again make the two kinds of failed attempt.
func final(remedy, format string, a ...any) *attemptError {
	return &attemptError{err: fmt.Errorf(format, a...), remedy: remedy}
}

func again(remedy, format string, a ...any) *attemptError {
	return &attemptError{err: fmt.Errorf(format, a...), remedy: remedy, again: true}
}

var (
	errStall     = errors.New("nothing came")
	errRedirects = fmt.Errorf("more than %d redirects", maxRedirects)
)

// ofTransport judges an error of a request or of reading its answer.
func ofTransport(err error) *attemptError {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL, which the message has already
	}
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var op *net.OpError
	var token *tokenError
	switch {
	case errors.As(err, &token):
		return final("", "%w", err)
	case errors.Is(err, errRedirects):
		return final(remedyURL, "%w", err)
	case errors.As(err, &dns) && dns.IsNotFound:
		return final(remedyNetwork, "host %s has no address", dns.Name)
	case errors.As(err, &cert), errors.As(err, &unknown):
		return final(remedyTLS, "%w", err)
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return final(remedyURL, "the server does not speak TLS")
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return again(remedyNetwork, "the proxy cannot be reached (%w)", op.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return again(remedyNetwork, "nobody listens there (%w)", err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return again(remedyLater, "the connection ended before the answer")
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return again(remedyLater, "the connection broke (%w)", err)
	}
	return again(remedyNetwork, "%w", err)
}

// ofStatus judges an answer by its status; nil if it may be the file.
func ofStatus(r *http.Response, now time.Time) *attemptError {
	err := &StatusError{Code: r.StatusCode}
	switch code := r.StatusCode; {
	case code == http.StatusOK, code == http.StatusPartialContent, code == http.StatusNotModified:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return final(remedyGone, "%w", err)
	case code == http.StatusProxyAuthRequired:
		return final(remedyProxy, "%w", err)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return ofLogin(r.Request, err)
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		e := again(remedyLater, "%w", err)
		if e.after = retryAfter(r.Header.Get("Retry-After"), now); e.after > maxWait {
			return final(remedyLater, "%w, and asks to wait %v", err, e.after.Round(time.Second))
		}
		return e
	}
	return final(remedyURL, "%w", err)
}

// ofLogin judges the answer of a server that wants to know who asks.
func ofLogin(r *http.Request, err error) *attemptError {
	switch {
	case r.Header.Get("Authorization") != "":
		return final("tell another one", "%w to the password or token that it was sent", err)
	case confidential(r.URL):
		return final(fmt.Sprintf("write [secret.NAME] host = %q into the recipe and tell the secret, or %s", r.URL.Hostname(), remedyLogin), "%w", err)
	}
	return final(remedyLogin, "%w", err)
}

// retryAfter reads RFC 9110 10.2.3: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if d, err := time.ParseDuration(value + "s"); err == nil {
		return max(d, 0)
	}
	if t, err := http.ParseTime(value); err == nil {
		return max(t.Sub(now), 0)
	}
	return 0
}
