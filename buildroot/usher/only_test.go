package usher

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Of a directory with names that alone may be looked at, nothing else is.
func TestOnly(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"shown", "other"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := openLocal(Dir{Path: dir, Only: []string{"shown", "absent"}})
	if err != nil {
		t.Fatal(err)
	}
	f := &Files{l}
	defer f.Close()
	if text, err := fs.ReadFile(f, "shown"); err != nil || string(text) != "shown" {
		t.Errorf("shown: %q, %v", text, err)
	}
	if _, err := fs.ReadFile(f, "absent"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
	_, open := f.Open("other")
	_, stat := f.Lstat("other")
	_, link := f.ReadLink("other")
	_, list := f.ReadDir(".")
	for _, err := range []error{open, stat, link, list} {
		if !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	}
}
