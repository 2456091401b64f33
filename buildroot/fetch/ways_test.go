package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
)

func TestFetchIfRange(t *testing.T) {
	data := bytesOf(4 << 20)
	bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		m.Put("/f", data)
		m.Misbehave("/f", func(w httpWriter, r *httpRequest, data []byte) {
			w.Header().Set("ETag", `"one"`)
			mirrortest.Truncate(2<<20)(w, r, data)
		})
		req := fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data)}
		if _, err := f.Fetch(t.Context(), req); err != nil {
			t.Fatal(err)
		}
		if q := m.Requests(); len(q) != 2 || q[1].IfRange != `"one"` {
			t.Errorf("requests %+v", q)
		}
	})
}

func TestFetchOffline(t *testing.T) {
	data := bytesOf(1000)
	s := newStore(t)
	dialled := false
	f := newFetcher(t, s, fetch.Options{Offline: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		dialled = true
		return nil, errors.New("dialled")
	}})
	req := fetch.Request{Name: "file", URLs: []string{"http://mirror.test/f"}, SHA256: sum(data)}
	_, err := f.Fetch(t.Context(), req)
	const want = "fetch file: http://mirror.test/f: not in the store, and offline: run it once without --offline"
	if !errors.Is(err, fetch.ErrOffline) || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err := f.Get(t.Context(), fetch.IndexRequest{Name: "index", URLs: req.URLs}); !errors.Is(err, fetch.ErrOffline) {
		t.Errorf("Get: %v", err)
	}
	name := filepath.Join(t.TempDir(), "with space")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	req.URLs = append(req.URLs, "file://"+strings.ReplaceAll(name, " ", "%20"))
	for range 2 {
		if _, err := f.Fetch(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	if dialled {
		t.Error("somebody was asked")
	}
}

func TestFetchFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"file://" + name:               "",
		"file://localhost" + name:      "",
		"file://elsewhere" + name:      "a file URL without an absolute path: write it as file:///PATH",
		"file:relative":                "a file URL without an absolute path: write it as file:///PATH",
		"file://" + name + "x":         "no such file or directory: correct the URL",
		"file://" + filepath.Dir(name): "it is not a file: correct the URL",
		"http://":                      "no host in it: correct the URL",
		"http://[::1":                  "missing ']' in host: correct the URL",
		"https://user:pass word@x/%zz": "correct the URL",
		"http://127.0.0.1:1/nobody":    "nobody listens there",
	} {
		f := newFetcher(t, newStore(t), fetch.Options{Attempts: 1})
		_, err := f.Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{url}, SHA256: sum([]byte("data"))})
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pass") {
			t.Errorf("password in %v", err)
		}
	}
}

func TestFetchTLS(t *testing.T) {
	m := mirrortest.StartTLS(t)
	data := bytesOf(1 << 20)
	m.Put("/f", data)
	req := fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data)}
	_, err := newFetcher(t, newStore(t), fetch.Options{}).Fetch(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "certificate") || !strings.Contains(err.Error(), "add the authority's certificate") {
		t.Errorf("unknown authority: %v", err)
	}
	if _, err := newFetcher(t, newStore(t), fetch.Options{TLS: m.TLS}).Fetch(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if q := m.Requests(); len(q) != 1 || q[0].Protocol != "HTTP/2.0" {
		t.Errorf("requests %+v", q)
	}
	plain := mirrortest.Start(t)
	req.URLs = []string{strings.Replace(plain.URL, "http:", "https:", 1) + "/f"}
	_, err = newFetcher(t, newStore(t), fetch.Options{}).Fetch(t.Context(), req)
	if err == nil || !strings.Contains(err.Error(), "does not speak TLS: correct the URL") {
		t.Errorf("no TLS: %v", err)
	}
}

// Equal requests at once ask once; different ones never more than allowed.
func TestFetchParallel(t *testing.T) {
	const files, jobs = 20, 5
	bubble(t, fetch.Options{Jobs: jobs, PerHost: 3}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
		var now, most atomic.Int32
		var wg sync.WaitGroup
		for i := range files {
			path := fmt.Sprint("/", i)
			data := bytesOf(i + 1)
			m.Put(path, data)
			m.Always(path, func(w httpWriter, r *httpRequest, data []byte) {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(time.Second)
				now.Add(-1)
				mirrortest.Fine(w, r, data)
			})
			for range 2 {
				wg.Go(func() {
					if _, err := f.Fetch(t.Context(), fetch.Request{Name: path, URLs: []string{m.URL + path}, SHA256: sum(data)}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if most.Load() != 3 || len(m.Requests()) != files {
			t.Errorf("%d at once, %d requests", most.Load(), len(m.Requests()))
		}
	})
}

func TestFetchCancelled(t *testing.T) {
	for name, fault := range map[string]mirrortest.Fault{
		"head": mirrortest.Hang(-1), "body": mirrortest.Hang(100), "pause": mirrortest.Status(503, "Retry-After", "40"),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, fetch.Options{}, func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
				data := bytesOf(1000)
				m.Put("/f", data)
				m.Always("/f", fault)
				why := errors.New("interrupted")
				ctx, cancel := context.WithCancelCause(t.Context())
				start := time.Now()
				time.AfterFunc(5*time.Second, func() { cancel(why) })
				_, err := f.Fetch(ctx, fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data)})
				if !errors.Is(err, why) || time.Since(start) != 5*time.Second {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}

func TestProgress(t *testing.T) {
	data := bytesOf(1 << 20)
	var told []fetch.Progress
	bubble(t, fetch.Options{Progress: func(p fetch.Progress) { told = append(told, p) }},
		func(t *testing.T, m *mirrortest.Mirror, s *store.Store, f *fetch.Fetcher) {
			m.Put("/f", data)
			m.Always("/f", mirrortest.Trickle(1<<16, 100*time.Millisecond))
			req := fetch.Request{Name: "file", URLs: []string{m.URL + "/f"}, SHA256: sum(data)}
			if _, err := f.Fetch(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		})
	last := int64(0)
	for i, p := range told {
		if p.Bytes < last || p.Total != 1<<20 || p.Name != "file" || p.URL != "http://mirror.test/f" || p.Done != (i == len(told)-1) {
			t.Errorf("%d: %+v", i, p)
		}
		last = p.Bytes
	}
	if len(told) < 8 || len(told) > 11 || last != 1<<20 {
		t.Errorf("told %d times, last %d", len(told), last)
	}
}
