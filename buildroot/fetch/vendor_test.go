package fetch_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
)

// A vendor is asked first, also offline, and what it lacks or has wrong comes from
// elsewhere.
func TestVendor(t *testing.T) {
	data, other := bytesOf(5000), bytesOf(6000)
	dir := fstest.MapFS{
		"blobs/sha256/" + sum(data):  {Data: data},
		"blobs/sha256/" + sum(other): {Data: data},
	}
	for name, vendor := range map[string]func(m *mirrortest.Mirror) *fetch.Vendor{
		"directory": func(*mirrortest.Mirror) *fetch.Vendor { return &fetch.Vendor{Name: "vendor", Files: dir} },
		"URL": func(m *mirrortest.Mirror) *fetch.Vendor {
			for name, f := range dir {
				m.Put("/vendor/"+name, f.Data)
			}
			return &fetch.Vendor{Name: "vendor", URL: m.URL + "/vendor/blobs/sha256/"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, s := mirrortest.Start(t), newStore(t)
			m.Put("/other", other)
			ask := func(o fetch.Options, data []byte, path string) error {
				o.Vendor = vendor(m)
				_, err := newFetcher(t, s, o).Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{m.URL + path}, SHA256: sum(data), Size: int64(len(data))})
				return err
			}
			if err := ask(fetch.Options{Offline: true}, data, "/nowhere"); err != nil {
				t.Error(err)
			}
			err := ask(fetch.Options{Offline: true}, other, "/other")
			if want := "fetch file: the vendor vendor: the file has 5000 bytes there, not 6000; " + m.URL + "/other: not in the store, and offline: "; err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if err := ask(fetch.Options{}, other, "/other"); err != nil {
				t.Error(err)
			}
			err = ask(fetch.Options{Attempts: 1}, []byte("nowhere"), "/nowhere")
			if err == nil || !strings.HasPrefix(err.Error(), "fetch file: the vendor vendor") || !strings.Contains(err.Error(), "run `ashlar vendor`") || !strings.Contains(err.Error(), "ashlar lock --repair") {
				t.Errorf("got %v", err)
			}
			if s.HasBlob(sum([]byte("nowhere"))) {
				t.Error("something is in the store")
			}
		})
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A vendor's own transport carries its requests and no others, with resuming.
func TestVendorTransport(t *testing.T) {
	data := bytesOf(4 << 20)
	m, s := mirrortest.Start(t), newStore(t)
	path := "/v2/team/vendor/blobs/sha256:" + sum(data)
	m.Put(path, data)
	m.Misbehave(path, mirrortest.Truncate(2<<20))
	n := 0
	f := newFetcher(t, s, fetch.Options{
		Offline: true,
		Dial:    func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("dialled") },
		Vendor: &fetch.Vendor{Name: "oci://x/team/vendor", URL: m.URL + "/v2/team/vendor/blobs/sha256:", Transport: transport(func(r *http.Request) (*http.Response, error) {
			n++
			r.SetBasicAuth("robot", "secret")
			return http.DefaultTransport.RoundTrip(r)
		})},
	})
	if _, err := f.Fetch(t.Context(), fetch.Request{Name: "file", URLs: []string{"http://nowhere.test/f"}, SHA256: sum(data)}); err != nil {
		t.Fatal(err)
	}
	q := m.Requests()
	if n != 2 || len(q) != 2 || q[1].Range != "bytes=2097152-" || q[0].User != "robot" {
		t.Errorf("%d requests: %+v", n, q)
	}
	if err := s.Verify(t.Context(), sum(data)); err != nil {
		t.Error(err)
	}
}
