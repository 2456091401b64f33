package image

import (
	"slices"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/edit"
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
func (a *assembly) editedByScripts(t *layer.Tree, c content, e recipe.Edit) bool {
	if exists(t, e.Path) {
		return false
	}
	for _, w := range a.runtime.waves {
		before, ok := w.EditedEarly(e.Path)
		if !ok {
			continue
		}
		a.sawEarly(w, c, e, before)
		return true
	}
	return false
}

// sawEarly notes what an early edit made of a file that a script had made.
func (a *assembly) sawEarly(w Wave, c content, e recipe.Edit, before []byte) {
	i := slices.IndexFunc(a.seen, func(f EditedFile) bool { return f.Path == e.Path })
	data := before
	if i >= 0 {
		data = a.seen[i].After
	}
	res, err := edit.Apply(edit.Input{Name: e.Path, Bytes: data, Format: e.Format, Ops: e.Ops, Files: c.of.Files})
	from := layer.Origin{Kind: layer.FromEffect}
	if f := w.Index.Tree().Get(e.Path); f != nil {
		from = f.Origin
	}
	a.saw(e.Path, from, before, res.Bytes, diag.Of(err))
}
