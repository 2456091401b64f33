package layer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// diskTree reads a directory into a tree, facts included.
func diskTree(t *testing.T, root string) *layer.Tree {
	t.Helper()
	tree := layer.New()
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || p == root {
			return err
		}
		name := strings.TrimPrefix(p, root)
		switch {
		case d.IsDir():
			tree.Put(&layer.File{Path: name, Type: layer.Dir, Mode: 0o755})
		case d.Type() == os.ModeSymlink:
			target, err := os.Readlink(p)
			tree.Put(&layer.File{Path: name, Type: layer.Symlink, Link: target})
			return err
		default:
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			f := layer.Content(name, 0o644, data, layer.Origin{})
			f.Facts = layer.FactsOf(bytes.NewReader(data), int64(len(data)))
			tree.Put(f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skipf("%s is not installed", program)
	}
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	need(t, args[0])
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out)
	}
	return string(out)
}

// build compiles a library or a program out of one line of C.
func build(t *testing.T, out, code string, flags ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(t.TempDir(), "x.c")
	if err := os.WriteFile(src, []byte(code), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, append([]string{"gcc", "-o", out, src}, flags...)...)
}

// The cache is the one that the host's ldconfig writes for the same tree.
func TestLdCacheLikeLdconfig(t *testing.T) {
	root := t.TempDir()
	multi := root + "/usr/lib/x86_64-linux-gnu"
	shared := []string{"-shared", "-nostdlib"}
	lib := func(p, soname string) {
		flags := shared
		if soname != "" {
			flags = append(flags, "-Wl,-soname,"+soname)
		}
		build(t, p, "int f;", flags...)
	}
	link := func(target, p string) {
		if err := os.Symlink(target, p); err != nil {
			t.Fatal(err)
		}
	}
	write := func(p, text string) {
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lib(multi+"/libz.so.1.3.1", "libz.so.1")
	link("libz.so.1.3.1", multi+"/libz.so.1")
	link("libz.so.1", multi+"/libz.so")
	lib(multi+"/libold-1.9.so", "")
	lib(multi+"/libold-1.10.so", "")
	lib(multi+"/libm.so.6", "libm.so.6")
	lib(multi+"/ld-linux-x86-64.so.2", "ld-linux-x86-64.so.2")
	lib(multi+"/libv.so.1.2", "libv.so.1")
	lib(multi+"/libv.so.1.10", "libv.so.1")
	link("libv.so.1.10", multi+"/libv.so.1")
	lib(multi+"/glibc-hwcaps/x86-64-v3/libm.so.6", "libm.so.6")
	lib(multi+"/glibc-hwcaps/x86-64-v2/libm.so.6", "libm.so.6")
	lib(multi+"/plugins/libplug.so", "libplug.so")
	lib(root+"/opt/x/lib/libz.so.1", "libz.so.1")
	lib(root+"/opt/x/lib/libalias-real.so.2", "libreal.so.2")
	link("libalias-real.so.2", root+"/opt/x/lib/libalias.so")
	lib(root+"/usr/lib/libtop.so.0", "libtop.so.0")
	link("/nowhere", root+"/usr/lib/libdangling.so")
	write(multi+"/libc.so", "/* GNU ld script */")
	write(root+"/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n")
	write(root+"/etc/ld.so.conf.d/a.conf", "/opt/x/lib\n")
	write(root+"/etc/ld.so.conf.d/multi.conf", "# Multiarch support\n/usr/local/lib/x86_64-linux-gnu\n/lib/x86_64-linux-gnu\n/usr/lib/x86_64-linux-gnu\n")
	link("usr/lib", root+"/lib")
	tree := diskTree(t, root)

	cache := filepath.Join(t.TempDir(), "theirs")
	command(t, "ldconfig", "-r", root, "-X", "-C", "/etc/ld.so.cache")
	theirs, err := os.ReadFile(root + "/etc/ld.so.cache")
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(theirs, []byte("ldconfig ("))
	if at < 0 {
		t.Fatalf("no generator in %q", theirs)
	}
	ours := layer.LdCache(tree, nil, string(theirs[at:]))
	if bytes.Equal(ours, theirs) {
		return
	}
	mine := filepath.Join(t.TempDir(), "ours")
	os.WriteFile(mine, ours, 0o644)
	os.WriteFile(cache, theirs, 0o644)
	t.Errorf("%d bytes, ldconfig's has %d\nours:\n%s\ntheirs:\n%s", len(ours), len(theirs),
		command(t, "ldconfig", "-p", "-C", mine), command(t, "ldconfig", "-p", "-C", cache))
}

func TestLdCacheOfNothing(t *testing.T) {
	if b := layer.LdCache(parse(t, "/usr/lib/libx.so file text"), nil, "ashlar"); b != nil {
		t.Errorf("got %q", b)
	}
}
