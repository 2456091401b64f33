package image

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
)

//go:embed late.toml
var lateText string

// scriptsRead is the table of places that maintainer scripts read, and the packages
// whose scripts do.
var scriptsRead = tableOf(lateText)

// late warns of what the recipe puts where scripts would have made something of it,
// had it been there before they ran.
func (a *assembly) late() {
	for _, c := range a.contents() {
		for _, f := range c.Files {
			if !f.Early {
				a.unseen(f.Path)
			}
		}
		for _, e := range c.Edits {
			if !e.Early {
				a.unseen(e.Path)
			}
		}
	}
}

func (a *assembly) unseen(file string) {
	at := strings.TrimSuffix(file, "/")
	for place, packages := range scriptsRead() {
		if i := slices.IndexFunc(packages, a.kept.named); i >= 0 && (at == place || layer.Below(at, place)) {
			a.warning(file, "comes when the scripts of package %s, which read it, have run: say early = true if they are to find it", packages[i])
		}
	}
}
