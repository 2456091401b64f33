package sbom

import (
	"cmp"
	"fmt"
	"strings"
)

// SPDXType is the media type of [SPDX]'s document.
const SPDXType = "application/spdx+json"

const noAssertion = "NOASSERTION"

type spdxDocument struct {
	Version       string             `json:"spdxVersion"`
	License       string             `json:"dataLicense"`
	ID            string             `json:"SPDXID"`
	Name          string             `json:"name"`
	Namespace     string             `json:"documentNamespace"`
	Creation      spdxCreation       `json:"creationInfo"`
	Packages      []spdxPackage      `json:"packages"`
	Relationships []spdxRelationship `json:"relationships"`
}

type spdxCreation struct {
	Created  string   `json:"created"`
	Creators []string `json:"creators"`
}

type spdxPackage struct {
	ID           string         `json:"SPDXID"`
	Name         string         `json:"name"`
	Version      string         `json:"versionInfo,omitempty"`
	Supplier     string         `json:"supplier,omitempty"`
	Location     string         `json:"downloadLocation"`
	Analyzed     bool           `json:"filesAnalyzed"`
	Homepage     string         `json:"homepage,omitempty"`
	SourceInfo   string         `json:"sourceInfo,omitempty"`
	Concluded    string         `json:"licenseConcluded"`
	Declared     string         `json:"licenseDeclared"`
	Copyright    string         `json:"copyrightText"`
	Checksums    []spdxChecksum `json:"checksums,omitempty"`
	ExternalRefs []spdxRef      `json:"externalRefs,omitempty"`
	Purpose      string         `json:"primaryPackagePurpose,omitempty"`
}

type spdxChecksum struct {
	Algorithm string `json:"algorithm"`
	Value     string `json:"checksumValue"`
}

type spdxRef struct {
	Category string `json:"referenceCategory"`
	Type     string `json:"referenceType"`
	Locator  string `json:"referenceLocator"`
}

type spdxRelationship struct {
	Element string `json:"spdxElementId"`
	Type    string `json:"relationshipType"`
	Related string `json:"relatedSpdxElement"`
}

// SPDX is the image's bill of materials as SPDX 2.3 in JSON: the image, the
// packages and recipes that it contains, and what the recipes were built from.
func SPDX(c Contents) ([]byte, error) {
	const image = "SPDXRef-Image"
	doc := spdxDocument{
		Version: "SPDX-2.3", License: "CC0-1.0", ID: "SPDXRef-DOCUMENT", Name: c.Name,
		Namespace:     "https://spdx.org/spdxdocs/" + escape(c.Name) + "-" + c.Digest,
		Creation:      spdxCreation{c.created(), []string{"Tool: " + cmp.Or(c.Tool, "ashlar")}},
		Relationships: []spdxRelationship{{"SPDXRef-DOCUMENT", "DESCRIBES", image}},
	}
	root := newSPDXPackage(image, c.Name, c.Version, "")
	root.Purpose = "CONTAINER"
	root.Checksums = sha256Of(c.Digest)
	doc.Packages = append(doc.Packages, root)
	packages, recipes := c.sorted()
	for i, r := range recipes {
		p := newSPDXPackage(fmt.Sprintf("SPDXRef-Recipe-%d-%s", i+1, idString(r.Name)), r.Name, r.Version, "")
		p.Declared = cmp.Or(r.License, noAssertion)
		p.ExternalRefs = purlRef(r.purl())
		doc.add(image, "CONTAINS", p)
		for j, s := range r.Sources {
			src := newSPDXPackage(fmt.Sprintf("%s-Source-%d", p.ID, j+1), r.Name+" source", r.Version, s.location())
			src.Checksums, src.Purpose = sha256Of(s.SHA256), "SOURCE"
			doc.add(p.ID, "GENERATED_FROM", src)
		}
	}
	for _, d := range packages {
		p := newSPDXPackage("SPDXRef-Package-"+idString(d.Name+"-"+d.Architecture+"-"+d.Version), d.Name, d.Version, d.URL)
		p.Checksums, p.ExternalRefs, p.Homepage = sha256Of(d.SHA256), purlRef(c.purl(d)), d.Homepage
		if d.Maintainer != "" {
			p.Supplier = "Organization: " + strings.NewReplacer("<", "(", ">", ")").Replace(d.Maintainer)
		}
		if d.Source != "" {
			p.SourceInfo = "built from source package " + d.Source
		}
		doc.add(image, "CONTAINS", p)
	}
	return encode(doc)
}

func (d *spdxDocument) add(by, relation string, p spdxPackage) {
	d.Packages = append(d.Packages, p)
	d.Relationships = append(d.Relationships, spdxRelationship{by, relation, p.ID})
}

func newSPDXPackage(id, name, version, location string) spdxPackage {
	return spdxPackage{
		ID: id, Name: name, Version: version, Location: cmp.Or(location, noAssertion),
		Concluded: noAssertion, Declared: noAssertion, Copyright: noAssertion,
	}
}

func sha256Of(digest string) []spdxChecksum {
	if digest == "" {
		return nil
	}
	return []spdxChecksum{{"SHA256", digest}}
}

func purlRef(purl string) []spdxRef {
	return []spdxRef{{"PACKAGE-MANAGER", "purl", purl}}
}

// idString is s with nothing but what an SPDX identifier may have: letters,
// digits, dots and hyphens. Others stand as their hexadecimal numbers.
func idString(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "-%02x-", c)
	}
	return b.String()
}
