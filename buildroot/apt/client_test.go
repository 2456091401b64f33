package apt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A bench is a mirror with one archive, and what asks it.
type bench struct {
	*mirrortest.Mirror
	key     *apttest.Key
	now     time.Time
	dir     string
	store   *store.Store
	fetcher *fetch.Fetcher
}

func newBench(t *testing.T) *bench {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	b := &bench{Mirror: mirrortest.Start(t), key: apttest.NewKey(t, now.Add(-24*time.Hour), 0).At(now), now: now, dir: t.TempDir()}
	var err error
	if b.store, err = store.Open(t.TempDir(), store.Options{NoSync: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.store.Close() })
	if b.fetcher, err = fetch.New(b.store, fetch.Options{Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.fetcher.Close)
	return b
}

// serve puts an archive on the mirror, with InRelease.
func (b *bench) serve(t *testing.T, a apttest.Archive) (release string) {
	t.Helper()
	release, files := a.Release()
	for name, data := range files {
		b.Put("/debian/dists/"+a.Suite+"/"+name, data)
	}
	b.Put("/debian/dists/"+a.Suite+"/InRelease", b.key.Inline(t, release))
	return release
}

func (b *bench) client(opts apt.Options) *apt.Client { return apt.New(b.dir, b.fetcher, b.store, opts) }

func (b *bench) archive(t *testing.T) lock.Archive {
	return lock.Archive{Name: "test", URI: b.URL + "/debian", Suite: "stable", Components: []string{"main"}, SignedBy: []string{b.key.Public(t)}}
}

// wants makes a request of relations.
func wants(a []lock.Archive, base bool, relations ...string) lock.Request {
	r := lock.Request{Archives: a, Arch: "amd64", Base: base}
	for i, rel := range relations {
		r.Want = append(r.Want, lock.Want{Relation: rel, Pos: diag.Pos{File: "recipe.toml", Line: i + 1, Col: 1}})
	}
	return r
}

func names(ps []lock.Package) string {
	var all []string
	for _, p := range ps {
		all = append(all, p.Name)
	}
	return strings.Join(all, " ")
}

const packages = `
Package: base
Essential: yes
Pre-Depends: libc

Package: libc

Package: tool
Pre-Depends: libc, prelib | other
Depends: lib (>= 1)

Package: prelib
Pre-Depends: deeper

Package: deeper
Depends: deepest, base

Package: deepest
Depends: tool

Package: lib
`

func (b *bench) stable() apttest.Archive {
	return apttest.Archive{Suite: "stable", Date: b.now.Add(-time.Hour), Packages: packages}
}

func TestResolve(t *testing.T) {
	b := newBench(t)
	b.serve(t, b.stable())
	c := b.client(apt.Options{})
	defer c.Close()
	answers, err := c.Resolve(t.Context(), []lock.Request{
		wants([]lock.Archive{b.archive(t)}, true, "tool"),
		wants([]lock.Archive{b.archive(t)}, true),
		wants([]lock.Archive{b.archive(t)}, false, "lib | nothing", "tool [arm64]"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range answers {
		got = append(got, names(a.Base)+": "+names(a.Packages))
	}
	if want := []string{"base libc: deeper deepest lib prelib tool", "base libc: ", ": lib"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	tool := answers[0].Packages[4]
	if fmt.Sprint(tool.Pre) != "[deeper deepest prelib]" || tool.From != "test" || tool.Path != "pool/tool_1.deb" || tool.Size != 1000 || len(tool.SHA256) != 64 || tool.Arch != "amd64" {
		t.Errorf("tool is %+v", tool)
	}
	if d := answers[0].Archives[0].Date; d != b.now.Add(-time.Hour).UTC().Format(time.RFC3339) {
		t.Errorf("the archive's date is %s", d)
	}
	n := 0
	for _, r := range b.Requests() {
		if strings.HasSuffix(r.Path, "/InRelease") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("InRelease was asked for %d times: %v", n, b.Requests())
	}
}

// TestMistakes holds that all mistakes come together, each at its place.
func TestMistakes(t *testing.T) {
	b := newBench(t)
	a := b.stable()
	a.Packages += "\nPackage: libssl-dev\n\nPackage: evil\nConflicts: base\n\nPackage: old\nDepends: lib (<< 1)\n"
	b.serve(t, a)
	c := b.client(apt.Options{})
	defer c.Close()
	_, err := c.Resolve(t.Context(), []lock.Request{
		wants([]lock.Archive{b.archive(t)}, false, "libsll-dev", "lib (>= 2)", "tool"),
		wants([]lock.Archive{b.archive(t)}, true, "lib", "evil"),
		wants([]lock.Archive{b.archive(t)}, false, "old"),
	})
	var got []string
	for _, e := range diag.Of(err) {
		got = append(got, fmt.Sprintf("%s (%s)", e, e.Hint))
	}
	const hint = "leave out one of the two, or ask for a version or an archive in which they fit"
	want := []string{
		`recipe.toml:1:1: no archive has libsll-dev (did you mean "libssl-dev"?)`,
		`recipe.toml:1:1: old needs lib (<< 1), which test has as 1 (ask for a version that fits (name=version, name/suite), or add an archive that has what is missing)`,
		`recipe.toml:2:1: lib (>= 2) is asked for, which test has as 1 ()`,
		`recipe.toml:2:1: evil conflicts with base (of the essential set) (` + hint + `)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDetachedAndByHash(t *testing.T) {
	b := newBench(t)
	a := b.stable()
	a.ByHash = true
	release := b.serve(t, a)
	b.Remove("/debian/dists/stable/InRelease")
	b.Put("/debian/dists/stable/Release", []byte(release))
	b.Put("/debian/dists/stable/Release.gpg", b.key.Detached(t, release))
	c := b.client(apt.Options{})
	defer c.Close()
	answers, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{b.archive(t)}, false, "lib")})
	if err != nil || names(answers[0].Packages) != "lib" {
		t.Fatalf("%v %v", answers, err)
	}
	requests := b.Requests()
	if last := requests[len(requests)-1].Path; !strings.Contains(last, "/by-hash/SHA256/") {
		t.Errorf("asked for %s", last)
	}
}

// TestFlat reads an archive without suites and components.
func TestFlat(t *testing.T) {
	b := newBench(t)
	plain := apttest.Packages("Package: flat")
	release := fmt.Sprintf("Date: %s\nSHA256:\n %s %d Packages\n", b.now.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"), apttest.Digest(plain), len(plain))
	b.Put("/repo/deb/InRelease", b.key.Inline(t, release))
	b.Put("/repo/deb/Packages", plain)
	c := b.client(apt.Options{})
	defer c.Close()
	a := lock.Archive{Name: "flat", URI: b.URL + "/repo/", Suite: "deb/", SignedBy: []string{b.key.Public(t)}}
	answers, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{a}, false, "flat")})
	if err != nil || names(answers[0].Packages) != "flat" {
		t.Fatalf("%v %v", answers, err)
	}
	got := apt.URLs(&lock.Lock{Archives: answers[0].Archives}, answers[0].Packages[0], []lock.Archive{a})
	if want := []string{b.URL + "/repo/pool/flat_1.deb"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestRefresh holds when archives are asked, and what is then believed.
func TestRefresh(t *testing.T) {
	b := newBench(t)
	b.serve(t, b.stable())
	ask := func(opts apt.Options, relation string) (string, int) {
		t.Helper()
		before := len(b.Requests())
		c := b.client(opts)
		defer c.Close()
		answers, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{b.archive(t)}, false, relation)})
		if err != nil {
			return err.Error(), len(b.Requests()) - before
		}
		return names(answers[0].Packages), len(b.Requests()) - before
	}
	expect := func(what, got string, n int, want string, wantN int) {
		t.Helper()
		if !strings.Contains(got, want) || n != wantN {
			t.Errorf("%s: got %q by %d requests, want %q by %d", what, got, n, want, wantN)
		}
	}
	got, n := ask(apt.Options{Offline: true}, "lib")
	expect("offline, nothing kept", got, n, "it was not asked yet, and offline: run it once without --offline", 0)
	got, n = ask(apt.Options{}, "lib")
	expect("first", got, n, "lib", 2)
	got, n = ask(apt.Options{}, "lib")
	expect("within an hour", got, n, "lib", 0)
	got, n = ask(apt.Options{MaxAge: -1}, "lib")
	expect("not modified", got, n, "lib", 1)

	newer := b.stable()
	newer.Date = b.now
	newer.Packages += "\nPackage: fresh\n"
	b.serve(t, newer)
	got, n = ask(apt.Options{}, "fresh")
	expect("believed unasked", got, n, "no archive has fresh", 0)
	got, n = ask(apt.Options{MaxAge: -1}, "fresh")
	expect("newer", got, n, "fresh", 2)

	b.serve(t, b.stable())
	got, n = ask(apt.Options{MaxAge: -1}, "fresh")
	expect("an older one is refused", got, n, "was seen before: the mirror is behind or replays old files", 1)
	got, n = ask(apt.Options{}, "fresh")
	expect("what was kept stays", got, n, "fresh", 0)

	// Its index is gone, and the mirror has moved on: it is asked again.
	newest := b.stable()
	newest.Date = b.now.Add(time.Minute)
	newest.Packages += "\nPackage: fresher\n"
	b.serve(t, newest)
	if err := os.RemoveAll(filepath.Join(b.dir, "indexes")); err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(b.store.Dir(), "blobs", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Remove(e); err != nil {
			t.Fatal(err)
		}
	}
	got, _ = ask(apt.Options{}, "fresher")
	expect("moved on", got, 0, "fresher", 0)
}

// TestDamagedFiles holds that what is kept is made again when it is damaged.
func TestDamagedFiles(t *testing.T) {
	b := newBench(t)
	b.serve(t, b.stable())
	for _, pattern := range []string{"", "indexes/*", "releases/*.json"} {
		if pattern != "" {
			files, err := filepath.Glob(filepath.Join(b.dir, pattern))
			if err != nil || len(files) != 1 {
				t.Fatalf("%s: %q %v", pattern, files, err)
			}
			if err := os.Truncate(files[0], 100); err != nil {
				t.Fatal(err)
			}
		}
		c := b.client(apt.Options{})
		answers, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{b.archive(t)}, false, "lib")})
		if err != nil || names(answers[0].Packages) != "lib" {
			t.Errorf("%s cut off: %v %v", pattern, answers, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSeveralArchives(t *testing.T) {
	b := newBench(t)
	b.serve(t, b.stable())
	backports := apttest.Archive{Suite: "backports", Date: b.now, Header: "NotAutomatic: yes\nButAutomaticUpgrades: yes\n", Packages: "Package: tool\nVersion: 2\n\nPackage: fromhere\nDepends: tool\n"}
	b.serve(t, backports)
	two := []lock.Archive{b.archive(t), b.archive(t)}
	two[1].Name, two[1].Suite = "back", "backports"
	bad := b.archive(t)
	bad.Name, bad.Suite = "bad", "missing"
	c := b.client(apt.Options{})
	defer c.Close()
	answers, err := c.Resolve(t.Context(), []lock.Request{
		wants(two, false, "tool"), wants(two, false, "tool/back"), wants(two, false, "tool=2"), wants(two, false, "fromhere"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range answers {
		for _, p := range a.Packages {
			if p.Name == "tool" {
				got = append(got, p.Version+"@"+p.From)
			}
		}
	}
	if want := []string{"1@test", "2@back", "2@back", "1@test"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	_, err = c.Resolve(t.Context(), []lock.Request{wants(two, false, "tool (>= 2)")})
	if err == nil || !strings.Contains(err.Error(), "1 is preferred: write tool=2 if you mean that one") {
		t.Errorf("a range of versions was answered by %v", err)
	}
	_, err = c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{bad, two[0]}, false, "tool"), wants([]lock.Archive{bad}, false, "tool")})
	var wrong *apt.ArchiveError
	if !errors.As(err, &wrong) || wrong.Archive != "bad" || strings.Count(err.Error(), "archive bad") != 1 {
		t.Errorf("got %v", err)
	}
}
