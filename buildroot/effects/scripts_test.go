package effects

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

type (
	files   = []debtest.File
	members = map[string]string
)

const sh = "#!/bin/sh\nset -e\n"

// TestArchiveScripts runs made-up packages over Debian's essential set.
func TestArchiveScripts(t *testing.T) {
	w := newWorld(t)
	w.essential()
	for _, c := range []struct {
		name string
		run  func(*testing.T, *world)
	}{
		{"divert", divertOthers},
		{"divert own", divertOwn},
		{"divert in one wave", divertTogether},
		{"triggers", triggersOfEarlier},
		{"dates of scripts", datesOfScripts},
		{"remove on upgrade", removeOnUpgrade},
		{"debconf", debconfInPreinst},
		{"failing postinst", failingPostinst},
		{"failing preinst", failingPreinst},
		{"daemon", daemon},
		{"overlap", overlap},
		{"users", users},
		{"owners", owners},
		{"removed", removed},
		{"over effects", overEffects},
		{"loop", loop},
		{"suspects", suspects},
		{"database", installedDatabase},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, w) })
	}
}

// A package may divert another's file and put its own in the place.
func divertOthers(t *testing.T, w *world) {
	e, v, err := w.next(t, Wave{}, debtest.Deb{
		Name:    "diverter",
		Members: members{"preinst": sh + "dpkg-divert --package diverter --add --rename --divert /usr/bin/tac.real /usr/bin/tac\n"},
		Files:   files{{Path: "./usr/bin/tac", Data: "mine", Mode: 0o755}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/usr/bin/tac", "f 755 root:root 4 diverter 1.0")
	if f := shows(v, "/usr/bin/tac.real"); f == nil || f.Origin.What != "preinst" || f.Facts == nil {
		t.Errorf("tac.real: %+v", f)
	}
	if !slices.ContainsFunc(e.Reports, func(r Report) bool { return r.Kind == Overlap && r.Path == "/usr/bin/tac" }) {
		t.Error("the overlap is not reported")
	}
}

// One that diverts what nobody else has keeps its own file where it is.
func divertOwn(t *testing.T, w *world) {
	e, v, err := w.next(t, Wave{}, debtest.Deb{
		Name:    "common",
		Members: members{"preinst": sh + "dpkg-divert --package common --add --rename --divert /usr/bin/pg_config.real /usr/bin/pg_config\n"},
		Files:   files{{Path: "./usr/bin/pg_config", Data: "mine", Mode: 0o755}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/usr/bin/pg_config", "nothing")
	wantLine(t, e, "/usr/bin/pg_config.real", "nothing")
	if f := shows(v, "/usr/bin/pg_config"); f == nil || f.Origin.Kind != layer.FromPackage {
		t.Errorf("pg_config: %+v", f)
	}
}

// What another package of the same wave has there is unpacked beside.
func divertTogether(t *testing.T, w *world) {
	_, v, err := w.next(t, Wave{},
		debtest.Deb{
			Name:    "diverter",
			Members: members{"preinst": sh + "dpkg-divert --package diverter --add --rename --divert /usr/bin/prog.real /usr/bin/prog\ndpkg-divert --package diverter --add --no-rename --divert /usr/bin/moved /usr/bin/gone\n"},
			Files:   files{{Path: "./usr/bin/prog", Data: "diverter's", Mode: 0o755}},
		},
		debtest.Deb{Name: "aaa", Files: files{{Path: "./usr/bin/prog", Data: "the real", Mode: 0o755}, {Path: "./usr/bin/gone", Data: "moved", Mode: 0o755}}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]string{"/usr/bin/prog": "diverter", "/usr/bin/prog.real": "aaa", "/usr/bin/moved": "aaa"} {
		if f := shows(v, p); f == nil || f.Origin.Name != want {
			t.Errorf("%s: %+v, want it of %s", p, f, want)
		}
	}
	if f := shows(v, "/usr/bin/gone"); f != nil {
		t.Errorf("/usr/bin/gone: %+v", f)
	}
}

// Triggers of packages that were configured before run when a wave brings what
// they wait for, once each, and their changes are theirs.
func triggersOfEarlier(t *testing.T, w *world) {
	script := sh + "[ \"$1\" = triggered ] && echo \"$2\" >>/var/lib/NAME || true\n"
	first := func(name, how string) debtest.Deb {
		return debtest.Deb{Name: name, Members: members{
			"triggers": "interest" + how + " /usr/share/watched\ninterest" + how + " named-" + name + "\n",
			"postinst": strings.ReplaceAll(script, "NAME", name),
		}}
	}
	e, v, err := w.next(t, Wave{}, first("waits", ""), first("goes-on", "-noawait"))
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/var/lib/waits", "nothing")
	e, _, err = w.next(t, v,
		debtest.Deb{Name: "brings", Files: files{{Path: "./usr/share/watched/x", Data: "x"}},
			Members: members{"triggers": "activate named-waits\nactivate-noawait named-goes-on\n"}},
		debtest.Deb{Name: "depends", Fields: "Depends: brings\n", Members: members{"postinst": sh + "dpkg-trigger --by-package=depends named-waits\ntrue >/var/lib/depends\n"}},
		debtest.Deb{Name: "last", Fields: "Depends: depends\n", Members: members{"postinst": sh + "true >/var/lib/last\n"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/var/lib/depends", "f 644 root:root 0 depends postinst")
	wantLine(t, e, "/var/lib/last", "f 644 root:root 0 last postinst")
	for _, name := range []string{"waits", "goes-on"} {
		data, _ := os.ReadFile(filepath.Join(e.Root(), "var/lib", name))
		if !strings.Contains(string(data), "/usr/share/watched") || !strings.Contains(string(data), "named-"+name) {
			t.Errorf("triggers of %s: %q", name, data)
		}
		if f := e.Index.Tree().Get("/var/lib/" + name); f == nil || f.Origin.Name != name || f.Origin.What != "trigger" {
			t.Errorf("/var/lib/%s: %+v", name, f)
		}
	}
}

func removeOnUpgrade(t *testing.T, w *world) {
	_, _, err := w.next(t, Wave{}, debtest.Deb{
		Name: "upgraded", Members: members{"conffiles": "/etc/upgraded.conf\nremove-on-upgrade /etc/old.conf\n", "postinst": sh},
		Files: files{{Path: "./etc/upgraded.conf", Data: "a\n"}},
	})
	if err != nil {
		t.Error(err)
	}
}

func debconfInPreinst(t *testing.T, w *world) {
	e, _, err := w.next(t, Wave{Debconf: []string{"asks asks/question string given"}}, debtest.Deb{
		Name: "asks",
		Members: members{
			"templates": "Template: asks/question\nType: string\nDefault: none\nDescription: A question\n",
			"preinst":   sh + ". /usr/share/debconf/confmodule\ndb_get asks/question\necho \"$RET\" >/var/lib/asks\n",
			"config":    sh + ". /usr/share/debconf/confmodule\ndb_input high asks/question || true\ndb_go\n",
			"postinst":  sh + ". /usr/share/debconf/confmodule\ndb_get asks/question\necho \"$RET\" >>/var/lib/asks\n",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(e.Root(), "var/lib/asks")); string(data) != "given\ngiven\n" {
		t.Errorf("the answers are %q", data)
	}
}

func failingPostinst(t *testing.T, w *world) {
	_, _, err := w.next(t, Wave{},
		debtest.Deb{Name: "fails", Members: members{"postinst": "#!/bin/sh\nfor i in $(seq 30); do echo line $i; done\nexit 3\n"}},
		debtest.Deb{Name: "good", Members: members{"postinst": sh}})
	var failed *ScriptError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v", err)
	}
	if failed.Package != "fails" || failed.Script != "postinst" || failed.Exit != 3 || len(failed.Tail) != 20 || !slices.Contains(failed.Tail, "line 30") {
		t.Errorf("%+v", failed)
	}
	if !strings.Contains(err.Error(), "configure fails: its postinst ended with status 3") {
		t.Errorf("error %q", err)
	}
}

func failingPreinst(t *testing.T, w *world) {
	_, _, err := w.next(t, Wave{}, debtest.Deb{Name: "fails", Members: members{"preinst": sh + "echo sorry\nexit 4\n"}})
	var failed *ScriptError
	if !errors.As(err, &failed) || failed.Package != "fails" || failed.Script != "preinst" || failed.Exit != 4 || !slices.Equal(failed.Tail, []string{"sorry"}) {
		t.Errorf("error %#v", err)
	}
}

// A daemon that a script starts in spite of policy-rc.d dies with the container
// and holds nothing up.
func daemon(t *testing.T, w *world) {
	began := time.Now()
	e, _, err := w.next(t, Wave{}, debtest.Deb{Name: "daemon", Members: members{
		"postinst": sh + "sleep 600 &\n/usr/sbin/policy-rc.d daemon start && exit 1\nfor f in 3 4; do [ ! -e /proc/self/fd/$f ]; done\n",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(began); d > 5*time.Minute {
		t.Errorf("it took %v", d)
	}
	wantLine(t, e, "/usr/sbin/policy-rc.d", "nothing")
}

func overlap(t *testing.T, w *world) {
	a := debtest.Deb{Name: "aa", Files: files{{Path: "./usr/share/both", Data: "a"}}}
	b := debtest.Deb{Name: "bb", Files: files{{Path: "./usr/share/both", Data: "b"}}}
	_, _, err := w.next(t, Wave{}, a, b)
	if err == nil || !strings.Contains(err.Error(), "aa and bb both have /usr/share/both, and neither says that it replaces the other") {
		t.Errorf("error %v", err)
	}
	for _, who := range []*debtest.Deb{&a, &b} {
		other := a.Name
		if who == &a {
			other = b.Name
		}
		who.Fields = "Replaces: " + other + " (<< 2)\n"
		_, v, err := w.next(t, Wave{}, a, b)
		who.Fields = ""
		if err != nil {
			t.Error(err)
			continue
		}
		if f := shows(v, "/usr/share/both"); f.Origin.Name != who.Name {
			t.Errorf("where %s replaces, the file is of %s", who.Name, f.Origin.Name)
		}
	}
	_, v, err := w.next(t, Wave{}, a)
	if err != nil {
		t.Fatal(err)
	}
	b.Fields = "Replaces: aa\n"
	e, v, err := w.next(t, v, b)
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/usr/share/both", "f 644 root:root 1 bb 1.0")
	if f := shows(v, "/usr/share/both"); f.Origin.Name != "bb" {
		t.Errorf("over an earlier wave the file is of %s", f.Origin.Name)
	}
}

// Owners are names, of users that scripts make as of those that were there.
func users(t *testing.T, w *world) {
	add := sh + "echo 'made:x:777:777::/nonexistent:/usr/sbin/nologin' >>/etc/passwd\necho 'made:x:777:' >>/etc/group\n"
	e, _, err := w.next(t, Wave{Users: []string{"given:x:901:901::/:/usr/sbin/nologin"}, Groups: []string{"given:x:901:"}}, debtest.Deb{
		Name: "maker",
		Members: members{
			"preinst":  add + "install -d -o made -g mail -m 2750 /var/lib/maker\n",
			"postinst": sh + "touch /var/lib/maker/f\nchown given:made /var/lib/maker/f\nchmod 600 /usr/share/maker\nsed -i 's/^mail:\\(.*\\):$/mail:\\1:given/' /etc/group\nchmod 4755 /usr/bin/maker\n",
		},
		Files: files{{Path: "./usr/share/maker", Data: "x", User: "made", Group: "shadow"}, {Path: "./usr/bin/maker", Data: "x", Mode: 0o755}},
	})
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/var/lib/maker", "d 2750 made:mail maker preinst")
	wantLine(t, e, "/var/lib/maker/f", "f 644 given:made 0 maker postinst")
	wantLine(t, e, "/usr/share/maker", "f 600 made:shadow 1 maker postinst")
	wantLine(t, e, "/usr/bin/maker", "f 4755 root:root 1 maker postinst")
	var got []string
	for _, l := range e.Lines {
		s := l.File + " " + l.Key + " " + l.Package
		for _, m := range l.Members {
			s += " +" + m.User + " by " + m.Package
		}
		got = append(got, s)
	}
	want := []string{"/etc/passwd given ", "/etc/passwd made maker", "/etc/group mail maker +given by maker", "/etc/group given ", "/etc/group made maker"}
	if !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
}

func owners(t *testing.T, w *world) {
	e, _, err := w.next(t, Wave{}, debtest.Deb{Name: "owners", Members: members{
		"postinst": sh + `cd /var/lib
mkfifo -m 600 fifo; chown games:mail fifo
ln -s x link; chown -h games:mail link
perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "/var/lib/socket", Listen => 1)' 2>/dev/null || python3 -c '' 2>/dev/null || true
echo one >one; ln one two; chown games one
`,
	}})
	if err != nil {
		t.Fatal(err)
	}
	wantLine(t, e, "/var/lib/fifo", "p 600 games:mail owners postinst")
	wantLine(t, e, "/var/lib/link", "l 777 games:mail x owners postinst")
	wantLine(t, e, "/var/lib/one", "f 644 games:root 4 owners postinst")
	if f := e.Index.Tree().Get("/var/lib/two"); f == nil || f.Type != layer.Hardlink || f.Link != "/var/lib/one" {
		t.Errorf("two: %+v", f)
	}
	wantLine(t, e, "/var/lib/socket", "nothing")
}

// What scripts remove is a whiteout, and a directory made anew is opaque.
func removed(t *testing.T, w *world) {
	e, v, err := w.next(t, Wave{}, debtest.Deb{Name: "remover",
		Members: members{"postinst": sh + "rm /usr/share/remover/a\nrm -r /usr/share/remover/d\nmkdir /usr/share/remover/d\necho new >/usr/share/remover/d/new\n"},
		Files:   files{{Path: "./usr/share/remover/a", Data: "a"}, {Path: "./usr/share/remover/d/"}, {Path: "./usr/share/remover/d/old", Data: "o"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]layer.Type{"/usr/share/remover/a": layer.Whiteout, "/usr/share/remover/d": layer.Opaque, "/usr/share/remover/d/new": layer.Regular} {
		if f := e.Index.Tree().Get(p); f == nil || f.Type != want {
			t.Errorf("%s: %+v, want type %c", p, f, want)
		}
	}
	if f := shows(v, "/usr/share/remover/d/old"); f != nil {
		t.Errorf("the root shows %+v", f)
	}
}

// Unpacking wins over what earlier scripts left, but for conffiles.
func overEffects(t *testing.T, w *world) {
	_, v, err := w.next(t, Wave{}, debtest.Deb{Name: "early",
		Members: members{"postinst": sh + "mkdir -p /usr/share/late /etc/late\necho early >/usr/share/late/file\necho early >/etc/late/conf\nrm -r /usr/share/early\n"},
		Files:   files{{Path: "./usr/share/early/x", Data: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	e, v, err := w.next(t, v, debtest.Deb{Name: "late",
		Members: members{"conffiles": "/etc/late/conf\n",
			"preinst":  sh + "echo preinst >/usr/share/late/other\n",
			"postinst": sh + "cat /usr/share/late/file /usr/share/late/other /usr/share/early/y /etc/late/conf >/var/lib/late\n"},
		Files: files{{Path: "./usr/share/late/file", Data: "late\n"}, {Path: "./usr/share/late/other", Data: "other\n"}, {Path: "./etc/late/conf", Data: "conf\n"}, {Path: "./usr/share/early/"}, {Path: "./usr/share/early/y", Data: "y\n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(filepath.Join(e.Root(), "var/lib/late")); string(data) != "late\nother\ny\nearly\n" {
		t.Errorf("the script saw %q", data)
	}
	wantLine(t, e, "/usr/share/late/file", "f 644 root:root 5 late 1.0")
	wantLine(t, e, "/usr/share/late/other", "nothing")
	if f := shows(v, "/usr/share/early/x"); f != nil {
		t.Errorf("what was removed is back: %+v", f)
	}
	if f := shows(v, "/usr/share/early/y"); f == nil || f.Origin.Name != "late" {
		t.Errorf("/usr/share/early/y: %+v", f)
	}
}

// Later steps find dpkg's database of the whole root, as dpkg would have left it.
func installedDatabase(t *testing.T, w *world) {
	_, v, err := w.next(t, Wave{}, debtest.Deb{Name: "more", Files: files{{Path: "./usr/share/more", Data: "x"}}, Members: members{"postinst": sh}})
	if err != nil {
		t.Fatal(err)
	}
	policy := filepath.Join(tempDir(t), "policy")
	if err := WritePolicy(policy); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	_, err = w.keeper.Run(t.Context(), job.Job{
		Name: "ask dpkg", Layers: Layers("", v.Earlier, v.Before, policy), Env: Env(epoch), Dir: "/", Hostname: Hostname,
		Args: []string{"/bin/sh", "-c", `dpkg --audit; dpkg --verify; dpkg-query -S /usr/share/more
dpkg-query -W -f '${db:Status-Abbrev}\n' | sort -u; dpkg-divert --list | grep -q usr-is-merged && echo diverted; ls /var/lib/dpkg`},
	}, job.Streams{Out: &out, Err: &out})
	if err != nil {
		t.Fatal(err)
	}
	want := "more: /usr/share/more\nii \ndiverted\nalternatives\navailable\ndiversions\ninfo\nlock\nlock-frontend\nparts\nstatoverride\nstatus\ntriggers\nupdates\n"
	if got := out.String(); got != want {
		t.Errorf("dpkg says %q, want %q", got, want)
	}
}
