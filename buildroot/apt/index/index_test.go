package index_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// small mentions names in every way that makes a number.
const small = `
Package: zeta
Depends: late, later | latest
Pre-Depends: early
Suggests: sug
Recommends: rec
Breaks: brk
Conflicts: cnf
Enhances: enh
Replaces: rep
Provides: prov, late

Package: multi
Multi-Arch: allowed
Provides: mprov (= 3)
Depends: other:any, foreign:i386, foreign:i386 (>= 1), own:amd64

Package: linux-image-6.12.1-dbg

Package: linux-image-6.12.1-amd64
Provides: linux-image

Package: linux-image-6.12.2-amd64
Provides: linux-image

Package: own
`

// The order below is apt 2.6.2's for the same file.
const smallNames = `zeta early late later latest cnf brk rec sug rep enh prov
multi other:any foreign:i386 foreign own:amd64 own mprov:any mprov multi:any
linux-image-6.12.1-dbg linux-image-6.12.1-amd64 linux-image $kernel $kernel
linux-image-6.12.2-amd64`

// Likewise its hash table.
const smallHash = `linux-image-6.12.1-dbg brk cnf enh later own rec rep sug prov
linux-image-6.12.2-amd64 mprov:any other:any late own:amd64
linux-image-6.12.1-amd64 linux-image foreign multi multi:any foreign:i386 mprov
early latest $kernel $kernel zeta`

func build(t testing.TB, inputs ...index.Input) *index.Index {
	t.Helper()
	image, err := index.Build([]string{"amd64"}, inputs)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Read(image)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func input(text string) index.Input {
	return index.Input{Archive: "stable", Suite: "stable", Codename: "trixie", Pin: index.PinArchive, Data: apttest.Packages(text)}
}

func TestNumbers(t *testing.T) {
	ix := build(t, input(small))
	var names, hash []string
	for id := range ix.NameCount() {
		names = append(names, ix.NameOf(id))
		hash = append(hash, ix.NameOf(ix.HashOrder()[id]))
	}
	if want := strings.Fields(smallNames); !slices.Equal(names, want) {
		t.Errorf("numbers: got  %s\nwant %s", names, want)
	}
	if want := strings.Fields(smallHash); !slices.Equal(hash, want) {
		t.Errorf("hash order: got  %s\nwant %s", hash, want)
	}
	for _, name := range strings.Fields("zeta late other:any foreign:i386 own $kernel") {
		if id := ix.Find(name); id == index.None || ix.NameOf(id) != name {
			t.Errorf("%s is found as %d", name, id)
		}
	}
	for _, name := range strings.Fields("foreign nothing") {
		if id := ix.Find(name); id != index.None {
			t.Errorf("%s is found as %d", name, id)
		}
	}
}

// describe writes the versions of a name and which is the candidate.
func describe(ix *index.Index, name string) string {
	id := ix.Find(name)
	if id == index.None {
		return "none"
	}
	var all []string
	vs := ix.Name(id).Versions
	for v := vs.First; v < vs.End(); v++ {
		text := fmt.Sprintf("%s@%s/%b", ix.VersionOf(v), ix.InputOf(v).Archive, ix.Version(v).Inputs)
		if ix.Name(id).Candidate == v {
			text = "*" + text
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestCandidates(t *testing.T) {
	file := func(archive string, pin int, text string, include ...string) index.Input {
		return index.Input{Archive: archive, Pin: pin, Include: include, Data: apttest.Packages(text)}
	}
	tests := []struct {
		name   string
		inputs []index.Input
		want   string // of package a
	}{
		{"one", []index.Input{file("s", 500, "Package: a")}, "*1@s/1"},
		{"highest first", []index.Input{file("s", 500, "Package: a\nVersion: 1.9\n\nPackage: a\nVersion: 1.10")}, "*1.10@s/1 1.9@s/1"},
		{"two archives", []index.Input{file("s", 500, "Package: a"), file("u", 500, "Package: a\nVersion: 2")}, "*2@u/10 1@s/1"},
		{"backports", []index.Input{file("s", 500, "Package: a"), file("b", 100, "Package: a\nVersion: 2")}, "2@b/10 *1@s/1"},
		{"only in backports", []index.Input{file("s", 500, "Package: b"), file("b", 100, "Package: a\nVersion: 2")}, "*2@b/10"},
		{"experimental below backports", []index.Input{file("e", 1, "Package: a\nVersion: 3"), file("b", 100, "Package: a\nVersion: 2")}, "3@e/1 *2@b/10"},
		{"the same package twice", []index.Input{file("s", 500, "Package: a"), file("u", 500, "Package: a")}, "*1@s/11"},
		{"the same but for spaces", []index.Input{file("s", 500, "Package: a\nDepends: b (>= 1), c"), file("u", 500, "Package: a\nDepends: b (>=1),c")}, "*1@s/11"},
		{"the same in backports takes the higher pin", []index.Input{file("b", 100, "Package: a"), file("s", 500, "Package: a")}, "*1@b/11"},
		{"the same version, another package", []index.Input{file("s", 500, "Package: a"), file("u", 500, "Package: a\nDepends: b")}, "*1@s/1 1@u/10"},
		{"another Recommends is the same", []index.Input{file("s", 500, "Package: a"), file("u", 500, "Package: a\nRecommends: b")}, "*1@s/11"},
		{"included from one archive only", []index.Input{file("s", 500, "Package: a\nVersion: 9"), file("n", 500, "Package: a\n\nPackage: b", "a*")}, "*1@n/10"},
		{"not included", []index.Input{file("s", 500, "Package: b"), file("n", 500, "Package: a", "b")}, "none"},
		{"another architecture", []index.Input{file("s", 500, "Package: a\nArchitecture: arm64")}, "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describe(build(t, tt.inputs...), "a"); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	ix := build(t, input("Package: a\nVersion: 1:2-3+b1\nArchitecture: all\nSource: src (1:2-3)\nEssential: yes\nPriority: required\n\nPackage: b\nSource: b\nProtected: yes"))
	a, b := ix.Find("a"), ix.Find("b")
	v := ix.Version(ix.Name(a).Candidate)
	got := fmt.Sprintf("%s %s %s %s %d %d", ix.Text(v.Arch), ix.Text(v.Path), ix.Text(v.Source), ix.Text(v.SrcVers), v.Size, v.Priority)
	if want := "all pool/a_1:2-3+b1.deb src 1:2-3 1000 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := fmt.Sprint(ix.Name(a).Flags, ix.Name(b).Flags, ix.Essential(), ix.Text(ix.Version(ix.Name(b).Candidate).Source)); got != "1 2 [0]" {
		t.Errorf("flags: %q", got)
	}
}

func TestUnusable(t *testing.T) {
	data := string(apttest.Packages("Package: good\n\nPackage: bad\nDepends: x (>= ), y\n\nPackage: cut\nDepends: (\n"))
	data += "Package: sha\nVersion: 1\nArchitecture: amd64\nSize: 1\nSHA256: 12\nFilename: x\n\nPackage: noversion\n"
	ix := build(t, index.Input{Archive: "stable", Pin: 500, Data: []byte(data)})
	var got []string
	for _, u := range ix.Unusable() {
		got = append(got, u.Name)
	}
	if fmt.Sprint(got) != "[bad cut sha]" || describe(ix, "good") != "*1@stable/1" || describe(ix, "bad") != "" {
		t.Errorf("unusable %v, good %s, bad %s", ix.Unusable(), describe(ix, "good"), describe(ix, "bad"))
	}
	if _, err := index.Build([]string{"amd64"}, []index.Input{{Archive: "stable", Data: []byte("<html>\n")}}); err == nil || !strings.Contains(err.Error(), "index stable: line 1") {
		t.Errorf("no control file: %v", err)
	}
}

func TestKey(t *testing.T) {
	base := index.Input{Archive: "a", Suite: "s", Codename: "c", Pin: 500, Digest: "d"}
	same := index.Key([]string{"amd64"}, []index.Input{base})
	if again := index.Key([]string{"amd64"}, []index.Input{base}); again != same {
		t.Errorf("two keys: %s %s", same, again)
	}
	for name, edit := range map[string]func(*index.Input){
		"archive": func(in *index.Input) { in.Archive = "b" }, "suite": func(in *index.Input) { in.Suite = "b" },
		"pin": func(in *index.Input) { in.Pin = 100 }, "include": func(in *index.Input) { in.Include = []string{"x"} },
		"digest": func(in *index.Input) { in.Digest = "e" },
	} {
		other := base
		edit(&other)
		if index.Key([]string{"amd64"}, []index.Input{other}) == same {
			t.Errorf("another %s has the same key", name)
		}
	}
	if index.Key([]string{"arm64"}, []index.Input{base}) == same || index.Key([]string{"amd64"}, []index.Input{base, base}) == same {
		t.Error("another architecture or list has the same key")
	}
}

// TestDamaged changes each byte of a file, and cuts it off everywhere.
func TestDamaged(t *testing.T) {
	image, err := index.Build([]string{"amd64"}, []index.Input{input("Package: a\nDepends: b")})
	if err != nil {
		t.Fatal(err)
	}
	for i := range image {
		bad := slices.Clone(image)
		bad[i] ^= 0x10
		if _, err := index.Read(bad); !errors.Is(err, index.ErrDamaged) && (i < 19 || i > 23) {
			t.Fatalf("byte %d of %d changed: %v", i, len(image), err)
		}
	}
	for n := range image {
		if _, err := index.Read(image[:n]); !errors.Is(err, index.ErrDamaged) {
			t.Fatalf("cut at %d of %d: %v", n, len(image), err)
		}
	}
	file := filepath.Join(t.TempDir(), "index")
	for _, data := range [][]byte{nil, image[:100], image[:len(image)-8]} {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := index.Open(file); !errors.Is(err, index.ErrDamaged) {
			t.Errorf("%d bytes: %v", len(data), err)
		}
	}
	if err := os.WriteFile(file, image, 0o644); err != nil {
		t.Fatal(err)
	}
	ix, err := index.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	if describe(ix, "a") != "*1@stable/1" {
		t.Errorf("a is %s", describe(ix, "a"))
	}
	if err := ix.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkBuild(b *testing.B) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "Package: lib%d\nVersion: 1.%d-1\nDepends: libc6 (>= 2.%d), lib%d, lib%d | lib%d (<< 3)\nProvides: v%d (= 1)\nDescription: a library of some kind\n\n", i, i, i%40, i/2, i/3, i/5, i%100)
	}
	in := []index.Input{input(text.String())}
	b.SetBytes(int64(len(in[0].Data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := index.Build([]string{"amd64"}, in); err != nil {
			b.Fatal(err)
		}
	}
}
