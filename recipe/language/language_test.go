package language

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestRead(t *testing.T) {
	tests := []struct {
		name, file, arch, text string
		want                   string // "name url at digest", a line each
		bad                    string // "line: message", a line each
	}{
		{
			name: "npm", file: "package-lock.json", arch: "amd64",
			text: `{"lockfileVersion": 3, "packages": {
				"": {"name": "app"},
				"lib/own": {"version": "1.0.0"},
				"node_modules/own": {"resolved": "lib/own", "link": true},
				"node_modules/a": {"version": "1.2.3", "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz", "integrity": "sha1-L9Q0ZxGYQ4tSbu5SHsx7QCN5HcI= sha512-iGTHlq/RlfVnqcZi4Me/fq70IlTN48j9tXcgTTfRUcFf8hUPWOIQIkn6j3EuQWFGsOWKIQzbdJLCZVAxpB6RvQ=="},
				"node_modules/a/node_modules/@s/b": {"version": "2.0.0", "resolved": "https://npm.example.com/@s/b/-/b-2.0.0.tgz", "integrity": "sha1-L9Q0ZxGYQ4tSbu5SHsx7QCN5HcI="},
				"node_modules/again": {"name": "a", "version": "1.2.3", "resolved": "https://registry.npmjs.org/a/-/a-1.2.3.tgz", "integrity": "sha512-iGTHlq/RlfVnqcZi4Me/fq70IlTN48j9tXcgTTfRUcFf8hUPWOIQIkn6j3EuQWFGsOWKIQzbdJLCZVAxpB6RvQ=="},
				"node_modules/mac": {"version": "1.0.0", "optional": true, "os": ["darwin"], "cpu": ["arm64"]},
				"node_modules/bundled": {"version": "1.0.0", "inBundle": true}
			}}`,
			want: "@s/b 2.0.0 https://npm.example.com/@s/b/-/b-2.0.0.tgz npm/_cacache/content-v2/sha1/2f/d4/34671198438b526eee521ecc7b4023791dc2\n" +
				"a 1.2.3 https://registry.npmjs.org/a/-/a-1.2.3.tgz npm/_cacache/content-v2/sha512/88/64/c796afd195f567a9c662e0c7bf7eaef42254cde3c8fdb577204d37d151c15ff2150f58e2102249fa8f712e416146b0e58a210cdb7492c2655031a41e91bd\n",
		},
		{
			name: "npm mistakes", file: "npm-shrinkwrap.json", arch: "amd64",
			text: "{\"lockfileVersion\": 2, \"packages\": {\n\"node_modules/git\": {\"version\": \"1.0.0\", \"resolved\": \"git+ssh://git@example.com/x.git#abc\"},\n" +
				"\"node_modules/anybody\": {\"version\": \"1.0.0\", \"resolved\": \"https://x.example/x.tgz\"},\n\"node_modules/nowhere\": {\"version\": \"1.0.0\", \"integrity\": \"sha1-L9Q0ZxGYQ4tSbu5SHsx7QCN5HcI=\"},\n" +
				"\"node_modules/odd\": {\"version\": \"1.0.0\", \"resolved\": \"https://x.example/x.tgz\", \"integrity\": \"sha512-x\"}}}",
			bad: "2: git 1.0.0 comes from git, without a digest of its bytes\n3: anybody 1.0.0 has no integrity, so its bytes are anybody's\n" +
				"4: nowhere 1.0.0 does not say where it comes from (resolved); npm then asks a registry at build time\n5: odd 1.0.0: integrity \"sha512-x\" cannot be read\n",
		},
		{name: "npm old", file: "package-lock.json", text: `{"lockfileVersion": 1}`, bad: "1: lockfileVersion 1 has no list of packages\n"},
		{
			name: "go", file: "go.sum",
			text: "github.com/BurntSushi/toml v1.6.0 h1:abc=\ngithub.com/BurntSushi/toml v1.6.0/go.mod h1:def=\ngolang.org/toolchain v0.0.1-go1.26.5.linux-amd64 h1:x=\n\nnonsense\n",
			want: "github.com/BurntSushi/toml v1.6.0/go.mod https://proxy.golang.org/github.com/!burnt!sushi/toml/@v/v1.6.0.mod go/github.com/!burnt!sushi/toml/@v/v1.6.0.mod h1:def=\n" +
				"github.com/BurntSushi/toml v1.6.0 https://proxy.golang.org/github.com/!burnt!sushi/toml/@v/v1.6.0.zip go/github.com/!burnt!sushi/toml/@v/v1.6.0.zip h1:abc=\n",
			bad: "5: this is no line of go.sum: module, version and h1:DIGEST\n",
		},
		{
			name: "cargo", file: "Cargo.lock",
			text: "version = 4\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n[[package]]\nname = \"serde\"\nversion = \"1.0.219\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"" + sum + "\"\n" +
				"[[package]]\nname = \"forked\"\nversion = \"0.1.0\"\nsource = \"git+https://example.com/x#abc\"\n",
			want: "serde 1.0.219 https://static.crates.io/crates/serde/serde-1.0.219.crate cargo/crates/serde-1.0.219 " + sum + "\n",
			bad:  "11: forked 0.1.0 comes from git, without a digest of its bytes\n",
		},
		{
			name: "pip", file: "requirements.txt", arch: "amd64",
			text: "# by pip-compile\nFlask_Login[x]==1.0 ; python_version > \"3\" \\\n    --hash=sha256:" + sum + " \\\n    --hash=md5:00\n    # via app\n--index-url https://pypi.example.com/simple\nsix==1.16.0 --hash=sha256:" + sum + "\nloose>=1\nbare==1\n-r other.txt\n",
			want: "six 1.16.0 https://pypi.example.com/simple/six/ [" + sum + "]\nflask-login 1.0 https://pypi.org/simple/flask-login/ [" + sum + "]\n",
			bad:  "8: this requirement is not pinned: NAME==VERSION\n9: bare has no --hash=sha256:…, so its bytes are anybody's\n10: -r is not read here\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, ok := KindOf("app/" + tt.file)
			if !ok {
				t.Fatalf("%s has no kind", tt.file)
			}
			items, err := Read(kind, Input{File: tt.file, Data: []byte(tt.text), Arch: tt.arch})
			var got, bad strings.Builder
			for _, i := range items {
				if i.Page != "" {
					fmt.Fprintln(&got, i.Name, i.Page, i.Choices)
					continue
				}
				digest := i.SHA256 + i.H1
				fmt.Fprintln(&got, strings.TrimSpace(strings.Join([]string{i.Name, i.URL, i.At, digest}, " ")))
			}
			for _, e := range diag.Of(err) {
				fmt.Fprintf(&bad, "%d: %s\n", e.Pos.Line, e.Msg)
			}
			if got.String() != tt.want {
				t.Errorf("got\n%swant\n%s", got.String(), tt.want)
			}
			if bad.String() != tt.bad {
				t.Errorf("mistakes\n%swant\n%s", bad.String(), tt.bad)
			}
		})
	}
}

func TestFiles(t *testing.T) {
	item := Item{Choices: []string{sum}, arch: "arm64"}
	page := `<!DOCTYPE html><html><body>
		<a href="../../files/x-1.tar.gz#sha256=` + sum + `" data-requires-python="&gt;=3">x</a>
		<a href="https://files.example/x-1-py3-none-any.whl#sha256=` + sum + `">x</a>
		<a href="/x-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl#sha256=` + sum + `">x</a>
		<a href="/x-1-cp313-cp313-manylinux_2_17_x86_64.whl#sha256=` + sum + `">x</a>
		<a href="/x-1-cp313-cp313-musllinux_1_1_aarch64.whl#sha256=` + sum + `">x</a>
		<a href="/x-2.tar.gz#sha256=` + strings.Repeat("0", 64) + `">x</a>
		<a href="/..#sha256=` + sum + `">x</a><a>x</a>`
	files, err := item.Files([]byte(page), "https://pypi.example/simple/x/")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.URL+" "+f.At)
	}
	want := []string{
		"https://pypi.example/x-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl pip/x-1-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
		"https://files.example/x-1-py3-none-any.whl pip/x-1-py3-none-any.whl",
		"https://pypi.example/files/x-1.tar.gz pip/x-1.tar.gz",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNPMFits(t *testing.T) {
	tests := []struct {
		os, cpu, libc string // lists, separated by spaces
		want          bool
	}{
		{"", "", "", true},
		{"linux", "x64", "", true},
		{"linux darwin", "arm64", "", false},
		{"!win32", "", "", true},
		{"!linux", "", "", false},
		{"linux", "x64", "musl", false},
		{"linux", "!arm64", "glibc", true},
	}
	for _, tt := range tests {
		p := npmPackage{OS: strings.Fields(tt.os), CPU: strings.Fields(tt.cpu), Libc: strings.Fields(tt.libc)}
		if got := p.fits("amd64"); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}

func TestTexts(t *testing.T) {
	texts := Texts([]File{{At: "go/a/@v/v1.0.0-!r!c1.mod"}, {At: "go/a/@v/v1.0.0-!r!c1.zip"}, {At: "cargo/crates/x-1", SHA256: sum}})
	want := "go/a/@v/v1.0.0-!r!c1.info {\"Version\":\"v1.0.0-RC1\"}\ncargo/crates/x-1/.cargo-checksum.json {\"files\":{},\"package\":\"" + sum + "\"}\n" +
		"cargo/config.toml [source.crates-io]\nreplace-with = \"ashlar\"\n\n[source.ashlar]\ndirectory = \"/vendor/cargo/crates\"\n"
	var got strings.Builder
	for _, x := range texts {
		got.WriteString(x.At + " " + x.Content)
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
}

// FuzzRead gives lock files to all adapters: none panics, and what they return
// stays inside the cache.
func FuzzRead(f *testing.F) {
	f.Add("a v1 h1:x\n")
	f.Add(`{"lockfileVersion":3,"packages":{"node_modules/a":{"version":"1","resolved":"https://x/a.tgz","integrity":"sha1-L9Q0ZxGYQ4tSbu5SHsx7QCN5HcI="}}}`)
	f.Add("[[package]]\nname=\"a\"\nversion=\"1\"\n")
	f.Add("a==1 --hash=sha256:" + sum)
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []Kind{NPM, Go, Pip, Cargo} {
			items, _ := Read(kind, Input{File: "x", Data: []byte(text), Arch: "amd64"})
			for _, i := range items {
				if i.Page == "" && (!strings.HasPrefix(i.At, string(kind)+"/") || strings.Contains("/"+i.At+"/", "/../")) {
					t.Errorf("%s: %q leaves the cache", kind, i.At)
				}
			}
		}
	})
}
