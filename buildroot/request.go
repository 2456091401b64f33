package buildroot

import (
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Request is how a download of a plan is asked for.
func Request(d plan.Download) fetch.Request {
	r := fetch.Request{Name: d.Name, URLs: d.URLs, SHA256: d.SHA256, SHA512: d.SHA512, Size: d.Size}
	if g := d.Git; g != nil {
		r.URLs = g.URLs
		r.Git = &fetch.GitTree{Commit: g.Commit, Tag: g.Tag, Branch: g.Branch, NoSubmodules: g.NoSubmodules}
	}
	return r
}
