package sbom_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"flag"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/sbom"
)

var update = flag.Bool("update", false, "write the expected documents again")

func contents() sbom.Contents {
	return sbom.Contents{
		Name: "nginx", Version: "1.26.3", Digest: strings.Repeat("ab", 32), Created: 1700000000, Distro: "debian", Release: "13",
		Packages: []sbom.Package{
			{Name: "libstdc++6", Version: "14.2.0-19", Architecture: "amd64", Source: "gcc-14", SHA256: strings.Repeat("1", 64),
				URL: "http://deb.debian.org/debian/pool/main/g/gcc-14/libstdc++6_14.2.0-19_amd64.deb", Maintainer: "Debian GCC Maintainers <x@y>"},
			{Name: "libc6", Version: "2:2.41-12+deb13u1~x", Architecture: "amd64", Source: "glibc", SHA256: strings.Repeat("2", 64),
				Control: map[string]string{"Package": "libc6", "Version": "2:2.41-12+deb13u1~x", "Architecture": "amd64", "Source": "glibc",
					"Multi-Arch": "same", "X-Extra": "y", "Description": "GNU C Library\n long text\n .\n more\n"}},
		},
		Recipes: []sbom.Recipe{{Name: "nginx", Version: "1.26.3", License: "BSD-2-Clause",
			Sources: []sbom.Source{{URL: "https://nginx.org/download/nginx-1.26.3.tar.gz?x=1&y=2", SHA256: strings.Repeat("3", 64)}}},
			{Name: "theme", Sources: []sbom.Source{
				{URL: "git+ssh://git@git.example.com/team/theme.git", Commit: strings.Repeat("7", 40)},
				{URL: "git+https://git.example.com/fonts.git", Commit: strings.Repeat("8", 40)}}}},
	}
}

func TestDocuments(t *testing.T) {
	build := sbom.Build{Recipe: "nginx", Action: strings.Repeat("6", 64), Files: []sbom.File{
		{Name: "recipes/nginx/recipe.toml", SHA256: strings.Repeat("4", 64)}, {Name: "ashlar.lock", SHA256: strings.Repeat("5", 64)}}}
	documents := map[string]func(sbom.Contents) ([]byte, error){
		"spdx.json":       sbom.SPDX,
		"cyclonedx.json":  sbom.CycloneDX,
		"provenance.json": func(c sbom.Contents) ([]byte, error) { return sbom.Provenance(c, build) },
	}
	for name, make := range documents {
		t.Run(name, func(t *testing.T) {
			got, err := make(contents())
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(got) {
				t.Error("no JSON")
			}
			mixed := contents()
			slices.Reverse(mixed.Packages)
			if again, err := make(mixed); err != nil || string(again) != string(got) {
				t.Errorf("another order of packages gives another document, %v", err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil || string(got) != string(want) {
				t.Errorf("%v; got\n%s\nwant\n%s", err, got, want)
			}
		})
	}
}

// Every relationship names an element that is there, and no identifier is used
// twice: what SPDX's validators look at first.
func TestSPDXIsConsistent(t *testing.T) {
	raw, err := sbom.SPDX(contents())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Packages      []struct{ SPDXID, DownloadLocation string }
		Relationships []struct{ SpdxElementID, RelatedSpdxElement string }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{"SPDXRef-DOCUMENT": true}
	form := regexp.MustCompile(`^SPDXRef-[a-zA-Z0-9.-]+$`)
	for _, p := range doc.Packages {
		if ids[p.SPDXID] || !form.MatchString(p.SPDXID) || p.DownloadLocation == "" {
			t.Errorf("package %+v", p)
		}
		ids[p.SPDXID] = true
	}
	if len(doc.Relationships) != len(doc.Packages) {
		t.Errorf("%d relationships of %d packages", len(doc.Relationships), len(doc.Packages))
	}
	for _, r := range doc.Relationships {
		if !ids[r.SpdxElementID] || !ids[r.RelatedSpdxElement] {
			t.Errorf("relationship %+v", r)
		}
	}
}

func TestStatusFiles(t *testing.T) {
	files, err := sbom.StatusFiles(contents().Packages)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"/var/lib/dpkg/status.d/libc6\nPackage: libc6\nArchitecture: amd64\nMulti-Arch: same\nSource: glibc\n" +
			"Version: 2:2.41-12+deb13u1~x\nDescription: GNU C Library\n long text\n .\n more\nX-Extra: y\n",
		"/var/lib/dpkg/status.d/libstdc++6\nPackage: libstdc++6\nMaintainer: Debian GCC Maintainers <x@y>\nArchitecture: amd64\nSource: gcc-14\nVersion: 14.2.0-19\n",
	}
	for i, f := range files {
		if got := f.Path + "\n" + string(f.Data); got != want[i] {
			t.Errorf("got\n%s\nwant\n%s", got, want[i])
		}
	}
	both := []sbom.Package{{Name: "libc6", Version: "1", Architecture: "amd64"}, {Name: "libc6", Version: "1", Architecture: "i386"}}
	files, err = sbom.StatusFiles(both)
	if err != nil || len(files) != 2 || !strings.HasSuffix(files[1].Path, "/libc6:i386") {
		t.Errorf("two architectures: %v, %v", files, err)
	}
}

func TestStatusFilesRefuse(t *testing.T) {
	tests := []struct {
		control map[string]string
		want    string
	}{
		{map[string]string{"Version": "2"}, `has Version "2", not "1"`},
		{map[string]string{"Description": "x\nStatus: forged"}, "does not continue it"},
		{map[string]string{"Description": "x\n\nPackage: forged"}, "does not continue it"},
		{map[string]string{"Description": "x\n \n y"}, "does not continue it"},
		{map[string]string{"A b": "x"}, "field name"},
	}
	for _, tt := range tests {
		_, err := sbom.StatusFiles([]sbom.Package{{Name: "x", Version: "1", Architecture: "all", Control: tt.control}})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want …%s", tt.control, err, tt.want)
		}
	}
	if _, err := sbom.StatusFiles([]sbom.Package{{Name: "x", Version: "1"}, {Name: "x", Version: "1"}}); err == nil {
		t.Error("one package twice was taken")
	}
}

func TestPresent(t *testing.T) {
	tree := layer.New(
		layer.Content("/a", 0o644, nil, layer.Origin{Kind: layer.FromPackage, Name: "libc6"}),
		layer.Content("/b", 0o644, nil, layer.Origin{Kind: layer.FromRecipe, Name: "libstdc++6"}))
	got := sbom.Present(tree, contents().Packages)
	if len(got) != 1 || got[0].Name != "libc6" {
		t.Errorf("got %+v", got)
	}
}
