package effects

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/layer"
)

// conflicts are packages that are unpacked in this order, with the same paths.
var conflicts = []struct {
	name    string
	a, b    debtest.Deb
	refused string // what our refusal says; empty: dpkg takes both
}{
	{name: "nothing in common",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/a", Data: "a"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/b", Data: "b"}}}},
	{name: "one file",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}},
		refused: "aa and bb both have /opt/x, and neither says that it replaces the other"},
	{name: "one file, the same bytes",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "x"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "x"}}},
		refused: "aa and bb both have /opt/x, and neither"},
	{name: "the later one replaces",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b: debtest.Deb{Fields: "Replaces: aa\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}}},
	{name: "the earlier one replaces",
		a: debtest.Deb{Fields: "Replaces: bb\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}}},
	{name: "each replaces the other",
		a: debtest.Deb{Fields: "Replaces: bb\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b: debtest.Deb{Fields: "Replaces: aa\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}}},
	{name: "it replaces another version",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b:       debtest.Deb{Fields: "Replaces: aa (<< 1.0)\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}},
		refused: "aa and bb both have /opt/x, and neither"},
	{name: "two links to one place",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Type: '2', Link: "y"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Type: '2', Link: "y"}}},
		refused: "aa and bb both have /opt/x, and neither"},
	{name: "a link replaces a file",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b: debtest.Deb{Fields: "Replaces: aa\n", Files: files{{Path: "./opt/"}, {Path: "./opt/x", Type: '2', Link: "y"}}}},
	{name: "a further name of a file replaces",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b: debtest.Deb{Fields: "Replaces: aa\n", Files: files{{Path: "./opt/"}, {Path: "./opt/w", Data: "b"}, {Path: "./opt/x", Type: '1', Link: "./opt/w"}}}},
	{name: "directories of two modes",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/d/", Mode: 0o700}, {Path: "./opt/d/a", Data: "a"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/d/", Mode: 0o755}, {Path: "./opt/d/b", Data: "b"}}}},
	{name: "a file over a directory",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/a", Data: "a"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "b"}}},
		refused: "aa has a directory at /opt/x, and bb a file"},
	{name: "a directory over a file",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Data: "a"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/b", Data: "b"}}},
		refused: "aa has a file at /opt/x, and bb a directory"},
	{name: "a link over a directory",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/a", Data: "a"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Type: '2', Link: "y"}}}},
	{name: "a directory over a link to one",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/y/"}, {Path: "./opt/x", Type: '2', Link: "y"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/b", Data: "b"}, {Path: "./opt/x/d/"}, {Path: "./opt/x/d/c", Type: '2', Link: "/c"}}}},
	{name: "a directory over a link to one that has something",
		a: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./srv/"}, {Path: "./srv/y/"}, {Path: "./srv/y/a", Data: "a"}, {Path: "./opt/x", Type: '2', Link: "../srv/y"}}},
		b: debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/b", Data: "b"}}}},
	{name: "a directory over a link to a file",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/y", Data: "y"}, {Path: "./opt/x", Type: '2', Link: "y"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/b", Data: "b"}}},
		refused: "aa has a link at /opt/x, and bb a directory"},
	{name: "a directory over a link to nothing",
		a:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x", Type: '2', Link: "y"}}},
		b:       debtest.Deb{Files: files{{Path: "./opt/"}, {Path: "./opt/x/"}, {Path: "./opt/x/b", Data: "b"}}},
		refused: "aa has a link at /opt/x, and bb a directory"},
	{name: "one configuration file",
		a:       debtest.Deb{Members: members{"conffiles": "/etc/x\n"}, Files: files{{Path: "./etc/"}, {Path: "./etc/x", Data: "a"}}},
		b:       debtest.Deb{Members: members{"conffiles": "/etc/x\n"}, Files: files{{Path: "./etc/"}, {Path: "./etc/x", Data: "b"}}},
		refused: "aa and bb both have /etc/x, and neither"},
}

// What two packages with the same paths come to, in one wave and in two, is what
// dpkg makes of them, and what dpkg refuses is refused.
func TestConflicts(t *testing.T) {
	for _, c := range conflicts {
		t.Run(c.name, func(t *testing.T) {
			c.a.Name, c.b.Name = "aa", "bb"
			theirs, said := dpkgUnpack(t, c.a, c.b)
			if (said != "") != (c.refused != "") {
				t.Errorf("dpkg says %q", said)
			}
			a, b := made(t, c.a), made(t, c.b)
			one, err := wave(t, &fake{}, Wave{Packages: []*deb.Package{a, b}})
			checkConflict(t, c.refused, "in one wave", Wave{Before: []*deb.Package{a, b}, Earlier: []*Effects{one}}, err, theirs)
			first, err := wave(t, &fake{}, Wave{Packages: []*deb.Package{a}})
			if err != nil {
				t.Fatal(err)
			}
			second, err := wave(t, &fake{}, Wave{Packages: []*deb.Package{b}, Before: []*deb.Package{a}, Earlier: []*Effects{first}})
			checkConflict(t, c.refused, "in two waves", Wave{Before: []*deb.Package{a, b}, Earlier: []*Effects{first, second}}, err, theirs)
		})
	}
}

func checkConflict(t *testing.T, refused, how string, v Wave, err error, theirs string) {
	t.Helper()
	if refused != "" {
		if err == nil || !strings.Contains(err.Error(), refused) {
			t.Errorf("%s: error %v, want %q", how, err, refused)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", how, err)
		return
	}
	if got := listing(Root(v.Before, v.Earlier)); got != theirs {
		t.Errorf("%s: the index says\n%sdpkg made\n%s", how, got, theirs)
	}
	if got := mounted(t, Layers("", v.Earlier, v.Before, "")); got != theirs {
		t.Errorf("%s: the layers show\n%sdpkg made\n%s", how, got, theirs)
	}
}

// listing has a line for each path but the database's.
func listing(files map[string]*layer.File) string {
	var b strings.Builder
	for _, p := range slices.SortedFunc(maps.Keys(files), layer.Compare) {
		f := files[p]
		if f.Type == layer.Hardlink {
			f = files[f.Link]
		}
		kind := f.Type
		if kind == layer.Opaque {
			kind = layer.Dir
		}
		if p != "/" && !layer.Below(p, "/var") && p != "/var" {
			fmt.Fprintf(&b, "%c %s %s\n", kind, p, f.Link)
		}
	}
	return b.String()
}

// mounted is the listing of what an overlay mount of layers shows.
func mounted(t *testing.T, layers []string) string {
	t.Helper()
	files := map[string]*layer.File{}
	for i := len(layers) - 1; i >= 0; i-- {
		below := maps.Clone(files)
		walk(t, layers[i], func(p, path string, d fs.DirEntry) {
			if f := files[p]; f != nil && (!d.IsDir() || f.Type != layer.Dir) {
				for q := range below {
					if layer.Below(q, p) {
						delete(files, q)
					}
				}
			}
			files[p] = listed(t, p, path, d)
			if d.Type()&fs.ModeCharDevice != 0 { // a whiteout
				delete(files, p)
			}
		})
	}
	return listing(files)
}

func listed(t *testing.T, p, path string, d fs.DirEntry) *layer.File {
	f := &layer.File{Path: p, Type: layer.Regular}
	switch {
	case d.IsDir():
		f.Type = layer.Dir
	case d.Type()&fs.ModeSymlink != 0:
		var err error
		f.Type = layer.Symlink
		if f.Link, err = os.Readlink(path); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func walk(t *testing.T, root string, do func(p, path string, d fs.DirEntry)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && path != root {
			do(strings.TrimPrefix(path, root), path, d)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// dpkgUnpack has the real dpkg unpack packages, and returns the listing of what
// it made, or what it said when it refused one.
func dpkgUnpack(t *testing.T, debs ...debtest.Deb) (made, said string) {
	t.Helper()
	if _, err := exec.LookPath("dpkg"); err != nil {
		skip(t, "no dpkg on this host")
	}
	dir := tempDir(t)
	root := filepath.Join(dir, "root")
	empty, err := NewDatabase(nil, Installed)
	if err != nil {
		t.Fatal(err)
	}
	if err := empty.Write(root, epoch); err != nil {
		t.Fatal(err)
	}
	args := []string{"--root=" + root, "--force-unsafe-io", "--log=/dev/null", "--unpack"}
	for _, d := range debs {
		file := filepath.Join(dir, d.Name+".deb")
		if err := os.WriteFile(file, d.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	cmd := exec.Command("dpkg", args...)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "trying to overwrite") {
		skip(t, fmt.Sprintf("dpkg: %v\n%s", err, out))
	}
	if err != nil {
		return "", string(out)
	}
	files := map[string]*layer.File{}
	walk(t, root, func(p, path string, d fs.DirEntry) { files[p] = listed(t, p, path, d) })
	return listing(files), ""
}
