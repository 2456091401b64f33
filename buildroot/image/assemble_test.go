package image

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// whole is a case that has a bit of everything.
func whole(t *testing.T) check {
	return check{
		world: `
			package nginx 1.26
			Depends: libc6, adduser, libz, iproute2
			Source: nginx-src (1.26)
			Homepage: https://nginx.org
			f /usr/sbin/nginx elf=libc.so.6,libz.so.1 interp=/lib64/ld-linux-x86-64.so.2 calls=popen mtime=1750000000
			f /etc/nginx/nginx.conf text=worker_processes 1;\nhttp { }\n
			f /usr/share/doc/nginx/copyright
			package libz 1
			f /usr/lib/x86_64-linux-gnu/libz.so.1 elf=libc.so.6
			package adduser 3
			f /usr/sbin/adduser script=/usr/bin/perl
			package iproute2 6
			f /usr/bin/ss elf=libc.so.6
			package tool 1
			f /usr/bin/tool script=/bin/sh text=#!/bin/sh\nset -e\ncurl x\nwget x\nsed x\nnginx -v\n
			f /etc/mailname text=ashlar\n
			effect nginx postinst
			d /var/lib/nginx owner=www-data mode=700
			f /etc/nginx/key mode=600 text=k
			report secret /etc/nginx/ssl.key a key
			report suspect /etc/nginx/key mode 600
			effect tool postinst
			report host name
			report secret /etc/other
			effect adduser postinst
			report secret /etc/never
		`,
		recipe: `
[recipe]
version  = "2"
summary  = "An app"
license  = "MIT"
homepage = "https://example.org"
[depends]
runtime = ["nginx", "tool", "dash"]
[user]
app = { uid = 1001 }
[edit."/etc/nginx/nginx.conf"]
set.worker_processes = { to = "auto", was = "1" }
[image]
entrypoint  = ["tool"]
cmd         = ["-x"]
user        = "app"
workdir     = "/srv"
path        = ["/opt/app/bin"]
env         = { MODE = "fast" }
ports       = [8080, "53/udp"]
state       = ["/var/lib/app"]
stop-signal = "SIGQUIT"
labels      = { "org.opencontainers.image.title" = "App", own = "x" }
health.command = ["nginx", "-t"]
`,
		outputs: []Output{outputOf(t, "app", "f /opt/app/bin/app elf=libc.so.6 mtime=1760000000\nf /opt/app/data")},
		ids:     []lock.ID{{Name: "app", Number: 100}},
	}
}

func TestConfig(t *testing.T) {
	r, err := Assemble(t.Context(), whole(t).input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	want := oci.Config{
		Architecture: "amd64", Entrypoint: []string{"tool"}, Cmd: []string{"-x"}, WorkDir: "/srv",
		Env: []string{
			"PATH=/opt/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "MODE=fast",
		},
		User: "1001:1001", Ports: []string{"8080/tcp", "53/udp"}, Volumes: []string{"/var/lib/app"}, StopSignal: "SIGQUIT",
		Labels: map[string]string{
			"org.opencontainers.image.title": "App", "org.opencontainers.image.version": "2", "own": "x",
			"org.opencontainers.image.description": "An app", "org.opencontainers.image.licenses": "MIT",
			"org.opencontainers.image.url": "https://example.org",
		},
		Created: 1760000000,
	}
	got := r.Config
	if got.Health == nil || strings.Join(got.Health.Command, " ") != "nginx -t" || got.Health.Retries != 3 {
		t.Errorf("health %+v", got.Health)
	}
	got.Health = nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if r.Created != 1760000000 {
		t.Errorf("created %d", r.Created)
	}
	for f := range r.Tree.All() {
		if f.MTime > r.Created {
			t.Errorf("%s is younger than the image: %d", f.Path, f.MTime)
		}
	}
}

func TestReport(t *testing.T) {
	r, err := Assemble(t.Context(), whole(t).input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	rep := r.Report
	var b strings.Builder
	for _, k := range rep.Kept {
		fmt.Fprintf(&b, "kept %s %s %s %s %s\n", k.Package, k.Version, k.Why.Kind, k.Why.By, k.Why.What)
	}
	for _, c := range rep.Cut {
		fmt.Fprintf(&b, "cut %s %s\n", c.Package, c.Rule)
	}
	for _, e := range rep.Edits {
		fmt.Fprintf(&b, "edit %s, %s, %v, %d\n", e.Path, e.Was, e.Already, len(e.Done))
	}
	for _, s := range rep.Secrets {
		fmt.Fprintf(&b, "secret %s\n", s)
	}
	for _, w := range rep.Warnings {
		fmt.Fprintf(&b, "warning %s %s\n", w.Path, w.Text)
	}
	want := lines(`
		kept dash 0.5 asked  dash
		kept libc6 2.41 depends nginx libc6
		kept libz 1 depends nginx libz
		kept nginx 1.26 asked  nginx
		kept tool 1 asked  tool
		cut adduser drop
		cut iproute2 of nginx
		edit /etc/nginx/nginx.conf, package nginx 1.26, false, 1
		secret /etc/nginx/ssl.key
		secret /etc/other
		warning /etc/nginx/key looks like a secret that package nginx made (mode 600): remove it if it is one
		warning /usr/bin/tool calls curl, wget and sed, which are not in the image
	`)
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	var packages []string
	for _, p := range r.Packages {
		packages = append(packages, p.Name+" "+p.Source)
	}
	if got := strings.Join(packages, ", "); got != "base-files base-files, dash dash, libc-bin libc-bin, libc6 libc6, libz libz, nginx nginx-src, tool tool" {
		t.Errorf("packages %s", got)
	}
	status := r.Tree.Get("/var/lib/dpkg/status.d/nginx")
	if status == nil || !strings.Contains(string(status.Data), "Version: 1.26\n") {
		t.Errorf("no status of nginx: %v", status)
	}
}

// TestShellWarning: a program that calls a shell, and no shell.
func TestShellWarning(t *testing.T) {
	c := whole(t)
	c.recipe = "[depends]\nruntime = [\"nginx\"]\n[image]\nuser = \"www-data\"\nentrypoint = [\"nginx\"]"
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	want := Warning{"/usr/sbin/nginx", `calls popen, and the image has no /bin/sh: add "dash" to depends.runtime if it is to`}
	if !slices.Contains(r.Report.Warnings, want) {
		t.Errorf("warnings %+v", r.Report.Warnings)
	}
}

// bytesOf is all that leaves this package, as bytes.
func bytesOf(t *testing.T, r *Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := layer.WriteIndex(&b, &layer.Index{Files: r.Tree.Files()}); err != nil {
		t.Fatal(err)
	}
	for f := range r.Tree.All() {
		fmt.Fprintf(&b, "%s %q\n", f.Path, f.Data)
	}
	for _, v := range []any{r.Config, r.Report, r.IDs, r.Packages} {
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range r.Layers {
		id, err := l.ID(layer.BlobOptions{TarOptions: layer.TarOptions{Epoch: r.Created, IDs: r.IDs}})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, l.Name, id)
	}
	return b.String()
}

// firstOther is the first line of a that b has not.
func firstOther(a, b string) string {
	for line := range strings.Lines(a) {
		if !strings.Contains(b, line) {
			return line
		}
	}
	return ""
}

// TestOrder: the order of packages in the input never changes a byte.
func TestOrder(t *testing.T) {
	want := ""
	for seed := range uint64(20) {
		in := whole(t).input(t)
		rnd := rand.New(rand.NewPCG(seed, 1))
		if seed > 0 {
			rnd.Shuffle(len(in.Runtime.Packages), func(i, j int) {
				p := in.Runtime.Packages
				p[i], p[j] = p[j], p[i]
			})
			rnd.Shuffle(len(in.IDs), func(i, j int) { in.IDs[i], in.IDs[j] = in.IDs[j], in.IDs[i] })
		}
		r, err := Assemble(t.Context(), in)
		if err != nil {
			t.Fatal(printed(err))
		}
		switch got := bytesOf(t, r); {
		case want == "":
			want = got
		case got != want:
			t.Fatalf("seed %d: the first difference is in %q, want %q", seed, firstOther(got, want), firstOther(want, got))
		}
	}
}

// TestTwice: assembling changes nothing of its input.
func TestTwice(t *testing.T) {
	in := whole(t).input(t)
	first, err := Assemble(t.Context(), in)
	if err != nil {
		t.Fatal(printed(err))
	}
	want := bytesOf(t, first)
	second, err := Assemble(t.Context(), in)
	if err != nil {
		t.Fatal(printed(err))
	}
	if bytesOf(t, second) != want || bytesOf(t, first) != want {
		t.Error("the second image differs")
	}
}

// TestLayers: all files are in a layer, and an edit touches only the top one.
func TestLayers(t *testing.T) {
	r, err := Assemble(t.Context(), whole(t).input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	seen := map[string]bool{}
	for _, l := range r.Layers {
		for _, f := range l.Files {
			seen[f.Path] = true
		}
	}
	for f := range r.Tree.All() {
		if !seen[f.Path] {
			t.Errorf("%s is in no layer", f.Path)
		}
	}
	c := whole(t)
	c.recipe = strings.Replace(c.recipe, `to = "auto"`, `to = "4"`, 1)
	other, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	for i, l := range r.Layers {
		o := layer.BlobOptions{TarOptions: layer.TarOptions{Epoch: r.Created, IDs: r.IDs}}
		a, _ := l.ID(o)
		b, _ := other.Layers[i].ID(o)
		if top := i == len(r.Layers)-1; (a == b) == top {
			t.Errorf("layer %s: equal %v", l.Name, a == b)
		}
	}
}

func TestExpand(t *testing.T) {
	vars := []recipe.Var{{Name: "a", Value: "1"}, {Name: "b", Value: "${a}"}}
	tests := []struct{ in, want, err string }{
		{"", "", ""},
		{"$ $x $1 ${a}", "$ $x $1 1", ""},
		{"$${a} ${b}", "${a} ${a}", ""},
		{"x\n${c}", "", "line 2: unknown variable ${c}"},
		{"${a", "", "line 1: a closing brace is missing"},
	}
	for _, tt := range tests {
		got, err := expand(tt.in, vars)
		if got != tt.want || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %q, %v", tt.in, got, err)
		}
	}
}

// TestLookNames: the names that the lock is to number, and no others.
func TestLookNames(t *testing.T) {
	c := check{world: accountsWorld, recipe: "[depends]\nruntime = [\"bind9\", \"ssl-cert\", \"shells\"]\n[user]\nown = {}\nbound = { uid = 7 }\n[image]\nuser = \"own\"\nentrypoint = [\"missing\"]"}
	c.ids = []lock.ID{{Name: "bind", Number: 100}}
	s, err := Look(t.Context(), c.input(t), false)
	if got := strings.Join(s.Unnumbered, " "); err != nil || got != "odd own ssl-cert" {
		t.Errorf("%q, %v", got, err)
	}
	c.recipe = strings.ReplaceAll(c.recipe, "\"own\"", "\"onw\"")
	s, err = Look(t.Context(), c.input(t), false)
	if err != nil || len(s.Nobody) != 1 || s.Nobody[0].Msg != `the image is to run as user "onw", whom nobody makes` || s.Nobody[0].Hint != `did you mean "own"?` {
		t.Errorf("%v, %v", s.Nobody, err)
	}
}
