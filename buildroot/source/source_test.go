package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

var day = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// archive writes a tar.gz of entries "name", "name/", "name -> target",
// "name = link", "name ! c" or "name: contents".
func archive(t *testing.T, entries ...string) *os.File {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e, Typeflag: tar.TypeReg, Mode: 0o644, ModTime: day}
		body := ""
		if name, text, ok := strings.Cut(e, ": "); ok {
			h.Name, body, h.Size = name, text, int64(len(text))
		} else if name, to, ok := strings.Cut(e, " -> "); ok {
			h.Name, h.Linkname, h.Typeflag = name, to, tar.TypeSymlink
		} else if name, to, ok := strings.Cut(e, " = "); ok {
			h.Name, h.Linkname, h.Typeflag = name, to, tar.TypeLink
		} else if name, ok := strings.CutSuffix(e, " ! c"); ok {
			h.Name, h.Typeflag = name, tar.TypeChar
		} else if strings.HasSuffix(e, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		}
		if strings.HasSuffix(h.Name, ".sh") {
			h.Mode = 0o4777
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(body))
	}
	w.Close()
	z.Close()
	f := filepath.Join(t.TempDir(), "a.tar.gz")
	if err := os.WriteFile(f, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func dump(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		name := strings.TrimPrefix(strings.TrimPrefix(p, dir), "/")
		info, _ := os.Lstat(p)
		switch {
		case name == "":
		case d.IsDir():
			lines = append(lines, name+"/")
		case info.Mode()&fs.ModeSymlink != 0:
			to, _ := os.Readlink(p)
			lines = append(lines, name+" -> "+to)
		default:
			data, _ := os.ReadFile(p)
			lines = append(lines, name+" "+info.Mode().String()+" "+string(data))
		}
		return nil
	})
	return strings.Join(lines, "\n")
}

func TestUnpack(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		opts    Options
		want    string // of dump
		err     string
	}{
		{"single top directory", []string{"x-1/", "x-1/a: A", "x-1/d/b.sh: B"}, Options{}, "a -rw-r--r-- A\nd/\nd/b.sh -rwxr-xr-x B", ""},
		{"two at the top", []string{"package.xml: p", "x-1/a: A"}, Options{}, "package.xml -rw-r--r-- p\nx-1/\nx-1/a -rw-r--r-- A", ""},
		{"a file alone", []string{"a: A"}, Options{}, "a -rw-r--r-- A", ""},
		{"dot slash", []string{"./", "./x/", "./x/a: A"}, Options{}, "a -rw-r--r-- A", ""},
		{"links", []string{"x/a: A", "x/l -> a", "x/h = x/a"}, Options{}, "a -rw-r--r-- A\nh -rw-r--r-- A\nl -> a", ""},
		{"include", []string{"x/a: A", "x/d/b: B"}, Options{Include: []string{"d/**"}}, "d/\nd/b -rw-r--r-- B", ""},
		{"except", []string{"x/a: A", "x/d/b: B"}, Options{Except: []string{"d/**"}}, "a -rw-r--r-- A", ""},
		{"later counts", []string{"x/a: A", "x/b: -", "x/a: Z"}, Options{}, "a -rw-r--r-- Z\nb -rw-r--r-- -", ""},
		{"climbs", []string{"x/../../a: A"}, Options{}, "", "climbs out"},
		{"absolute", []string{"/etc/a: A"}, Options{}, "", "climbs out"},
		{"through a link", []string{"x/l -> /etc", "x/l/a: A"}, Options{}, "", "escapes"},
		{"hard link to outside", []string{"x/h = ../../etc/passwd"}, Options{}, "", "escapes"},
		{"device", []string{"x/a: A", "x/null ! c"}, Options{}, "", "special file"},
		{"bomb", []string{"x/a: " + strings.Repeat("A", 2000)}, Options{Limit: 1000}, "", "more than 1000 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			rep, err := Unpack(t.Context(), archive(t, tt.entries...), dir, tt.opts)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(t, dir); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if !rep.Newest.Equal(day) {
				t.Errorf("newest %v, want %v", rep.Newest, day)
			}
		})
	}
}

// TestUnpackKinds unpacks and reads the same files from a zip and a tar.zst; the
// script test of sources has the other kinds.
func TestUnpackKinds(t *testing.T) {
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for _, name := range []string{"x/", "x/a", "x/d/b.sh", "x/l"} {
		h := &zip.FileHeader{Name: name, Modified: day}
		h.SetMode(0o644)
		text := "A"
		switch name {
		case "x/":
			h.SetMode(0o755 | fs.ModeDir)
			text = ""
		case "x/d/b.sh":
			h.SetMode(0o755)
		case "x/l":
			h.SetMode(0o777 | fs.ModeSymlink)
			text = "a"
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	tarred, err := gzip.NewReader(archive(t, "x/a: A", "x/d/b.sh: A", "x/l -> a"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(tarred)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	const want = "a -rw-r--r-- A\nd/\nd/b.sh -rwxr-xr-x A\nl -> a"
	for name, data := range map[string][]byte{"zip": zipped.Bytes(), "tar.zst": pack.EncodeAll(plain, nil), "tar": plain} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			dir := t.TempDir()
			if _, err := Unpack(t.Context(), f, dir, Options{}); err != nil {
				t.Fatal(err)
			}
			if got := dump(t, dir); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for name, text := range map[string]string{"d/b.sh": "A", "none": "", "l": ""} {
				data, err := ReadFile(f, name, 1)
				if string(data) != text || (err == nil) != (text != "") {
					t.Errorf("%s: %q, %v", name, data, err)
				}
			}
			if _, err := ReadFile(f, "a", 0); err == nil {
				t.Error("a file beyond the limit was read")
			}
		})
	}
}

func TestUnpackNoArchive(t *testing.T) {
	f := filepath.Join(t.TempDir(), "f")
	os.WriteFile(f, []byte("<html>not found</html>"), 0o600)
	file, _ := os.Open(f)
	defer file.Close()
	if _, err := Unpack(t.Context(), file, t.TempDir(), Options{}); err == nil || !strings.Contains(err.Error(), "unpack = false") {
		t.Errorf("error %v", err)
	}
}

func TestPatch(t *testing.T) {
	const diff = "--- a/f.c\n+++ b/f.c\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
	tests := []struct{ name, before, after, err string }{
		{"fits", "one\ntwo\n", "one\n2\n", ""},
		{"moved", "zero\none\ntwo\n", "", `f.c: hunk 1 does not fit: line 1 is "zero", and the patch wants "one"; all its lines are at line 2 now: make the patch again`},
		{"changed", "one\nTWO\n", "", `line 2 is "TWO", and the patch wants "two"`},
		{"short", "one\n", "", "line 2 is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "f.c")
			os.WriteFile(file, []byte(tt.before), 0o644)
			err := Patch(dir, "x.patch", []byte(diff))
			got, _ := os.ReadFile(file)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) || string(got) != tt.before {
					t.Errorf("error %v, file %q; want %q and the file untouched", err, got, tt.err)
				}
				return
			}
			if err != nil || string(got) != tt.after {
				t.Errorf("%q, %v; want %q", got, err, tt.after)
			}
		})
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		name := filepath.Join(dir, "a")
		os.WriteFile(name, data, 0o600)
		file, _ := os.Open(name)
		defer file.Close()
		out := filepath.Join(dir, "out")
		os.Mkdir(out, 0o755)
		Unpack(t.Context(), file, out, Options{Limit: 1 << 20})
		if entries, _ := os.ReadDir(dir); len(entries) != 2 {
			t.Errorf("something was written outside: %v", entries)
		}
	})
}
