package image

import (
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// Bring returns the files of a buildroot that what recipes bring adds or changes:
// directories, files, links and edits, those that are early in an image, too. Below
// is what the root has, which open opens. A root has other packages than an image,
// so it is no matter whether one has the file that is brought, and an edit of a
// file that is not there is none.
func Bring(below *layer.Tree, parts []Part, open layer.Opener) ([]*layer.File, error) {
	a := &assembly{in: Input{Recipe: parts[0].Recipe, Open: open}, accounts: newAccounts(), removed: map[string]bool{}, links: map[string]recipe.Link{}, anyway: true}
	t := below.Clone()
	for i := range parts {
		c := content{parts[i].Recipe.Content, &parts[i]}
		for _, d := range c.Dirs {
			a.dir(t, c, d)
		}
		for _, f := range c.Files {
			a.file(t, below, c, f)
		}
		for _, l := range c.Links {
			a.link(t, c, l)
		}
	}
	for i := range parts {
		c := content{parts[i].Recipe.Content, &parts[i]}
		for _, e := range c.Edits {
			if !strings.HasPrefix(e.Path, "/") || !editable(t, e) {
				continue
			}
			for _, f := range a.edited(t, e) {
				a.editFile(t, c, e, f)
			}
		}
	}
	var changed []*layer.File
	for _, f := range t.Files() {
		if below.Get(f.Path) != f {
			changed = append(changed, f)
		}
	}
	return changed, firstError(a.err, a.mistakes.Err())
}

// editable reports whether t has what an edit is for.
func editable(t *layer.Tree, e recipe.Edit) bool {
	if e.Files > 0 {
		return len(matching(t, e.Path)) > 0
	}
	return exists(t, e.Path)
}
