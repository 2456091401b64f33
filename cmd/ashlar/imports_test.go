package main

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ashlar-build/ashlar/"

// mayImport is which of our packages each package may import; what stands for a
// package stands for those below it that have no line of their own.
var mayImport = map[string]string{
	"recipe/diag":         "",
	"recipe/relation":     "",
	"recipe/giturl":       "",
	"recipe/edit":         "recipe/diag",
	"recipe/edit/sed":     "recipe/diag recipe/edit",
	"recipe/edit/shell":   "recipe/edit recipe/edit/sed",
	"recipe":              "recipe/diag recipe/edit recipe/giturl recipe/language recipe/relation",
	"recipe/language":     "recipe/diag",
	"recipe/lock":         "recipe recipe/diag recipe/language",
	"recipe/plan":         "recipe recipe/diag recipe/giturl recipe/language recipe/lock",
	"layer":               "",
	"layer/elf":           "",
	"layer/oci":           "layer",
	"layer/oci/registry":  "layer/oci",
	"layer/sbom":          "layer",
	"buildroot/job":       "",
	"buildroot/rmtree":    "",
	"buildroot/fdconn":    "",
	"buildroot/xz":        "",
	"buildroot/cgroup":    "",
	"buildroot/source":    "buildroot/xz",
	"buildroot/secret":    "buildroot/xz",
	"buildroot/store":     "buildroot/rmtree",
	"buildroot/fetch":     "buildroot/store",
	"buildroot/usher":     "buildroot/fdconn",
	"buildroot/local":     "buildroot/usher recipe/plan",
	"buildroot/container": "buildroot/fdconn buildroot/job buildroot/rmtree",
	"buildroot/deb":       "buildroot/rmtree buildroot/xz layer recipe/relation",
	"buildroot/effects":   "buildroot/deb buildroot/job buildroot/rmtree layer recipe/relation",
	"buildroot/apt":       "buildroot/apt/deb822 buildroot/apt/index buildroot/apt/release buildroot/apt/solve buildroot/fetch buildroot/store buildroot/xz recipe/diag recipe/lock recipe/relation",
	"buildroot/git":       "buildroot/fetch buildroot/store recipe/diag recipe/giturl",
	"buildroot/pin":       "buildroot/apt/release buildroot/fetch buildroot/git buildroot/source buildroot/store recipe recipe/diag recipe/giturl recipe/language recipe/lock",
	"buildroot/artefact":  "layer layer/elf recipe recipe/diag",
	"buildroot/image":     "buildroot/artefact buildroot/deb buildroot/effects layer layer/oci layer/sbom recipe recipe/diag recipe/edit recipe/lock recipe/relation",
	"buildroot":           "buildroot/artefact buildroot/deb buildroot/effects buildroot/fetch buildroot/image buildroot/job buildroot/rmtree buildroot/secret buildroot/source buildroot/store layer layer/oci layer/sbom recipe recipe/diag recipe/edit recipe/giturl recipe/language recipe/lock recipe/plan recipe/relation",
}

// onlyImporter is who alone may import heavy foreign modules.
var onlyImporter = map[string]string{
	"github.com/opencontainers/runc":                       "buildroot/container",
	"github.com/coreos/go-systemd/v22":                     "buildroot/cgroup",
	"github.com/therootcompany/xz":                         "buildroot/xz",
	"github.com/google/go-containerregistry/pkg/v1/remote": "layer/oci/registry",
	"github.com/ProtonMail/go-crypto":                      "buildroot/apt/release",
	"net/http":                                             "buildroot/apt buildroot/fetch layer/oci/registry cmd/ashlar",
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, dir)
		if name != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin" {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			return nil // no Go here
		}
		checkImports(t, filepath.ToSlash(name), pkg.Imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkImports(t *testing.T, name string, imports []string) {
	t.Helper()
	if strings.HasSuffix(name, "test") || strings.HasSuffix(name, "tool") {
		return // helpers of tests
	}
	allowed, known := mayImport[name]
	if !known && strings.HasPrefix(name, "buildroot/apt/") {
		allowed, known = mayImport["buildroot/apt"], true
	}
	for _, i := range imports {
		if own, ok := strings.CutPrefix(i, module); ok && name != "cmd/ashlar" {
			if !known {
				t.Errorf("%s has no line in the table of imports", name)
				return
			}
			if !slices.Contains(strings.Fields(allowed), own) {
				t.Errorf("%s imports %s, which it may not", name, own)
			}
		}
		for foreign, who := range onlyImporter {
			if (i == foreign || strings.HasPrefix(i, foreign+"/")) && !slices.Contains(strings.Fields(who), name) {
				t.Errorf("%s imports %s; only %s may", name, i, who)
			}
		}
	}
}
