package effects

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// unequal are the paths in which a root of ours may differ from mmdebstrap's,
// and why. Paths that the noise table drops are not compared either.
var unequal = []struct{ glob, why string }{
	{"/var/lib/apt{,/**}", "apt's lists"},
	{"/var/cache/apt{,/**}", "apt's cache"},
	{"/etc/apt/{sources.list,sources.list.d/*,apt.conf.d/99mmdebstrap}", "mmdebstrap's own files"},
	{"/etc/apt/{preferences.d,sources.list.d}", "mmdebstrap makes them where there is no apt"},
	{"/etc/fstab", "mmdebstrap's own file"},
	{"/etc/{hostname,resolv.conf,hosts}", "mmdebstrap's own files; ours are in the policy layer"},
	{"/usr/sbin/policy-rc.d", "ours is in the policy layer"},
	{"/etc/ld.so.cache", "made for each image"},
	{"/var/cache/debconf/**", "debconf's own files have an order"},
	{"/dev/**", "mmdebstrap makes devices"},
	{"/{proc,sys,run,tmp}/**", "scratch"},
	{"/var/lib/dpkg{,/**}", "compared by itself"},
	{"/var/log{,/**}", "logs"},
	{"/", "the tar's own top"},
}

// compareSets are what TestCompareEffects installs; ASHLAR_SETS names others.
func compareSets() [][]string {
	if os.Getenv("ASHLAR_SETS") != "" {
		return sets()
	}
	return [][]string{{"build-essential", "ca-certificates"}, {"nginx"}, {"openssh-server"}, {"python3"}}
}

// With ASHLAR_COMPARE set, TestCompareEffects compares roots of ours with those
// that mmdebstrap makes of the same packages: every path, type, mode, owner's
// name, link and content, and dpkg's status.
func TestCompareEffects(t *testing.T) {
	if os.Getenv("ASHLAR_COMPARE") == "" {
		t.Log("ASHLAR_COMPARE is not set: nothing to compare with")
		return
	}
	w := newWorld(t)
	for _, set := range compareSets() {
		t.Run(strings.Join(set, " "), func(t *testing.T) {
			theirs, status := readOracle(t, oracleFile(set))
			waves, packages, _ := w.install(set...)
			samePackages(t, packages, status)
			ours := newBelow(packages, waves).files
			compared := 0
			for _, p := range paths(ours, theirs) {
				if _, dropped := NoiseOf(p); dropped && ClassOf(p) != ClassInit || skipped(p) {
					continue
				}
				compared++
				if a, b := describe(ours[p], ours), describe(theirs[p], theirs); a != b {
					t.Errorf("%s\n\tours   %s\n\ttheirs %s", p, a, b)
				}
			}
			compareStatus(t, packages, status)
			t.Logf("%d packages, %d paths compared", len(packages), compared)
		})
	}
}

func skipped(p string) bool {
	return slices.ContainsFunc(unequal, func(u struct{ glob, why string }) bool { return doublestar.MatchUnvalidated(u.glob, p) })
}

func paths(a, b map[string]*layer.File) []string {
	var list []string
	for p := range a {
		list = append(list, p)
	}
	for p := range b {
		if a[p] == nil {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, layer.Compare)
	return list
}

// describe is all of a file that is compared.
func describe(f *layer.File, all map[string]*layer.File) string {
	if f == nil {
		return "nothing"
	}
	if f.Type == layer.Hardlink {
		g := *all[f.Link]
		g.Path = f.Path
		f = &g
	}
	s := fmt.Sprintf("%c %o %s:%s", f.Type, f.Mode, f.User, f.Group)
	switch f.Type {
	case layer.Regular:
		s += fmt.Sprintf(" %d %.12s", f.Size, f.Digest)
	case layer.Symlink:
		s += " " + f.Link
	}
	return s
}

// readOracle reads a root from a tar archive, with owners by the names that its
// own passwd has.
func readOracle(t *testing.T, file string) (files map[string]*layer.File, status string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	files = map[string]*layer.File{}
	keep := map[string]string{"/etc/passwd": "", "/etc/group": "", "/var/lib/dpkg/status": ""}
	r := tar.NewReader(in)
	for {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p := path.Clean("/" + h.Name)
		f := &layer.File{Path: p, Mode: uint32(h.Mode) & 0o7777, User: strconv.Itoa(h.Uid), Group: strconv.Itoa(h.Gid), Link: h.Linkname, Size: h.Size}
		switch h.Typeflag {
		case tar.TypeReg:
			f.Type = layer.Regular
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(data)
			f.Digest = hex.EncodeToString(sum[:])
			if _, want := keep[p]; want {
				keep[p] = string(data)
			}
		case tar.TypeDir:
			f.Type = layer.Dir
		case tar.TypeSymlink:
			f.Type = layer.Symlink
		case tar.TypeLink:
			f.Type, f.Link = layer.Hardlink, path.Clean("/"+h.Linkname)
		default:
			continue
		}
		files[p] = f
	}
	n := newNames()
	n.learn(func(p string) string { return keep[p] })
	for _, f := range files {
		u, _ := strconv.Atoi(f.User)
		g, _ := strconv.Atoi(f.Group)
		f.User, f.Group = n.user.name(uint32(u)), n.group.name(uint32(g))
	}
	return files, keep["/var/lib/dpkg/status"]
}

func samePackages(t *testing.T, packages []*deb.Package, status string) {
	t.Helper()
	var ours, theirs []string
	for _, p := range packages {
		ours = append(ours, p.Control.Name+" "+p.Control.Version)
	}
	for stanza := range strings.SplitSeq(strings.TrimSpace(status), "\n\n") {
		c, err := deb.ParseControl([]byte(stanza))
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, c.Name+" "+c.Version)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if d := diff(strings.Join(ours, "\n")+"\n", strings.Join(theirs, "\n")+"\n"); d != "" {
		t.Fatalf("the sets differ:\n%s", d)
	}
}

// compareStatus compares the database that we write with the one that dpkg
// wrote, field by field.
func compareStatus(t *testing.T, packages []*deb.Package, status string) {
	t.Helper()
	d, err := NewDatabase(packages, Installed)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := stanzas(t, d.Files["status"]), stanzas(t, []byte(status))
	for name, b := range theirs {
		if a := ours[name]; a != b {
			t.Errorf("status of %s:\n%s", name, diff(a, b))
		}
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
