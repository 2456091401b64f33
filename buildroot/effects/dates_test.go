package effects

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

// aged is a package whose newest file is of some time.
func aged(name string, mtime int64, at, triggers string) debtest.Deb {
	d := debtest.Deb{Name: name, Members: members{"postinst": sh}, Files: files{
		{Path: "./usr/share/" + name + "/old", MTime: mtime - 1}, {Path: "." + at, MTime: mtime},
	}}
	if triggers != "" {
		d.Members["triggers"] = triggers
	}
	return d
}

// A package has the date of its newest file, or of what its triggers wait for.
func TestDates(t *testing.T) {
	for _, c := range []struct {
		name string
		also []debtest.Deb // beside "own", of 100
		wait string        // the triggers of own
		want int64         // the date of own
	}{
		{"alone", nil, "", 100},
		{"others are newer", []debtest.Deb{aged("other", 200, "/usr/share/x", "")}, "", 100},
		{"it waits for nothing of others", []debtest.Deb{aged("other", 200, "/usr/share/x", "")}, "interest /usr/share/xy\n", 100},
		{"a file", []debtest.Deb{aged("other", 200, "/usr/share/x", "")}, "interest /usr/share/x\n", 200},
		{"a file below", []debtest.Deb{aged("other", 200, "/usr/share/x/y/z", "")}, "interest-noawait /usr/share/x\n", 200},
		{"a file below a link of merged /usr", []debtest.Deb{aged("other", 200, "/usr/lib/udev/x", "")}, "interest /lib/udev\n", 200},
		{"the newest of several", []debtest.Deb{aged("a", 200, "/usr/share/x/a", ""), aged("b", 300, "/usr/share/x/b", ""), aged("c", 50, "/usr/share/x/c", "")}, "interest /usr/share/x\n", 300},
		{"older ones", []debtest.Deb{aged("other", 20, "/usr/share/x", "")}, "interest /usr/share/x\n", 100},
		{"a name", []debtest.Deb{aged("other", 200, "/usr/share/x", "activate-noawait name\n")}, "interest name\n", 200},
		{"another name", []debtest.Deb{aged("other", 200, "/usr/share/x", "activate name\n")}, "interest names\n", 100},
		{"what it activates itself", []debtest.Deb{aged("other", 200, "/usr/share/x", "interest name\n")}, "activate name\n", 100},
		{"another architecture's", []debtest.Deb{{Name: "own", Arch: "i386", Files: files{{Path: "./x", MTime: 200}}}}, "", 200},
	} {
		var packages []*deb.Package
		for _, d := range append(c.also, aged("own", 100, "/usr/share/own/x", c.wait)) {
			packages = append(packages, made(t, d))
		}
		got, err := dates(packages)
		if err != nil {
			t.Fatal(err)
		}
		if got["own"] != c.want {
			t.Errorf("%s: %d, want %d", c.name, got["own"], c.want)
		}
	}
}

// What one package's scripts do is the same whatever else is in the root, and
// however new that is, but for byte code of Emacs. A directory that scripts only put something into keeps its
// time.
func TestDatesOfEffects(t *testing.T) {
	pp, common := aged("pp", 1000, "/usr/share/pp/x", ""), aged("common", 500, "/usr/share/common/x", "")
	common.Files = append(common.Files, debtest.File{Path: "./var/lib/common/", MTime: 400})
	run := func(other int64) *Effects {
		f := &fake{does: map[string]func(string){
			"pp postinst": func(u string) {
				put(t, u, "var/lib/common/pp", "x")
				put(t, u, "var/lib/pp/new", "x")
				put(t, u, "var/lib/pp/kept", "x")
				put(t, u, "var/lib/pp/x.elc", "x")
				put(t, u, "etc/shadow", "pp:!:12345::::::\n")
				os.Chtimes(filepath.Join(u, "var/lib/pp/kept"), time.Unix(300, 0), time.Unix(300, 0))
			},
			"zz postinst": func(u string) { put(t, u, "var/lib/pp/others", "x") },
		}}
		packages := []*deb.Package{made(t, pp), made(t, common), made(t, aged("zz", other, "/usr/share/zz/x", ""))}
		e, err := wave(t, f, Wave{Packages: packages, Epoch: max(1000, other)})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	want := map[string]int64{
		"/var/lib/pp": 1000, "/var/lib/pp/new": 1000, "/var/lib/pp/kept": 300, "/var/lib/common": 400, "/var/lib/common/pp": 1000,
	}
	for _, other := range []int64{900, 2000, 3000} {
		want["/var/lib/pp/others"], want["/var/lib/pp/x.elc"] = other, max(1000, other)
		e := run(other)
		tree := e.Index.Tree()
		for p, date := range want {
			fi, err := os.Stat(filepath.Join(e.Root(), p))
			if err != nil || fi.ModTime().Unix() != date {
				t.Errorf("others of %d: the date of %s is %v, want %d (%v)", other, p, fi.ModTime(), date, err)
			}
			if f := tree.Get(p); f == nil && p != "/var/lib/common" || f != nil && f.MTime != date {
				t.Errorf("others of %d: the index has %s as %+v, want %d", other, p, f, date)
			}
		}
		if l := e.Lines[0]; l.Text != "pp:!:0::::::" {
			t.Errorf("others of %d: shadow has %q", other, l.Text)
		}
	}
}

// A directory that a script makes has its time when the next script runs; one that was
// there, and what lies in it, have that of the change.
func TestDatesOfNew(t *testing.T) {
	age := func(u, name string) time.Time {
		fi, err := os.Stat(filepath.Join(u, name))
		if err != nil {
			t.Fatal(err)
		}
		return fi.ModTime()
	}
	common := aged("common", 500, "/usr/share/common/x", "")
	common.Files = append(common.Files, debtest.File{Path: "./var/lib/common/", MTime: 400})
	began := time.Now().Add(-time.Minute)
	f := &fake{does: map[string]func(string){
		"pp postinst": func(u string) {
			put(t, u, "var/lib/pp/new", "x")
			put(t, u, "var/lib/common/pp", "x")
			os.Mkdir(filepath.Join(u, "var/lib/old"), 0o755)
			os.Chtimes(filepath.Join(u, "var/lib/old"), time.Unix(300, 0), time.Unix(300, 0))
		},
		"zz postinst": func(u string) {
			for name, want := range map[string]int64{"var/lib/pp": 1000, "var/lib/old": 300} {
				if m := age(u, name); !m.Equal(time.Unix(want, 0)) {
					t.Errorf("the next script finds %s of %v", name, m)
				}
			}
			for _, name := range []string{"var/lib/pp/new", "var/lib/common"} {
				if m := age(u, name); m.Before(began) {
					t.Errorf("the next script finds %s of %v", name, m)
				}
			}
		},
	}}
	packages := []*deb.Package{made(t, aged("pp", 1000, "/usr/share/pp/x", "")), made(t, common), made(t, aged("zz", 900, "/usr/share/zz/x", ""))}
	if _, err := wave(t, f, Wave{Packages: packages, Epoch: 1000}); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(f.run, "zz postinst") {
		t.Errorf("the steps were %q", f.run)
	}
}

// Scripts find their package's date in SOURCE_DATE_EPOCH; a trigger's is that of what
// activated it, if that is newer.
func datesOfScripts(t *testing.T, w *world) {
	const script = sh + "echo \"$1 $SOURCE_DATE_EPOCH\" >>/var/lib/dated\n"
	dated := aged("dated", 1000, "/usr/share/dated/x", "interest-noawait /usr/share/awaited\n")
	dated.Members["preinst"], dated.Members["postinst"] = script, script
	e, v, err := w.next(t, Wave{}, dated, aged("newer", 5000, "/usr/share/newer/x", ""))
	if err != nil {
		t.Fatal(err)
	}
	wrote(t, e, "install 1000\nconfigure 1000\n", 1000)
	e, _, err = w.next(t, v, aged("brings", 2000, "/usr/share/awaited/x", ""), aged("newest", 9000, "/usr/share/newest/x", ""))
	if err != nil {
		t.Fatal(err)
	}
	wrote(t, e, "install 1000\nconfigure 1000\ntriggered 2000\n", 2000)
}

func wrote(t *testing.T, e *Effects, text string, date int64) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(e.Root(), "var/lib/dated"))
	if err != nil || string(data) != text {
		t.Errorf("the scripts wrote %q (%v), want %q", data, err, text)
	}
	if f := e.Index.Tree().Get("/var/lib/dated"); f == nil || f.MTime != date {
		t.Errorf("it is %+v, want it of %d", f, date)
	}
}
