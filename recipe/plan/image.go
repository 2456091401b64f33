package plan

import (
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// image plans an instance's image, once.
func (p *planner) image(r *recipe.Instance) ID {
	m := p.recipe(r)
	if m.image != "" {
		return m.image
	}
	name := lock.FullName(r)
	img := &Image{Recipe: r, Recommends: r.Recommends, Runtime: p.set(r, lock.UseRuntime, m.wishes).Root, Build: m.build.Root}
	img.Build.Outputs, img.Build.Recipes = nil, nil // they are parts
	if base := p.Graph.Find(r.Image.From, r); base != nil {
		img.From = p.image(base)
	}
	for _, part := range p.Graph.Spare(r) {
		img.Parts = append(img.Parts, p.part(part, true))
	}
	for _, part := range p.Graph.ForImage(r) {
		img.Parts = append(img.Parts, p.part(part, false))
	}
	if own := &img.Parts[len(img.Parts)-1]; len(r.Image.Languages()) > 0 {
		own.Outputs = append(own.Outputs, p.locales(r, m.wishes))
	}
	for _, id := range p.Lock.IDs {
		img.IDs = append(img.IDs, Number{Name: id.Name, Number: id.Number})
	}
	m.image = p.plan.add(KindImage, "image "+name, name, 0, img.inputs(), nil, img)
	return m.image
}

func (img *Image) inputs() []ID {
	inputs := slices.Concat(img.Runtime.Packages, img.Runtime.Waves)
	has := make(map[ID]bool, len(inputs))
	for _, id := range inputs {
		has[id] = true
	}
	for _, id := range slices.Concat(img.Build.Packages, img.Build.Waves) {
		if !has[id] {
			inputs = append(inputs, id)
		}
	}
	if img.From != "" {
		inputs = append(inputs, img.From)
	}
	var outputs []Output
	for _, part := range img.Parts {
		outputs = append(outputs, part.Outputs...)
	}
	return withOutputs(inputs, outputs)
}

// part plans what another recipe brings into an image, or its own.
func (p *planner) part(of recipe.Part, spare bool) Part {
	r := of.Recipe
	part := Part{
		Recipe: r, Says: says(r), Asks: of.Packages, Outputs: p.outputs([]recipe.Part{of}),
		Files: p.files(r, of.Image), Spare: spare,
	}
	if !of.Image {
		part.Says.Image = nil
	}
	return part
}

func says(r *recipe.Instance) Says {
	return Says{
		Name: r.Name, Version: r.Version, Summary: r.Summary, License: r.License, Homepage: r.Homepage,
		Arch: r.Arch, Suite: r.Suite, Variant: r.Variant,
		Vars: r.Vars, Content: imageContent(r.Content), Image: r.Image,
	}
}

// imageContent leaves out the edits of the source, which are the build's.
func imageContent(c recipe.Content) recipe.Content {
	c.Edits, _ = splitEdits(c.Edits)
	return c
}
