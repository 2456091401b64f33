package sbom

import (
	"cmp"
	"crypto/sha256"
	"fmt"
)

type cdxDocument struct {
	Format     string         `json:"bomFormat"`
	Spec       string         `json:"specVersion"`
	Serial     string         `json:"serialNumber"`
	Version    int            `json:"version"`
	Metadata   cdxMetadata    `json:"metadata"`
	Components []cdxComponent `json:"components"`
}

type cdxMetadata struct {
	Timestamp string       `json:"timestamp"`
	Tools     cdxTools     `json:"tools"`
	Component cdxComponent `json:"component"`
}

type cdxTools struct {
	Components []cdxComponent `json:"components"`
}

type cdxComponent struct {
	Type     string       `json:"type"`
	Ref      string       `json:"bom-ref,omitempty"`
	Name     string       `json:"name"`
	Version  string       `json:"version,omitempty"`
	Hashes   []cdxHash    `json:"hashes,omitempty"`
	Licenses []cdxLicense `json:"licenses,omitempty"`
	Purl     string       `json:"purl,omitempty"`
}

type cdxHash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type cdxLicense struct {
	Expression string `json:"expression"`
}

// CycloneDX is the image's bill of materials as CycloneDX 1.5 in JSON.
func CycloneDX(c Contents) ([]byte, error) {
	image := cdxComponent{Type: "container", Ref: "image", Name: c.Name, Version: c.Version, Hashes: cdxSHA256(c.Digest)}
	doc := cdxDocument{
		Format: "CycloneDX", Spec: "1.5", Serial: "urn:uuid:" + uuid(c.Name+"@"+c.Digest), Version: 1,
		Metadata: cdxMetadata{
			Timestamp: c.created(), Component: image,
			Tools: cdxTools{[]cdxComponent{{Type: "application", Name: cmp.Or(c.Tool, "ashlar")}}},
		},
		Components: []cdxComponent{},
	}
	packages, recipes := c.sorted()
	for _, r := range recipes {
		x := cdxComponent{Type: "application", Ref: r.purl(), Name: r.Name, Version: r.Version, Purl: r.purl()}
		if r.License != "" {
			x.Licenses = []cdxLicense{{r.License}}
		}
		doc.Components = append(doc.Components, x)
	}
	for _, p := range packages {
		doc.Components = append(doc.Components, cdxComponent{
			Type: "library", Ref: c.purl(p), Name: p.Name, Version: p.Version, Hashes: cdxSHA256(p.SHA256), Purl: c.purl(p),
		})
	}
	return encode(doc)
}

func cdxSHA256(digest string) []cdxHash {
	if digest == "" {
		return nil
	}
	return []cdxHash{{"SHA-256", digest}}
}

// uuid is a UUID that follows from s: version 8 of RFC 9562, from its SHA-256.
func uuid(s string) string {
	h := sha256.Sum256([]byte(s))
	h[6] = h[6]&0x0f | 0x80
	h[8] = h[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
