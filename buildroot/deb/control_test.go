package deb_test

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
)

func TestParseControl(t *testing.T) {
	c, err := deb.ParseControl([]byte("Package: x11-apps\nVersion: 7.7+11~b1\nArchitecture: amd64\nMulti-Arch: foreign\nEssential: yes\nDepends: a,\n b\nDescription: short\n long\n .\n more\n\n"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "x11-apps" || c.Version != "7.7+11~b1" || c.Arch != "amd64" || c.MultiArch != "foreign" || !c.Essential || len(c.Fields) != 7 {
		t.Errorf("%+v", c)
	}
	if got := c.Get("depends"); got != "a,\n b" {
		t.Errorf("Depends %q", got)
	}
	if got := c.Get("Description"); got != "short\n long\n .\n more" {
		t.Errorf("Description %q", got)
	}
	if c.Qualified() != "x11-apps" {
		t.Errorf("qualified %q", c.Qualified())
	}
}

func TestParseControlMistakes(t *testing.T) {
	const good = "Package: p\nVersion: 1\nArchitecture: all\n"
	for _, c := range []struct{ text, want string }{
		{"", "control, line 1: an empty line"},
		{" x\n" + good, "line 1: a continuation of nothing"},
		{good + "nonsense\n", `line 4: no field: "nonsense"`},
		{good + "Package: q\n", "line 4: field Package stands there twice"},
		{good + "\n" + good, "line 4: an empty line inside"},
		{"Version: 1\nArchitecture: all\n", "no field Package"},
		{"Package: p\nArchitecture: all\n", "no field Version"},
		{"Package: p\nVersion: 1\n", "no field Architecture"},
		{"Package: ../p\nVersion: 1\nArchitecture: all\n", `Package "../p" has letters`},
		{"Package: .p\nVersion: 1\nArchitecture: all\n", "has letters"},
		{"Package: p\nVersion: 1/2\nArchitecture: all\n", `Version "1/2" has letters`},
		{"Package: p\nVersion: 1\nArchitecture: a:b\n", "Architecture"},
		{good + "Multi-Arch: maybe\n", `Multi-Arch "maybe"`},
	} {
		_, err := deb.ParseControl([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.text, err, c.want)
		}
	}
}

func FuzzParseControl(f *testing.F) {
	f.Add([]byte("Package: p\nVersion: 1\nArchitecture: all\nDepends: a,\n b\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := deb.ParseControl(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(c.Name+c.Version+c.Arch, "/\x00\n ") {
			t.Errorf("%q is part of file names", c.Name+c.Version+c.Arch)
		}
		again, err := deb.ParseControl([]byte(c.Text))
		if err != nil || len(again.Fields) != len(c.Fields) {
			t.Errorf("its own text is read as %+v, %v", again, err)
		}
	})
}

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"/bin/sh": "/usr/bin/sh", "/lib64/ld.so": "/usr/lib64/ld.so", "/lib": "/lib", "/usr/bin/x": "/usr/bin/x",
		"/etc/bin/x": "/etc/bin/x", "/": "/", "/library/x": "/library/x", "/sbin/a/b": "/usr/sbin/a/b",
	} {
		if got := deb.Canonical(in); got != want {
			t.Errorf("%s goes to %s, want %s", in, got, want)
		}
	}
}
