package plan

import (
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// brings are the directories, files, links and edits of recipes whose outputs a
// root has: they are there for a step as they are in an image. What [remove] takes
// away makes images smaller, and is left.
func (p *planner) brings(parts []recipe.Part) []Brings {
	var all []Brings
	for _, part := range parts {
		r := part.Recipe
		b := Brings{Recipe: r, Name: lock.FullName(r), Dirs: r.Dirs, Files: r.Files, Links: r.Links}
		b.Edits, _ = splitEdits(r.Edits)
		if len(b.Dirs)+len(b.Files)+len(b.Links)+len(b.Edits) == 0 {
			continue
		}
		if slices.ContainsFunc(r.Files, func(f recipe.File) bool { return f.Expand }) {
			b.Vars = r.Vars
		}
		b.Data = p.files(r, false)
		all = append(all, b)
	}
	return all
}
