package solve_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/aptget"
	"github.com/ashlar-build/ashlar/buildroot/apt/apttest"
	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
)

// A ruleCase is a small archive, or two, and what a request brings in.
type ruleCase struct {
	name     string
	packages string
	second   string // another suite's packages, "later"
	foreign  string // the first suite's packages for arm64
	request  string
	want     string // names, or name=version where the version is not 1; empty: refused
	why      string // part of the refusal

	recommends bool
	satisfy    bool // apt is asked to satisfy the request; `_` stands for a space
}

// inputs are the Packages files of a case.
func (c ruleCase) inputs() []index.Input {
	all := []index.Input{{Archive: "stable", Suite: "stable", Codename: "stable", Pin: index.PinArchive, Data: apttest.Packages(c.packages)}}
	if c.foreign != "" {
		all = append(all, index.Input{Archive: "stable", Suite: "stable", Codename: "stable", Arch: "arm64", Pin: index.PinArchive, Data: apttest.Packages(c.foreign)})
	}
	if c.second != "" {
		all = append(all, index.Input{Archive: "later", Suite: "later", Codename: "later", Pin: index.PinArchive, Data: apttest.Packages(c.second)})
	}
	return all
}

// arches are the architectures of a case.
func (c ruleCase) arches() []string {
	if c.foreign != "" {
		return []string{"amd64", "arm64"}
	}
	return []string{"amd64"}
}

// pieces are what a request asks for.
func pieces(request string) []string {
	all := strings.Fields(request)
	for i, r := range all {
		all[i] = strings.ReplaceAll(r, "_", " ")
	}
	return all
}

// ask solves a request over inputs.
func ask(t *testing.T, arches []string, inputs []index.Input, request string, opts solve.Options) (string, error) {
	t.Helper()
	image, err := index.Build(arches, inputs)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Read(image)
	if err != nil {
		t.Fatal(err)
	}
	var picks []solve.Pick
	for _, r := range pieces(request) {
		p, err := solve.Choose(ix, r, opts)
		if err != nil {
			return "", err
		}
		picks = append(picks, p)
	}
	versions, err := solve.Solve(ix, picks, opts)
	var names []string
	for _, v := range versions {
		name := ix.Label(ix.Version(v).Name)
		if version := ix.VersionOf(v); version != "1" && version != "1.9" {
			name += "=" + version
		}
		names = append(names, name)
	}
	return strings.Join(names, " "), err
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			got, err := ask(t, c.arches(), c.inputs(), c.request, solve.Options{Recommends: c.recommends})
			switch {
			case c.want != "" && err != nil:
				t.Errorf("refused: %v; want %s", err, c.want)
			case got != c.want:
				t.Errorf("got %q, want %q", got, c.want)
			case c.want == "" && !strings.Contains(fmt.Sprint(err), c.why):
				t.Errorf("refused with %q, want %q in it", err, c.why)
			}
		})
	}
}

// TestArchiveRules asks apt-get the same. It needs a Debian or Ubuntu system.
func TestArchiveRules(t *testing.T) {
	if _, err := exec.LookPath("apt-get"); err != nil && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skip("no apt-get here")
	}
	for _, c := range ruleCases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := aptAnswer(t, c); got != c.want {
				t.Errorf("apt says %q, the case %q", got, c.want)
			}
		})
	}
}

// aptAnswer is what apt-get -s makes of a case.
func aptAnswer(t *testing.T, c ruleCase) string {
	dir := t.TempDir()
	o := aptget.Options{Arches: c.arches()}
	releases := map[string]string{}
	for _, in := range c.inputs() {
		base := filepath.Join(dir, in.Archive, "dists", in.Suite)
		name := "main/binary-" + cmp.Or(in.Arch, "amd64") + "/Packages"
		if releases[in.Archive] == "" {
			releases[in.Archive] = fmt.Sprintf("Suite: %[1]s\nCodename: %[1]s\nDate: Sat, 01 Jan 2022 00:00:00 UTC\nArchitectures: %[2]s\nComponents: main\nSHA256:\n", in.Suite, strings.Join(c.arches(), " "))
			o.Sources = append(o.Sources, fmt.Sprintf("deb [trusted=yes] copy:%s/%s %s main", dir, in.Archive, in.Suite))
		}
		releases[in.Archive] += fmt.Sprintf(" %s %d %s\n", apttest.Digest(in.Data), len(in.Data), name)
		if err := os.MkdirAll(filepath.Join(base, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"Release": []byte(releases[in.Archive]), name: in.Data} {
			if err := os.WriteFile(filepath.Join(base, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := aptget.New(t.Context(), filepath.Join(dir, "apt"), o)
	if err != nil {
		t.Fatal(err)
	}
	ask := root.Install
	if c.satisfy {
		ask = root.Satisfy
	}
	a, err := ask(t.Context(), pieces(c.request), c.recommends)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, line := range a.Packages {
		name, version, _ := strings.Cut(line, " ")
		if version != "1" && version != "1.9" {
			name += "=" + version
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}
