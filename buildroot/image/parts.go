package image

import (
	"reflect"
	"slices"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A content is what one recipe brings, from its top or from below [image].
type content struct {
	recipe.Content
	of *Part
}

// from is the origin of what the recipe itself puts into the image.
func (c content) from(what string) layer.Origin { return fromFile(c.of.Recipe, what) }

// foreign reports whether another recipe put f there.
func (c content) foreign(f *layer.File) bool {
	switch f.Origin.Kind {
	case layer.FromFile, layer.FromEdit, layer.FromRecipe:
		return f.Origin.Name != lock.FullName(c.of.Recipe)
	}
	return false
}

// contents are what the image's recipes bring, one after the other: each at its
// top and then below [image].
func (a *assembly) contents() []content {
	var all []content
	for _, p := range a.parts {
		all = append(all, content{p.Recipe.Content, p})
		if p.Image {
			all = append(all, content{p.Recipe.Image.Content, p})
		}
	}
	return all
}

// users are those of all of the image's recipes.
func (a *assembly) users() []recipe.User {
	var all []recipe.User
	for _, p := range a.parts {
		all = append(all, p.Recipe.Users...)
	}
	return all
}

// agree notes users of one name that two recipes make differently.
func (a *assembly) agree() {
	for i, p := range a.parts {
		for _, q := range a.parts[:i] {
			for _, u := range p.Recipe.Users {
				at := slices.IndexFunc(q.Recipe.Users, func(v recipe.User) bool { return v.Name == u.Name })
				if at < 0 {
					continue
				}
				other := q.Recipe.Users[at]
				place := u.Pos
				u.Pos, other.Pos = diag.Pos{}, diag.Pos{}
				if !reflect.DeepEqual(u, other) {
					a.mistake(place, "write the same in both, or leave it to one of them", "user %s: recipes %s and %s make it differently", u.Name, lock.FullName(q.Recipe), lock.FullName(p.Recipe))
				}
			}
		}
	}
}

// present are the parts that the image has: all that are asked for, and of the
// others those with a shared library that an output needs, with what these
// depend on.
func present(all []Part) []*Part {
	in := make([]bool, len(all))
	needed := map[string]bool{}
	for more := true; more; {
		more = false
		for i := range all {
			if in[i] || all[i].Spare && !all[i].has(needed) && !dependedOn(all[i].Recipe, all, in) {
				continue
			}
			in[i], more = true, true
			all[i].needs(needed)
		}
	}
	var parts []*Part
	for i := range all {
		if in[i] {
			parts = append(parts, &all[i])
		}
	}
	return parts
}

// dependedOn reports whether a part that is in names r's artefacts.
func dependedOn(r *recipe.Instance, all []Part, in []bool) bool {
	for i, p := range all {
		deps := slices.Clone(p.Recipe.Runtime)
		for _, s := range p.Recipe.Sets {
			if s.Name == "main" {
				deps = append(deps, s.Depends...)
			}
		}
		if in[i] && slices.ContainsFunc(deps, func(d recipe.Dep) bool { return d.Recipe == r.Name && (d.Variant == "" || d.Variant == r.Variant) }) {
			return true
		}
	}
	return false
}

// needs adds the sonames that the part's files are linked against.
func (p *Part) needs(sonames map[string]bool) {
	for _, out := range p.Outputs {
		for _, f := range out.Tree.Files() {
			if f.Facts != nil {
				for _, n := range f.Facts.Needed {
					sonames[n] = true
				}
			}
		}
	}
}

// has reports whether the part has one of those libraries.
func (p *Part) has(sonames map[string]bool) bool {
	for _, out := range p.Outputs {
		for _, f := range out.Tree.Files() {
			if f.Facts != nil && f.Facts.Soname != "" && sonames[f.Facts.Soname] {
				return true
			}
		}
	}
	return false
}
