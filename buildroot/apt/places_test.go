package apt_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func TestHas(t *testing.T) {
	b := newBench(t)
	b.serve(t, b.stable())
	c := b.client(apt.Options{})
	defer c.Close()
	archives := []lock.Archive{b.archive(t)}
	answers, err := c.Resolve(t.Context(), []lock.Request{wants(archives, false, "lib")})
	if err != nil {
		t.Fatal(err)
	}
	p := answers[0].Packages[0]
	other := p
	other.SHA256 = strings.Repeat("0", 64)
	gone := p
	gone.Name = "gone"
	for _, tt := range []struct {
		p    lock.Package
		want bool
	}{{p, true}, {other, false}, {gone, false}} {
		if got, err := c.Has(t.Context(), archives, "amd64", tt.p); got != tt.want || err != nil {
			t.Errorf("%+v: %v %v", tt.p, got, err)
		}
	}
}

func TestURLs(t *testing.T) {
	l := &lock.Lock{Archives: []lock.Archive{
		{Name: "trixie", URI: "http://deb.debian.org/debian", Suite: "trixie", Date: "2026-09-12T07:55:41Z"},
		{Name: "sec", URI: "http://deb.debian.org/debian-security", Suite: "trixie-security", Date: "2026-11-21T00:53:03Z"},
		{Name: "own", URI: "https://apt.example.org/x/", Suite: "./", Date: "2026-11-21T00:53:03Z"},
		{Name: "left", URI: "https://apt.example.org/y/", Suite: "./", Date: "2026-11-21T00:53:03Z"},
	}}
	workspace := []lock.Archive{
		{Name: "trixie", URI: "http://debian.example.org/debian/", Suite: "trixie", Mirrors: []string{"http://mirror.example.org/debian"}},
		{Name: "sec", URI: "http://deb.debian.org/debian-security", Suite: "trixie-security"},
		{Name: "own", URI: "https://apt.example.org/x/", Suite: "./", SignedBy: []string{"key"}},
	}
	tests := []struct {
		p    lock.Package
		want []string
	}{
		{lock.Package{From: "trixie", Path: "pool/main/a/a/a_1_all.deb"}, []string{
			"http://mirror.example.org/debian/pool/main/a/a/a_1_all.deb", "http://debian.example.org/debian/pool/main/a/a/a_1_all.deb",
			"http://deb.debian.org/debian/pool/main/a/a/a_1_all.deb",
			"https://snapshot.debian.org/archive/debian/20260913T075541Z/pool/main/a/a/a_1_all.deb"}},
		{lock.Package{From: "sec", Path: "pool/updates/main/a/a/a_1_all.deb"}, []string{
			"http://deb.debian.org/debian-security/pool/updates/main/a/a/a_1_all.deb", "http://mirror.example.org/debian/pool/main/a/a/a_1_all.deb",
			"http://debian.example.org/debian/pool/main/a/a/a_1_all.deb", "http://deb.debian.org/debian/pool/main/a/a/a_1_all.deb",
			"https://snapshot.debian.org/archive/debian-security/20261122T005303Z/pool/updates/main/a/a/a_1_all.deb"}},
		{lock.Package{From: "trixie", Path: "a.deb", Date: "2026-01-01T00:00:00Z"}, []string{
			"http://mirror.example.org/debian/a.deb", "http://debian.example.org/debian/a.deb", "http://deb.debian.org/debian/a.deb",
			"https://snapshot.debian.org/archive/debian/20260102T000000Z/a.deb"}},
		{lock.Package{From: "own", Path: "a_1_all.deb"}, []string{"https://apt.example.org/x/a_1_all.deb"}},
		{lock.Package{From: "left", Path: "a_1_all.deb"}, []string{"https://apt.example.org/y/a_1_all.deb"}},
		{lock.Package{From: "gone", Path: "a_1_all.deb"}, nil},
	}
	for _, tt := range tests {
		if got := apt.URLs(l, tt.p, workspace); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got\n%s", tt.p.From, strings.Join(got, "\n"))
		}
	}
}

// TestSnapshot fetches a package that Debian's archive has dropped from its snapshots.
func TestSnapshot(t *testing.T) {
	m := mirrortest.StartTLS(t)
	data := []byte("a package")
	m.Put("/archive/debian/20260913T075541Z/pool/main/a/a/a_1_all.deb", data)
	s, err := store.Open(t.TempDir(), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	trust := m.TLS.Clone()
	trust.ServerName = "example.com" // whom the mirror's certificate is for
	f, err := fetch.New(s, fetch.Options{Attempts: 1, TLS: trust, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(m.URL, "https://"))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debian := lock.Archive{Name: "debian", URI: "https://deb.debian.org/debian", Suite: "trixie", Date: "2026-09-12T07:55:41Z"}
	p := lock.Package{Name: "a", From: "debian", Path: "pool/main/a/a/a_1_all.deb", SHA256: apttest.Digest(data), Size: int64(len(data))}
	urls := apt.URLs(&lock.Lock{Archives: []lock.Archive{debian}}, p, []lock.Archive{debian})
	if _, err := f.Fetch(t.Context(), fetch.Request{Name: "a 1", URLs: urls, SHA256: p.SHA256, Size: p.Size}); err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, r := range m.Requests() {
		asked = append(asked, r.Path)
	}
	if want := []string{"/debian/pool/main/a/a/a_1_all.deb", "/archive/debian/20260913T075541Z/pool/main/a/a/a_1_all.deb"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
}
