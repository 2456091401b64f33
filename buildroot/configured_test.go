package buildroot

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/layer"
)

// What scripts of packages that come with outputs changed is seen in a root but where
// its own scripts changed it, with the modes of directories that are there, and dates
// that do not differ.
func TestConfigured(t *testing.T) {
	w := newWorld(t, nil)
	dir := func(path string, mode uint32) *layer.File {
		return &layer.File{Path: path, Type: layer.Dir, Mode: mode}
	}
	digest := w.effectsOfLib()
	root := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(root, "etc"), 0o755), os.WriteFile(filepath.Join(root, "etc/passwd"), []byte("daemon:x:1:1::/:/bin/false\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	b := New(w.plan(), Env{Store: w.store}, Options{})
	defer b.Close()
	kept, err := b.effectsOf([]library{{effects: digest}, {}})
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	base := map[string]*layer.File{}
	for _, f := range kept[0].Index.Files { // as effects.Root has it
		if f.Type != layer.Whiteout {
			base[f.Path] = f
		}
	}
	for _, f := range []*layer.File{dir("/etc", 0o755), dir("/private", 0o700), dir("/usr", 0o755), effect("own", "/etc/own"), effect("own", "/usr/again")} {
		base[f.Path] = f
	}
	made, err := b.configured(kept, []string{root}, base, unixTime(200))
	if err != nil || len(made) != 1 {
		t.Fatal(made, err)
	}
	got := shown(t, made[0])
	want := map[string]string{
		"/etc": "drwxr-xr-x 200", "/etc/lib": `-rw-r----- 100 "lib"`, "/etc/passwd": `-rw-r--r-- 200 "daemon:x:1:1::/:/bin/false\nlib:x:2:1::/:/bin/false\n"`,
		"/private": "drwx------ 200", "/private/lib": `-rw-r----- 100 "lib"`, "/private/name": `-rw-r----- 100 "lib"`, "/private/link": "Lrwxrwxrwx 100",
		"/usr": "drwxr-xr-x 200", "/usr/gone": "whiteout", "/usr/new": "drwxr-xr-x 200 opaque",
	}
	for p := range want {
		if got[p] != want[p] {
			t.Errorf("%s is %q, want %q", p, got[p], want[p])
		}
		delete(got, p)
	}
	if len(got) > 0 {
		t.Errorf("and there are %v", got)
	}
}

// effect is a file that a package's script wrote.
func effect(pkg, path string) *layer.File {
	f := layer.Content(path, 0o640, []byte(pkg), layer.Origin{Kind: layer.FromEffect, Name: pkg, What: "postinst"})
	f.MTime = 100
	return f
}

// effectsOfLib stores what the scripts of a package changed.
func (w *world) effectsOfLib() (digest string) {
	w.t.Helper()
	other := func(typ layer.Type, path, link string) *layer.File {
		return &layer.File{Path: path, Type: typ, Link: link, Mode: 0o755, MTime: 100, Origin: layer.Origin{Kind: layer.FromEffect, Name: "lib"}}
	}
	files := []*layer.File{
		effect("lib", "/etc/lib"), effect("lib", "/etc/own"), effect("lib", "/private/lib"), other(layer.Hardlink, "/private/name", "/etc/own"),
		other(layer.Symlink, "/private/link", "lib"), other(layer.Whiteout, "/usr/gone", ""), other(layer.Whiteout, "/usr/again", ""), other(layer.Opaque, "/usr/new", ""),
	}
	lines := `[{"file":"/etc/passwd","key":"lib","text":"lib:x:1:1::/:/bin/false","package":"lib"}]`
	draft, digest, err := writeTree(w.store, Opener{w.store}, files, map[string]string{"own lines": lines, "own reports": "[]"})
	if err == nil {
		err = draft.Commit(w.t.Context(), digest)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return digest
}

// shown is what a layer has, by path: modes, times, bytes.
func shown(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		text := fmt.Sprintf("%v %d", info.Mode(), info.ModTime().Unix())
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(p)
			got[p[len(dir):]] = fmt.Sprintf("%s %q", text, data)
			return err
		case info.Mode()&os.ModeCharDevice != 0:
			text = "whiteout"
		case e.IsDir():
			var v [2]byte
			if n, _ := unix.Getxattr(p, "user.overlay.opaque", v[:]); n > 0 {
				text += " opaque"
			}
		}
		got[p[len(dir):]] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}
