package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/aptget"
	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A suiteSet is a list of sources.
type suiteSet struct {
	name    string
	arches  []string // the native one first
	sources []aptSource
}

type aptSource struct {
	uri, suite string
	pin        int
	trusted    bool // it bears no signature
	sources    bool // its source packages are read, too
}

// line is the source as sources.list(5) has it.
func (s aptSource) line() string {
	if s.trusted {
		return fmt.Sprintf("deb [trusted=yes] %s %s main", s.uri, s.suite)
	}
	return fmt.Sprintf("deb %s %s main", s.uri, s.suite)
}

// suites are the lists of sources to compare over, in the order in which Debian's
// installer writes them: apt's choice between equal providers depends on it.
func suites(mirror string) []suiteSet {
	main, security := mirror+"/debian", mirror+"/debian-security"
	three := func(codename string) []aptSource {
		return []aptSource{
			{uri: main, suite: codename, pin: index.PinArchive},
			{uri: main, suite: codename + "-updates", pin: index.PinArchive},
			{uri: security, suite: codename + "-security", pin: index.PinArchive},
		}
	}
	with := func(codename string) []aptSource {
		return append(three(codename), aptSource{uri: main, suite: codename + "-backports", pin: index.PinUpgrade})
	}
	withSources := func(s []aptSource) []aptSource {
		s[0].sources = true
		return s
	}
	return []suiteSet{
		{"trixie", []string{"amd64"}, three("trixie")[:1]},
		{"trixie+updates+security", []string{"amd64"}, withSources(three("trixie"))},
		{"trixie+backports", []string{"amd64"}, withSources(with("trixie"))},
		{"trixie+bookworm", []string{"amd64"}, append(three("trixie"), three("bookworm")...)},
		{"trixie-arm64", []string{"arm64"}, three("trixie")},
		{"trixie-amd64+arm64", []string{"amd64", "arm64"}, three("trixie")},
		{"bookworm", []string{"amd64"}, three("bookworm")[:1]},
		{"bookworm+updates+security", []string{"amd64"}, three("bookworm")},
		{"bookworm+backports", []string{"amd64"}, with("bookworm")},
	}
}

// A world is one list of sources, as apt has it and as we do.
type world struct {
	*index.Index
	name    string
	apt     *aptget.Root
	digests []string   // of the Packages files, in the order of the sources
	sources [][]string // fields Build-Depends, Build-Conflicts and so on of each source package
}

// newWorld lets apt-get fetch the indexes into dir, and reads them.
func newWorld(ctx context.Context, dir string, s suiteSet, order bool) (*world, error) {
	o := aptget.Options{Arches: s.arches, Order: order}
	for _, src := range s.sources {
		o.Sources = append(o.Sources, src.line())
		if src.sources {
			o.Sources = append(o.Sources, strings.Replace(src.line(), "deb", "deb-src", 1))
		}
	}
	root, err := aptget.New(ctx, dir, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	w := &world{name: s.name, apt: root}
	return w, w.read(s)
}

// read makes the index of what apt fetched.
func (w *world) read(s suiteSet) error {
	var inputs []index.Input
	for _, src := range s.sources {
		if src.sources {
			if err := w.readSources(src); err != nil {
				return err
			}
		}
		release, err := w.apt.List(src.uri, src.suite, "InRelease")
		if err != nil {
			release, err = w.apt.List(src.uri, src.suite, "Release")
		}
		if err != nil {
			return err
		}
		for _, arch := range s.arches {
			data, err := w.apt.List(src.uri, src.suite, "main_binary-"+arch+"_Packages")
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			w.digests = append(w.digests, hex.EncodeToString(sum[:]))
			inputs = append(inputs, index.Input{
				Archive: src.suite, Suite: field(release, "Suite"), Codename: field(release, "Codename"), Arch: arch,
				Pin: src.pin, Digest: hex.EncodeToString(sum[:]), Data: data,
			})
		}
	}
	image, err := index.Build(s.arches, inputs)
	if err != nil {
		return err
	}
	w.Index, err = index.Read(image)
	return err
}

// readSources takes what source packages need to be built.
func (w *world) readSources(src aptSource) error {
	data, err := w.apt.List(src.uri, src.suite, "main_source_Sources")
	if err != nil {
		return err
	}
	r := deb822.NewReader(data)
	for r.Stanza() {
		var fields []string
		for r.Field() {
			f := r.Current()
			if strings.HasPrefix(f.Name, dependsField) || strings.HasPrefix(f.Name, conflictsField) {
				fields = append(fields, f.Name+": "+strings.Join(strings.Fields(f.Value), " "))
			}
		}
		if len(fields) > 0 {
			w.sources = append(w.sources, fields)
		}
	}
	return r.Err()
}

// What the fields begin with; -Arch or -Indep may follow.
const (
	dependsField   = "Build-Depends"
	conflictsField = "Build-Conflicts"
)

func field(release []byte, name string) string {
	for line := range bytes.Lines(release) {
		if value, ok := bytes.CutPrefix(line, []byte(name+": ")); ok {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// ours is our answer, in the form of apt's.
func (w *world) ours(request []string, recommends bool) aptget.Answer {
	opts := solve.Options{Recommends: recommends}
	var picks []solve.Pick
	for _, r := range request {
		p, err := solve.Choose(w.Index, r, opts)
		if errors.Is(err, solve.ErrNotHere) {
			continue
		}
		if err != nil {
			return aptget.Answer{Refused: err.Error()}
		}
		picks = append(picks, p)
	}
	return answer(w.Index, picks, opts)
}

// oursToSatisfy is our answer about relations, all of them dependencies; names alone,
// too, which are no dependencies in a recipe.
func (w *world) oursToSatisfy(request []string, recommends bool) aptget.Answer {
	depends, err := relation.Parse(strings.Join(request, ", "))
	if err != nil {
		return aptget.Answer{Refused: err.Error()}
	}
	ix, v := w.With("satisfy:command-line", depends, nil)
	a := answer(ix, []solve.Pick{{Name: ix.Version(v).Name, Version: v}}, solve.Options{Recommends: recommends})
	a.Packages = slices.DeleteFunc(a.Packages, func(line string) bool { return strings.HasPrefix(line, "satisfy:") })
	return a
}

// oursToBuild is our answer about a source package. Like apt's, it is about one package
// that depends on build-essential and one that depends on what the fields say.
func (w *world) oursToBuild(fields []string, recommends bool) aptget.Answer {
	var depends, conflicts []relation.Relation
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		rels, err := relation.Parse(value)
		switch {
		case err != nil:
			return aptget.Answer{Refused: err.Error()}
		case strings.HasPrefix(name, conflictsField):
			conflicts = append(conflicts, rels...)
		default:
			depends = append(depends, rels...)
		}
	}
	ix, essentials := w.With("builddeps:essentials", []relation.Relation{{Name: "build-essential"}}, nil)
	ix, source := ix.With("builddeps:source", depends, conflicts)
	var picks []solve.Pick
	for _, v := range []uint32{essentials, source} {
		picks = append(picks, solve.Pick{Name: ix.Version(v).Name, Version: v})
	}
	a := answer(ix, picks, solve.Options{Recommends: recommends})
	a.Packages = slices.DeleteFunc(a.Packages, func(line string) bool { return strings.HasPrefix(line, "builddeps:") })
	return a
}

// answer is our answer about picks, in the form of apt's.
func answer(ix *index.Index, picks []solve.Pick, opts solve.Options) aptget.Answer {
	versions, err := solve.Solve(ix, picks, opts)
	if err != nil {
		return aptget.Answer{Refused: err.Error()}
	}
	var a aptget.Answer
	for _, v := range versions {
		a.Packages = append(a.Packages, ix.Label(ix.Version(v).Name)+" "+ix.VersionOf(v))
	}
	slices.Sort(a.Packages)
	return a
}
