package image

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// TestMistakes has everything that stops an image, and what is said of it.
func TestMistakes(t *testing.T) {
	const world = `
		package aa 1
		Depends: libc6, adduser
		f /usr/bin/aa elf=libc.so.6
		f /etc/aa/aa.conf text=port = 1\n
		f /etc/aa/other.conf text=port = 1\n
		d /etc/aa/dir
		f /usr/lib/plain
		f /usr/share/doc/aa/README
		package adduser 3
		f /etc/adduser.conf
		package base-things 1
		f /usr/bin/wanted elf
		f /etc/wanted.conf
	`
	app := func(lines string) []Output { return []Output{outputOf(t, "app", lines)} }
	tests := []struct {
		name, recipe string
		outputs      []Output
		want         string
	}{
		{
			name:   "remove names nothing",
			recipe: "[remove]\npaths = [\"/etc/aa/aa.con\", \"/etc/aa/*.d\"]",
			want: `recipe.toml:4:10: remove "/etc/aa/aa.con" names nothing
				hint: did you mean "/etc/aa/aa.conf"?
				recipe.toml:4:28: remove "/etc/aa/*.d" names nothing`,
		},
		{
			name:   "a file over a package's",
			recipe: "[file]\n\"/etc/aa/aa.conf\" = { content = \"x\" }",
			want: `recipe.toml:4:1: file /etc/aa/aa.conf: package aa 1 has that file
				hint: say replace = true if that is meant, or write [edit] to change parts of it`,
		},
		{
			name:   "replace where nothing is",
			recipe: "[file]\n\"/etc/aa/aa.cnf\" = { content = \"x\", replace = true }",
			want: `recipe.toml:4:1: file /etc/aa/aa.cnf: replace is said, and no package has that file
				hint: leave replace out; did you mean "/etc/aa/aa.conf"?`,
		},
		{
			name:   "a file where a directory is, and below a file",
			recipe: "[file]\n\"/etc/aa/dir\" = { content = \"x\" }\n\"/etc/aa/aa.conf/x\" = { content = \"x\" }",
			want: `recipe.toml:4:1: file /etc/aa/dir: package aa 1 has a directory there
				recipe.toml:5:1: file /etc/aa/aa.conf/x: /etc/aa/aa.conf is no directory`,
		},
		{
			name:   "from the image",
			recipe: "[file]\n\"/a\" = { from = \"/etc/aa/aa.cnf\" }\n\"/b\" = { from = \"/etc/aa\" }\n\"/c/\" = { from = \"/etc/aa/aa.conf\" }",
			want: `recipe.toml:4:1: file /a: nothing in the image is /etc/aa/aa.cnf
				hint: did you mean "/etc/aa/aa.conf"?
				recipe.toml:5:1: file /b: /etc/aa is a directory
				hint: write the path with a final slash to copy a directory
				recipe.toml:6:1: file /c/: /etc/aa/aa.conf is a file
				hint: write the path without a final slash to copy one file`,
		},
		{
			name:   "a dir over a file",
			recipe: "[dir]\n\"/etc/aa/aa.conf\" = {}",
			want:   `recipe.toml:4:1: directory /etc/aa/aa.conf: package aa 1 has a file there`,
		},
		{
			name:   "a link to nothing",
			recipe: "[link]\n\"/usr/bin/bb\" = \"ab\"\n\"/usr/bin/cc\" = \"wanted\"",
			want: `recipe.toml:4:1: link /usr/bin/bb: its target ab is not in the image
				hint: add the package that has it to depends.runtime, or let a step install it
				recipe.toml:5:1: link /usr/bin/cc: its target wanted is not in the image
				hint: add "base-things" to depends.runtime`,
		},
		{
			name:   "sudo without sudo",
			recipe: "[sudo]\nx = \"ALL ALL=(root) /bin/ss\"",
			want: `recipe.toml:4:5: sudo x: the image has no sudo
				hint: add "sudo" to depends.runtime`,
		},
		{
			name:   "files that are made",
			recipe: "[file]\n\"/etc/passwd\" = { content = \"x\" }\n[edit.\"/etc/group\"]\nops = [{ replace = \"a\", with = \"b\" }]",
			want: `recipe.toml:4:1: file /etc/passwd: it is made for each image
				hint: users and groups are declared as [user] and [group]
				recipe.toml:5:7: edit /etc/group: it is made for each image
				hint: users and groups are declared as [user] and [group]`,
		},
		{
			name:   "edits of what is not there, or removed, or no file",
			recipe: "[remove]\npaths = [\"/etc/aa/other.conf\"]\n[edit.\"/etc/aa/aa.cnf\"]\nops = [{ replace = \"a\", with = \"b\" }]\n[edit.\"/etc/aa/other.conf\"]\nops = [{ replace = \"a\", with = \"b\" }]\n[edit.\"/etc/aa/dir\"]\nops = [{ replace = \"a\", with = \"b\" }]",
			want: `recipe.toml:5:7: edit /etc/aa/aa.cnf: the image has no such file
				hint: did you mean "/etc/aa/aa.conf"?
				recipe.toml:7:7: edit /etc/aa/other.conf: [remove] takes that file away
				recipe.toml:9:7: edit /etc/aa/dir: it is a directory`,
		},
		{
			name: "what the image does without",
			recipe: "[remove]\npaths = [\"/usr/share/doc/aa/README\", \"/etc/wanted.conf\"]\n[file]\n\"/x\" = { from = \"/usr/share/doc/aa/README\" }\n" +
				"[edit.\"/usr/share/doc/aa/README\"]\nunset = [\"a\"]\n[edit.\"/etc/wanted.conf\"]\nunset = [\"a\"]\n[edit.\"/etc/adduser.conf\"]\nunset = [\"a\"]",
			want: `recipe.toml:4:10: remove "/usr/share/doc/aa/README" names nothing: cut = "slim" leaves it out of package aa
				hint: leave it out of [remove], too
				recipe.toml:4:38: remove "/etc/wanted.conf" names nothing: it is of package base-things, which the image does without
				hint: leave it out of [remove], too
				recipe.toml:6:1: file /x: nothing in the image is /usr/share/doc/aa/README: cut = "slim" leaves it out of package aa
				hint: write keep = ["/usr/share/doc/aa/README"] in [image]
				recipe.toml:7:7: edit /usr/share/doc/aa/README: the image has no such file: cut = "slim" leaves it out of package aa
				hint: write keep = ["/usr/share/doc/aa/README"] in [image]
				recipe.toml:9:7: edit /etc/wanted.conf: the image has no such file: it is of package base-things, which the image does without
				hint: add "base-things" to depends.runtime
				recipe.toml:11:7: edit /etc/adduser.conf: the image has no such file: package adduser, which only configuring needs, is cut
				hint: add "adduser" to depends.runtime`,
		},
		{
			name:   "an edit below state",
			recipe: "[image]\nuser = \"root\"\nstate = [\"/etc/aa\"]\n[edit.\"/etc/aa/aa.conf\"]\nunset = [\"a\"]",
			want:   `recipe.toml:6:7: edit /etc/aa/aa.conf: the image has no such file: /etc/aa is for state, and begins empty`,
		},
		{
			name:   "edits by glob",
			recipe: "[edit.\"/etc/aa/*.conf\"]\nfiles = 3\nops = [{ replace = \"port\", with = \"b\" }]",
			want: `recipe.toml:3:7: edit /etc/aa/*.conf: 2 files match, not 3
				hint: write files = 2 if these are meant: /etc/aa/aa.conf, /etc/aa/other.conf`,
		},
		{
			name:   "an unknown variable in an expanded file",
			recipe: "[file]\n\"/x\" = { from = \"x.txt\", expand = true }\n\"/y\" = { from = \"y.txt\" }",
			want: `recipe.toml:4:1: x.txt, line 2: unknown variable ${nix}
				hint: write $${ for a ${ that is to stay
				recipe.toml:5:1: file /y: there is no file y.txt`,
		},
		{
			name:    "a library that nothing has",
			recipe:  "[image]\nentrypoint = [\"app\"]\nuser = \"root\"",
			outputs: app("f /usr/bin/app elf=libown.so\nf /usr/lib/libown.so elf=libgone.so.1"),
			want: `recipe.toml: /usr/lib/libown.so needs the shared library libgone.so.1, which no package of the image or of the build has (app → libown.so)
				hint: add the package that has it to depends.runtime, or let a step install it`,
		},
		{
			name:    "an interpreter that is not there",
			recipe:  "",
			outputs: app("f /usr/bin/app script=/bin/sh\nf /usr/bin/b script=/usr/bin/lua"),
			want: `recipe.toml: /usr/bin/app needs /bin/sh, which is not in the image
				hint: add "dash" to depends.runtime
				recipe.toml: /usr/bin/b needs /usr/bin/lua, which is not in the image
				hint: add the package that has it to depends.runtime, or let a step install it`,
		},
		{
			name:   "an entrypoint that is not there",
			recipe: "[image]\nentrypoint = [\"ab\"]\nuser = \"root\"\nhealth.command = [\"wanted\"]",
			want: `recipe.toml:4:14: entrypoint: the image has no program "ab"
				hint: did you mean "aa"?
				recipe.toml:6:1: health.command: the image has no program "wanted"
				hint: add "base-things" to depends.runtime`,
		},
		{
			name:   "an entrypoint that is not executable, or no file",
			recipe: "[image]\nentrypoint = [\"/usr/lib/plain\"]\nuser = \"root\"\nhealth.command = [\"/etc/aa/dir\"]",
			want: `recipe.toml:4:14: entrypoint: /usr/lib/plain is not executable
				hint: give it a mode such as "0755" where package aa 1 brings it
				recipe.toml:6:1: health.command: /etc/aa/dir is no file
				hint: name a program`,
		},
		{
			name:   "users without a number, whom nobody makes, and with another's",
			recipe: "[user]\none = {}\n[dir]\n\"/a\" = { owner = \"too\" }\n[image]\nuser = \"on\"",
			want: `recipe.toml:4:1: user "one" has no number, neither here nor in the lock
				hint: run ` + "`ashlar lock`" + `, which gives it one
				recipe.toml:6:1: /a belongs to user "too", whom nobody makes
				hint: declare it in [user]: too = {}
				recipe.toml:8:8: the image is to run as user "on", whom nobody makes
				hint: did you mean "one"?`,
		},
		{
			name:   "members and groups that nobody makes",
			recipe: "[user]\none = { uid = 7, groups = [\"opps\", \"x\"] }\n[group]\nops = { gid = 9, members = [\"onne\"] }\n[file]\n\"/a\" = { content = \"\", owner = \"one:oops\" }",
			want: `recipe.toml:4:1: group "opps" is named, and nobody makes it
				hint: did you mean "ops"?
				recipe.toml:4:1: group "x" is named, and nobody makes it
				hint: declare it in [group]: x = {}
				recipe.toml:6:1: user "onne" is named, and nobody makes it
				hint: did you mean "one"?
				recipe.toml:8:1: /a belongs to group "oops", whom nobody makes
				hint: did you mean "ops"?`,
		},
		{
			name:   "one number twice",
			recipe: "[user]\none = { uid = 33 }\n[dir]\n\"/a\" = { owner = \"www-data\" }",
			want: `recipe.toml: users one and www-data both have the number 33
				hint: give one of them another number with uid or gid
				recipe.toml: groups one and www-data both have the number 33
				hint: give one of them another number with uid or gid`,
		},
		{
			name:    "an artefact over a package's file",
			recipe:  "",
			outputs: app("f /etc/aa/aa.conf text=mine"),
			want: `recipe.toml: /etc/aa/aa.conf: recipe app and package aa 1 both have it
				hint: leave it out of the one with "!/etc/aa/aa.conf" in [artefacts], or do without the other`,
		},
		{
			name:    "two recipes with one path",
			recipe:  "",
			outputs: []Output{outputOf(t, "lib", "f /opt/x text=1"), outputOf(t, "app", "f /opt/x text=2")},
			want: `recipe.toml: /opt/x: recipe app and recipe lib install both have it
				hint: leave it out of the one with "!/opt/x" in [artefacts], or do without the other`,
		},
		{
			name:   "keep keeps nothing",
			recipe: "[image]\nuser = \"root\"\nkeep = [\"/usr/bin/wanted\", \"/etc/aa/aa.con\"]",
			want: `recipe.toml:5:9: keep "/usr/bin/wanted" names nothing in the image
				hint: package base-things has it: add it to depends.runtime
				recipe.toml:5:28: keep "/etc/aa/aa.con" names nothing in the image
				hint: did you mean "/etc/aa/aa.conf"?`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "[depends]\nruntime = [\"aa\"]\n" + tt.recipe
			if !strings.Contains(text, "[image]") {
				text += "\n[image]\nuser = \"root\""
			}
			c := check{world: world, recipe: text, outputs: tt.outputs, files: map[string]string{"x.txt": "a ${arch}\n${nix}"}}
			_, err := Assemble(t.Context(), c.input(t))
			if err == nil {
				t.Fatal("no mistake")
			}
			var got strings.Builder
			for line := range strings.Lines(printed(err)) {
				if line = strings.TrimSpace(line); line != "" {
					got.WriteString(strings.TrimPrefix(line, "recipes/app/") + "\n")
				}
			}
			if want := lines(tt.want); got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func TestOverlap(t *testing.T) {
	c := check{
		world:  "package aa 1\nf /x text=1\npackage bb 1\nf /x text=2",
		recipe: "[depends]\nruntime = [\"aa\", \"bb\"]\n[image]\nuser = \"root\"",
	}
	_, err := Assemble(t.Context(), c.input(t))
	if want := "packages aa and bb both have /x, and neither says that it replaces the other"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestUnlocked(t *testing.T) {
	c := check{recipe: "[depends]\nruntime = [\"gone (>= 1)\"]\n[image]\nuser = \"root\""}
	_, err := Assemble(t.Context(), c.input(t))
	if got := printed(err); !strings.Contains(got, `"gone (>= 1)": no package of the lock is that`) || !strings.Contains(got, "run `ashlar lock`") {
		t.Error(got)
	}
}

// A library that update-alternatives puts where ld.so looks brings the package that
// was chosen in the build's root, in an image and along with an output.
func TestLibraryOfAlternative(t *testing.T) {
	c := check{
		build: `
			package libblas3 1
			f /usr/lib/x86_64-linux-gnu/blas/libblas.so.3 elf=libc.so.6 so=libblas.so.3
			package libopenblas0 1
			f /usr/lib/x86_64-linux-gnu/openblas/libblas.so.3 elf=libc.so.6 so=libblas.so.3
			effect libblas3 postinst
			l /usr/lib/x86_64-linux-gnu/libblas.so.3 /etc/alternatives/libblas.so.3
			effect libopenblas0 postinst
			l /etc/alternatives/libblas.so.3 /usr/lib/x86_64-linux-gnu/openblas/libblas.so.3
			f /var/lib/dpkg/alternatives/libblas.so.3 text=auto\n/usr/lib/x86_64-linux-gnu/libblas.so.3\n\n/usr/lib/x86_64-linux-gnu/blas/libblas.so.3\n10\n/usr/lib/x86_64-linux-gnu/openblas/libblas.so.3\n100\n\n
		`,
		recipe:  "[image]\nentrypoint = [\"app\"]\nuser = \"root\"",
		outputs: []Output{outputOf(t, "app", "f /usr/bin/app elf=libblas.so.3,libc.so.6 interp=/lib64/ld-linux-x86-64.so.2")},
	}
	in := c.input(t)
	r, err := Assemble(t.Context(), in)
	if err != nil {
		t.Fatal(printed(err))
	}
	at, f, err := r.Tree.Resolve("/usr/lib/x86_64-linux-gnu/libblas.so.3")
	if err != nil || f == nil || f.Origin.Name != "libopenblas0" {
		t.Errorf("the library is %s %+v (%v)", at, f, err)
	}
	found, err := Libraries(in.Build, []*layer.Tree{c.outputs[0].Tree}, nil)
	var names []string
	for _, p := range found {
		names = append(names, p.Control.Name)
	}
	if got := strings.Join(names, " "); err != nil || got != "libc6 libopenblas0" {
		t.Errorf("with the output come %s (%v)", got, err)
	}
}

// TestLibraries: a missing library brings its package from the build's, with
// what that needs and what its scripts made there.
func TestLibraries(t *testing.T) {
	c := check{
		world: "package libz 1\nf /usr/lib/x86_64-linux-gnu/libz.so.1 elf=libc.so.6",
		build: `
			package libssl 3
			Depends: libc6, libdep
			f /usr/lib/x86_64-linux-gnu/libssl.so.3 elf=libc.so.6
			package libdep 1
			f /usr/share/libdep
			package libssl-dev 3
			Depends: libssl
			l /usr/lib/x86_64-linux-gnu/libssl.so libssl.so.3
			package libz 2
			f /usr/lib/x86_64-linux-gnu/libz.so.1 elf
			effect libdep postinst
			f /etc/libdep.conf owner=dep
			line /etc/passwd dep:x:100:101::/nonexistent:/usr/sbin/nologin
			line /etc/group dep:x:101:
			effect libssl-dev postinst
			f /etc/never
		`,
		recipe:  "[image]\nentrypoint = [\"app\"]\nuser = \"root\"",
		outputs: []Output{outputOf(t, "app", "f /usr/bin/app elf=libssl.so.3,libz.so.1,libc.so.6 interp=/lib64/ld-linux-x86-64.so.2")},
		ids:     []lock.ID{{Name: "dep", Number: 105}},
	}
	r, err := Assemble(t.Context(), c.input(t))
	if err != nil {
		t.Fatal(printed(err))
	}
	var kept []string
	for _, k := range r.Report.Kept {
		kept = append(kept, strings.Join([]string{k.Package, k.Version, string(k.Why.Kind), k.Why.By, k.Why.What}, " "))
	}
	want := `libc6 2.41 library /usr/bin/app /lib64/ld-linux-x86-64.so.2
libdep 1 depends libssl libdep
libssl 3 library /usr/bin/app libssl.so.3
libz 1 library /usr/bin/app libz.so.1`
	if got := strings.Join(kept, "\n"); got != want {
		t.Errorf("kept\n%s\nwant\n%s", got, want)
	}
	for p, there := range map[string]bool{
		"/etc/libdep.conf": true, "/etc/never": false, "/usr/lib/x86_64-linux-gnu/libssl.so": false,
		"/etc/ld.so.cache": true, "/var/lib/dpkg/status.d/libssl": true, "/var/lib/dpkg/status.d/libssl-dev": false,
	} {
		if got := r.Tree.Get(p) != nil; got != there {
			t.Errorf("%s: there %v, want %v", p, got, there)
		}
	}
	if passwd := string(r.Tree.Get("/etc/passwd").Data); !strings.Contains(passwd, "dep:x:105:105:") {
		t.Errorf("passwd:\n%s", passwd)
	}
	why, err := Why(r.Tree, &r.Report, "/usr/share/libdep")
	if err != nil {
		t.Fatal(err)
	}
	wantWhy := `/usr/share/libdep is from package libdep 1
package libdep is there because libssl depends on it (libdep)
package libssl is there because /usr/bin/app needs libssl.so.3
/usr/bin/app was made by recipe app in step "install"
/usr/bin/app is what the recipe starts as "app"`
	if got := strings.Join(why, "\n"); got != wantWhy {
		t.Errorf("why:\n%s\nwant\n%s", got, wantWhy)
	}
	if _, err := Why(r.Tree, &r.Report, "/nowhere"); err == nil {
		t.Error("a reason for a file that is not there")
	}
	if f := r.Tree.Get("/usr/bin/app"); f.Origin.Kind != layer.FromRecipe {
		t.Errorf("origin %v", f.Origin)
	}
}
