package layer_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// hostFile reads a file of the host, and the links on its way, into a tree.
func hostFile(t *testing.T, tree *layer.Tree, path string) bool {
	t.Helper()
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return false
	}
	path = filepath.Join(dir, filepath.Base(path))
	if target, err := os.Readlink(path); err == nil {
		f := &layer.File{Path: path, Type: layer.Symlink, Link: target}
		tree.Put(f)
		return hostFile(t, tree, f.Target())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	f := layer.Content(path, 0o755, data, layer.Origin{Kind: layer.FromPackage, Name: path})
	f.Facts = layer.FactsOf(bytes.NewReader(data), int64(len(data)))
	tree.Put(f)
	return true
}

// What the closure of a real program reaches is enough to run it.
func TestContainerRunsClosure(t *testing.T) {
	tree := layer.New()
	for _, name := range []string{"/lib", "/lib64", "/bin"} {
		target, err := os.Readlink(name)
		if err != nil {
			t.Fatalf("a merged /usr is needed: %v", err)
		}
		tree.Put(&layer.File{Path: name, Type: layer.Symlink, Link: target})
	}
	hostFile(t, tree, "/usr/bin/bash")
	hostFile(t, tree, "/usr/bin/ls")
	c := layer.Close(tree, []string{"bash"}, layer.ClosureOptions{Provide: func(want string) (string, *layer.Tree) {
		files := layer.New()
		if !strings.HasPrefix(want, "/") {
			want = "/usr/lib/x86_64-linux-gnu/" + want
		}
		if !hostFile(t, files, want) {
			return "", nil
		}
		return want, files
	}})
	for _, m := range c.Missing {
		if m.Fatal {
			t.Errorf("missing: %+v", m)
		}
	}
	reach := c.Reach()
	if reach.Get("/usr/bin/ls") != nil {
		t.Error("ls was reached")
	}
	reach.Put(layer.Content("/etc/ld.so.cache", 0o644, layer.LdCache(reach, nil, "ashlar"), layer.Origin{}))
	root := t.TempDir()
	unpackTree(t, reach, root)
	cmd := exec.Command("/usr/bin/bash", "-c", "echo $((6 * 7)); cd /; echo *")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: root, Cloneflags: syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	cmd.Dir = "/"
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "42\netc lib lib64 usr\n" {
		t.Errorf("%v: %s", err, out)
	}
}

func unpackTree(t *testing.T, tree *layer.Tree, root string) {
	t.Helper()
	for f := range tree.All() {
		p := root + f.Path
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		switch f.Type {
		case layer.Dir:
			err = os.MkdirAll(p, 0o755)
		case layer.Symlink:
			err = os.Symlink(f.Link, p)
		default:
			err = os.WriteFile(p, f.Data, os.FileMode(f.Mode))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
