package effects

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

func TestHold(t *testing.T) {
	users := []string{"app:x:901:33::/srv:/bin/sh"}
	groups := []string{"app:x:901:", "ops:x:2001:app,www-data"}
	for _, test := range []struct {
		asked       string
		user, group string // of a file
		holds       bool
	}{
		{"", "root", "root", true},
		{"root\n0\nadm", "www-data", "adm", true},
		{"33", "root", "root", true}, // its group is there without it
		{"root\napp", "root", "root", false},
		{"901", "root", "root", false},
		{"2001", "root", "root", false},
		{"www-data", "root", "root", true},
		{"apps\n90", "root", "root", true},
		{"", "app", "root", false},
		{"", "root", "2001", false},
	} {
		files := []*layer.File{{Path: "/f", User: test.user, Group: test.group}}
		blind := &Effects{Index: &layer.Index{Meta: map[string]string{metaAsked: test.asked}, Files: files}}
		if got := blind.Hold(Wave{Users: users, Groups: groups}); got != test.holds {
			t.Errorf("asked %q, file of %s:%s: %t", test.asked, test.user, test.group, got)
		}
		blind.Index.Files = nil
		p := &deb.Package{Index: &layer.Index{Files: files}}
		if got := blind.Hold(Wave{Users: users, Groups: groups, Packages: []*deb.Package{p}}); got != test.holds {
			t.Errorf("asked %q, package's file of %s:%s: %t", test.asked, test.user, test.group, got)
		}
	}
}

func TestMayLook(t *testing.T) {
	for script, looks := range map[string]bool{
		"chown -R root:adm /var/log/x":                false,
		"getent passwd www-data":                      false,
		"update-alternatives --install a b c 1":       false,
		"adduser --system --group x":                  true,
		"if ! getent group x; then groupadd -r x; fi": true,
		"usermod -aG ssl-cert postgres":               true,
		"systemd-sysusers x.conf":                     true,
		"cut -d: -f1 /etc/passwd":                     true,
		"ls /etc/group.d /etc/passwd.d2":              true, // a guess
	} {
		for _, name := range []string{"preinst", "postinst"} {
			p := made(t, debtest.Deb{Name: "pp", Members: members{name: sh + script + "\n"}})
			if got := (Wave{Packages: []*deb.Package{p}}).MayLook(); got != looks {
				t.Errorf("%s: %t", script, got)
			}
		}
		silent := made(t, debtest.Deb{Name: "pp", Members: members{"postinst": sh + script + "\n"}}).WithoutScripts()
		if (Wave{Packages: []*deb.Package{silent}}).MayLook() {
			t.Errorf("%s: does not run", script)
		}
	}
}

func TestElsewhere(t *testing.T) {
	for text, want := range map[string]bool{
		"":                false,
		"passwd: files\n": false,
		"passwd:files # systemd\n\ngroup:\tfiles ": false,
		"#passwd: files systemd\nhosts: dns\n":     false,
		"passwd:\n":                                false,
		"passwd: files systemd\n":                  true,
		"group: compat\n":                          true,
		" initgroups: files [SUCCESS=continue] x":  true,
		"hosts: files\nshadow: files x\n":          true,
	} {
		if got := elsewhere([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

// A blind run says which accounts the container is to answer with, notes who was
// asked for, and ends when all were seen or changed.
func TestBlindRun(t *testing.T) {
	p := made(t, debtest.Deb{Name: "pp", Members: members{"postinst": sh}})
	base := made(t, debtest.Deb{Name: "base"})
	first, err := wave(t, &fake{does: map[string]func(string){"base postinst": func(u string) {
		put(t, u, "etc/passwd", "root:x:0:0:::\n")
		put(t, u, "etc/group", "root:x:0:\n")
		put(t, u, "etc/nsswitch.conf", "passwd:  files\ngroup: files # systemd\nhosts: files dns\n")
	}}}, Wave{Packages: []*deb.Package{base}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		does   func(upper string)
		result job.Result
		path   string // of the error
	}{
		{nil, job.Result{Asked: []string{"0", "root"}}, ""},
		{nil, job.Result{Exit: 137, Opened: "/etc/group"}, "/etc/group"},
		{func(u string) { put(t, u, "etc/shadow", "root:*:::::::\n") }, job.Result{}, "/etc/shadow"},
		{func(u string) { put(t, u, "etc/nsswitch.conf", "passwd: files extrausers\n") }, job.Result{}, "/etc/nsswitch.conf"},
	} {
		f := &fake{does: map[string]func(string){"pp postinst": test.does}, result: test.result}
		dir := tempDir(t)
		out := filepath.Join(dir, "out")
		if err := os.Mkdir(out, 0o755); err != nil {
			t.Fatal(err)
		}
		e, err := Run(t.Context(), f, Wave{Packages: []*deb.Package{p}, Before: []*deb.Package{base}, Earlier: []*Effects{first}, Epoch: epoch},
			out, Options{Scratch: filepath.Join(dir, "scratch"), Blind: true})
		var sight *SightError
		switch {
		case test.path != "" && (!errors.As(err, &sight) || sight.Path != test.path):
			t.Errorf("%s: %v", test.path, err)
		case test.path == "" && (err != nil || e.Index.Meta[metaAsked] != "0\nroot"):
			t.Errorf("%v, %+v", err, e)
		}
		if a := f.jobs[0].Accounts; a == nil || string(a.Passwd) != "root:x:0:0:::\n" || string(a.Group) != "root:x:0:\n" {
			t.Errorf("the container answers with %+v", a)
		}
	}
}
