package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/usher"
)

// workspace writes files, "NAME" or "NAME = contents", and opens them. Their
// changes are too fresh to be remembered for a moment, which it waits for.
func workspace(t testing.TB, files ...string) (string, *usher.Files) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, " = ")
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := usher.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	time.Sleep(2 * settle)
	return dir, opened
}

func list(t testing.TB, d *Dirs, dir string) string {
	t.Helper()
	entries, err := d.List(dir, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %.4s%s %v\n", e.Path, e.SHA256, e.Link, e.Exec)
	}
	return b.String()
}

func TestList(t *testing.T) {
	dir, files := workspace(t, ".gitignore = *.log\n", "app/a = A", "app/a.log", "app/.git/config", "app/d/.gitignore = !b.log\n", "app/d/b.log = B",
		"recipes/x/recipe.toml", "ashlar.lock", "vendor/recipes/y")
	if err := os.Symlink("../a", filepath.Join(dir, "app/d/l")); err != nil {
		t.Fatal(err)
	}
	d := New(files, t.TempDir())
	want := "a 559a false\nd/.gitignore ff9d false\nd/b.log df7e false\nd/l ../a false\n"
	if got := list(t, d, "app"); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	want = ".gitignore 318d false\nvendor/recipes/y e3b0 false\n"
	os.RemoveAll(filepath.Join(dir, "app"))
	if got := list(t, d, "."); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestStatCache changes files in ways that a look at size and time would miss.
func TestStatCache(t *testing.T) {
	tests := []struct {
		name   string
		change func(file string) error
	}{
		{"same size, same time", func(file string) error {
			info, err := os.Stat(file)
			if err != nil {
				return err
			}
			if err := os.WriteFile(file, []byte("B"), 0o644); err != nil {
				return err
			}
			return os.Chtimes(file, info.ModTime(), info.ModTime())
		}},
		{"another file in its place", func(file string) error {
			if err := os.WriteFile(file+".new", []byte("B"), 0o644); err != nil {
				return err
			}
			return os.Rename(file+".new", file)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, files := workspace(t, "app/a = A")
			cache := t.TempDir()
			before := list(t, New(files, cache), "app")
			saved, _ := filepath.Glob(filepath.Join(cache, "*"))
			if len(saved) != 1 {
				t.Fatalf("caches %q, want one", saved)
			}
			if again := list(t, New(files, cache), "app"); again != before {
				t.Errorf("unchanged, it lists\n%swant\n%s", again, before)
			}
			if err := tt.change(filepath.Join(dir, "app/a")); err != nil {
				t.Fatal(err)
			}
			if after := list(t, New(files, cache), "app"); after != "a df7e false\n" {
				t.Errorf("changed, it lists %s", after)
			}
		})
	}
}

// TestStatCacheDamaged reads caches that were cut or are of another format.
func TestStatCacheDamaged(t *testing.T) {
	_, files := workspace(t, "app/a = A", "app/b = B")
	cache := t.TempDir()
	want := list(t, New(files, cache), "app")
	saved, _ := filepath.Glob(filepath.Join(cache, "*"))
	whole, err := os.ReadFile(saved[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range []string{"", string(whole[:len(whole)-20]), strings.Replace(string(whole), cacheFormat, "x", 1), strings.ReplaceAll(string(whole), "\t", " ")} {
		if err := os.WriteFile(saved[0], []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := list(t, New(files, cache), "app"); got != want {
			t.Errorf("cache %q: got\n%swant\n%s", data, got, want)
		}
	}
}

func BenchmarkList(b *testing.B) {
	var names []string
	for i := range 10_000 {
		names = append(names, fmt.Sprintf("app/%d/%d.js = %d", i/100, i, i))
	}
	_, files := workspace(b, names...)
	cache := b.TempDir()
	list(b, New(files, cache), "app")
	b.ReportAllocs()
	for b.Loop() {
		list(b, New(files, cache), "app")
	}
}
