package fetch_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
)

// bytesOf makes n bytes that do not repeat, equal each time.
func bytesOf(n int) []byte {
	data := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(data)
	return data
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}

func sum512(data []byte) string {
	h := sha512.Sum512(data)
	return hex.EncodeToString(h[:])
}

func newStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newFetcher(t testing.TB, s *store.Store, o fetch.Options) *fetch.Fetcher {
	t.Helper()
	f, err := fetch.New(s, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func read(t testing.TB, s *store.Store, digest string) []byte {
	t.Helper()
	f, err := s.Blob(digest)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// bubble runs a test in pretend time, with a mirror and a store.
func bubble(t *testing.T, o fetch.Options, test func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher)) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	synctest.Test(t, func(t *testing.T) {
		m := mirrortest.New(t)
		s, err := store.Open(dir, store.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o.Dial = m.Dial
		f := newFetcher(t, s, o)
		test(t, m, s, f)
		f.Close()
	})
}

func ranges(m *mirrortest.Mirror) string {
	var all []string
	for _, r := range m.Requests() {
		all = append(all, strings.TrimPrefix(r.Range, "bytes="))
	}
	return strings.Join(all, " ")
}

func TestFetch(t *testing.T) {
	m, s := mirrortest.Start(t), newStore(t)
	f := newFetcher(t, s, fetch.Options{})
	data := bytesOf(3 << 20)
	m.Put("/f", data)
	for name, req := range map[string]fetch.Request{
		"sha256": {SHA256: sum(data)},
		"sha512": {SHA512: sum512(data)},
		"both":   {SHA256: sum(data), SHA512: sum512(data), Size: int64(len(data))},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			f := newFetcher(t, s, fetch.Options{})
			m.Forget()
			req.Name, req.URLs = "file", []string{m.URL + "/f"}
			for range 2 { // the second time nobody is asked
				if d, err := f.Fetch(t.Context(), req); err != nil || d != sum(data) {
					t.Fatalf("Fetch = %s, %v", d, err)
				}
			}
			if n := len(m.Requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
			if string(read(t, s, sum(data))) != string(data) {
				t.Error("other bytes")
			}
		})
	}
	for name, req := range map[string]fetch.Request{
		"no URL":    {SHA256: sum(data)},
		"no digest": {URLs: []string{m.URL}},
		"upper":     {URLs: []string{m.URL}, SHA256: strings.ToUpper(sum(data))},
		"short":     {URLs: []string{m.URL}, SHA512: sum(data)},
	} {
		if _, err := f.Fetch(t.Context(), req); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

// One fault, then the file as it should be: the bytes come, at the cost of the
// ranges given, in the pretend time given.
func TestFetchRecovers(t *testing.T) {
	const size = 5 << 20
	data := bytesOf(size)
	tests := []struct {
		name   string
		faults []mirrortest.Fault
		ranges string
		takes  time.Duration
	}{
		{"well", nil, "", 0},
		{"503", []mirrortest.Fault{mirrortest.Status(503)}, " ", 500 * time.Millisecond},
		{"503 twice", []mirrortest.Fault{mirrortest.Status(503), mirrortest.Status(502)}, "  ", 1500 * time.Millisecond},
		{"429 with seconds", []mirrortest.Fault{mirrortest.Status(429, "Retry-After", "7")}, " ", 7 * time.Second},
		{"429 with a date", []mirrortest.Fault{mirrortest.Status(429, "Retry-After", "Sat, 01 Jan 2000 00:00:20 GMT")}, " ", 20 * time.Second},
		{"reset before the head", []mirrortest.Fault{mirrortest.Reset(-1), mirrortest.Reset(-1)}, "  ", 1500 * time.Millisecond},
		{"reset in the body", []mirrortest.Fault{mirrortest.Reset(2 << 20)}, " 2097152-", 0},
		{"reset early", []mirrortest.Fault{mirrortest.Reset(1000)}, " 1000-", 500 * time.Millisecond},
		{"truncated again and again", []mirrortest.Fault{
			mirrortest.Truncate(1 << 20), mirrortest.Truncate(1 << 20), mirrortest.Truncate(1 << 20), mirrortest.Truncate(1 << 20),
		}, " 1048576- 2097152- 3145728- 4194304-", 0},
		{"short without a length", []mirrortest.Fault{mirrortest.Short(2 << 20)}, " 2097152-", 0},
		{"hangs before the head", []mirrortest.Fault{mirrortest.Hang(-1)}, " ", 30*time.Second + 500*time.Millisecond},
		{"hangs in the body", []mirrortest.Fault{mirrortest.Hang(2 << 20)}, " 2097152-", 30 * time.Second},
		{"slow but alive", []mirrortest.Fault{mirrortest.Trickle(1<<20, 29*time.Second)}, "", 5 * 29 * time.Second},
		{"no ranges", []mirrortest.Fault{mirrortest.Reset(2 << 20), mirrortest.NoRange}, " 2097152-", 0},
		{"wrong range", []mirrortest.Fault{mirrortest.Reset(2 << 20), mirrortest.WrongRange}, " 2097152- ", 500 * time.Millisecond},
		{"416", []mirrortest.Fault{mirrortest.Reset(2 << 20), mirrortest.Status(416)}, " 2097152- ", 500 * time.Millisecond},
		{"redirected", []mirrortest.Fault{mirrortest.Redirect("/elsewhere")}, " ", 0},
		{"bad second part", []mirrortest.Fault{mirrortest.Reset(2 << 20), mirrortest.Corrupt}, " 2097152- ", 500 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
				m.Put("/f", data)
				m.Put("/elsewhere", data)
				m.Misbehave("/f", tt.faults...)
				start := time.Now()
				d, err := f.Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data), Size: size})
				if err != nil || d != sum(data) {
					t.Fatalf("Fetch = %s, %v", d, err)
				}
				if got := ranges(m); got != tt.ranges {
					t.Errorf("ranges %q, want %q", got, tt.ranges)
				}
				if took := time.Since(start); took != tt.takes {
					t.Errorf("took %v, want %v", took, tt.takes)
				}
				if err := s.Verify(t.Context(), d); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A fault that does not go away: the message, and nothing in the store.
func TestFetchFails(t *testing.T) {
	data := bytesOf(10_000)
	size := int64(len(data))
	other := sum([]byte("other"))
	tests := []struct {
		name  string
		fault mirrortest.Fault
		req   fetch.Request
		want  string // behind "fetch file: http://mirror.test/f: "
		asked int
	}{
		{"404", mirrortest.Status(404), fetch.Request{}, "the server answers 404 Not Found: let `ashlar lock --repair` move the package to what its archive has now, or correct the URL of a source", 1},
		{"401", mirrortest.Status(401), fetch.Request{}, "the server answers 401 Unauthorized: put a name and a password for the host into the netrc file", 1},
		{"407", mirrortest.Status(407), fetch.Request{}, "the server answers 407 Proxy Authentication Required: write the proxy with its name and password in the proxy variables", 1},
		{"451", mirrortest.Status(451), fetch.Request{}, "the server answers 451 Unavailable For Legal Reasons: correct the URL", 1},
		{"503", mirrortest.Status(503), fetch.Request{}, "the server answers 503 Service Unavailable: try again later, or name a mirror", 4},
		{"429 for hours", mirrortest.Status(429, "Retry-After", "7200"), fetch.Request{}, "the server answers 429 Too Many Requests, and asks to wait 2h0m0s: try again later, or name a mirror", 1},
		{"HTML", mirrortest.HTML, fetch.Request{}, "an HTML page of 54 bytes in place of the file: compare", 1},
		{"HTML, size known", mirrortest.HTML, fetch.Request{Size: size}, "an HTML page of 54 bytes in place of the file: compare", 1},
		{"corrupt", mirrortest.Corrupt, fetch.Request{Size: size}, "its 10000 bytes have sha256 ", 1},
		{"other digest", nil, fetch.Request{SHA256: other}, "its 10000 bytes have sha256 " + sum(data) + ", not " + other, 1},
		{"other sha512", nil, fetch.Request{SHA256: sum(data), SHA512: sum512(nil)}, "its 10000 bytes have sha512 " + sum512(data) + ", not " + sum512(nil), 1},
		{"other size", nil, fetch.Request{Size: size + 1}, "the file has 10000 bytes there, not 10001: compare", 1},
		{"too long", mirrortest.Extra(1), fetch.Request{Size: size}, "more than 10000 bytes come: compare", 1},
		{"over the limit", nil, fetch.Request{MaxSize: 9999}, "the file has 10000 bytes there, more than the limit of 9999: compare", 1},
		{"over the limit, unsaid", mirrortest.Extra(0), fetch.Request{MaxSize: 9999}, "more than 9999 bytes come: compare", 1},
		{"truncated", mirrortest.Truncate(0), fetch.Request{Size: size}, "the answer ended early: try again later", 4},
		{"short", mirrortest.Short(100), fetch.Request{Size: size}, "the answer ended early, after 100 of 10000 bytes: try again later", 4},
		{"redirects", mirrortest.Redirect("/f"), fetch.Request{}, "more than 10 redirects: correct the URL", 11},
		{"hangs", mirrortest.Hang(-1), fetch.Request{}, "nothing came for 30s: look at the network", 4},
		{"resets", mirrortest.Reset(-1), fetch.Request{}, "the connection ended before the answer: try again later, or name a mirror", 4},
		{"wrong range", mirrortest.WrongRange, fetch.Request{}, "the server sends another part than asked for: correct the URL", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
				m.Put("/f", data)
				m.Always("/f", tt.fault)
				req := tt.req
				req.Name, req.URLs = "file", []string{m.URL + "/f"}
				if req.SHA256 == "" {
					req.SHA256 = sum(data)
				}
				_, err := f.Fetch(t.Context(), req)
				var known *fetch.Error
				if !errors.As(err, &known) || !strings.HasPrefix(err.Error(), "fetch file: http://mirror.test/f: "+tt.want) {
					t.Errorf("got  %v\nwant %s", err, tt.want)
				}
				if n := len(m.Requests()); n != tt.asked {
					t.Errorf("asked %d times, want %d", n, tt.asked)
				}
				if s.HasBlob(req.SHA256) || s.HasBlob(sum(data)) {
					t.Error("something is in the store")
				}
			})
		})
	}
}

func TestFetchFallsBack(t *testing.T) {
	data := bytesOf(4 << 20)
	bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		m.Misbehave("/a", mirrortest.Status(503))
		m.Always("/b", mirrortest.HTML)
		m.Put("/c", data)
		m.Put("/d", data)
		start := time.Now()
		urls := []string{m.URL + "/a", m.URL + "/b", "ftp://mirror.test/x", "http://user:secret@mirror.test/gone", m.URL + "/c", m.URL + "/d"}
		req := fetch.Request{Name: "file", URLs: urls, SHA256: sum(data)}
		if _, err := f.Fetch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("waited %v for a mirror that was not needed", took)
		}
		req.SHA256 = sum(nil)
		_, err := f.Fetch(t.Context(), req)
		want := []string{"http://mirror.test/a: the server answers 404", "/b: an HTML page", `ftp://mirror.test/x: scheme "ftp" is not known`,
			"http://user:xxxxx@mirror.test/gone: the server answers 404", "/c, http://mirror.test/d: its 4194304 bytes"}
		rest := fmt.Sprint(err)
		for _, w := range want {
			_, after, ok := strings.Cut(rest, w)
			if !ok {
				t.Errorf("%q is not in, or not in order\n%v", w, err)
			}
			rest = after
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("message: %v", err)
		}
		var status *fetch.StatusError
		if !errors.As(err, &status) || status.Code != 404 {
			t.Errorf("no status in %v", err)
		}
	})
}

// What a mirror gave before it broke is not asked of the next one, nor by the next
// process.
func TestFetchGoesOn(t *testing.T) {
	data := bytesOf(4 << 20)
	bubble(t, fetch.Options{Attempts: 1}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		m.Put("/a", data)
		m.Put("/b", data)
		m.Misbehave("/a", mirrortest.Reset(1000))
		m.Misbehave("/b", mirrortest.Truncate(1000))
		req := fetch.Request{Name: "file", URLs: []string{m.URL + "/a", m.URL + "/b"}, SHA256: sum(data)}
		if _, err := f.Fetch(t.Context(), req); err == nil {
			t.Fatal("no error")
		}
		m.Misbehave("/a", mirrortest.Status(500))
		if _, err := f.Fetch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if got := ranges(m); got != " 1000- 2000- 2000-" {
			t.Errorf("ranges %q", got)
		}
		if err := s.Verify(t.Context(), sum(data)); err != nil {
			t.Error(err)
		}
	})
}

// After a crash a partial download may be anything: too much, or other bytes.
func TestFetchDistrustsPartials(t *testing.T) {
	data := bytesOf(10_000)
	for name, left := range map[string][]byte{
		"other bytes": make([]byte, 5000), "too long": make([]byte, 20_000), "other of equal length": make([]byte, 10_000), "whole": data,
	} {
		t.Run(name, func(t *testing.T) {
			for _, size := range []int64{0, 10_000} {
				bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
					m.Put("/f", data)
					if err := os.WriteFile(filepath.Join(s.Dir(), "partial", sum(data)), left, 0o600); err != nil {
						t.Fatal(err)
					}
					req := fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data), Size: size}
					if _, err := f.Fetch(t.Context(), req); err != nil {
						t.Fatalf("size %d: %v", size, err)
					}
					if err := s.Verify(t.Context(), sum(data)); err != nil {
						t.Error(err)
					}
					if name == "whole" && size > 0 && len(m.Requests()) > 0 {
						t.Error("asked for nothing")
					}
				})
			}
		})
	}
}
