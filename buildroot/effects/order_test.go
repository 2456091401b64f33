package effects

import (
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

func TestOrder(t *testing.T) {
	post := members{"postinst": sh}
	for _, c := range []struct {
		name   string
		debs   []debtest.Deb
		before []debtest.Deb
		want   string // steps, with packages
	}{
		{"chain", []debtest.Deb{
			{Name: "a", Fields: "Depends: b\n", Members: post}, {Name: "b", Fields: "Depends: c\n"}, {Name: "c", Members: post}, {Name: "d"},
		}, nil, "c postinst: c; a postinst: b a; d postinst: d"},
		{"virtual", []debtest.Deb{
			{Name: "a", Fields: "Depends: mta | x\n", Members: post}, {Name: "z", Fields: "Provides: mta (= 1)\n", Members: post},
		}, nil, "z postinst: z; a postinst: a"},
		{"pre-depends", []debtest.Deb{
			{Name: "a", Fields: "Pre-Depends: z\n", Members: post}, {Name: "z", Members: post},
		}, nil, "z postinst: z; a postinst: a"},
		{"satisfied before", []debtest.Deb{
			{Name: "a", Fields: "Depends: z | old\n", Members: post}, {Name: "z", Members: post},
		}, []debtest.Deb{{Name: "old"}}, "a postinst: a; z postinst: z"},
		{"loop with one script", []debtest.Deb{
			{Name: "a", Fields: "Depends: b\n", Members: post}, {Name: "b", Fields: "Depends: a\n"},
		}, nil, "a postinst: b a"},
		{"loop with two", []debtest.Deb{
			{Name: "a", Fields: "Depends: b\n", Members: post}, {Name: "b", Fields: "Depends: c\n", Members: post}, {Name: "c", Fields: "Depends: a\n"},
		}, nil, "b postinst! c b; a postinst! a"},
		{"of two architectures", []debtest.Deb{
			{Name: "a", Arch: "arm64", Fields: "Depends: lib, tool\n", Members: post}, {Name: "tool", Arch: "amd64", Fields: "Multi-Arch: foreign\n", Members: post},
			{Name: "lib", Arch: "amd64", Fields: "Multi-Arch: same\nDepends: z\n", Members: post}, {Name: "lib", Arch: "arm64", Fields: "Multi-Arch: same\n", Members: post},
			{Name: "z", Fields: "Depends: a:arm64\n", Members: post},
		}, []debtest.Deb{{Name: "base", Arch: "amd64", Fields: "Essential: yes\n"}},
			"lib postinst: lib:arm64; tool postinst: tool; a postinst: a; z postinst: z; lib postinst: lib:amd64"},
		{"nothing", nil, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var wave, before []*deb.Package
			for _, d := range c.debs {
				wave = append(wave, made(t, d))
			}
			for _, d := range c.before {
				before = append(before, made(t, d))
			}
			for range 2 {
				groups, err := order(wave, before)
				if err != nil {
					t.Fatal(err)
				}
				if got := stepText(groups); got != c.want {
					t.Errorf("steps %q, want %q", got, c.want)
				}
				slices.Reverse(wave) // the order of the input does not matter
			}
		})
	}
}

func stepText(groups []group) string {
	var out []string
	for _, s := range steps(groups) {
		mark := ":"
		if s.loop {
			mark = "!"
		}
		text := s.label + mark
		for _, p := range s.packages {
			text += " " + p.Control.Qualified()
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestOrderMistake(t *testing.T) {
	p := made(t, debtest.Deb{Name: "bad", Fields: "Depends: a (1\n"})
	if _, err := order([]*deb.Package{p}, nil); err == nil || !strings.Contains(err.Error(), "Depends of bad") {
		t.Errorf("error %v", err)
	}
}
