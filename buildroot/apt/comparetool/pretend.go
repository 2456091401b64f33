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
// rule apt follows shows here within a few hundred requests. foreign gives it a
// second architecture, of which most packages are as those of the first.
func pretendWorld(ctx context.Context, dir string, r *rand.Rand, foreign bool) (*world, error) {
	s := suiteSet{name: "pretend archives", arches: []string{"amd64"}}
	if foreign {
		s = suiteSet{name: "pretend archives of two architectures", arches: []string{"amd64", "arm64"}}
	}
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
		if err := writePretend(filepath.Join(dir, suite), suite, header, s.arches, g.packages(i, s.arches)); err != nil {
			return nil, err
		}
		s.sources = append(s.sources, src)
	}
	return newWorld(ctx, filepath.Join(dir, "apt"), s, true)
}

// writePretend writes a suite with a text of stanzas for each architecture.
func writePretend(dir, suite, header string, arches, texts []string) error {
	base := filepath.Join(dir, "dists", suite)
	release := fmt.Sprintf("Suite: %[1]s\nCodename: %[1]s\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nArchitectures: %[2]s\nComponents: main\n%[3]sSHA256:\n",
		suite, strings.Join(arches, " "), header)
	for i, arch := range arches {
		packages := apttest.Packages(texts[i])
		name := "main/binary-" + arch + "/Packages"
		if err := os.MkdirAll(filepath.Dir(filepath.Join(base, name)), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(base, name), packages, 0o644); err != nil {
			return err
		}
		release += fmt.Sprintf(" %s %d %s\n", apttest.Digest(packages), len(packages), name)
	}
	return os.WriteFile(filepath.Join(base, "Release"), []byte(release), 0o644)
}

// A pretender makes packages p0, p1, …, which provide v0, v1, ….
type pretender struct {
	r              *rand.Rand
	names, virtual int
	peace          int // one package in so many conflicts with something
}

// packages are the stanzas of a suite for each architecture; later suites have few.
func (g *pretender) packages(suite int, arches []string) []string {
	texts := make([]strings.Builder, len(arches))
	for _, i := range g.r.Perm(g.names) {
		if suite > 0 && g.r.IntN(3) > 0 {
			continue
		}
		g.stanzas(texts, i, arches)
		if g.r.IntN(12) == 0 {
			g.stanzas(texts, i, arches)
		}
	}
	var all []string
	for a := range texts {
		if texts[a].Len() == 0 {
			g.stanza(&texts[a], 0, arches[a])
		}
		all = append(all, texts[a].String())
	}
	return all
}

// stanzas writes a package of all architectures, or one for each: mostly the same,
// sometimes another, sometimes none.
func (g *pretender) stanzas(texts []strings.Builder, i int, arches []string) {
	if g.r.IntN(4) == 0 {
		var text strings.Builder
		g.stanza(&text, i, "all")
		for a := range texts {
			texts[a].WriteString(text.String())
		}
		return
	}
	var text strings.Builder
	g.stanza(&text, i, arches[0])
	texts[0].WriteString(text.String())
	for a := range texts[1:] {
		switch g.r.IntN(8) {
		case 0:
		case 1:
			g.stanza(&texts[a+1], i, arches[a+1])
		default:
			texts[a+1].WriteString(strings.Replace(text.String(), "Architecture: "+arches[0], "Architecture: "+arches[a+1], 1))
		}
	}
}

func (g *pretender) stanza(out *strings.Builder, i int, arch string) {
	fmt.Fprintf(out, "Package: p%d\nVersion: %d\nArchitecture: %s\n", i, 1+g.r.IntN(4), arch)
	g.sometimes(out, 2, "Priority", g.one("required", "important", "standard", "optional", "extra"))
	g.sometimes(out, 25, "Essential", "yes")
	g.sometimes(out, 25, "Protected", "yes")
	g.sometimes(out, 3, "Multi-Arch", g.one("same", "foreign", "allowed", "no"))
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
			name += ":" + g.one("i386", "arm64")
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
		v := r.Uint32N(w.VersionCount())
		name := w.Label(w.Version(v).Name)
		suffix := ""
		switch r.IntN(12) {
		case 0:
			suffix = "=" + w.VersionOf(v)
		case 1:
			suffix = "/" + w.InputOf(v).Suite
		case 2:
			name, _, _ = strings.Cut(name, ":")
			if arch := w.Arches()[r.IntN(len(w.Arches()))]; arch == w.Arch() {
				suffix = ":" + arch
			} else {
				name += ":" + arch
			}
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

// pretendSuited asks for a few packages, mostly by a suite that has them.
func pretendSuited(w *world, r *rand.Rand) []string {
	var request, names []string
	for range 1 + r.IntN(3) {
		v := r.Uint32N(w.VersionCount())
		name := w.Label(w.Version(v).Name)
		if slices.Contains(names, name) {
			continue
		}
		names = append(names, name)
		if r.IntN(4) > 0 {
			name += "/" + w.InputOf(v).Suite
		}
		request = append(request, name)
	}
	return request
}
