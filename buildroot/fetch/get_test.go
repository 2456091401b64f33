package fetch_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
)

type (
	httpWriter  = http.ResponseWriter
	httpRequest = http.Request
)

func TestGet(t *testing.T) {
	bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		m.Put("/InRelease", []byte("one"))
		m.Misbehave("/InRelease", mirrortest.Status(503))
		req := fetch.IndexRequest{Name: "index", URLs: []string{m.URL + "/gone", m.URL + "/InRelease"}}
		got, err := f.Get(t.Context(), req)
		if err != nil || got.Digest != sum([]byte("one")) || got.Size != 3 || got.URL != m.URL+"/InRelease" || got.NotModified {
			t.Fatalf("first: %+v, %v", got, err)
		}
		req.URLs = req.URLs[1:]
		req.ETag, req.LastModified = got.ETag, got.LastModified
		if req.ETag == "" || req.LastModified == "" {
			t.Fatalf("no validators: %+v", got)
		}
		got, err = f.Get(t.Context(), req)
		if err != nil || !got.NotModified || got.Digest != "" || got.ETag != req.ETag {
			t.Errorf("again: %+v, %v", got, err)
		}
		m.Put("/InRelease", []byte("two"))
		got, err = f.Get(t.Context(), req)
		if err != nil || got.NotModified || string(read(t, s, got.Digest)) != "two" {
			t.Errorf("changed: %+v, %v", got, err)
		}
		// A second URL is not asked by the first one's validators.
		m.Forget()
		req.URLs = []string{m.URL + "/gone", m.URL + "/InRelease"}
		if got, err = f.Get(t.Context(), req); err != nil || got.NotModified {
			t.Errorf("elsewhere: %+v, %v", got, err)
		}
		if q := m.Requests(); len(q) != 2 || q[0].IfNoneMatch == "" || q[1].IfNoneMatch+q[1].IfModifiedSince != "" {
			t.Errorf("requests: %+v", q)
		}
	})
}

func TestGetFails(t *testing.T) {
	big := make([]byte, 2000)
	tests := []struct {
		name  string
		fault mirrortest.Fault
		want  string
		asked int
	}{
		{"404", mirrortest.Status(404), "the server answers 404 Not Found: correct the URL", 1},
		{"captive portal", mirrortest.HTML, "an HTML page in place of the file: correct the URL, or log in to this network", 1},
		{"too big", nil, "it has more than 1000 bytes: correct the URL", 1},
		{"too big, unsaid", mirrortest.Extra(0), "it has more than 1000 bytes: correct the URL", 1},
		{"304 unasked", mirrortest.Status(304), "the server answers 304 Not Modified", 1},
		{"206 unasked", mirrortest.WrongRange, "the server answers 206 Partial Content", 1},
		{"truncated", mirrortest.Truncate(10), "it has more", 1},
		{"hangs", mirrortest.Hang(-1), "nothing came for 30s", 4},
		{"503", mirrortest.Status(503), "the server answers 503 Service Unavailable: try again later, or name a mirror", 4},
		{"429 for hours", mirrortest.Status(429, "Retry-After", "7200"), "the server answers 429 Too Many Requests, and asks to wait 2h0m0s: try again later, or name a mirror", 1},
		{"redirects", mirrortest.Redirect("/f"), "more than 10 redirects: correct the URL", 11},
		{"resets", mirrortest.Reset(-1), "the connection ended before the answer: try again later, or name a mirror", 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
				m.Put("/f", big)
				m.Always("/f", tt.fault)
				_, err := f.Get(t.Context(), fetch.IndexRequest{Name: "index", URLs: []string{m.URL + "/f"}, MaxSize: 1000})
				if err == nil || !strings.HasPrefix(err.Error(), "fetch index: http://mirror.test/f: "+tt.want) {
					t.Errorf("got %v", err)
				}
				if n := len(m.Requests()); n != tt.asked {
					t.Errorf("asked %d times", n)
				}
				u, err := s.Usage()
				if err != nil || u.Blobs.Count != 0 {
					t.Errorf("in the store: %+v, %v", u, err)
				}
			})
		})
	}
}

// A truncated index is not an index: it is asked for again, whole.
func TestGetTruncated(t *testing.T) {
	bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		data := bytesOf(100_000)
		m.Put("/f", data)
		m.Misbehave("/f", mirrortest.Truncate(50_000), mirrortest.Reset(70_000))
		start := time.Now()
		got, err := f.Get(t.Context(), fetch.IndexRequest{Name: "index", URLs: []string{m.URL + "/f"}})
		if err != nil || got.Digest != sum(data) || time.Since(start) != 1500*time.Millisecond {
			t.Errorf("%+v, %v after %v", got, err, time.Since(start))
		}
		if got := ranges(m); got != "  " {
			t.Errorf("ranges %q", got)
		}
	})
}

func TestGetFile(t *testing.T) {
	s := newStore(t)
	f := newFetcher(t, s, fetch.Options{Offline: true})
	name := filepath.Join(t.TempDir(), "InRelease")
	if err := os.WriteFile(name, []byte("local"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := f.Get(t.Context(), fetch.IndexRequest{Name: "index", URLs: []string{"file://" + name}})
	if err != nil || string(read(t, s, got.Digest)) != "local" {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestToken asks a host that gets a token and sends us on to one that does not.
func TestToken(t *testing.T) {
	tests := []struct {
		name, token string
		err         error
		want        string // what the first request has for authorization
		message     string // of the error
	}{
		{"token", "t0k3n", nil, "Bearer t0k3n", ""},
		{"name and password", "me:mine", nil, "Basic bWU6bWluZQ==", ""},
		{"none", "", nil, "", ""},
		{"nobody tells", "t0k3n", errors.New("nobody told the secret npm"), "", "nobody told the secret npm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, other := mirrortest.Start(t), mirrortest.Start(t)
			data := bytesOf(10)
			elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
			other.Put("/there", data)
			m.Always("/here", mirrortest.Redirect(elsewhere+"/there"))
			f, err := fetch.New(newStore(t), fetch.Options{Token: func(_ context.Context, host string) (string, error) {
				if host != "127.0.0.1" {
					return "", nil
				}
				return tt.token, tt.err
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			_, err = f.Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{m.URL + "/here"}, SHA256: sum(data)})
			if tt.message != "" {
				if err == nil || !strings.Contains(err.Error(), tt.message) || strings.Contains(err.Error(), tt.token) {
					t.Errorf("error %v, want %q", err, tt.message)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if q := m.Requests(); len(q) != 1 || q[0].Authorization != tt.want {
				t.Errorf("requests %+v, want %q", q, tt.want)
			}
			if q := other.Requests(); len(q) != 1 || q[0].Authorization != "" {
				t.Errorf("the other host was asked %+v", q)
			}
		})
	}
}

func TestNetrc(t *testing.T) {
	const text = "machine mirror.test login me password \"my \\\"secret\"\nmachine other.test login you password yours\n"
	bubble(t, fetch.Options{Netrc: text}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		data := bytesOf(10)
		m.Put("/there", data)
		m.Always("/here", mirrortest.Redirect("http://third.test/there"))
		req := fetch.Request{Name: "file", URLs: []string{m.URL + "/here"}, SHA256: sum(data)}
		if _, err := f.Fetch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		q := m.Requests()
		if len(q) != 2 || q[0].User != "me" || q[0].Password != `my "secret` || q[1].User != "" {
			t.Errorf("requests %+v", q)
		}
	})
	for text, want := range map[string]string{
		"machine x login":        "line 1: login without a word behind it",
		"machine x\npasswort y":  `line 2: unknown word "passwort"`,
		"machine x password \"a": "the last quote does not end",
	} {
		_, err := fetch.New(newStore(t), fetch.Options{Netrc: text})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// A password goes to no other host, and stands in no message, whatever happens.
func TestSecrets(t *testing.T) {
	for name, fault := range map[string]mirrortest.Fault{
		"refused": mirrortest.Status(401), "elsewhere": mirrortest.Redirect("http://third.test/there"), "other scheme": mirrortest.Redirect("ftp://mirror.test/x"),
		"broken": mirrortest.Reset(-1), "proxy": mirrortest.Status(407), "round": mirrortest.Redirect("/f"),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, fetch.Options{Netrc: "machine mirror.test login robot password hush"}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
				m.Always("/f", fault)
				_, err := f.Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(nil)})
				if err == nil || strings.Contains(err.Error(), "hush") || strings.Contains(err.Error(), "robot") {
					t.Errorf("got %v", err)
				}
				for _, q := range m.Requests() {
					if (q.Path == "/there") == (q.Password == "hush") && q.Path != "/f" {
						t.Errorf("request %+v", q)
					}
				}
			})
		})
	}
}
