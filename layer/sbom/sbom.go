// Package sbom says what is in an image, in the forms that other programs read:
// SPDX, CycloneDX, an in-toto statement of where it came from, and the package
// database in which scanners look for Debian's packages.
//
// All is written from what the build knew, by origin: nothing is scanned or
// guessed. Equal contents give equal bytes, so no document has a date but the
// one it is given. The package opens no file and knows no registry.
package sbom

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/layer"
)

// Contents are what an image was made of.
type Contents struct {
	Name    string // the image's name: "nginx"
	Version string
	Digest  string // of the image's manifest
	Created int64  // SOURCE_DATE_EPOCH, in seconds since 1970
	Tool    string // who writes this: "ashlar 0.1"

	// Distro is the distribution of the packages as package URLs name it:
	// "debian", and its release: "13".
	Distro  string
	Release string

	Packages []Package
	Recipes  []Recipe
}

// A Package is a binary package of which something is in the image.
type Package struct {
	Name         string
	Version      string
	Architecture string
	Source       string // source package; Name if empty
	SHA256       string // of the .deb
	URL          string // where the .deb was fetched
	Homepage     string
	Maintainer   string
	// Control are the fields of the package's control file, for [StatusFiles] alone.
	Control map[string]string `json:"-"`
}

// A Recipe is a piece of software that was built for the image.
type Recipe struct {
	Name    string
	Version string
	License string // an SPDX expression, or empty
	Sources []Source
}

// A Source is what a recipe was built from: a file, or a commit of a repository.
type Source struct {
	URL    string // of a repository: "git+https://example.com/x.git"
	SHA256 string // of the file
	Commit string // in hexadecimal
}

// location is where to get the source, as SPDX 2.3 has it (7.7).
func (s Source) location() string {
	if s.Commit != "" {
		return s.URL + "@" + s.Commit
	}
	return s.URL
}

// Present are the packages of list of which t has a file, or whose scripts made
// one, in the list's order.
func Present(t *layer.Tree, list []Package) []Package {
	there := map[string]bool{}
	for f := range t.All() {
		if k := f.Origin.Kind; k == layer.FromPackage || k == layer.FromEffect {
			there[f.Origin.Name] = true
		}
	}
	var out []Package
	for _, p := range list {
		if there[p.Name] {
			out = append(out, p)
		}
	}
	return out
}

// sorted are the packages and recipes in the order of all documents.
func (c Contents) sorted() ([]Package, []Recipe) {
	packages := slices.SortedStableFunc(slices.Values(c.Packages), func(a, b Package) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Architecture, b.Architecture), cmp.Compare(a.Version, b.Version))
	})
	recipes := slices.SortedStableFunc(slices.Values(c.Recipes), func(a, b Recipe) int { return cmp.Compare(a.Name, b.Name) })
	return packages, recipes
}

func (c Contents) created() string { return time.Unix(c.Created, 0).UTC().Format(time.RFC3339) }

// purl is the package URL of a Debian package, from the purl specification's
// type "deb".
func (c Contents) purl(p Package) string {
	q := []string{}
	if p.Architecture != "" {
		q = append(q, "arch="+p.Architecture)
	}
	distro := cmp.Or(c.Distro, "debian")
	if c.Release != "" {
		q = append(q, "distro="+distro+"-"+c.Release)
	}
	u := "pkg:deb/" + distro + "/" + escape(p.Name) + "@" + escape(p.Version)
	if len(q) > 0 {
		u += "?" + strings.Join(q, "&")
	}
	return u
}

func (r Recipe) purl() string {
	u := "pkg:generic/" + escape(r.Name)
	if r.Version != "" {
		u += "@" + escape(r.Version)
	}
	if len(r.Sources) == 0 {
		return u
	}
	if s := r.Sources[0]; s.Commit == "" {
		u += "?checksum=sha256:" + s.SHA256 + "&download_url=" + url.QueryEscape(s.URL)
	} else {
		u += "?vcs_url=" + url.QueryEscape(s.location())
	}
	return u
}

// escape is a part of a package URL: the colon stands as it is, what else is
// not unreserved does not.
func escape(s string) string {
	s = url.QueryEscape(s)
	return strings.NewReplacer("+", "%20", "%3A", ":", "%7E", "~").Replace(s)
}

// encode is JSON for people as well: indented, and without escapes for HTML.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("write bill of materials: %w", err)
	}
	return b.Bytes(), nil
}
