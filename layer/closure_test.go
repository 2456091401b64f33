package layer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// program adds an ELF file to a tree: "needs a,b runpath x,y".
func program(tree *layer.Tree, path, pkg, soname string, needed ...string) *layer.Facts {
	f := layer.Content(path, 0o755, []byte(path), layer.Origin{Kind: layer.FromPackage, Name: pkg})
	f.Facts = &layer.Facts{Machine: "x86_64", Soname: soname, Needed: needed}
	tree.Put(f)
	return f.Facts
}

func script(tree *layer.Tree, path, text string) {
	f := layer.Content(path, 0o755, []byte(text), layer.Origin{Kind: layer.FromFile, Name: "test"})
	line, _, _ := strings.Cut(strings.TrimPrefix(text, "#!"), "\n")
	interp, args, _ := strings.Cut(line, " ")
	f.Facts = &layer.Facts{Interp: interp, Args: args}
	tree.Put(f)
}

const lib = "/usr/lib/x86_64-linux-gnu"

func base(t *testing.T) *layer.Tree {
	tree := parse(t, "/lib link usr/lib\n/lib64 link usr/lib64\n/bin link usr/bin\n/usr dir\n/usr/bin dir\n/etc dir\n"+
		lib+"/libz.so.1 link libz.so.1.3\n/usr/lib64/ld.so.2 link "+lib+"/ld.so.2")
	program(tree, lib+"/libc.so.6", "libc6", "libc.so.6", "ld.so.2")
	program(tree, lib+"/ld.so.2", "libc6", "ld.so.2")
	program(tree, lib+"/libz.so.1.3", "zlib1g", "libz.so.1", "libc.so.6")
	program(tree, "/usr/bin/app", "app", "", "libz.so.1", "libc.so.6").Interp = "/lib64/ld.so.2"
	return tree
}

func paths(needs []layer.Need) string {
	var s []string
	for _, n := range needs {
		s = append(s, fmt.Sprintf("%s %s %s -> %s", n.By, n.Kind, n.Want, n.Path))
	}
	return strings.Join(s, "\n")
}

func missing(list []layer.Missing) string {
	var s []string
	for _, m := range list {
		line := fmt.Sprintf("%s %s %s", m.By, m.Kind, m.Want)
		if m.Package != "" {
			line += " in " + m.Package
		}
		if m.Fatal {
			line += " fatal"
		}
		s = append(s, line)
	}
	return strings.Join(s, "\n")
}

func TestClosureReach(t *testing.T) {
	tree := base(t)
	program(tree, "/usr/bin/other", "other", "", "libnot.so")
	c := layer.Close(tree, []string{"app"}, layer.ClosureOptions{Reached: true})
	if m := missing(c.Missing); m != "" {
		t.Errorf("missing: %s", m)
	}
	want := lines("/lib link usr/lib", "/lib64 link usr/lib64", "/usr dir", "/usr/bin dir", "/usr/bin/app file /usr/bin/app",
		lib+"/ld.so.2 file "+lib+"/ld.so.2", lib+"/libc.so.6 file "+lib+"/libc.so.6",
		lib+"/libz.so.1 link libz.so.1.3", lib+"/libz.so.1.3 file "+lib+"/libz.so.1.3",
		"/usr/lib64/ld.so.2 link "+lib+"/ld.so.2")
	if got := text(c.Reach()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	want = " entry app -> /usr/bin/app\n/usr/bin/app library libz.so.1 -> " + lib + "/libz.so.1.3"
	if got := paths(c.Why(lib + "/libz.so.1.3")); got != want {
		t.Errorf("why:\n%s\nwant\n%s", got, want)
	}
	if got := c.Why("/usr/bin/other"); got != nil {
		t.Errorf("nothing needs other, but: %v", got)
	}
}

func TestClosureMissing(t *testing.T) {
	tests := []struct {
		name  string
		entry string
		do    func(*layer.Tree)
		want  string
	}{
		{"all there", "app", func(*layer.Tree) {}, ""},
		{"no entry", "nginx", func(*layer.Tree) {}, " entry nginx in nginx fatal"},
		{"entry's library", "app", func(t *layer.Tree) { t.Delete(lib + "/libz.so.1") }, "/usr/bin/app library libz.so.1 in zlib1g fatal"},
		{"library of a library", "app", func(t *layer.Tree) { program(t, lib+"/libz.so.1.3", "zlib1g", "", "libq.so") }, lib + "/libz.so.1.3 library libq.so fatal"},
		{"plug-in of a package", "app", func(t *layer.Tree) { program(t, "/usr/lib/p/x.so", "p", "", "libq.so") }, "/usr/lib/p/x.so library libq.so"},
		{"other machine", "app", func(t *layer.Tree) { program(t, lib+"/libz.so.1.3", "zlib1g", "").Machine = "aarch64" }, "/usr/bin/app library libz.so.1 in zlib1g fatal"},
		{"loader", "app", func(t *layer.Tree) { t.Delete("/lib64") }, "/usr/bin/app loader /lib64/ld.so.2 fatal"},
		{"run path", "app", func(t *layer.Tree) {
			program(t, "/usr/bin/app", "app", "", "libp.so").Runpath = []string{"relative", "$ORIGIN/../lib/app"}
			program(t, "/usr/lib/app/libp.so", "app", "")
		}, ""},
		{"ld.so.conf", "app", func(t *layer.Tree) {
			t.Put(layer.Content("/etc/ld.so.conf", 0o644, []byte("# x\ninclude /etc/ld.so.conf.d/*.conf\n"), layer.Origin{}))
			t.Put(layer.Content("/etc/ld.so.conf.d/o.conf", 0o644, []byte("/opt/lib # mine\n"), layer.Origin{}))
			t.Put(layer.Content("/etc/ld.so.conf.d/o.txt", 0o644, []byte("/not"), layer.Origin{}))
			program(t, "/usr/bin/app", "app", "", "libo.so")
			program(t, "/opt/lib/libo.so", "o", "")
		}, ""},
		{"private library of the same package", "app", func(t *layer.Tree) {
			program(t, "/usr/lib/jvm/lib/libjava.so", "jre", "", "libjvm.so")
			program(t, "/usr/lib/jvm/lib/server/libjvm.so", "jre", "libjvm.so")
		}, ""},
		{"private library of another package", "app", func(t *layer.Tree) {
			program(t, "/usr/bin/app", "app", "", "libp.so")
			program(t, "/opt/p/libp.so", "p", "libp.so")
		}, "/usr/bin/app library libp.so fatal"},
		{"own script's interpreter", "app", func(t *layer.Tree) { script(t, "/x", "#!/usr/bin/perl -w\n") }, "/x interpreter /usr/bin/perl in perl-base fatal"},
		{"env's program", "app", func(t *layer.Tree) {
			script(t, "/x", "#!/usr/bin/env -S A=b python3 -u\n")
			program(t, "/usr/bin/env", "coreutils", "")
		}, "/x interpreter python3 fatal"},
		{"dangling link of a package", "app", func(t *layer.Tree) {
			t.Put(&layer.File{Path: "/usr/share/x", Type: layer.Symlink, Link: "../y", Origin: layer.Origin{Kind: layer.FromPackage}})
		}, "/usr/share/x link target ../y"},
		{"dangling link of an effect", "app", func(t *layer.Tree) {
			t.Put(&layer.File{Path: "/usr/share/x", Type: layer.Symlink, Link: "../y", Origin: layer.Origin{Kind: layer.FromEffect}})
		}, "/usr/share/x link target ../y fatal"},
		{"link to what comes later", "app", func(t *layer.Tree) {
			t.Put(&layer.File{Path: "/var/log/x", Type: layer.Symlink, Link: "/dev/stdout"})
			t.Put(&layer.File{Path: "/etc/mtab", Type: layer.Symlink, Link: "../proc/self/mounts"})
			t.Put(&layer.File{Path: "/data/x", Type: layer.Symlink, Link: "/state/x"})
		}, ""},
		{"loop", "app", func(t *layer.Tree) {
			t.Put(&layer.File{Path: "/loop", Type: layer.Symlink, Link: "loop"})
		}, "/loop link target loop fatal"},
	}
	provide := func(want string) (string, *layer.Tree) {
		return map[string]string{"libz.so.1": "zlib1g", "/usr/bin/perl": "perl-base", "nginx": "nginx"}[want], nil
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := base(t)
			tt.do(tree)
			before := text(tree)
			c := layer.Close(tree, []string{tt.entry}, layer.ClosureOptions{
				Provide: provide, Later: func(p string) bool { return layer.Below(p, "/state") },
			})
			if got := missing(c.Missing); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if text(tree) != before {
				t.Error("the tree was changed")
			}
		})
	}
}

func TestClosureAdds(t *testing.T) {
	tree := base(t)
	program(tree, "/usr/bin/app", "app", "", "libssl.so.3", "libcrypto.so.3")
	ssl := layer.New()
	program(ssl, lib+"/libssl.so.3", "libssl3", "", "libcrypto.so.3", "libzstd.so.1")
	program(ssl, lib+"/libcrypto.so.3", "libssl3", "", "libc.so.6")
	zstd := layer.New()
	program(zstd, lib+"/libzstd.so.1", "libzstd1", "", "libc.so.6")
	ask := map[string]int{}
	c := layer.Close(tree, []string{"/usr/bin/app"}, layer.ClosureOptions{Provide: func(want string) (string, *layer.Tree) {
		ask[want]++
		switch want {
		case "libssl.so.3", "libcrypto.so.3":
			return "libssl3", ssl
		case "libzstd.so.1":
			return "libzstd1", zstd
		}
		return "", nil
	}})
	if len(c.Missing) > 0 {
		t.Errorf("missing: %s", missing(c.Missing))
	}
	if len(c.Added) != 2 || c.Added[0].Package != "libssl3" || c.Added[1].Package != "libzstd1" || c.Added[1].For.By != lib+"/libssl.so.3" {
		t.Errorf("added %+v", c.Added)
	}
	if ask["libcrypto.so.3"] != 0 {
		t.Error("a library was asked for although its package had come in")
	}
	if c.Tree.Get(lib+"/libzstd.so.1") == nil || tree.Get(lib+"/libssl.so.3") != nil {
		t.Error("the packages are not in the result, or are in what was given")
	}
	if got := c.Why(lib + "/libzstd.so.1"); len(got) != 3 {
		t.Errorf("why: %s", paths(got))
	}
}

func TestClosureShell(t *testing.T) {
	tree := base(t)
	tree.Get("/usr/bin/app").Facts.Calls = []string{"popen", "system"}
	program(tree, "/usr/bin/unreached", "u", "").Calls = []string{"system"}
	c := layer.Close(tree, []string{"app"}, layer.ClosureOptions{})
	if got, want := paths(c.Shell), "/usr/bin/app shell popen -> \n/usr/bin/app shell system -> "; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	program(tree, "/usr/bin/sh", "dash", "")
	if c := layer.Close(tree, []string{"app"}, layer.ClosureOptions{}); c.Shell != nil {
		t.Errorf("with a shell: %v", c.Shell)
	}
}

func TestClosureScripts(t *testing.T) {
	tree := base(t)
	program(tree, "/usr/bin/sh", "dash", "")
	script(tree, "/start", `#!/bin/sh
set -e
say() { echo "$@"; }
. /usr/lib/functions
say hello | sed s/a/b/
if command -v jq >/dev/null; then A=1 grep -q x "$file" && mkdir -p /x; fi
x=$(hostname -f)
"$prog" run; ./local; ${y}z
env -i B=2 nohup find / >&2
exec app "$@"
`)
	tree.Put(layer.Content("/usr/bin/mkdir", 0o755, nil, layer.Origin{}))
	c := layer.Close(tree, []string{"/start"}, layer.ClosureOptions{Provide: func(want string) (string, *layer.Tree) {
		return map[string]string{"/usr/bin/sed": "sed"}[want], nil
	}})
	want := "/start command /usr/lib/functions\n/start command sed in sed\n/start command grep\n/start command hostname\n/start command find"
	if got := missing(c.Commands); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := paths(c.Why("/usr/bin/app")); got != " entry /start -> /start\n/start command app -> /usr/bin/app" {
		t.Errorf("why app: %s", got)
	}
	if len(c.Missing) > 0 {
		t.Errorf("missing: %s", missing(c.Missing))
	}
	script(tree, "/start", "#!/bin/sh\nif then ((\n")
	if c := layer.Close(tree, []string{"/start"}, layer.ClosureOptions{}); c.Commands != nil {
		t.Errorf("commands of what is no script: %v", c.Commands)
	}
}

func TestClosureKeepsDirectories(t *testing.T) {
	tree := base(t)
	tree.Put(layer.Content("/usr/share/x/a", 0o644, nil, layer.Origin{}))
	tree.Put(layer.Content("/usr/share/x/b/c", 0o644, nil, layer.Origin{}))
	c := layer.Close(tree, []string{"/usr/share/x"}, layer.ClosureOptions{Reached: true})
	if got, want := text(c.Reach()), lines("/usr dir", "/usr/share/x/a file", "/usr/share/x/b/c file"); got != want {
		t.Errorf("got\n%s", got)
	}
}

// closureTree is 30,000 files and 500 libraries that need eight others each.
func closureTree() *layer.Tree {
	tree := layer.New(manyFiles(30_000)...)
	for i := range 500 {
		needed := []string{"libc.so.6"}
		for j := range 8 {
			needed = append(needed, fmt.Sprintf("lib%d.so.1", (i*7+j)%500))
		}
		program(tree, fmt.Sprintf("%s/lib%d.so.1", lib, i), fmt.Sprint(i), "", needed...)
	}
	program(tree, lib+"/libc.so.6", "libc6", "")
	program(tree, lib+"/libm.so.6", "libc6", "")
	return tree
}

func BenchmarkClosure(b *testing.B) {
	tree := closureTree()
	b.ReportAllocs()
	for b.Loop() {
		if c := layer.Close(tree, []string{lib + "/lib0.so.1"}, layer.ClosureOptions{}); len(c.Missing) > 0 {
			b.Fatal(c.Missing[0])
		}
	}
}
