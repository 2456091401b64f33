package rmtree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// tree is what a build may leave: closed directories, and links to outside.
func tree(t *testing.T) (dir, outside string) {
	t.Helper()
	dir, outside = filepath.Join(t.TempDir(), "tree"), t.TempDir()
	for _, name := range []string{"a/b/c", "ro/sub", "w/work"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "file"), nil, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "keep"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out": outside, "a/abs": outside, "a/dangling": "/nosuch", "a/up": "../.."} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		mode os.FileMode
	}{{"a/b/c", 0}, {"a/b", 0}, {"ro/sub", 0o555}, {"ro", 0o500}, {"w/work", 0}, {"w", 0o300}} {
		if err := os.Chmod(filepath.Join(dir, c.name), c.mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir, outside
}

func TestRemoveAll(t *testing.T) {
	dir, outside := tree(t)
	before := modeOf(t, outside)
	if err := RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("tree: %v", err)
	}
	if _, err := os.Stat(filepath.Join(outside, "keep")); err != nil {
		t.Errorf("outside: %v", err)
	}
	if after := modeOf(t, outside); after != before {
		t.Errorf("outside: mode %v, was %v", after, before)
	}
	if err := RemoveAll(dir); err != nil {
		t.Errorf("again: %v", err)
	}
}

func modeOf(t *testing.T, name string) fs.FileMode {
	t.Helper()
	i, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return i.Mode()
}

// A link at the top is removed, and what it leads to stays.
func TestRemoveLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "real"), 0o500); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	if err := RemoveAll(filepath.Join(dir, "link")); err != nil {
		t.Error(err)
	}
	if mode := modeOf(t, filepath.Join(dir, "real")); mode.Perm() != 0o500 {
		t.Errorf("mode %v", mode)
	}
}

func TestRemoveMistakes(t *testing.T) {
	if err := RemoveAll("/proc/self/stat"); !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EACCES) {
		t.Errorf("a file that cannot be removed: %v", err)
	}
	if err := RemoveAll("/nosuch/x"); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
}
