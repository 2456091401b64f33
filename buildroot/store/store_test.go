package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func temp(t testing.TB) *store.Store {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "store"))
}

func sum(data string) string {
	h := sha256.Sum256([]byte(data))
	return hex.EncodeToString(h[:])
}

func put(t testing.TB, s *store.Store, data string) string {
	t.Helper()
	d, size, err := s.Put(t.Context(), strings.NewReader(data), "")
	if err != nil || d != sum(data) || size != int64(len(data)) {
		t.Fatalf("Put(%.20q) = %s, %d, %v", data, d, size, err)
	}
	return d
}

// tree commits a tree with one file in root/.
func tree(t testing.TB, s *store.Store, data string) string {
	t.Helper()
	d, err := s.NewTree()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, d.Dir(), data)
	if err := d.Commit(t.Context(), sum(data)); err != nil {
		t.Fatal(err)
	}
	return sum(data)
}

func fill(t testing.TB, dir, data string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "root"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"root/file", "index"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// age makes an entry look unused for so long.
func age(t testing.TB, s *store.Store, name string, d time.Duration) {
	t.Helper()
	then := time.Now().Add(-d)
	if err := os.Chtimes(filepath.Join(s.Dir(), name), then, then); err != nil {
		t.Fatal(err)
	}
}

// list is what a store holds, a name a line, without its own files.
func list(t testing.TB, s *store.Store) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{"blobs", "kept", "locks", "partial", "results", "run", "trees"} {
		names, err := os.ReadDir(filepath.Join(s.Dir(), dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range names {
			fmt.Fprintf(&b, "%s/%.8s\n", dir, n.Name())
		}
	}
	return b.String()
}

const day = 24 * time.Hour

func TestOpenMakes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	fi, err := os.Stat(dir)
	if err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if v, _ := os.ReadFile(filepath.Join(dir, "version")); string(v) != "ashlar store 1\n" {
		t.Errorf("version %q", v)
	}
	if w := s.Warnings(); len(w) != 0 {
		t.Errorf("warnings %q", w)
	}
	if s.Dir() != dir {
		t.Errorf("dir %s", s.Dir())
	}
	put(t, s, "x")
	if again := open(t, dir); !again.HasBlob(sum("x")) {
		t.Error("the second Open does not see the blob")
	}
	if got := list(t, s); strings.Count(got, "run/") != 2 {
		t.Errorf("sessions:\n%s", got)
	}
}

// A process that was killed while it made the store left part of it.
func TestOpenGoesOn(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"blobs", "trees"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "version~17"), []byte("ashl"), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, open(t, dir), "x")
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name string
		file string // made in the directory
		text string
		want string
	}{
		{"other version", "version", "ashlar store 7\n", `it is "ashlar store 7", this ashlar reads "ashlar store 1"`},
		{"foreign version", "version", "3.2\n", `its file "version" is not of a store`},
		{"empty version", "version", "", `its file "version" is not of a store`},
		{"not ours", "thesis.tex", "", `it is not empty and no store (it has "thesis.tex")`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := store.Open(dir, store.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if names, _ := os.ReadDir(dir); len(names) != 1 {
				t.Errorf("it was changed: %v", names)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if _, err := store.Open(dir, store.Options{}); err == nil {
			t.Errorf("Open(%q) opened it", dir)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("HOME", "/home/u")
	for _, tt := range []struct {
		uid       int
		xdg, want string
	}{
		{0, "/x", "/var/lib/ashlar"},
		{1000, "/x", "/x/ashlar"},
		{1000, "", "/home/u/.cache/ashlar"},
		{1000, "relative", "/home/u/.cache/ashlar"},
	} {
		t.Setenv("XDG_CACHE_HOME", tt.xdg)
		if got := store.DefaultDir(tt.uid); got != tt.want {
			t.Errorf("DefaultDir(%d) with %q = %s, want %s", tt.uid, tt.xdg, got, tt.want)
		}
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if got := store.DefaultDir(1); got != "" {
		t.Errorf("without HOME: %s", got)
	}
}

func TestPut(t *testing.T) {
	s := temp(t)
	const data = "some bytes"
	d := put(t, s, data)
	f, err := s.Blob(d)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got, err := io.ReadAll(f)
	if string(got) != data || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if fi, _ := os.Stat(s.BlobPath(d)); fi.Mode() != 0o400 {
		t.Errorf("mode %v", fi.Mode())
	}
	// What is there is not read again.
	_, size, err := s.Put(t.Context(), iotest.ErrReader(errors.New("was read")), d)
	if size != int64(len(data)) || err != nil {
		t.Errorf("second Put: %d, %v", size, err)
	}
	put(t, s, data)
	put(t, s, "")
}

func TestPutFails(t *testing.T) {
	s := temp(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("interrupted")
	stops := io.MultiReader(strings.NewReader("part"), readerFunc(func([]byte) (int, error) { cancel(why); return 1, nil }))
	broken := errors.New("broken")

	_, _, err := s.Put(t.Context(), strings.NewReader("other"), sum("want"))
	var wrong *store.DigestError
	if !errors.As(err, &wrong) || wrong.Want != sum("want") || wrong.Got != sum("other") || wrong.Size != 5 {
		t.Errorf("wrong digest: %v", err)
	}
	if _, _, err := s.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), ""); !errors.Is(err, broken) {
		t.Errorf("broken reader: %v", err)
	}
	if _, _, err := s.Put(ctx, stops, ""); !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
	for _, d := range []string{"x", strings.Repeat("A", 64), "../" + strings.Repeat("a", 61)} {
		if _, _, err := s.Put(t.Context(), strings.NewReader(""), d); err == nil {
			t.Errorf("digest %q was taken", d)
		}
		if s.HasBlob(d) {
			t.Errorf("HasBlob(%q)", d)
		}
	}
	if _, err := s.Blob(sum("never")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent blob: %v", err)
	}
	if got := unfinished(t, s); got != "lock\n" {
		t.Errorf("left behind:\n%s", got)
	}
}

// unfinished lists what is in the only session.
func unfinished(t *testing.T, s *store.Store) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", `ls "$0"/run/*`, s.Dir()).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestVerify(t *testing.T) {
	s := temp(t)
	good, bad, short := put(t, s, "good"), put(t, s, "bad one"), put(t, s, "short one")
	for d, data := range map[string]string{bad: "bad 0ne", short: "short"} {
		if err := os.Chmod(s.BlobPath(d), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.BlobPath(d), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		var wrong *store.DigestError
		if err := s.Verify(t.Context(), d); !errors.As(err, &wrong) || wrong.Got != sum(data) {
			t.Errorf("Verify: %v", err)
		}
		if s.HasBlob(d) {
			t.Error("the damaged blob is still there")
		}
	}
	if err := s.Verify(t.Context(), good); err != nil || !s.HasBlob(good) {
		t.Errorf("good blob: %v", err)
	}
	if err := s.Verify(t.Context(), bad); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gone blob: %v", err)
	}
	put(t, s, "bad one")
	if err := s.Verify(t.Context(), bad); err != nil {
		t.Error(err)
	}
}
