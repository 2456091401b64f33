package store

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.TempDir(), Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func everyName(string) bool { return true }

// A cache that went through an archive is the same, and gives the same archive;
// what the other store has stays.
func TestCachesTravel(t *testing.T) {
	a, b := openTest(t), openTest(t)
	fill(t, a, "nginx:ccache", map[string]string{"0/a": "first", "0/b": "second", "top": ""})
	fill(t, a, "tool:go-build", map[string]string{"x": "x"})
	fill(t, b, "nginx:ccache", map[string]string{"0/a": "its own"})
	first := export(t, a)
	came, had, err := b.ImportCaches(t.Context(), bytes.NewReader(first), everyName)
	if err != nil || came != 3 || had != 1 {
		t.Fatalf("%d came, %d were there, %v", came, had, err)
	}
	c, err := b.Cache("nginx:ccache")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for file, want := range map[string]string{"0/a": "its own", "0/b": "second", "top": ""} {
		if data, err := os.ReadFile(filepath.Join(c.Dir(), file)); err != nil || string(data) != want {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	if err := os.WriteFile(filepath.Join(c.Dir(), "0/a"), []byte("first"), 0o644); err != nil {
		t.Fatal(err)
	}
	past(t, c.Dir())
	if !bytes.Equal(export(t, b), first) {
		t.Error("the caches have become others on their way")
	}
}

// An archive that was cut, or that names what is no cache's, is refused.
func TestImportRefuses(t *testing.T) {
	a := openTest(t)
	fill(t, a, "nginx:ccache", map[string]string{"a": strings.Repeat("bytes ", 1000)})
	whole := export(t, a)
	b := openTest(t)
	if _, _, err := b.ImportCaches(t.Context(), bytes.NewReader(whole[:2000]), everyName); err == nil {
		t.Error("an archive that ends too early was taken")
	}
	if names, _ := filepath.Glob(filepath.Join(b.Dir(), "caches/*/*")); len(names) > 0 {
		t.Errorf("it left %v", names)
	}
	for _, name := range []string{"nginx:ccache/../../x", "../x", "nginx:ccache", "nginx:ccache//etc/x", ".x/y", "other/y"} {
		var file bytes.Buffer
		w := tar.NewWriter(&file)
		w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name})
		w.Close()
		_, _, err := b.ImportCaches(t.Context(), &file, func(n string) bool { return n == "nginx:ccache" })
		if err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

func export(t *testing.T, s *Store) []byte {
	t.Helper()
	names, err := s.Caches()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := s.ExportCaches(t.Context(), &b, names); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func fill(t *testing.T, s *Store, name string, files map[string]string) {
	t.Helper()
	c, err := s.Cache(name)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for file, text := range files {
		at := filepath.Join(c.Dir(), file)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		w, err := os.Create(at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		w.Close()
	}
	past(t, c.Dir())
}

// past gives all files one time.
func past(t *testing.T, dir string) {
	t.Helper()
	when := time.Unix(1e9, 0)
	filepath.WalkDir(dir, func(file string, d os.DirEntry, err error) error {
		if d.Type().IsRegular() {
			if err := os.Chtimes(file, when, when); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
}

// Whatever an archive says, its files are in caches, or nowhere.
func FuzzImportCaches(f *testing.F) {
	for _, name := range []string{"nginx:ccache/a", "nginx:ccache/../a", "/etc/x", "a/b/../../../c"} {
		for _, kind := range []byte{tar.TypeReg, tar.TypeSymlink, tar.TypeDir} {
			var file bytes.Buffer
			w := tar.NewWriter(&file)
			w.WriteHeader(&tar.Header{Typeflag: kind, Name: name, Linkname: "/etc", Size: 0})
			w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name + "/in", Mode: 0o4777})
			w.Close()
			f.Add(file.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		top := t.TempDir()
		s, err := Open(filepath.Join(top, "store"), Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.ImportCaches(t.Context(), bytes.NewReader(data), everyName)
		filepath.WalkDir(filepath.Join(top, "store", cachesDir), func(file string, d os.DirEntry, err error) error {
			if err == nil && d.Type()&(os.ModeSymlink|os.ModeSetuid) != 0 {
				t.Errorf("%s has type %s", file, d.Type())
			}
			return nil
		})
		if all, err := os.ReadDir(top); err != nil || len(all) != 1 {
			t.Errorf("beside the store there is %v, %v", all, err)
		}
	})
}
