package image

import (
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// EarlyFiles are the files that a recipe puts in place before maintainer scripts
// run, with their bytes.
func EarlyFiles(p Part) ([]*layer.File, error) {
	a := &assembly{in: Input{Recipe: p.Recipe}, accounts: newAccounts(), removed: map[string]bool{}}
	contents := []content{{p.Recipe.Content, &p}}
	if p.Image && p.Recipe.Image != nil {
		contents = append(contents, content{p.Recipe.Image.Content, &p})
	}
	t := layer.New()
	for _, c := range contents {
		for _, f := range c.Files {
			if f.Early {
				f.Replace = false // what packages have is the image's matter
				a.file(t, t, c, f)
			}
		}
	}
	var files []*layer.File
	for _, f := range t.Files() {
		if f.Type == layer.Regular {
			files = append(files, f)
		}
	}
	return files, firstError(a.err, a.mistakes.Err())
}

// editedByScripts reports whether the file of an early edit came with a script,
// and was edited when it did.
func (a *assembly) editedByScripts(t *layer.Tree, e recipe.Edit) bool {
	if exists(t, e.Path) {
		return false
	}
	for _, w := range a.runtime.waves {
		if w.EditedEarly(e.Path) {
			return true
		}
	}
	return false
}
