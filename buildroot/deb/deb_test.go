package deb_test

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/layer"
)

// unpack unpacks to a new directory.
func unpack(t *testing.T, data []byte, opts deb.Options) (*deb.Package, error) {
	t.Helper()
	return deb.Unpack(context.Background(), bytes.NewReader(data), filepath.Join(tempDir(t), "tree"), opts)
}

func TestUnpackEveryCompression(t *testing.T) {
	for _, name := range []string{"none", "gzip", "xz", "zstd", "bzip2"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".deb"))
		if err != nil {
			t.Fatal(err)
		}
		for _, sequential := range []bool{false, true} {
			p, err := unpack(t, data, deb.Options{Sequential: sequential})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got, err := os.ReadFile(filepath.Join(p.Root(), "usr/bin/hello-test"))
			if err != nil || string(got) != "#!/bin/sh\necho hello\n" {
				t.Errorf("%s: hello-test is %q, %v", name, got, err)
			}
			if p.Control.Version != "1:2.0-1" {
				t.Errorf("%s: version %q", name, p.Control.Version)
			}
		}
	}
}

// whole is a package with everything that Debian's packages have.
var whole = debtest.Deb{
	Name: "whole", Version: "1.2-3", Arch: "amd64", Compression: "gz",
	Fields: "Multi-Arch: same\nDepends: libc6,\n libssl3t64 (>= 3)\n",
	Members: map[string]string{
		"conffiles": "/etc/whole.conf\nremove-on-upgrade /etc/gone.conf\n",
		"postinst":  "#!/bin/sh\n",
		"triggers":  "interest-noawait /usr/lib\n",
	},
	Files: []debtest.File{
		{Path: "./", MTime: 7},
		{Path: "./etc/", MTime: 7},
		{Path: "./etc/whole.conf", Data: "a = 1\n", MTime: 8, Mode: 0o640, Group: "whole"},
		{Path: "./lib/", MTime: 7},
		{Path: "./lib/x.so", Data: "x", MTime: 9},
		{Path: "./lib64/ld.so", Type: '2', Link: "../lib/x.so", MTime: 9},
		{Path: "./usr/", MTime: 7},
		{Path: "./usr/bin/", MTime: 7, Mode: 0o500},
		{Path: "./usr/bin/a", Data: "#! /usr/bin/perl -w\n", Mode: 0o4755, MTime: 10},
		{Path: "./usr/bin/b", Type: '1', Link: "./usr/bin/a", MTime: 10},
		{Path: "./usr/bin/c", Type: '1', Link: "usr/bin/b", MTime: 10},
		{Path: "./usr/bin/secret", Data: "locked", Mode: -1, MTime: 11},
		{Path: "./var/fifo", Type: '6', Mode: 0o600, User: "daemon", MTime: 12},
		{Path: "./var/twice", Data: "old", MTime: 1},
		{Path: "./var/twice", Data: "new", MTime: 13},
		{Path: "./var/a name\twith\xffbytes", Data: "", MTime: 14},
		{Path: "./var/" + strings.Repeat("long/", 60) + "f", Data: "deep", MTime: 15},
	},
}

func TestUnpack(t *testing.T) {
	p, err := unpack(t, whole.Bytes(), deb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := layer.WriteIndex(&got, p.Index); err != nil {
		t.Fatal(err)
	}
	golden(t, "whole.index", got.String())
	list, _ := os.ReadFile(p.ListFile())
	golden(t, "whole.list", string(list))

	again, err := deb.Open(p.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if again.Control.Text != p.Control.Text || len(again.Conffiles) != 2 || again.Conffiles[0] != p.Conffiles[0] {
		t.Errorf("opened again: %+v, %+v; want %+v", again.Control, again.Conffiles, p.Conffiles)
	}
	if c := p.Conffiles[0]; c.Path != "/etc/whole.conf" || c.MD5 != "9358f2568f3316fe7e78a4fa7707c414" {
		t.Errorf("conffile %+v", c)
	}
	if c := p.Conffiles[1]; !c.Remove || c.MD5 != "" {
		t.Errorf("conffile %+v", c)
	}
	if q := p.Control.Qualified(); q != "whole:amd64" {
		t.Errorf("qualified name %q", q)
	}
}

func TestUnpackToDisk(t *testing.T) {
	p, err := unpack(t, whole.Bytes(), deb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	root := p.Root()
	t.Cleanup(func() { os.Chmod(filepath.Join(root, "usr/bin"), 0o755) })
	for path, want := range map[string]fs.FileMode{
		"etc/whole.conf": 0o640, "usr/bin": fs.ModeDir | 0o500, "usr/bin/a": fs.ModeSetuid | 0o755,
		"usr/bin/secret": 0, "var/fifo": fs.ModeNamedPipe | 0o600, "usr/lib": fs.ModeDir | 0o755, "usr/lib64/ld.so": fs.ModeSymlink | 0o777,
	} {
		fi, err := os.Lstat(filepath.Join(root, path))
		if err != nil || fi.Mode() != want {
			t.Errorf("%s: mode %v, %v; want %v", path, fi.Mode(), err, want)
		}
	}
	a, _ := os.Stat(filepath.Join(root, "usr/bin/a"))
	c, _ := os.Stat(filepath.Join(root, "usr/bin/c"))
	if !os.SameFile(a, c) {
		t.Error("a and c are no hard links")
	}
	if a.ModTime().Unix() != 10 {
		t.Errorf("time of a: %v", a.ModTime())
	}
	if fi, _ := os.Lstat(filepath.Join(root, "usr/lib64/ld.so")); fi.ModTime().Unix() != 9 {
		t.Errorf("time of the link: %v", fi.ModTime())
	}
	if _, err := os.Lstat(filepath.Join(root, "lib")); err == nil {
		t.Error("/lib is in the tree")
	}
	if data, _ := os.ReadFile(filepath.Join(root, "var/twice")); string(data) != "new" {
		t.Errorf("of two members of one path %q stayed", data)
	}
	if fi, _ := os.Stat(filepath.Join(root, "usr/bin/secret")); fi.Size() != 6 {
		t.Errorf("the file of mode 0000 has %d bytes", fi.Size())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("ASHLAR_GOLDEN") == "1" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
	}
}
