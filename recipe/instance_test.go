package recipe

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// good reads a recipe of the collection.
func good(t *testing.T, name string) *Recipe {
	t.Helper()
	src, err := os.ReadFile("../testdata/recipes/good/" + name + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse("recipes/"+name+"/recipe.toml", src)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// made returns an instance of a recipe written in the test.
func made(t *testing.T, text string, target Target) *Instance {
	t.Helper()
	r, err := Parse("recipes/x/recipe.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	i, err := r.Instance(target)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestNginx(t *testing.T) {
	i, err := good(t, "nginx").Instance(Target{Arch: "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	var edits []string
	for _, op := range i.Edits[0].Ops {
		edits = append(edits, fmt.Sprintf("%s %s %s was %v", op.Verb, op.Path, op.To[0].Text, op.Was))
	}
	tests := []struct {
		what      string
		got, want any
	}{
		{"name", i.Name, "nginx"},
		{"target", i.Target, Target{"", "arm64", "trixie"}},
		{"version", i.Version, "1.26.3"},
		{"build", depTexts(i.Build), []string{"build-essential", "libpcre2-dev", "libssl-dev (>= 3.5)", "zlib1g-dev"}},
		{"place of a dependency", i.Build[2].Pos.String(), "recipes/nginx/recipe.toml:9:47"},
		{"urls", i.Sources[0].URLs, []string{"https://nginx.org/download/nginx-1.26.3.tar.gz", "http://deb.debian.org/debian/pool/main/n/nginx/nginx_1.26.3.orig.tar.gz"}},
		{"unpack", i.Sources[0].Unpack, true},
		{"room", i.Room, Room{Flags: "debian", Strip: true}},
		{"step", i.Steps[0].Name + " " + i.Steps[0].User, "compile root"},
		{"script", strings.HasPrefix(i.Steps[0].Run, "./configure --prefix=/etc/nginx --sbin-path"), true},
		{"set", i.Sets[0].Name, "main"},
		{"artefact", i.Sets[0].Files[2].Glob + fmt.Sprint(i.Sets[0].Files[2].Not), "/etc/nginx/*.defaulttrue"},
		{"user", i.Users[0].Name + " " + i.Users[0].Home + " " + i.Users[0].Shell + " " + i.Users[0].Password, "nginx /var/cache/nginx /usr/sbin/nologin *"},
		{"numbers", [2]ID{i.Users[0].UID, i.Users[0].GID}, [2]ID{{101, true}, {101, true}}},
		{"edits in order", edits, []string{"set worker_processes auto was [{0 1}]", "set http/server_tokens off was []", "set http/server/listen 8080 was [{0 80}]"}},
		{"entrypoint", i.Image.Entrypoint, []string{"nginx", "-g", "daemon off;"}},
		{"user of the image", i.Image.User.Name, "nginx"},
		{"ports", i.Image.Ports, []Port{{8080, "tcp"}}},
		{"stop signal", i.Image.StopSignal, "SIGQUIT"},
		{"cut", i.Image.Cut, "slim"},
		{"health", i.Image.Health.HTTP + " " + i.Image.Health.Interval.String(), "http://localhost:8080/ 30s"},
		{"test", i.Tests[0].Name + " " + i.Tests[0].Packages[0].Text + " " + i.Tests[0].Stdout[0], "serves curl Welcome to nginx"},
	}
	for _, tt := range tests {
		if fmt.Sprint(tt.got) != fmt.Sprint(tt.want) {
			t.Errorf("%s: got %v, want %v", tt.what, tt.got, tt.want)
		}
	}
	var scratch []string
	for _, m := range i.Image.Scratch {
		scratch = append(scratch, fmt.Sprintf("%s %s %o", m.Path, m.Owner, m.Mode))
	}
	if want := []string{"/var/cache/nginx  755", "/tmp root 1777", "/run  755"}; !slices.Equal(scratch, want) {
		t.Errorf("scratch is %q, want %q", scratch, want)
	}
}

// Variants set variables and choose entries, architectures likewise.
func TestTargets(t *testing.T) {
	r := good(t, "haproxy")
	if !slices.Equal(r.Variants, []string{"3.2", "3.0", "debug"}) {
		t.Fatalf("variants are %q", r.Variants)
	}
	tests := []struct {
		target                Target
		summary, url, runtime string
		files                 int
	}{
		{Target{"", "amd64", ""}, "HAProxy 3.2", "https://www.haproxy.org/download/3.2/src/haproxy-3.2.21.tar.gz", "", 1},
		{Target{"3.0", "arm64", "trixie"}, "HAProxy 3.0", "https://www.haproxy.org/download/3.0/src/haproxy-3.0.25.tar.gz", "", 1},
		{Target{"debug", "amd64", "trixie"}, "HAProxy debug", "https://www.haproxy.org/download/3.2/src/haproxy-3.2.21.tar.gz", "gdb recipe:haproxy/debug", 2},
	}
	for _, tt := range tests {
		i, err := r.Instance(tt.target)
		if err != nil {
			t.Errorf("%v: %v", tt.target, err)
			continue
		}
		if i.Summary != tt.summary || i.Sources[0].URLs[0] != tt.url || strings.Join(depTexts(i.Runtime), " ") != tt.runtime || len(i.Files) != tt.files {
			t.Errorf("%v: got %q, %q, %q, %d files", tt.target, i.Summary, i.Sources[0].URLs, depTexts(i.Runtime), len(i.Files))
		}
		if slices.Contains(depTexts(i.Build), "libatomic1") {
			t.Errorf("%v: libatomic1 is for armel only", tt.target)
		}
	}
}

func TestNoSuchTarget(t *testing.T) {
	r := good(t, "haproxy")
	tests := []struct {
		target Target
		want   string
	}{
		{Target{"3.1", "amd64", ""}, `recipe haproxy has no variant "3.1" (did you mean "3.2"?)`},
		{Target{"", "riscv64", ""}, "recipe haproxy is not for riscv64 (its arch is amd64, arm64)"},
		{Target{"", "x86_64", ""}, `unknown architecture "x86_64" (Debian calls it "amd64")`},
	}
	for _, tt := range tests {
		if _, err := r.Instance(tt.target); err == nil || err.Error() != tt.want {
			t.Errorf("%v: got %v, want %s", tt.target, err, tt.want)
		}
	}
}

func TestVariables(t *testing.T) {
	i := made(t, `
[recipe]
version = "8.4.24-rc1"

[vars]
page = { amd64 = "12", arm64 = "16", "*" = "4" }
none = ""
`, Target{Arch: "arm64", Suite: "bookworm"})
	var got []string
	for _, v := range i.Vars {
		got = append(got, v.Name+"="+v.Value)
	}
	want := "arch=arm64 major=8 minor=4 name=x none= page=16 suite=bookworm triplet=aarch64-linux-gnu version=8.4.24-rc1"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// Names and places are expanded, text is not, and expand turns it on.
func TestExpansion(t *testing.T) {
	i := made(t, `
[recipe]
version = "1.2"
summary = "x ${version}, $5, $${version}, $$${version}, $"

[file]
"/opt/${name}/a" = { content = "${version} $${version}" }
"/opt/${name}/b" = { content = "${version} $${version}", expand = true }

[link]
"/l-${major}" = "t-${minor}"

[sudo]
ops = "%ops ALL=(root) /bin/${version}"

[edit."/etc/${name}.conf"]
set.a = "${version}"
lines = ["${version}"]

[edit."/etc/${name}.more"]
expand = true
set.a = "${version}"
ops = [{ regex = "^${x}$", with = "${version}" }]

[[source]]
url = "https://example.org/x-${version}.bin"

[[step]]
run = "echo ${version}"
env = { V = "${version}" }

[image]
env = { V = "${version}", W = "a$b" }
user = "${name}"

[test.t]
run = "echo ${version}"
stdout = "${version}"
`, Target{})
	tests := []struct{ what, got, want string }{
		{"summary", i.Summary, "x 1.2, $5, ${version}, $${version}, $"},
		{"path", i.Files[0].Path, "/opt/x/a"},
		{"content", i.Files[0].Content, "${version} $${version}"},
		{"expanded content", i.Files[1].Content, "1.2 ${version}"},
		{"link", i.Links[0].Path + " " + i.Links[0].To, "/l-1 t-2"},
		{"sudo", i.Sudo[0].Value, "%ops ALL=(root) /bin/${version}"},
		{"edited path", i.Edits[0].Path, "/etc/x.conf"},
		{"set", i.Edits[0].Ops[0].To[0].Text, "${version}"},
		{"line", i.Edits[0].Ops[1].Text, "${version}"},
		{"expanded set", i.Edits[1].Ops[0].To[0].Text, "1.2"},
		{"pattern", i.Edits[1].Ops[1].Text, "^${x}$"},
		{"replacement", i.Edits[1].Ops[1].With, "1.2"},
		{"url", i.Sources[0].URLs[0], "https://example.org/x-1.2.bin"},
		{"script", i.Steps[0].Run, "echo ${version}"},
		{"environment of a step", i.Steps[0].Env[0].Value, "1.2"},
		{"environment", i.Image.Env[0].Value + i.Image.Env[1].Value, "1.2a$b"},
		{"user", i.Image.User.Name, "x"},
		{"test", i.Tests[0].Run + i.Tests[0].Stdout[0], "echo ${version}1.2"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.what, tt.got, tt.want)
		}
	}
	if i.Sources[0].Unpack {
		t.Error("x-1.2.bin is no archive")
	}
}

func TestDependencies(t *testing.T) {
	i := made(t, `
[variant.a]
v = "1"

[depends]
runtime = ["x1 [arm64] | x2 (>= 1) | x3 <b> | x4:any", "y1=1:2.0-1", "y2/bookworm", "y3:native=4", "z1 <!a>", "recipe:r@v/dev", "w-${v}"]

[variant.b]
v = "2"
`, Target{})
	if got, want := strings.Join(depTexts(i.Runtime), "; "), "x2 (>= 1) | x4:any; y1=1:2.0-1; y2/bookworm; y3:native=4; recipe:r@v/dev; w-1"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	first, exact, suite, rec := i.Runtime[0].Any, i.Runtime[1].Any[0], i.Runtime[2].Any[0], i.Runtime[4]
	if len(first) != 2 || !first[0].Or || first[1].Or || first[0].Version != "1" || first[1].Arch != "any" {
		t.Errorf("alternatives are %+v", first)
	}
	if exact.Name != "y1" || exact.Exact != "1:2.0-1" || suite.Name != "y2" || suite.Suite != "bookworm" {
		t.Errorf("pins are %+v and %+v", exact, suite)
	}
	if rec.Recipe != "r" || rec.Variant != "v" || rec.Set != "dev" || rec.Any != nil {
		t.Errorf("the recipe is %+v", rec)
	}
}

func TestPlaces(t *testing.T) {
	i := made(t, `
[file]
"/a"  = { from = "a.conf" }
"/b"  = { from = "//etc/b.conf" }
"/c"  = { from = "/usr/share/c" }
"/d/" = { from = "../y/d" }
"/"   = { from = "root" }

[[source]]
dir = "//"

[[source]]
dir = "app"
into = "/"
`, Target{})
	want := []struct {
		path, from, located string
		place               Place
	}{
		{"/a", "a.conf", "recipes/x/a.conf", Beside},
		{"/b", "//etc/b.conf", "etc/b.conf", InWorkspace},
		{"/c", "/usr/share/c", "", InImage},
		{"/d/", "../y/d", "recipes/y/d", Beside},
		{"/", "root", "recipes/x/root", Beside},
	}
	for n, w := range want {
		f := i.Files[n]
		if f.Path != w.path || f.From != w.from || f.Place != w.place {
			t.Errorf("got %q from %q at %d, want %+v", f.Path, f.From, f.Place, w)
		}
		if w.place != InImage && i.Locate(f.From) != w.located {
			t.Errorf("%q is at %q, want %q", f.From, i.Locate(f.From), w.located)
		}
	}
	if a, b := i.Sources[0], i.Sources[1]; a.Dir != "." || b.Into != "/" || a.FromRecipe || b.Dir != "app" || !b.FromRecipe {
		t.Errorf("directories are %+v and %+v", a, b)
	}
}

// A checkout with other line ends is the same recipe.
func TestLineEnds(t *testing.T) {
	const text = "[[step]]\nrun = \"\"\"\nmake\nmake install\n\"\"\"\n"
	a := made(t, text, Target{})
	b := made(t, "\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"), Target{})
	if a.Steps[0].Run != b.Steps[0].Run || a.Steps[0].Run != "make\nmake install\n" {
		t.Errorf("scripts are %q and %q", a.Steps[0].Run, b.Steps[0].Run)
	}
}

// TOML 1.1 is read.
func TestNewerTOML(t *testing.T) {
	i := made(t, "[user]\na = {\n  uid = 5, # five\n  home = \"/h\\x41\",\n}\n", Target{})
	if i.Users[0].UID.Number != 5 || i.Users[0].Home != "/hA" {
		t.Errorf("got %+v", i.Users[0])
	}
}

// Operations of one file come in one order: set, unset, comment, uncomment,
// lines, ops.
func TestOrderOfOperations(t *testing.T) {
	i := made(t, `
[edit."/etc/a"]
ops = [{ rename = "g", to = "h" }]
lines = ["f"]
uncomment = ["e"]
comment = "d"
unset = ["c"]
set.b = "2"
set.a = "1"
`, Target{})
	var got []edit.Verb
	for _, op := range i.Edits[0].Ops {
		got = append(got, op.Verb)
	}
	if want := "[set set unset comment uncomment line rename]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if first := i.Edits[0].Ops[0].Path.String(); first != "b" {
		t.Errorf("the first key set is %q, not the file's first", first)
	}
}

func TestUnsupported(t *testing.T) {
	tests := []struct{ name, want string }{
		{"nginx", ""},
		{"redis", ""},
		{"openssl", ""},
		{"bastion", ""},
		{"nginx-org", ""},
		{"curl", ""},
		{"relay", ""},
		{"petclinic-war", "12:10 a lock file of this name"},
		{"postgres", ""},
		{"shop-one", ""},
		{"wordpress", ""},
		{"php-nginx", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, e := range good(t, tt.name).Unsupported() {
			if !strings.HasSuffix(e.Msg, " is not supported yet") {
				t.Errorf("%s: %q", tt.name, e.Msg)
			}
			got = append(got, fmt.Sprintf("%d:%d %s", e.Pos.Line, e.Pos.Col, strings.TrimSuffix(e.Msg, " is not supported yet")))
		}
		if all := strings.Join(got, "; "); all != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, all, tt.want)
		}
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ text, want string }{
		{"[image]\nuser = \"x\"\n", ""},
		{"[image]\nuser = \"root\"\n", ""},
		{"[image]\nports = [80]\n", "1:2 the image runs as root"},
		{"[image]\nfrom = \"x\"\n", ""},
		{"[image]\nservice.a = { command = [\"a\"], user = \"a\" }\nservice.b = { command = [\"b\"], user = \"b\" }\n", ""},
		{"[image]\nservice.a = { command = [\"a\"], user = \"a\" }\nservice.b = { command = [\"b\"] }\n", "1:2 the image runs as root"},
		{"[depends]\n", ""},
		{"[image]\nuser = \"x\"\n[image.env]\nLANG = \"C\"\nworkdir = \"/x\"\n", `5:1 "workdir" looks like a key of [image]`},
	}
	for _, tt := range tests {
		r, err := Parse("recipes/x/recipe.toml", []byte(tt.text))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range r.Warnings() {
			got = append(got, fmt.Sprintf("%d:%d %s", e.Pos.Line, e.Pos.Col, e.Msg))
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, s, tt.want)
		}
	}
}
