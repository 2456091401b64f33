package apt_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// TestFaults is one sentence for each thing that can be wrong with an archive.
func TestFaults(t *testing.T) {
	const inRelease, packagesGz = "/debian/dists/stable/InRelease", "/debian/dists/stable/main/binary-amd64/Packages.gz"
	tests := []struct {
		name string
		edit func(t *testing.T, b *bench, a *lock.Archive)
		want []string // parts of the message
	}{
		{"no Release at all", func(t *testing.T, b *bench, a *lock.Archive) { b.Remove(inRelease) },
			[]string{"archive test: ", "/debian/dists/stable: there is neither InRelease nor Release: correct the URI and the suite"}},
		{"unsigned", func(t *testing.T, b *bench, a *lock.Archive) {
			b.Remove(inRelease)
			b.Put("/debian/dists/stable/Release", []byte("Suite: stable\n"))
		}, []string{"Release.gpg: the Release file is not signed"}},
		{"altered", func(t *testing.T, b *bench, a *lock.Archive) { b.Always(inRelease, mirrortest.Corrupt) }, []string{"archive test: ", inRelease + ": its signature"}},
		{"cut off", func(t *testing.T, b *bench, a *lock.Archive) { b.Always(inRelease, mirrortest.Short(100)) }, []string{inRelease + ": its signature is cut off"}},
		{"a page for people", func(t *testing.T, b *bench, a *lock.Archive) { b.Always(inRelease, mirrortest.HTML) }, []string{"test", inRelease}},
		{"another key", func(t *testing.T, b *bench, a *lock.Archive) {
			a.SignedBy = []string{apttest.NewKey(t, b.now, 0).Public(t)}
		}, []string{"name the file with the archive's key in signed-by"}},
		{"not Debian's key", func(t *testing.T, b *bench, a *lock.Archive) { a.SignedBy = nil }, []string{"name the file with the archive's key in signed-by"}},
		{"no key", func(t *testing.T, b *bench, a *lock.Archive) { a.SignedBy = []string{"nonsense"} }, []string{"signed-by: key file 1 is not readable", "name a file that holds OpenPGP public keys"}},
		{"expired", func(t *testing.T, b *bench, a *lock.Archive) {
			s := b.stable()
			s.Header = "Valid-Until: " + b.now.Add(-time.Minute).UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC") + "\n"
			b.serve(t, s)
		}, []string{inRelease + ": it was valid until"}},
		{"future", func(t *testing.T, b *bench, a *lock.Archive) {
			s := b.stable()
			s.Date = b.now.Add(48 * time.Hour)
			b.serve(t, s)
		}, []string{"which is in the future: set this machine's clock"}},
		{"another suite", func(t *testing.T, b *bench, a *lock.Archive) {
			s := b.stable()
			s.Suite = "oldstable"
			b.Put(inRelease, b.key.Inline(t, b.serve(t, s)))
		}, []string{`it is of suite "oldstable"`, `and not of "stable"`}},
		{"no such component", func(t *testing.T, b *bench, a *lock.Archive) { a.Components = []string{"mian"} }, []string{"it has no component mian: it has main: correct the archive's components"}},
		{"no component", func(t *testing.T, b *bench, a *lock.Archive) { a.Components = nil }, []string{`no component is named: add components = ["main"]`}},
		{"Packages is gone", func(t *testing.T, b *bench, a *lock.Archive) { b.Remove(packagesGz) }, []string{"archive test: main/binary-amd64/Packages.gz", "404 Not Found: try again in a few minutes, as the archive may be changing just now, or use another mirror"}},
		{"Packages is altered", func(t *testing.T, b *bench, a *lock.Archive) { b.Always(packagesGz, mirrortest.Corrupt) }, []string{"archive test: main/binary-amd64/Packages.gz", packagesGz, ": try again in a few minutes, as the archive may be changing just now, or use another mirror"}},
		{"Packages unpacks to something else", func(t *testing.T, b *bench, a *lock.Archive) {
			release, _ := b.stable().Release()
			lines := strings.Split(release, "\n")
			for i, l := range lines {
				if strings.HasSuffix(l, " main/binary-amd64/Packages") {
					lines[i] = " " + apttest.Digest(nil) + " 1000000 main/binary-amd64/Packages"
				}
			}
			b.Put(inRelease, b.key.Inline(t, strings.Join(lines, "\n")))
		}, []string{"archive test: ", "it unpacks to other bytes than the Release file says"}},
		{"a bomb", func(t *testing.T, b *bench, a *lock.Archive) {
			release, files := b.stable().Release()
			plain := files["main/binary-amd64/Packages"]
			b.Put(inRelease, b.key.Inline(t, strings.Replace(release, fmt.Sprintf(" %d main/binary-amd64/Packages\n", len(plain)), " 10 main/binary-amd64/Packages\n", 1)))
		}, []string{"it unpacks to more than 10 bytes"}},
		{"no archive", func(t *testing.T, b *bench, a *lock.Archive) { *a = lock.Archive{} }, []string{"no component is named"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.serve(t, b.stable())
			a := b.archive(t)
			tt.edit(t, b, &a)
			c := b.client(apt.Options{})
			defer c.Close()
			_, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{a}, true, "tool"), wants([]lock.Archive{a}, true)})
			if err == nil {
				t.Fatal("resolved")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v\nwant %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
			if left, err := filepath.Glob(filepath.Join(b.dir, "*", ".new-*")); len(left) > 0 || err != nil {
				t.Errorf("left behind: %q %v", left, err)
			}
			if left, err := filepath.Glob(filepath.Join(b.dir, "indexes", "*")); len(left) > 0 || err != nil {
				t.Errorf("an index was kept: %q %v", left, err)
			}
		})
	}
}
