package index_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// two are packages of two architectures, that of ARCH twice.
const two = `
Package: a
Architecture: all
Multi-Arch: foreign
Provides: va

Package: b
Architecture: all
Depends: c

Package: c
Architecture: ARCH
Multi-Arch: same
Depends: d, x:any, y
Conflicts: e

Package: d
Architecture: ARCH
Multi-Arch: foreign
Provides: vd (= 2), d2:any

Package: e
Architecture: ARCH
Breaks: c (<< 1)

Package: x
Architecture: ARCH
Multi-Arch: allowed
Provides: vx, vxx:any

Package: y
Architecture: ARCH
Depends: va, vd, z:arm64, q:amd64, r:native, nix:i386

Package: z
Architecture: ARCH
Multi-Arch: same
Provides: vz (= 4)

Package: q
Architecture: ARCH
`

// What apt 2.6.2 makes of them, by package: what each depends on, and what it
// provides, what was made last first.
const twoWant = `
a: provides va:arm64, va
b: Depends c
c: Depends d, Depends x:any, Depends y, Conflicts e, Breaks c:arm64 (<< 1), Breaks c:arm64 (>> 1), Conflicts e:arm64
d: Conflicts d:arm64; provides vd:arm64 2, d:arm64 1, d2:any, vd 2
y: Depends va, Depends vd, Depends z:arm64, Depends q:amd64, Depends r:amd64, Depends nix:i386, Conflicts y:arm64
e: Breaks c (<< 1), Breaks c:arm64 (<< 1), Conflicts e:arm64
x: Conflicts x:arm64; provides x:any 1, vxx:any, vx, vx:any
z:arm64: Breaks z (<< 1), Breaks z (>> 1); provides z:arm64 1, vz:arm64 4
q: Conflicts q:arm64; provides q:amd64 1
z: Breaks z:arm64 (<< 1), Breaks z:arm64 (>> 1); provides vz 4
c:arm64: Depends d:arm64, Depends x:any, Depends y:arm64, Conflicts e, Breaks c (<< 1), Breaks c (>> 1), Conflicts e:arm64
d:arm64: Conflicts d; provides vd:arm64 2, d 1, d2:any, vd 2
y:arm64: Depends va:arm64, Depends vd:arm64, Depends z:arm64, Depends q:amd64, Depends r:amd64, Depends nix:i386, Conflicts y
e:arm64: Breaks c (<< 1), Breaks c:arm64 (<< 1), Conflicts e
x:arm64: Conflicts x; provides x:any 1, vxx:any, vx:arm64, vx:any
q:arm64: Conflicts q
`

func TestForeign(t *testing.T) {
	image, err := index.Build([]string{"amd64", "arm64"}, []index.Input{
		{Archive: "s", Arch: "amd64", Pin: index.PinArchive, Data: apttest.Packages(strings.ReplaceAll(two, "ARCH", "amd64"))},
		{Archive: "s", Arch: "arm64", Pin: index.PinArchive, Data: apttest.Packages(strings.ReplaceAll(two, "ARCH", "arm64"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Read(image)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for id := range ix.NameCount() {
		vs := ix.Name(id).Versions
		for v := vs.First; v < vs.End(); v++ {
			fmt.Fprintf(&got, "%s:%s\n", ix.Label(uint32(id)), said(ix, v))
		}
	}
	if want := strings.TrimSpace(twoWant) + "\n"; got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	for _, tt := range []struct{ name, arch, want string }{
		{"c", "amd64", "c"}, {"c", "arm64", "c:arm64"}, {"a", "all", "a"}, {"vd", "arm64", "vd:arm64"},
	} {
		if id := ix.FindArch(tt.name, tt.arch); id == index.None || ix.Label(id) != tt.want {
			t.Errorf("%s for %s is found as %d", tt.name, tt.arch, id)
		}
	}
	for _, arch := range []string{"arm64", "i386"} {
		if id := ix.FindArch("a", arch); id != index.None {
			t.Errorf("a for %s is found as %s", arch, ix.Label(id))
		}
	}
}

// said writes what a version depends on and provides.
func said(ix *index.Index, v uint32) string {
	var deps, provides []string
	for _, d := range ix.DepsOf(v) {
		c := ix.Constraint(d.Constraint())
		text := fmt.Sprintf("%s %s", d.Type(), ix.Label(c.Name))
		if op := relation.Op(c.Op); op != relation.None {
			text += fmt.Sprintf(" (%s %s)", op, ix.Text(c.Version))
		}
		deps = append(deps, text)
	}
	all := ix.ProvidesOf(v)
	for i := len(all) - 1; i >= 0; i-- {
		provides = append(provides, strings.TrimSpace(ix.Label(all[i].Name)+" "+ix.Text(all[i].Version)))
	}
	text := ""
	if len(deps) > 0 {
		text = " " + strings.Join(deps, ", ")
		if len(provides) > 0 {
			text += ";"
		}
	}
	if len(provides) > 0 {
		text += " provides " + strings.Join(provides, ", ")
	}
	return text
}

// TestWith adds a package that no archive has.
func TestWith(t *testing.T) {
	image, err := index.Build([]string{"amd64", "arm64"}, []index.Input{
		{Archive: "s", Arch: "amd64", Pin: index.PinArchive, Data: apttest.Packages(strings.ReplaceAll(two, "ARCH", "amd64"))},
		{Archive: "s", Arch: "arm64", Pin: index.PinArchive, Data: apttest.Packages(strings.ReplaceAll(two, "ARCH", "arm64"))},
	})
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Read(image)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(text string) []relation.Relation {
		list, err := relation.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	first, v := ix.With("first", parse("a (>= 1) | nothing (= 2) | b [arm64], c [!amd64], d:any, x:native, z:arm64, q:amd64 <!nocheck>"), parse("e, c:arm64, nobody"))
	if got, want := said(first, v), " Depends a (>= 1), Depends nothing (= 2), Depends d:any, Depends x:amd64, Depends z:arm64, Depends q:amd64, Conflicts e, Conflicts e:arm64, Conflicts c:arm64"; got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	second, v := first.With("second", parse("a (>= 1), a (<= 7), nothing"), nil)
	third, w := first.With("third", parse("b (= 1)"), nil)
	for _, tt := range []struct{ got, want string }{
		{said(second, v), " Depends a (>= 1), Depends a (<= 7), Depends nothing"},
		{said(third, w), " Depends b (= 1)"},
		{fmt.Sprint(first.VersionCount()-ix.VersionCount(), second.VersionCount()-first.VersionCount()), "1 1"},
		{fmt.Sprint(first.Find("first"), second.Find("nothing")), fmt.Sprint(index.None, index.None)},
		{fmt.Sprint(len(first.HashOrder())-len(ix.HashOrder()), len(second.HashOrder())-len(first.HashOrder())), "5 2"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
	var met []string
	bits := second.Met()
	for c := range second.ConstraintsOf(ix.Find("a")) {
		k := second.Constraint(c)
		met = append(met, fmt.Sprintf("%s %s: %v", relation.Op(k.Op), second.Text(k.Version), bits[c/64]>>(c%64)&1 == 1))
	}
	if got, want := strings.Join(met, ", "), ">= 1: true, <= 7: true"; got != want {
		t.Errorf("constraints on a: %s, want %s", got, want)
	}
}
