package effects

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

func databasePackages() []debtest.Deb {
	return []debtest.Deb{
		{
			Name: "libx1", Version: "1:2-3", Arch: "amd64", Fields: "Multi-Arch: same\nDepends: libc6 (>= 2),\n libz\nSection: libs\nPriority: optional\n",
			Members: members{"triggers": "# comment\nactivate-noawait ldconfig\n", "md5sums": "0  x\n"},
			Files:   files{{Path: "./"}, {Path: "./usr/"}, {Path: "./usr/lib/"}, {Path: "./usr/lib/libx.so.1", Data: "x"}},
		},
		{
			Name: "conf", Fields: "Description: short\n long\n .\n more\n",
			Members: members{"conffiles": "/etc/conf/b\n/etc/conf/a\nremove-on-upgrade /etc/conf/old\n", "postinst": sh, "config": sh},
			Files:   files{{Path: "./"}, {Path: "./etc/"}, {Path: "./etc/conf/"}, {Path: "./etc/conf/a", Data: "a"}, {Path: "./etc/conf/b", Data: "b"}},
		},
		{
			Name: "watch", Members: members{"triggers": "interest /usr/lib\ninterest-noawait watch-me\ninterest-noawait /etc\n", "postinst": sh},
			Files: files{{Path: "./"}, {Path: "./var/"}},
		},
	}
}

func TestDatabase(t *testing.T) {
	var packages []*deb.Package
	for _, d := range databasePackages() {
		packages = append(packages, made(t, d))
	}
	d, err := NewDatabase(packages, Unpacked)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, name := range slices.Sorted(maps.Keys(d.Files)) {
		fmt.Fprintf(&got, "== %s\n%s", name, d.Files[name])
	}
	for _, name := range slices.Sorted(maps.Keys(d.Links)) {
		fmt.Fprintf(&got, "-> %s %s\n", name, filepath.Base(d.Links[name]))
	}
	golden(t, "database", got.String())
}

// The real dpkg, where there is one, leaves the same database when it unpacks
// the same packages.
func TestDatabaseIsAsDpkgHasIt(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		skip(t, "no dpkg on this host")
	}
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	for _, sub := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, adminDir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"status": "", "info/format": "1\n", "arch": "amd64\nall\n"} {
		if err := os.WriteFile(filepath.Join(root, adminDir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"--root=" + root, "--force-not-root", "--force-unsafe-io", "--force-depends", "--force-bad-path", "--force-script-chrootless", "--log=/dev/null", "--unpack"}
	var packages []*deb.Package
	for _, d := range databasePackages() {
		for i := range d.Files { // as this user may make them
			d.Files[i].User, d.Files[i].Group = "root", "root"
		}
		file := filepath.Join(dir, d.Name+".deb")
		if err := os.WriteFile(file, d.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
		packages = append(packages, made(t, d))
	}
	// chown fails for a plain user: a user namespace makes it root.
	cmd := exec.Command("unshare", append([]string{"-Ur", dpkg}, args...)...)
	cmd.Env = append(os.Environ(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("dpkg: %v\n%s", err, out)
	}
	ours, err := NewDatabase(packages, Unpacked)
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine")
	if err := ours.Write(mine, epoch); err != nil {
		t.Fatal(err)
	}
	a, b := readDatabase(t, filepath.Join(mine, adminDir)), readDatabase(t, filepath.Join(root, adminDir))
	for _, name := range slices.Sorted(maps.Keys(b)) {
		if a[name] != b[name] {
			t.Errorf("%s:\n%s", name, diff(a[name], b[name]))
		}
	}
	for name := range a {
		if _, ok := b[name]; !ok && a[name] != "" {
			t.Errorf("dpkg has no %s", name)
		}
	}
}

// readDatabase reads what of a database is to be equal.
func readDatabase(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	filepath.Walk(dir, func(p string, fi os.FileInfo, err error) error {
		if err != nil || fi.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		name := strings.TrimPrefix(p, dir+"/")
		switch {
		case name == "arch" || strings.HasSuffix(name, "-old") || strings.HasSuffix(name, "Lock") || strings.HasPrefix(name, "lock"):
			return err
		case name == "triggers/Unincorp": // ours is written when a wave is unpacked
			return err
		case name == "status":
			for pkg, text := range stanzas(t, data) {
				out["status of "+pkg] = unreal(text)
			}
			return err
		case name == "triggers/File":
			lines := splitLines(string(data))
			slices.Sort(lines)
			data = []byte(joinLines(lines))
		}
		out[name] = string(data)
		return err
	})
	return out
}

// unreal takes out what dpkg writes while it unpacks and no more when a package
// is configured; and words of MD5 sums that it has not read yet.
func unreal(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 2 && strings.HasPrefix(line, " /") {
			line = " " + f[0] + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func TestTriggerMistakes(t *testing.T) {
	for _, text := range []string{"interest\n", "watch /x\n", "interest a/b\n", "interest-never x\n", "interest ../x\n", "interest /x/../y\n", "interest File\n", "interest a b\n"} {
		p := made(t, debtest.Deb{Name: "bad", Members: members{"triggers": text}})
		if _, err := NewDatabase([]*deb.Package{p}, Installed); err == nil || !strings.Contains(err.Error(), "read triggers of bad") {
			t.Errorf("%q: error %v", text, err)
		}
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		if os.Getenv("ASHLAR_GOLDEN") == "1" && os.WriteFile(path, []byte(got), 0o644) == nil {
			return
		}
		t.Errorf("%s:\n%s", name, diff(string(want), got))
	}
}

// stanzas are the fields of each package, sorted.
func stanzas(t *testing.T, text []byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for stanza := range bytes.SplitSeq(bytes.TrimSpace(text), []byte("\n\n")) {
		c, err := deb.ParseControl(stanza)
		if err != nil {
			t.Fatal(err)
		}
		var fields []string
		for _, f := range c.Fields {
			fields = append(fields, f.Name+": "+f.Value+"\n")
		}
		slices.Sort(fields)
		out[c.Name] = strings.Join(fields, "")
	}
	return out
}
