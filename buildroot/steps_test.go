package buildroot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A step gets the same environment everywhere, and nothing of the caller's.
func TestStepJob(t *testing.T) {
	t.Setenv("CALLERS", "secret")
	w := newWorld(t, map[string]string{"tool": `[build]
env = { B = "build" }
workdir = "sub"
[depends]
build = ["base"]
[[step]]
name = "first"
run = "make"
env = { B = "step", C = "red" }
[[step]]
name = "second"
run = "#!/usr/bin/perl -w\nexit"
workdir = "/"
user = "daemon"
timeout = "90s"
[artefacts]
main = []
`})
	w.does("tool: first", nil)
	w.does("tool: second", nil)
	if _, _, err := w.build(t.Context(), Options{Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	first, second := w.jobs["tool: first"], w.jobs["tool: second"]
	equalText(t, "environment", strings.Join(first.Env, "\n"), `arch=amd64
name=tool
suite=trixie
triplet=x86_64-linux-gnu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
HOME=/root
LC_ALL=C.UTF-8
TZ=UTC
SOURCE_DATE_EPOCH=0
src=/build
out=/out
jobs=2
MAKEFLAGS=-j2
B=step
C=red
BASH_ENV=/run/ashlar/trap`)
	for _, test := range []struct{ name, got, want string }{
		{"arguments", fmt.Sprint(first.Args), "[/run/ashlar/with-flags /bin/bash -euo pipefail /run/ashlar/step]"},
		{"arguments of a script with an interpreter", fmt.Sprint(second.Args), "[/run/ashlar/with-flags /usr/bin/perl -w /run/ashlar/step]"},
		{"directories", first.Dir + " " + second.Dir, "/build/sub /"},
		{"users", fmt.Sprint(first.User, first.Group, second.User), "0 0 1"},
		{"time", fmt.Sprint(first.Timeout, second.Timeout), "0s 1m30s"},
		{"host name", first.Hostname, "ashlar"},
		{"its own directories", fmt.Sprint(first.Tmpfs), "[{/run 493 0} {/tmp 1023 0}]"},
	} {
		equalText(t, test.name, test.got, test.want)
	}
	if first.Scratch == "" || first.Scratch != second.Scratch {
		t.Error("the steps have not one root")
	}
	for _, b := range first.Binds {
		if !strings.HasPrefix(b.From, first.Scratch) {
			t.Errorf("%s of the host can be seen", b.From)
		}
	}
}

// What steps leave becomes files with owners by name, the step that made them, no
// time after the source's, and links kept; what belongs to nobody is gone.
func TestHarvest(t *testing.T) {
	w := newWorld(t, map[string]string{"tool": `[depends]
build = ["base"]
[[step]]
name = "make"
run = "make"
[[step]]
name = "install"
run = "install"
[artefacts]
main = ["/usr/**", "/opt/**"]
`})
	w.steps["tool: make"] = func(upper string) job.Result {
		for _, name := range []string{"build/a.o", "tmp/x", "run/x", "var/tmp/x", "root/.cache/x", "proc/x"} {
			w.file(filepath.Join(upper, name), "x", 0o644)
		}
		w.file(filepath.Join(upper, "out/usr/bin/early"), "early", 0o755)
		return job.Result{}
	}
	w.steps["tool: install"] = func(upper string) job.Result {
		time.Sleep(10 * time.Millisecond) // file systems' clocks are coarse
		out := filepath.Join(upper, "out")
		w.file(filepath.Join(out, "usr/bin/tool"), "tool", 0o755)
		w.file(filepath.Join(out, "usr/share/given"), "given", 0o644|os.ModeSticky)
		w.file(filepath.Join(out, "usr/share/closed"), "closed", 0)
		err := os.Link(filepath.Join(out, "usr/bin/tool"), filepath.Join(out, "usr/bin/tool2"))
		if err == nil {
			err = os.Symlink("tool", filepath.Join(out, "usr/bin/link"))
		}
		if err != nil {
			t.Error(err)
		}
		w.file(filepath.Join(upper, "opt/elsewhere"), "elsewhere", 0o600)
		return job.Result{}
	}
	p, r, err := w.build(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	equalText(t, "tree", w.tree(p, r, "tool", "main"), `/opt/elsewhere file 0600 root:root 7b1b763e [recipe tool install]
/usr/bin/early file 0755 root:root f408830b [recipe tool make]
/usr/bin/link link 0777 root:root -> tool [recipe tool install]
/usr/bin/tool file 0755 root:root 7c9bbe5e [recipe tool install]
/usr/bin/tool2 hard 0000 -:- -> /usr/bin/tool [recipe tool install]
/usr/share/closed file 0000 root:root c3eefb58 [recipe tool install]
/usr/share/given file 0644 daemon:staff 5b729e0f [recipe tool install]`)
}

// A file that nobody declared stops the build, with the line to add; one that is
// missing names the step that removed it, or the nearest path that is there.
func TestArtefacts(t *testing.T) {
	const recipe = `[depends]
build = ["base"]
[[step]]
name = "make"
run = "make"
[[step]]
name = "tidy"
run = "tidy"
[artefacts]
main = ["/usr/bin/tool"]
`
	tests := []struct {
		name       string
		make, tidy func(out string)
		want       []string
	}{
		{"undeclared", func(out string) { write(t, out, "usr/bin/tool"); write(t, out, "usr/share/x") }, nil,
			[]string{"/usr/share/x", "add to main", `    "/usr/share/x",`}},
		{"removed", func(out string) { write(t, out, "usr/bin/tool") },
			func(out string) { os.Remove(filepath.Join(out, "usr/bin/tool")) },
			[]string{"recipes/tool/recipe.toml:10:9", `step "tidy"`}},
		{"elsewhere", func(out string) { write(t, out, "usr/local/bin/tool") }, nil,
			[]string{"recipes/tool/recipe.toml:10:9", "/usr/local/bin/tool"}},
		{"nothing", nil, nil, []string{"recipes/tool/recipe.toml:10:9"}},
	}
	for _, test := range tests {
		w := newWorld(t, map[string]string{"tool": recipe})
		for step, do := range map[string]func(string){"tool: make": test.make, "tool: tidy": test.tidy} {
			w.steps[step] = func(upper string) job.Result {
				if do != nil {
					do(filepath.Join(upper, "out"))
				}
				return job.Result{}
			}
		}
		_, _, err := w.build(t.Context(), Options{})
		if err == nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		var text strings.Builder
		if err := diag.Print(&text, err, diag.Options{}); err != nil {
			t.Fatal(err)
		}
		for _, want := range test.want {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s: the error does not say %s:\n%v", test.name, want, text.String())
			}
		}
	}
}

func write(t *testing.T, dir, name string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(name), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAccountOf(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "etc/x")
	if err := os.WriteFile(filepath.Join(dir, "etc/passwd"), []byte("root:x:0:0:::\nbad line\nwww-data:x:33:34:::\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		user     string
		uid, gid uint32
		bad      string
	}{
		{"", 0, 0, ""}, {"root", 0, 0, ""}, {"12", 12, 12, ""}, {"www-data", 33, 34, ""},
		{"nobody", 0, 0, `the build has no user "nobody"`},
	}
	for _, test := range tests {
		uid, gid, err := accountOf([]string{t.TempDir(), dir}, test.user)
		if uid != test.uid || gid != test.gid || (err == nil) != (test.bad == "") || err != nil && err.Error() != test.bad {
			t.Errorf("%q: %d:%d, %v", test.user, uid, gid, err)
		}
	}
}
