package apt_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// froms lists packages as NAME=VERSION@ARCHIVE.
func froms(packages []lock.Package) string {
	var all []string
	for _, p := range packages {
		all = append(all, p.Name+"="+p.Version+"@"+p.From)
	}
	return strings.Join(all, " ")
}

// TestPreferences holds which of several archives a package comes from.
func TestPreferences(t *testing.T) {
	b := newBench(t)
	const lines = "Package: same\nVersion: 1\n\nPackage: fixed\nVersion: 1\n\nPackage: own-tool\nVersion: 1\n\nPackage: user\nDepends: own-tool, plain\n\nPackage: plain\nVersion: 1\n"
	b.serve(t, apttest.Archive{Suite: "stable", Date: b.now, Packages: lines})
	b.serve(t, apttest.Archive{Suite: "stable-security", Date: b.now, Packages: "Package: same\nVersion: 1\n\nPackage: fixed\nVersion: 1+deb1\n"})
	b.serve(t, apttest.Archive{Suite: "own", Date: b.now, Packages: "Package: own-tool\nVersion: 0.5\n\nPackage: plain\nVersion: 9\n"})
	b.serve(t, apttest.Archive{Suite: "manual", Date: b.now, Header: "NotAutomatic: yes\n", Packages: "Package: plain\nVersion: 5\n\nPackage: only\nDepends: plain (>= 5)\n"})
	archive := func(suite string, include ...string) lock.Archive {
		a := b.archive(t)
		a.Name, a.Suite, a.Include = suite, suite, include
		return a
	}
	stable, security := archive("stable"), archive("stable-security")
	own, manual := archive("own", "own-*"), archive("manual")
	tests := []struct {
		name, want string
		archives   []lock.Archive
		relations  []string
	}{
		{"a version that two have is the first one's", "same=1@stable", []lock.Archive{stable, security}, []string{"same"}},
		{"in the order of the archives", "same=1@stable-security", []lock.Archive{security, stable}, []string{"same"}},
		{"a security update wins wherever it stands", "fixed=1+deb1@stable-security", []lock.Archive{security, stable}, []string{"fixed"}},
		{"what an archive includes comes from there alone, and nothing else does", "own-tool=0.5@own plain=1@stable user=1@stable",
			[]lock.Archive{stable, own}, []string{"user"}},
		{"also by another archive's higher version", "", []lock.Archive{stable, own}, []string{"own-tool=1"}},
		{"nor what it does not include, by version", "", []lock.Archive{stable, own}, []string{"plain=9"}},
		{"nothing comes unasked from an archive that is not automatic", "plain=1@stable", []lock.Archive{stable, manual}, []string{"plain"}},
		{"but what it alone has", "", []lock.Archive{stable, manual}, []string{"only"}},
		{"with what that needs, if the suite is named", "only=1@manual plain=5@manual", []lock.Archive{stable, manual}, []string{"only/manual"}},
	}
	c := b.client(apt.Options{})
	defer c.Close()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			answers, err := c.Resolve(t.Context(), []lock.Request{wants(tt.archives, false, tt.relations...)})
			switch {
			case tt.want == "" && err == nil:
				t.Errorf("got %s", froms(answers[0].Packages))
			case tt.want != "" && err != nil:
				t.Error(err)
			case tt.want != "" && froms(answers[0].Packages) != tt.want:
				t.Errorf("got %s, want %s", froms(answers[0].Packages), tt.want)
			}
		})
	}
}

// TestCompressions reads Packages files as archives compress them, by the Release
// file's word on both the packed and the plain bytes.
func TestCompressions(t *testing.T) {
	plain := apttest.Packages("Package: lib\n")
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for ending, data := range map[string][]byte{"": plain, ".zst": packed.Bytes()} {
		t.Run("Packages"+ending, func(t *testing.T) {
			b := newBench(t)
			name := "main/binary-amd64/Packages" + ending
			release := fmt.Sprintf("Suite: stable\nDate: %s\nComponents: main\nSHA256:\n %s %d %s\n",
				b.now.UTC().Format("Mon, 02 Jan 2006 15:04:05 UTC"), apttest.Digest(data), len(data), name)
			b.Put("/debian/dists/stable/InRelease", b.key.Inline(t, release))
			b.Put("/debian/dists/stable/"+name, data)
			c := b.client(apt.Options{})
			defer c.Close()
			answers, err := c.Resolve(t.Context(), []lock.Request{wants([]lock.Archive{b.archive(t)}, false, "lib")})
			if err != nil || names(answers[0].Packages) != "lib" {
				t.Fatalf("%v %v", answers, err)
			}
			var asked []string
			for _, r := range b.Requests() {
				asked = append(asked, r.Path)
			}
			if !slices.Contains(asked, "/debian/dists/stable/"+name) {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}
