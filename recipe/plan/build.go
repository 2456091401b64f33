package plan

import (
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

func splitEdits(all []recipe.Edit) (image, source []recipe.Edit) {
	for _, e := range all {
		if strings.HasPrefix(e.Path, "/") {
			image = append(image, e)
		} else {
			source = append(source, e)
		}
	}
	return image, source
}

// build plans the actions that run a recipe's steps, in their order.
func (p *planner) build(r *recipe.Instance, in root) []ID {
	_, edits := splitEdits(r.Edits)
	whole := &Build{
		Root: in.Root, Linked: len(in.Outputs) > 0, Arch: r.Arch, Vars: r.Vars, Edits: edits, Patches: p.patches(r, edits), Caches: r.Caches,
		Room: Room{Env: r.Room.Env, Workdir: r.Room.Workdir, Flags: r.Room.Flags},
	}
	for _, s := range r.Sources {
		whole.Sources = append(whole.Sources, p.source(r, s))
	}
	inputs := withOutputs(in.inputs, in.Outputs)
	if p.vendor(r, whole); whole.Vendor != "" {
		inputs = append(inputs, whole.Vendor)
	}
	name := lock.FullName(r)
	var made []ID
	groups := stages(r.Steps)
	for i, steps := range groups {
		b, label := *whole, "build "+name
		b.Steps, b.Earlier, b.Stage = steps, slices.Clone(made), i+1 < len(groups)
		if b.Stage {
			label += ": " + stepNames(steps)
		}
		p.see(&b)
		made = append(made, p.plan.add(KindBuild, label, name, 0, append(slices.Clip(inputs), made...), b.blobs(), &b))
	}
	return made
}

func (p *planner) collect(r *recipe.Instance, in root, made []ID) ID {
	last := len(made) - 1
	c := &Collect{Made: made[last], Earlier: made[:last], Root: in.Root, Spare: in.Packages[in.base:], Sets: r.Sets, Discard: r.Room.Discard, NoSets: diag.Pos{File: r.File}}
	for _, f := range r.Files {
		c.Own = append(c.Own, f.Path)
	}
	for _, l := range r.Links {
		c.Own = append(c.Own, l.Path)
	}
	slices.Sort(c.Own)
	name := lock.FullName(r)
	return p.plan.add(KindCollect, "collect "+name, name, 0, append(withOutputs(in.inputs, in.Outputs), made...), nil, c)
}
