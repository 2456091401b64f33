package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// perPretend is how many requests one pretend archive is asked.
const perPretend = 5

// pretendWorld writes a small archive in which everything hangs on everything: its
// packages conflict, provide each other's names, have alternatives, several
// versions and qualified dependencies, far more densely than a real one. Which
// rule apt follows shows here within a few hundred requests.
func pretendWorld(ctx context.Context, dir string, r *rand.Rand) (*world, error) {
	s := suiteSet{name: "pretend archives", arch: "amd64"}
	g := &pretender{r: r, names: 4 + r.IntN(20), virtual: 1 + r.IntN(5), peace: 2 + r.IntN(9)}
	for i, suite := range []string{"stable", "later"}[:1+r.IntN(2)] {
		src := aptSource{uri: "copy:" + dir + "/" + suite, suite: suite, pin: index.PinArchive, trusted: true}
		header := ""
		if i == 1 {
			switch r.IntN(4) {
			case 0:
				header, src.pin = "NotAutomatic: yes\nButAutomaticUpgrades: yes\n", index.PinUpgrade
			case 1:
				header, src.pin = "NotAutomatic: yes\n", index.PinManual
			}
		}
		if err := writePretend(filepath.Join(dir, suite), suite, header, apttest.Packages(g.packages(i))); err != nil {
			return nil, err
		}
		s.sources = append(s.sources, src)
	}
	return newWorld(ctx, filepath.Join(dir, "apt"), s)
}

func writePretend(dir, suite, header string, packages []byte) error {
	base := filepath.Join(dir, "dists", suite)
	if err := os.MkdirAll(filepath.Join(base, "main/binary-amd64"), 0o755); err != nil {
		return err
	}
	release := fmt.Sprintf("Suite: %[1]s\nCodename: %[1]s\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nArchitectures: amd64\nComponents: main\n%[2]sSHA256:\n %[3]s %[4]d main/binary-amd64/Packages\n",
		suite, header, apttest.Digest(packages), len(packages))
	if err := os.WriteFile(filepath.Join(base, "Release"), []byte(release), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(base, "main/binary-amd64/Packages"), packages, 0o644)
}

// A pretender makes packages p0, p1, …, which provide v0, v1, ….
type pretender struct {
	r              *rand.Rand
	names, virtual int
	peace          int // one package in so many conflicts with something
}

// packages are the stanzas of a suite; later ones have few packages.
func (g *pretender) packages(suite int) string {
	var out strings.Builder
	for _, i := range g.r.Perm(g.names) {
		if suite > 0 && g.r.IntN(3) > 0 {
			continue
		}
		g.stanza(&out, i)
		if g.r.IntN(12) == 0 {
			g.stanza(&out, i)
		}
	}
	if out.Len() == 0 {
		g.stanza(&out, 0)
	}
	return out.String()
}

func (g *pretender) stanza(out *strings.Builder, i int) {
	fmt.Fprintf(out, "Package: p%d\nVersion: %d\n", i, 1+g.r.IntN(4))
	g.sometimes(out, 2, "Priority", g.one("required", "important", "standard", "optional", "extra"))
	g.sometimes(out, 25, "Essential", "yes")
	g.sometimes(out, 25, "Protected", "yes")
	g.sometimes(out, 3, "Multi-Arch", g.one("same", "foreign", "allowed", "no"))
	g.sometimes(out, 4, "Architecture", "all")
	g.sometimes(out, 8, "Pre-Depends", g.field(1, true, false))
	g.sometimes(out, 2, "Depends", g.field(3, true, false))
	g.sometimes(out, g.peace, "Conflicts", g.field(2, false, false))
	g.sometimes(out, g.peace, "Breaks", g.field(2, false, false))
	g.sometimes(out, 3, "Recommends", g.field(2, true, false))
	g.sometimes(out, 3, "Suggests", g.field(2, true, false))
	g.sometimes(out, 5, "Replaces", g.field(2, false, false))
	g.sometimes(out, 2, "Provides", g.field(2, false, true))
	out.WriteString("\n")
}

// sometimes writes a field, once in n times.
func (g *pretender) sometimes(out *strings.Builder, n int, name, value string) {
	if value != "" && g.r.IntN(n) == 0 {
		fmt.Fprintf(out, "%s: %s\n", name, value)
	}
}

func (g *pretender) one(of ...string) string { return of[g.r.IntN(len(of))] }

// field is a relationship field of up to n groups.
func (g *pretender) field(n int, alternatives, provides bool) string {
	var groups []string
	for range 1 + g.r.IntN(n) {
		group := g.relation(alternatives, provides)
		for alternatives && g.r.IntN(3) == 0 {
			group += " | " + g.relation(alternatives, provides)
		}
		groups = append(groups, group)
	}
	return strings.Join(groups, ", ")
}

func (g *pretender) relation(alternatives, provides bool) string {
	name := fmt.Sprintf("p%d", g.r.IntN(g.names))
	switch n := g.r.IntN(60); {
	case n == 0:
		name = "missing"
	case provides && n > 8 || !provides && n > 40:
		name = fmt.Sprintf("v%d", g.r.IntN(g.virtual))
	}
	switch g.r.IntN(30) {
	case 0, 1:
		name += ":any"
	case 2:
		name += ":amd64"
	case 3:
		if alternatives {
			name += ":i386"
		}
	}
	switch version := 1 + g.r.IntN(4); {
	case provides && g.r.IntN(2) == 0:
		return fmt.Sprintf("%s (= %d)", name, version)
	case provides || g.r.IntN(4) > 0:
		return name
	case g.r.IntN(2) == 0:
		return name + " (>= 1)"
	default:
		return fmt.Sprintf("%s (%s %d)", name, g.one("<<", "<=", "=", ">=", ">>"), version)
	}
}

// pretend asks a pretend archive for a few names, some with a version, a suite or
// an architecture; no name twice, which apt does not expect.
func pretend(w *world, r *rand.Rand) []string {
	var request, names []string
	for range 1 + r.IntN(5) {
		v := uint32(r.IntN(len(w.Versions)))
		name := w.NameOf(w.Versions[v].Name)
		suffix := ""
		switch r.IntN(12) {
		case 0:
			suffix = "=" + w.VersionOf(v)
		case 1:
			suffix = "/" + w.InputOf(v).Suite
		case 2:
			suffix = ":amd64"
		case 3:
			name = fmt.Sprintf("v%d", r.IntN(5))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
			request = append(request, name+suffix)
		}
	}
	return request
}
