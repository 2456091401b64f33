package container

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// changes is a scan as text: kind, mode, owner, path, and what else there is.
func changes(t *testing.T, k *Keeper, dir string, base func(string) (uint32, uint32)) string {
	t.Helper()
	list, err := k.Scan(context.Background(), dir, base)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	links := map[uint64]string{}
	for _, c := range list {
		fmt.Fprintf(&b, "%c %04o %d:%d %s", c.Kind, c.Mode, c.UID, c.GID, c.Path)
		if c.Kind == job.Regular {
			fmt.Fprintf(&b, " %d", c.Size)
		}
		if c.Link != "" {
			fmt.Fprintf(&b, " -> %s", c.Link)
		}
		if c.Opaque {
			b.WriteString(" opaque")
		}
		if c.Caps != nil {
			fmt.Fprintf(&b, " caps %x", c.Caps)
		}
		for _, name := range slices.Sorted(maps.Keys(c.Xattrs)) {
			fmt.Fprintf(&b, " %s=%s", name, c.Xattrs[name])
		}
		if c.Kind == job.Regular && c.Nlink > 1 {
			if first, ok := links[c.Ino]; ok {
				fmt.Fprintf(&b, " = %s", first)
			} else {
				links[c.Ino] = c.Path
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// wantScan is what TestContainerScan's script changes, ATTR being its own attribute.
const wantScan = `f 4755 7:8 /attr 2ATTR
f 0755 0:0 /cap 4 caps 0100000200040000000000000000000000000000
f 0755 0:0 /cap2 4 caps 0100000200040000000000000000000000000000 = /cap
d 0000 0:0 /closed
f 0000 0:0 /closed/x 2
d 0755 0:0 /dir opaque
f 0644 0:0 /dir/new 4
d 0755 0:0 /etc
- 0000 0:0 /etc/gone
f 0644 100:42 /etc/keep 5
f 0644 100:42 /etc/shadow 10
d 1777 0:0 /merged
p 0644 0:0 /merged/fifo
l 0777 3:4 /merged/link -> a
d 0755 0:0 /usr-lib
f 0644 0:0 /usr-lib/prog 5
f 0644 0:0 /usr-lib/prog3 5 = /usr-lib/prog
`

func TestContainerScan(t *testing.T) {
	k := start(t, Options{})
	lower := scratch(t)
	for _, name := range []string{"etc/shadow", "etc/gone", "etc/keep", "dir/old", "merged/a", "usr-lib/prog"} {
		write(t, filepath.Join(lower, name), "text\n")
	}
	if err := os.Link(filepath.Join(lower, "usr-lib/prog"), filepath.Join(lower, "usr-lib/prog2")); err != nil {
		t.Fatal(err)
	}
	j := shell(t, `set -e
		echo more >>/etc/shadow
		rm /etc/gone
		rm -r /dir; mkdir /dir; echo new >/dir/new
		mkdir /closed; echo x >/closed/x; chmod 0 /closed /closed/x
		echo cap >/cap; chmod 755 /cap; setcap cap_net_bind_service=ep /cap
		echo y >/attr; setfattr -n user.mine -v 1 /attr
		ln /cap /cap2
		ln /usr-lib/prog /usr-lib/prog3
		ln -s a /merged/link; mkfifo /merged/fifo; chown -h 3:4 /merged/link
		chgrp 42 /etc/keep; chown 7:8 /attr; chmod 4755 /attr; chmod 1777 /merged`)
	j.Layers, j.Scratch = append(j.Layers, lower), scratch(t)
	j.Tmpfs = []job.Tmpfs{{Path: "/run/x", Mode: 0o1777}}
	if _, err := os.Stat("/usr/bin/setfattr"); err != nil {
		j.Args[2] = strings.Replace(j.Args[2], "setfattr -n user.mine -v 1 /attr", "true", 1)
	}
	run(t, k, j)
	base := func(path string) (uint32, uint32) {
		if path == "/etc/shadow" || path == "/etc/keep" {
			return 100, 42
		}
		return 0, 0
	}
	attr := " user.mine=1"
	if _, err := os.Stat("/usr/bin/setfattr"); err != nil {
		attr = ""
	}
	want := strings.Replace(wantScan, "ATTR", attr, 1)
	same(t, "changes", changes(t, k, j.Scratch, base), want)

	next := shell(t, `set -e; cat /dir/new; rm /attr /cap2; echo again >/etc/gone; ls /etc`)
	next.Layers, next.Scratch = j.Layers, j.Scratch
	same(t, "the next job sees", run(t, k, next), "new\ngone\nkeep\nshadow\n")
	if got := changes(t, k, j.Scratch, base); !strings.Contains(got, "\nf 0644 0:0 /etc/gone 6\n") || strings.Contains(got, "/attr") {
		t.Errorf("changes:\n%s", got)
	}
}

// A program's own attributes of overlay's name come back as they were set.
func TestContainerScanEscaped(t *testing.T) {
	k := start(t, Options{})
	j := helper(t, "attributes")
	j.Scratch = scratch(t)
	want := "f 0644 0:0 /f 0 user.a=1 user.overlay.opaque=y\n"
	if said := run(t, k, j); !strings.HasPrefix(said, "set: ok\n") {
		want = "f 0644 0:0 /f 0 user.a=1\n" // Linux before 6.7 has no name for it, and says so
	}
	same(t, "changes", changes(t, k, j.Scratch, nil), want)
}

// The changes can be read while the job waits, and read on a root that the
// next job may not write to.
func TestContainerCheckpoint(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, `echo 1 >/a; echo one >&3; read x <&4; echo 22 >/a; ln -s x /b; echo two >&3; read x <&4; rm /a; echo done`)
	j.Scratch = scratch(t)
	var seen []string
	var out strings.Builder
	res, err := k.Run(context.Background(), j, job.Streams{Out: &out, Checkpoint: func(line string) error {
		seen = append(seen, line+"\n"+changes(t, k, j.Scratch, nil))
		return nil
	}})
	if err != nil || res.Exit != 0 || out.String() != "done\n" {
		t.Fatalf("%+v, %v, %q", res, err, out.String())
	}
	want := "one\nf 0644 0:0 /a 2\n two\nf 0644 0:0 /a 3\nl 0777 0:0 /b -> x\n"
	same(t, "checkpoints", strings.Join(seen, " "), want)

	j = shell(t, "ls -l /b | wc -l; touch /c 2>&1; touch /w/c && echo written; mount 2>/dev/null | grep -c ' on /newpoint '")
	j.ReadOnly = true
	j.Tmpfs = []job.Tmpfs{{Path: "/newpoint"}, {Path: "/w"}}
	j.Scratch = scratch(t)
	if err := os.MkdirAll(filepath.Join(j.Scratch, "upper"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x", filepath.Join(j.Scratch, "upper/b")); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if _, err := k.Run(context.Background(), j, job.Streams{Out: &out, Err: &out}); err != nil {
		t.Fatal(err)
	}
	same(t, "read-only", out.String(), "1\ntouch: cannot touch '/c': Read-only file system\nwritten\n1\n")
	same(t, "changes of a read-only job", changes(t, k, j.Scratch, nil), "l 0777 0:0 /b -> x\n")
}

func TestCapsV2(t *testing.T) {
	tests := []struct{ in, want string }{
		{"\x01\x00\x00\x03\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xe9\x03\x00\x00",
			"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
			"\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"short", "short"},
	}
	for _, test := range tests {
		if got := string(capsV2([]byte(test.in))); got != test.want {
			t.Errorf("capsV2(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestOwner(t *testing.T) {
	o := nobodyAsked().with(unset, 5)
	if o != (owner{unset, 5}) || o.with(7, unset) != (owner{7, 5}) {
		t.Errorf("owner %v", o)
	}
	back, ok := ownerOf(o.note())
	if back != o || !ok {
		t.Errorf("ownerOf(%x) = %v, %v", o.note(), back, ok)
	}
	if _, ok := ownerOf([]byte("short")); ok {
		t.Error("a short note is one")
	}
}
