package image

import (
	"path"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// CheckLocal makes the edits of files that the parts themselves bring, which needs
// no package, and returns what does not hold.
func CheckLocal(parts []Part) error {
	a := &assembly{accounts: newAccounts(), removed: map[string]bool{}}
	for i := range parts {
		a.parts = append(a.parts, &parts[i])
	}
	for _, early := range []bool{true, false} {
		t := layer.New()
		for _, c := range a.contents() {
			for _, f := range c.Files {
				if f.Early == early && f.Place != recipe.InImage {
					a.layLocal(t, c, f)
				}
			}
		}
		for _, c := range a.contents() {
			for _, e := range c.Edits {
				if f := t.Get(e.Path); e.Early == early && strings.HasPrefix(e.Path, "/") && f != nil && f.Type == layer.Regular {
					a.editFile(t, c, e, f)
				}
			}
		}
	}
	return firstError(a.err, a.mistakes.Err())
}

// layLocal puts what one [file] entry brings into t, over what is there.
func (a *assembly) layLocal(t *layer.Tree, c content, f recipe.File) {
	for _, src := range a.expanded(t, c, f) {
		t.MkdirAll(path.Dir(src.path), c.from("dir"))
		t.Put(layer.Content(src.path, 0o644, src.data, c.from("file")))
	}
}
