package pin

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func newPinner(t *testing.T) (*Pinner, *mirrortest.Mirror) {
	t.Helper()
	m := mirrortest.Start(t)
	s, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	f, err := fetch.New(s, fetch.Options{Attempts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	r := language.Registries{NPM: m.URL, Go: m.URL, Pip: m.URL + "/simple", Cargo: m.URL + "/crates"}
	return &Pinner{Fetch: f, Store: s, Registries: r}, m
}

func hexOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// moduleZip is the zip of a module of one file, and its h1 digest.
func moduleZip(t *testing.T) (data []byte, h1 string) {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("example.com/m@v1.0.0/m.go")
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "package m\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if h1, err = dirhash.HashZip(file, dirhash.Hash1); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), h1
}

// TestVendor asks pretend registries for what lock files of each kind name.
func TestVendor(t *testing.T) {
	p, m := newPinner(t)
	module, h1 := moduleZip(t)
	mod := []byte("module example.com/m\n")
	modH1, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(mod)), nil })
	if err != nil {
		t.Fatal(err)
	}
	tarball := []byte("tarball")
	integrity := sha512.Sum512(tarball)
	for name, data := range map[string][]byte{
		"/example.com/m/@v/v1.0.0.zip": module, "/example.com/m/@v/v1.0.0.mod": mod, "/left-pad/-/left-pad-1.3.0.tgz": tarball,
		"/simple/six/": []byte(`<a href="/files/six-1.16.0-py2.py3-none-any.whl#sha256=` + hexOf(tarball) + `">six</a>`),
	} {
		m.Put(name, data)
	}
	npm := func(integrity string) string {
		return `{"lockfileVersion":3,"packages":{"node_modules/left-pad":{"version":"1.3.0","resolved":"https://registry.npmjs.org/left-pad/-/left-pad-1.3.0.tgz","integrity":"` + integrity + `"}}}`
	}
	tests := []struct {
		name string
		kind language.Kind
		text string
		want string // "place size", sorted by URL
		err  string
	}{
		{"go", language.Go, "example.com/m v1.0.0 " + h1 + "\nexample.com/m v1.0.0/go.mod " + modH1 + "\n",
			fmt.Sprintf("go/example.com/m/@v/v1.0.0.mod %d\ngo/example.com/m/@v/v1.0.0.zip %d\n", len(mod), len(module)), ""},
		{"go, other bytes", language.Go, "example.com/m v1.0.0 " + modH1 + "\n", "", "somebody has published other bytes under this version"},
		{"go.mod, other bytes", language.Go, "example.com/m v1.0.0/go.mod " + h1 + "\n", "", "somebody has published other bytes under this version"},
		{"npm", language.NPM, npm("sha512-" + base64.StdEncoding.EncodeToString(integrity[:])), "npm/_cacache/content-v2/sha512/" + cachePath(integrity[:]) + " 7\n", ""},
		{"npm, other bytes", language.NPM, npm("sha1-L9Q0ZxGYQ4tSbu5SHsx7QCN5HcI="), "", "and the lock file wants 2fd4"},
		{"pip", language.Pip, "six==1.16.0 --hash=sha256:" + hexOf(tarball), "pip/six-1.16.0-py2.py3-none-any.whl 0\n", ""},
		{"pip, none of them", language.Pip, "six==1.16.0 --hash=sha256:" + hexOf(mod), "", "lists none of its 1 files for this architecture"},
		{"cargo, not asked", language.Cargo, "[[package]]\nname=\"serde\"\nversion=\"1.0.0\"\nsource=\"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum=\"" + hexOf(mod) + "\"\n", "cargo/crates/serde-1.0.0 0\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files, err := p.Vendor(t.Context(), tt.kind, language.Input{File: "lock", Data: []byte(tt.text), Arch: "amd64"})
			if tt.err != "" || err != nil {
				if err == nil || tt.err == "" || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			var got strings.Builder
			for _, f := range files {
				fmt.Fprintf(&got, "%s %d\n", f.At, f.Size)
			}
			if got.String() != tt.want {
				t.Errorf("got\n%swant\n%s", got.String(), tt.want)
			}
		})
	}
}

// cachePath is where npm's cache has a file of that digest.
func cachePath(sum []byte) string {
	h := hex.EncodeToString(sum)
	return h[:2] + "/" + h[2:4] + "/" + h[4:]
}

// TestSigned pins a source that its maker, somebody else, or nobody signed.
func TestSigned(t *testing.T) {
	p, m := newPinner(t)
	made := time.Now().Add(-time.Hour)
	key, other := apttest.NewKey(t, made, 0), apttest.NewKey(t, made, 0)
	data := []byte("source")
	m.Put("/x.tar.gz", data)
	m.Put("/good.asc", key.Detached(t, string(data)))
	m.Put("/other.asc", other.Detached(t, string(data)))
	m.Put("/changed.asc", key.Detached(t, "another source"))
	m.Put("/page.asc", []byte("<html>"))
	p.Files = fstest.MapFS{"recipes/x/key.asc": {Data: []byte(key.Public(t))}}
	i := &recipe.Instance{File: "recipes/x/recipe.toml"}
	tests := []struct{ signature, err string }{
		{"good", ""}, {"other", "is not signed by key.asc"}, {"changed", "is not signed by key.asc"}, {"page", "is not signed by key.asc"}, {"none", "404"},
	}
	for _, tt := range tests {
		t.Run(tt.signature, func(t *testing.T) {
			s := recipe.Source{URLs: []string{m.URL + "/x.tar.gz"}, Signature: m.URL + "/" + tt.signature + ".asc", SignedBy: recipe.Ref{Name: "key.asc"}}
			pin, err := p.Pin(t.Context(), i, s, lock.Source{})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
			if err == nil && (pin.SHA256 != hexOf(data) || pin.Size != int64(len(data))) {
				t.Errorf("pin %+v", pin)
			}
		})
	}
}

// TestSignedContents pins compressed files of which what they hold was signed.
func TestSignedContents(t *testing.T) {
	p, m := newPinner(t)
	key := apttest.NewKey(t, time.Now().Add(-time.Hour), 0)
	text := strings.Repeat("what it holds\n", 1000)
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	io.WriteString(z, text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	m.Put("/x.tar.gz", packed.Bytes())
	m.Put("/cut.tar.gz", packed.Bytes()[:packed.Len()/2])
	m.Put("/y.tar.gz", []byte(text))
	for _, name := range []string{"/x.tar.sign", "/cut.tar.sign", "/y.tar.sign", "/x.tar.gz.sign"} {
		m.Put(name, key.Detached(t, text))
	}
	p.Files = fstest.MapFS{"recipes/x/key.asc": {Data: []byte(key.Public(t))}}
	i := &recipe.Instance{File: "recipes/x/recipe.toml"}
	for _, tt := range []struct{ file, signature, err string }{
		{"x.tar.gz", "x.tar.sign", ""},
		{"y.tar.gz", "y.tar.sign", ""}, // not compressed, whatever its name says
		{"cut.tar.gz", "cut.tar.sign", "cut.tar.gz is not signed by key.asc: unexpected EOF"},
		{"x.tar.gz", "x.tar.gz.sign", "its signature by"},
		{"x.tar.gz", "y.tar.sign", "its signature by"},
	} {
		s := recipe.Source{URLs: []string{m.URL + "/" + tt.file}, Signature: m.URL + "/" + tt.signature, SignedBy: recipe.Ref{Name: "key.asc"}}
		_, err := p.Pin(t.Context(), i, s, lock.Source{})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s, %s: error %v, want %q", tt.file, tt.signature, err, tt.err)
		}
	}
}

// TestAgain asks a URL again that has the same bytes, others, and none any more.
func TestAgain(t *testing.T) {
	p, m := newPinner(t)
	var warnings []string
	p.Warn = func(_ diag.Pos, format string, args ...any) {
		warnings = append(warnings, fmt.Sprintf(format, args...))
	}
	m.Put("/x", []byte("one"))
	s, i := recipe.Source{URLs: []string{m.URL + "/x"}}, &recipe.Instance{}
	ask := func(old lock.Source) lock.Source {
		t.Helper()
		pin, err := p.Pin(t.Context(), i, s, old)
		if err != nil {
			t.Fatal(err)
		}
		return pin
	}
	one := ask(lock.Source{})
	if again := ask(one); !reflect.DeepEqual(again, one) || one.SHA256 != hexOf([]byte("one")) {
		t.Errorf("%+v, and again %+v", one, again)
	}
	m.Put("/x", []byte("two"))
	two := ask(one)
	if two.SHA256 != hexOf([]byte("two")) || warnings != nil {
		t.Errorf("%+v, %q", two, warnings)
	}
	m.Remove("/x")
	if gone := ask(two); !reflect.DeepEqual(gone, two) {
		t.Errorf("%+v", gone)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], "/x stays as it is locked: fetch x: ") {
		t.Errorf("%q", warnings)
	}
	if _, err := p.Pin(t.Context(), i, s, lock.Source{}); err == nil {
		t.Error("what is nowhere was pinned")
	}
}
