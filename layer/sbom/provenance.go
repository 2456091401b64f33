package sbom

import "cmp"

// ProvenanceType is the media type of [Provenance]'s statement.
const ProvenanceType = "application/vnd.in-toto+json"

// A Build says how an image was made, for its provenance.
type Build struct {
	Recipe  string // name of the recipe
	Digest  string // SHA-256 of the recipe's file
	Lock    string // SHA-256 of the lock
	Repo    string // where recipe and lock are kept, as a URI; or empty
	Commit  string // their commit there; or empty
	Format  string // version of the builder's format, which its results follow from
	Builder string // a URI that names who built, and is trusted for it
}

type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     predicate  `json:"predicate"`
}

type resource struct {
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

type predicate struct {
	Definition definition `json:"buildDefinition"`
	Details    details    `json:"runDetails"`
}

type definition struct {
	Type         string            `json:"buildType"`
	External     map[string]string `json:"externalParameters"`
	Internal     map[string]string `json:"internalParameters,omitempty"`
	Dependencies []resource        `json:"resolvedDependencies"`
}

type details struct {
	Builder builder `json:"builder"`
}

type builder struct {
	ID string `json:"id"`
}

// Provenance is an in-toto statement with SLSA's provenance, version 1: which
// recipe and lock made the image, and every package and source that went in.
// It has no time and no run's name, because the same build has the same ones.
func Provenance(c Contents, b Build) ([]byte, error) {
	s := statement{
		Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1",
		Subject: []resource{{Name: c.Name, Digest: digestSet(c.Digest)}},
	}
	d := &s.Predicate.Definition
	d.Type = "https://github.com/ashlar-build/ashlar/build@v1"
	d.External = map[string]string{"recipe": b.Recipe}
	if b.Format != "" {
		d.Internal = map[string]string{"format": b.Format}
	}
	d.Dependencies = []resource{
		{Name: "recipe", Digest: digestSet(b.Digest)},
		{Name: "lock", Digest: digestSet(b.Lock)},
	}
	if b.Repo != "" {
		repo := resource{Name: "repository", URI: b.Repo}
		if b.Commit != "" {
			repo.Digest = map[string]string{"gitCommit": b.Commit}
		}
		d.Dependencies = append(d.Dependencies, repo)
	}
	packages, recipes := c.sorted()
	for _, r := range recipes {
		for _, src := range r.Sources {
			d.Dependencies = append(d.Dependencies, resource{Name: r.Name, URI: src.URL, Digest: src.digests()})
		}
	}
	for _, p := range packages {
		d.Dependencies = append(d.Dependencies, resource{Name: p.Name, URI: c.purl(p), Digest: digestSet(p.SHA256)})
	}
	s.Predicate.Details.Builder.ID = cmp.Or(b.Builder, "https://github.com/ashlar-build/ashlar")
	return encode(s)
}

// digests are those by which in-toto knows a source.
func (s Source) digests() map[string]string {
	if s.Commit != "" {
		return map[string]string{"gitCommit": s.Commit}
	}
	return digestSet(s.SHA256)
}

func digestSet(digest string) map[string]string {
	if digest == "" {
		return nil
	}
	return map[string]string{"sha256": digest}
}
