package sbom

// ProvenanceType is the media type of [Provenance]'s statement.
const ProvenanceType = "application/vnd.in-toto+json"

// A Build says how an image was made, for its provenance.
type Build struct {
	Recipe string // its full name: "haproxy@3.0"
	Action string // a digest of all that can change the image
	Files  []File // of the workspace that say how: recipes, settings, the lock
}

// A File is one of a workspace.
type File struct {
	Name   string
	SHA256 string
}

// builderID names what built; who ran it a signature says.
const builderID = "https://github.com/ashlar-build/ashlar"

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
	Internal     map[string]string `json:"internalParameters"`
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
// Both are named by the files that say them. It has no time and no run's name, because the same build has the same ones.
func Provenance(c Contents, b Build) ([]byte, error) {
	s := statement{
		Type: "https://in-toto.io/Statement/v1", PredicateType: "https://slsa.dev/provenance/v1",
		Subject: []resource{{Name: c.Name, Digest: digestSet(c.Digest)}},
	}
	d := &s.Predicate.Definition
	d.Type = "https://github.com/ashlar-build/ashlar/build@v1"
	d.External = map[string]string{"recipe": b.Recipe}
	d.Internal = map[string]string{"action": b.Action}
	for _, f := range b.Files {
		d.Dependencies = append(d.Dependencies, resource{Name: f.Name, Digest: digestSet(f.SHA256)})
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
	s.Predicate.Details.Builder.ID = builderID
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
