package artefact

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// tree makes one of lines: "f PATH [text]", "d PATH [mode]", "l PATH target",
// "h PATH first", each with "@owner" in front of the path if it is not root's.
func tree(t *testing.T, lines string) *layer.Tree {
	t.Helper()
	out := layer.New()
	for line := range strings.Lines(lines) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		owner := "root"
		if o, ok := strings.CutPrefix(w[1], "@"); ok {
			owner, w = o, slices.Delete(w, 1, 2)
		}
		rest := strings.Join(w[2:], " ")
		f := &layer.File{Path: w[1], Type: layer.Type(w[0][0]), Mode: 0o755}
		switch f.Type {
		case layer.Regular:
			f = layer.Content(w[1], 0o644, []byte(rest), layer.Origin{})
		case layer.Dir:
			if rest != "" {
				fmt.Sscanf(rest, "%o", &f.Mode)
			}
		default:
			f.Link = rest
		}
		f.User, f.Group = owner, owner
		out.Put(f)
	}
	return out
}

// item reads an artefact as a recipe writes it; its line is its number.
func item(s string, line int) recipe.Artefact {
	w := strings.Fields(s)
	a := recipe.Artefact{Pos: diag.Pos{File: "recipe.toml", Line: line, Col: 1}, Strip: true}
	a.Glob, a.Not = strings.CutPrefix(w[0], "!")
	if usual, ok := strings.CutPrefix(w[0], "@"); ok {
		a.Glob, a.Usual = "", usual
	}
	for _, w := range w[1:] {
		key, value, _ := strings.Cut(w, ":")
		switch key {
		case "mode":
			a.Mode.Given = true
			fmt.Sscanf(value, "%o", &a.Mode.Bits)
		case "owner":
			a.Owner = value
		case "caps":
			a.Caps = value
		}
	}
	return a
}

// sets reads "main: /a, !/b; dev: @dev".
func sets(s string) []recipe.Set {
	var out []recipe.Set
	line := 1
	for set := range strings.SplitSeq(s, ";") {
		name, list, ok := strings.Cut(set, ":")
		if !ok {
			continue
		}
		one := recipe.Set{Name: strings.TrimSpace(name), Pos: diag.Pos{File: "recipe.toml", Line: line, Col: 1}}
		for i := range strings.SplitSeq(list, ",") {
			one.Files = append(one.Files, item(i, line))
			line++
		}
		out = append(out, one)
	}
	return out
}

// show writes outputs as text, a file a line.
func show(r *Result) string {
	var b strings.Builder
	for _, o := range r.Outputs {
		fmt.Fprintf(&b, "%s:\n", o.Name)
		for f := range o.Tree.All() {
			if f.Type == layer.Dir && f.Mode == 0o755 && f.User == "root" {
				continue
			}
			fmt.Fprintf(&b, "  %c %o %s:%s %s", f.Type, f.Mode, f.User, f.Group, f.Path)
			if f.Link != "" {
				fmt.Fprintf(&b, " -> %s", f.Link)
			}
			if f.Caps != "" {
				fmt.Fprintf(&b, " caps %x", f.Caps)
			}
			b.WriteByte('\n')
		}
	}
	if len(r.Discarded) > 0 {
		fmt.Fprintf(&b, "discarded: %s\n", strings.Join(r.Discarded, " "))
	}
	if len(r.Left) > 0 {
		fmt.Fprintf(&b, "left: %s\n", strings.Join(r.Left, " "))
	}
	return b.String()
}

func printed(err error) string {
	var b bytes.Buffer
	diag.Print(&b, err, diag.Options{})
	return b.String()
}

const nginx = `
f /usr/sbin/nginx
d @www-data /var/lib/nginx 0700
f /etc/nginx/nginx.conf
f /etc/nginx/nginx.conf.default
f /etc/nginx/mime.types
f /usr/share/man/man8/nginx.8
d /run
`

func TestSelect(t *testing.T) {
	tests := []struct {
		name, out, root, sets string
		discard, own          []string
		want                  string
	}{
		{
			name: "what is left out, what is discarded, what is empty", out: nginx,
			sets: "main: /usr/sbin/nginx, /etc/nginx/**, !/etc/nginx/*.default, /var/lib/nginx",
			want: `main:
  f 644 root:root /etc/nginx/mime.types
  f 644 root:root /etc/nginx/nginx.conf
  f 644 root:root /usr/sbin/nginx
  d 700 www-data:www-data /var/lib/nginx
discarded: /usr/share/man/man8/nginx.8
`,
		},
		{
			name: "main is last, wherever it stands",
			out:  "f /usr/include/a.h\nf /usr/lib/liba.so.1\nl /usr/lib/liba.so liba.so.1\nf /usr/lib/b.so\nf /usr/lib/pkgconfig/a.pc",
			sets: "main: /usr/**; dev: @dev",
			want: `main:
  f 644 root:root /usr/lib/b.so
  f 644 root:root /usr/lib/liba.so.1
dev:
  f 644 root:root /usr/include/a.h
  l 755 root:root /usr/lib/liba.so -> liba.so.1
  f 644 root:root /usr/lib/pkgconfig/a.pc
`,
		},
		{
			name: "mode, owner and capabilities; the later item of a set decides",
			out:  "f /usr/bin/ping\nf /usr/bin/other\nd /srv/x\nf /srv/x/y",
			sets: "main: /usr/bin/*, /usr/bin/ping caps:cap_net_raw=ep mode:0750, /srv/x owner:app:web mode:0700",
			want: `main:
  d 700 app:web /srv/x
  f 644 app:web /srv/x/y
  f 644 root:root /usr/bin/other
  f 750 root:root /usr/bin/ping caps 0100000200200000000000000000000000000000
`,
		},
		{
			name: "elsewhere in the root only what is named, without packages' files",
			root: "f /usr/local/bin/php\nf /usr/local/bin/phar\nf /tmp/x\nf /usr/bin/owned\nf /usr/bin/mine",
			sets: "main: /usr/local/bin/php, /usr/bin/*",
			want: `main:
  f 644 root:root /usr/bin/mine
  f 644 root:root /usr/local/bin/php
left: /usr/local/bin/phar
`,
		},
		{
			name: "a set takes one name of a file, another set the other",
			out:  "f /usr/bin/a text\nh /usr/bin/b /usr/bin/a\nh /usr/bin/c /usr/bin/a",
			sets: "main: /usr/bin/a; more: /usr/bin/b, /usr/bin/c owner:app",
			want: `main:
  f 644 root:root /usr/bin/a
more:
  f 644 app:app /usr/bin/b
  h 755 app:app /usr/bin/c -> /usr/bin/b
`,
		},
		{
			name: "own files and links take the place of what was installed",
			out:  "f /usr/bin/a\nf /usr/bin/b\nf /etc/x/1\nf /etc/x/2", own: []string{"/usr/bin/b", "/etc/x/"},
			sets: "main: /usr/bin/a",
			want: "main:\n  f 644 root:root /usr/bin/a\n",
		},
		{
			name: "what the recipe discards", out: "f /usr/bin/a\nf /usr/bin/old\nf /usr/lib/a.la",
			sets: "main: /usr/bin/a", discard: []string{"/usr/bin/old"},
			want: "main:\n  f 644 root:root /usr/bin/a\ndiscarded: /usr/bin/old /usr/lib/a.la\n",
		},
		{
			name: "no steps and no sets: all that the sources put there", out: "f /opt/app/a\nf /opt/app/b.la",
			want: "main:\n  f 644 root:root /opt/app/a\n  f 644 root:root /opt/app/b.la\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{
				Recipe: "x", Out: tree(t, tt.out), Root: tree(t, tt.root), Sets: sets(tt.sets), Discard: tt.discard, Own: tt.own,
				Owner: func(p string) string {
					if p == "/usr/bin/owned" {
						return "package coreutils"
					}
					return ""
				},
			}
			r, err := Select(t.Context(), in)
			if err != nil {
				t.Fatal(printed(err))
			}
			if got := show(r); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	steps := []Step{
		{Name: "compile", Paths: []string{"/usr/bin/early", "/usr/bin/kept"}},
		{Name: "install", Paths: []string{"/usr/bin/kept"}},
		{Name: "tidy"},
	}
	tests := []struct{ name, out, root, sets, want string }{
		{
			"the nearest path by its last name", "f /usr/local/sbin/nginx\nf /usr/bin/nginx-debug", "", "main: /usr/sbin/nginx, /usr/**",
			`recipe.toml:1:1: artefact "/usr/sbin/nginx" is missing: no step made it
hint: the nearest path that exists is "/usr/local/sbin/nginx"
`,
		},
		{
			"the nearest path by its letters", "f /usr/bin/postgers", "", "main: /usr/bin/postgres, /usr/bin/*",
			`recipe.toml:1:1: artefact "/usr/bin/postgres" is missing: no step made it
hint: the nearest path that exists is "/usr/bin/postgers"
`,
		},
		{
			"nothing is near", "f /a", "", "main: /a, /usr/lib/quite/another/**",
			`recipe.toml:2:1: artefact "/usr/lib/quite/another/**" is missing: no step made it
hint: let a step write it below ${out}, or take it out of [artefacts]
`,
		},
		{
			"a step took it away", "f /usr/bin/kept", "", "main: /usr/bin/kept, /usr/bin/ear*",
			`recipe.toml:2:1: artefact "/usr/bin/ear*" is missing: it was there after step "compile" and gone after step "install"
`,
		},
		{
			"an exception that excepts nothing", "f /a", "", "main: /a, !/b/*.default",
			`recipe.toml:2:1: exception "!/b/*.default" is missing: no step made it
hint: let a step write it below ${out}, or take it out of [artefacts]
`,
		},
		{
			"a package's own file", "f /a", "f /usr/bin/owned", "main: /a, /usr/bin/owned",
			`recipe.toml:2:1: /usr/bin/owned is a file of package coreutils, not one that the steps made
hint: name "coreutils" in depends.runtime, or let a step write the file below ${out}
`,
		},
		{
			"capabilities", "f /a", "", "main: /a caps:cap_nett=ep",
			`recipe.toml:1:1: capabilities "cap_nett=ep": there is no capability "cap_nett"
`,
		},
		{
			"files that nobody takes", "f /usr/bin/a\nf /usr/bin/b\nf /opt/app/lib/1\nf /opt/app/lib/2\nf /opt/app/x\nf /etc/[x]", "", "dev: /usr/bin/a; main: /opt/app/x",
			`recipe.toml:2:1: 4 files that the steps made are in no set of [artefacts]: /etc/[x], /opt/app/lib/1, /opt/app/lib/2, /usr/bin/b
hint: add to main, or with ! in front to leave them out:
    "/etc/\\[x]",
    "/opt/app/lib/**",
    "/usr/bin/b",
`,
		},
		{
			"no sets", "f /usr/sbin/x\nf /etc/x/a\nf /etc/x/b\nf /usr/share/man/man1/x.1", "", "",
			`recipe.toml:7:1: no [artefacts] say which of the 3 files that the steps made are the outputs
hint: write
[artefacts]
main = [
    "/etc/x/**",
    "/usr/sbin/x",
]
`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := Input{
				Recipe: "x", Out: tree(t, tt.out), Root: tree(t, tt.root), Sets: sets(tt.sets), Steps: steps,
				NoSets: diag.Pos{File: "recipe.toml", Line: 7, Col: 1},
				Owner: func(p string) string {
					if p == "/usr/bin/owned" {
						return "package coreutils"
					}
					return ""
				},
			}
			_, err := Select(t.Context(), in)
			if got := printed(err); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestOrigin(t *testing.T) {
	in := Input{
		Recipe: "x", Out: tree(t, "f /a\nf /b"), Sets: sets("main: /**"),
		Steps: []Step{{Name: "one", Paths: []string{"/a"}}, {Name: "two", Paths: []string{"/a", "/b"}}},
	}
	r, err := Select(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{"/a": "recipe x one", "/b": "recipe x two"} {
		if got := r.Outputs[0].Tree.Get(p).Origin.String(); got != want {
			t.Errorf("origin of %s: %q, want %q", p, got, want)
		}
	}
	if in.Out.Get("/a").Origin != (layer.Origin{}) {
		t.Error("the input was changed")
	}
}

// TestCaps has values from setcap and getfattr of Debian 12.
func TestCaps(t *testing.T) {
	tests := []struct{ text, want, err string }{
		{text: "cap_net_raw=ep", want: "0100000200200000000000000000000000000000"},
		{text: "cap_net_raw+ep", want: "0100000200200000000000000000000000000000"},
		{text: "CAP_CHOWN,cap_bpf=p", want: "0000000201000000000000008000000000000000"},
		{text: "cap_chown=p cap_kill+i", want: "0000000201000000200000000000000000000000"},
		{text: "cap_chown,cap_kill=eip cap_kill-eip", want: "0100000201000000010000000000000000000000"},
		{text: "=p", want: "00000002ffffffff00000000ff01000000000000"},
		{text: "", err: "nothing there"},
		{text: "cap_chown", err: "no operator"},
		{text: "cap_chown=x", err: `no flag 'x'`},
		{text: "chown=p", err: `no capability "chown"`},
		{text: "cap_chown=ep cap_kill=p", err: "all or none"},
	}
	for _, tt := range tests {
		got, err := Caps(tt.text)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: error %v, want %q", tt.text, err, tt.err)
			}
			continue
		}
		if err != nil || fmt.Sprintf("%x", got) != tt.want {
			t.Errorf("%q: %x, %v, want %s", tt.text, got, err, tt.want)
		}
	}
}

func FuzzCaps(f *testing.F) {
	for _, s := range []string{"cap_net_raw=ep", "=p", "all+i cap_chown-p", "a=b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if b, err := Caps(s); err == nil && len(b) != 20 {
			t.Errorf("%q: %d bytes", s, len(b))
		}
	})
}
