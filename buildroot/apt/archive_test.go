package apt_test

import (
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// debian are Debian's archives of a suite, as its installer orders them.
func debian(codename string) []lock.Archive {
	return []lock.Archive{
		{Name: codename, URI: "http://deb.debian.org/debian", Suite: codename, Components: []string{"main"}},
		{Name: codename + "-updates", URI: "http://deb.debian.org/debian", Suite: codename + "-updates", Components: []string{"main"}},
		{Name: codename + "-security", URI: "http://deb.debian.org/debian-security", Suite: codename + "-security", Components: []string{"main"}},
	}
}

// TestArchive resolves from Debian's own archives, cold, warm and offline.
func TestArchive(t *testing.T) {
	s, err := store.Open(t.TempDir(), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	f, err := fetch.New(s, fetch.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dir := t.TempDir()
	var first []lock.Answer
	for _, opts := range []apt.Options{{}, {}, {MaxAge: -1}, {Offline: true}} {
		began := time.Now()
		c := apt.New(dir, f, s, opts)
		var reqs []lock.Request
		for _, suite := range []string{"trixie", "bookworm"} {
			reqs = append(reqs, lock.Request{Archives: debian(suite), Arch: "amd64", Base: true, Want: []lock.Want{{Relation: "build-essential"}, {Relation: "libssl-dev (>= 3)"}}})
		}
		answers, err := c.Resolve(t.Context(), reqs)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(opts, time.Since(began))
		for i, a := range answers {
			if len(a.Base) < 50 || len(a.Packages) < 40 {
				t.Errorf("%d packages in the base and %d beyond: too few", len(a.Base), len(a.Packages))
			}
			if first != nil && len(first[i].Packages) != len(a.Packages) {
				t.Errorf("%d packages, and %d the first time", len(a.Packages), len(first[i].Packages))
			}
		}
		first = answers
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkArchive resolves from a warm index of trixie with its updates, as the
// next process would: a fresh Client that reads what the last one kept.
func BenchmarkArchive(b *testing.B) {
	s, err := store.Open(b.TempDir(), store.Options{NoSync: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	f, err := fetch.New(s, fetch.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	dir := b.TempDir()
	for _, name := range []string{"curl", "build-essential", "gnome-core"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := apt.New(dir, f, s, apt.Options{})
				answers, err := c.Resolve(b.Context(), []lock.Request{{Archives: debian("trixie"), Arch: "amd64", Base: true, Want: []lock.Want{{Relation: name}}}})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(len(answers[0].Packages)), "packages")
				if err := c.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
