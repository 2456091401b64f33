package plan

import (
	"github.com/ashlar-build/ashlar/recipe"
)

// early are the changes that the recipes of an image make before maintainer
// scripts run.
func (p *planner) early(r *recipe.Instance) []Early {
	var all []Early
	for _, part := range p.Graph.ForImage(r) {
		of := part.Recipe
		e := Early{Recipe: of, Image: part.Image}
		contents := []recipe.Content{of.Content}
		if part.Image && of.Image != nil {
			contents = append(contents, of.Image.Content)
		}
		for _, c := range contents {
			e.add(c, of.Vars)
		}
		if len(e.Edits)+len(e.Files)+len(e.Remove) == 0 {
			continue
		}
		for _, f := range e.Files {
			if f.From != "" {
				e.Data = append(e.Data, p.file(of, f.Place, f.From, f.Pos)...)
			}
		}
		e.Data = append(e.Data, p.patches(of, e.Edits)...)
		all = append(all, e)
	}
	return all
}

func (e *Early) add(c recipe.Content, vars []recipe.Var) {
	e.Remove = append(e.Remove, c.Remove.Early...)
	for _, f := range c.Files {
		if f.Early {
			e.Files = append(e.Files, f)
			if f.Expand {
				e.Vars = vars
			}
		}
	}
	for _, d := range c.Edits {
		if d.Early {
			e.Edits = append(e.Edits, d)
		}
	}
}
