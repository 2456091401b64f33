package effects

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// A fake runner does in the upper directory what scripts are said to do, by
// label, and scans it as a plain directory.
type fake struct {
	does map[string]func(upper string) // by label
	jobs []job.Job
	run  []string // the labels of each job's driver, in order

	result job.Result // of each job
}

func (f *fake) Run(_ context.Context, j job.Job, s job.Streams) (job.Result, error) {
	f.jobs = append(f.jobs, j)
	upper := filepath.Join(j.Scratch, "upper")
	driver, err := os.ReadFile(filepath.Join(j.Layers[0], j.Args[1]))
	if err != nil {
		return job.Result{}, err
	}
	labels := []string{startLabel}
	for line := range strings.Lines(string(driver)) {
		words := strings.SplitN(line, "'", 3)
		if strings.HasPrefix(line, "run '") || strings.HasPrefix(line, "configure '") {
			labels = append(labels, words[1])
		}
	}
	if j.Args[1] == here+"/configure" {
		status, err := os.ReadFile(filepath.Join(j.Layers[0], adminDir, "status"))
		if err != nil {
			return job.Result{}, err
		}
		os.MkdirAll(filepath.Join(upper, adminDir), 0o755)
		done := strings.ReplaceAll(string(status), " unpacked\n", " installed\n")
		os.WriteFile(filepath.Join(upper, adminDir, "status"), []byte(done), 0o644)
	}
	for _, l := range append(labels, doneLabel) {
		f.run = append(f.run, l)
		if do := f.does[l]; do != nil {
			do(upper)
		}
		if err := s.Checkpoint(l); err != nil {
			return job.Result{}, err
		}
	}
	return f.result, nil
}

func (f *fake) Scan(_ context.Context, scratch string, _ func(string) (uint32, uint32)) ([]job.Change, error) {
	var out []job.Change
	upper := filepath.Join(scratch, "upper")
	err := filepath.Walk(upper, func(p string, fi os.FileInfo, err error) error {
		if err != nil || p == upper {
			return err
		}
		st := fi.Sys().(*syscall.Stat_t)
		c := job.Change{Path: strings.TrimPrefix(p, upper), Kind: job.Regular, Mode: st.Mode & 0o7777, Size: fi.Size(),
			Ino: st.Ino, Nlink: uint64(st.Nlink), MTime: fi.ModTime(), CTime: time.Unix(st.Ctim.Unix())}
		switch {
		case fi.IsDir():
			c.Kind = job.Dir
		case fi.Mode()&os.ModeSymlink != 0:
			c.Kind = job.Symlink
			c.Link, err = os.Readlink(p)
		case fi.Mode()&os.ModeCharDevice != 0:
			c.Kind = job.Whiteout
		}
		out = append(out, c)
		return err
	})
	return out, err
}

func wave(t *testing.T, f *fake, v Wave) (*Effects, error) {
	t.Helper()
	dir := tempDir(t)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if v.Epoch == 0 {
		v.Epoch = epoch
	}
	return Run(t.Context(), f, v, out, Options{Scratch: filepath.Join(dir, "scratch")})
}

func put(t *testing.T, upper, name, data string) {
	t.Helper()
	path := filepath.Join(upper, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Error(err)
	}
}

// Each path belongs to the script that changed it last, in the order in which
// dpkg could have run them.
func TestAttribution(t *testing.T) {
	script := members{"postinst": sh}
	a := made(t, debtest.Deb{Name: "aa", Fields: "Depends: zz\n", Members: script})
	m := made(t, debtest.Deb{Name: "mm", Fields: "Depends: aa\n"})
	z := made(t, debtest.Deb{Name: "zz", Members: members{"preinst": sh, "postinst": sh}})
	f := &fake{does: map[string]func(string){
		startLabel:    func(u string) { os.MkdirAll(filepath.Join(u, "proc"), 0o755); put(t, u, "etc/mount-point", "") },
		"zz preinst":  func(u string) { put(t, u, "etc/passwd", "root:x:0:0:::\n"); put(t, u, "etc/zz", "1") },
		"zz postinst": func(u string) { put(t, u, "etc/zz", "22"); put(t, u, "run/lock/x", "") },
		"aa postinst": func(u string) {
			put(t, u, "etc/passwd", "root:x:0:0:::\naa:x:100:100:::\n")
			put(t, u, "etc/aa", "1")
			os.Link(filepath.Join(u, "etc/zz"), filepath.Join(u, "etc/aa2"))
		},
	}}
	e, err := wave(t, f, Wave{Packages: []*deb.Package{a, m, z}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"start", "zz preinst", "done", "start", "zz postinst", "aa postinst", "mm postinst", "done"}
	if !slices.Equal(f.run, want) {
		t.Errorf("steps %q, want %q", f.run, want)
	}
	wantLine(t, e, "/etc/zz", "f 644 root:root 2 zz postinst")
	wantLine(t, e, "/etc/aa", "f 644 root:root 1 aa postinst")
	if g := e.Index.Tree().Get("/etc/aa2"); g == nil || g.Type != layer.Regular {
		t.Errorf("aa2: %+v", g)
	}
	for _, gone := range []string{"/etc/mount-point", "/proc", "/run/lock/x", "/var/lib/dpkg/status"} {
		wantLine(t, e, gone, "nothing")
	}
	if len(e.Lines) != 2 || e.Lines[0].Package != "zz" || e.Lines[1].Package != "aa" || e.Lines[1].Key != "aa" {
		t.Errorf("lines %+v", e.Lines)
	}
}

// The layers are what EFFECTS says: the wave's own trees come after its preinst
// scripts, except in the first wave.
func TestLayersOfJobs(t *testing.T) {
	script := members{"preinst": sh}
	first := made(t, debtest.Deb{Name: "first", Members: script})
	f := &fake{}
	e, err := wave(t, f, Wave{Packages: []*deb.Package{first}})
	if err != nil {
		t.Fatal(err)
	}
	second := made(t, debtest.Deb{Name: "second", Members: script})
	if _, err := wave(t, f, Wave{Packages: []*deb.Package{second}, Before: []*deb.Package{first}, Earlier: []*Effects{e}}); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]string{{first.Root()}, {first.Root()}, {e.Root(), first.Root()}, {e.Root(), first.Root(), second.Root()}} {
		l := f.jobs[i].Layers
		if got := l[1 : len(l)-1]; !slices.Equal(got, want) {
			t.Errorf("job %d has the layers %q, want %q", i, got, want)
		}
	}
}

// A wave that is written can be read, and tells what was changed in it.
func TestOpen(t *testing.T) {
	p := made(t, debtest.Deb{Name: "pp", Members: members{"postinst": sh}})
	f := &fake{does: map[string]func(string){"pp postinst": func(u string) {
		put(t, u, "etc/x", "x")
		put(t, u, "etc/shells", "# comment\n/bin/sh\n")
		put(t, u, "run/x/y", "")
	}}}
	e, err := wave(t, f, Wave{Packages: []*deb.Package{p}})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(e.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if indexText(t, e) != indexText(t, again) || len(again.Lines) != len(e.Lines) || !slices.Equal(again.Reports, e.Reports) {
		t.Errorf("read again: %+v", again)
	}
	if err := os.WriteFile(filepath.Join(e.Dir, "lines"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(e.Dir); err == nil {
		t.Error("broken lines were read")
	}
}

// What changes time alone comes out the same.
func TestTimes(t *testing.T) {
	p := made(t, debtest.Deb{Name: "pp", Members: members{"postinst": sh}})
	run := func(old int64) string {
		f := &fake{does: map[string]func(string){"pp postinst": func(u string) {
			put(t, u, "etc/d/new", "x")
			put(t, u, "etc/d/old", "x")
			os.Chtimes(filepath.Join(u, "etc/d/old"), time.Unix(old, 0), time.Unix(old, 0))
		}}}
		e, err := wave(t, f, Wave{Packages: []*deb.Package{p}})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"etc/d", "etc/d/new", "etc/d/old"} {
			fi, err := os.Stat(filepath.Join(e.Root(), name))
			if err != nil || fi.ModTime().Unix() > epoch {
				t.Errorf("%s: %v, %v", name, fi.ModTime(), err)
			}
		}
		return indexText(t, e)
	}
	a := run(1000)
	time.Sleep(1100 * time.Millisecond)
	if b := run(1000); a != b {
		t.Errorf("they differ:\n%s", diff(a, b))
	}
	if !strings.Contains(a, " 1000 /etc/d/old") {
		t.Errorf("an older time is lost:\n%s", a)
	}
}

func TestNoScratch(t *testing.T) {
	if _, err := Run(t.Context(), &fake{}, Wave{}, t.TempDir(), Options{}); err == nil {
		t.Error("it ran")
	}
}
