package buildroot

import (
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// earlyChanges are what recipes change before maintainer scripts run.
func earlyChanges(all []plan.Early) ([]effects.Early, error) {
	var out []effects.Early
	for _, e := range all {
		part := image.Part{Recipe: e.Recipe, Image: e.Image, Files: map[string][]byte{}}
		for _, f := range e.Data {
			part.Files[f.Name] = f.Data
		}
		for _, glob := range e.Remove {
			out = append(out, effects.Early{Path: glob.Name, Remove: true})
		}
		files, err := image.EarlyFiles(part)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			out = append(out, effects.Early{Path: f.Path, Data: f.Data, Mode: f.Mode})
		}
		for _, d := range e.Edits {
			out = append(out, effects.Early{Path: d.Path, Edit: editor(d, part.Files)})
		}
	}
	return out, nil
}

// editor applies one edit.
func editor(d recipe.Edit, files map[string][]byte) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		res, err := edit.Apply(edit.Input{Name: d.Path, Bytes: data, Format: d.Format, Ops: d.Ops, Files: files})
		return res.Bytes, err
	}
}
