package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// cross checks what one recipe alone cannot tell: other recipes, and files.
func (l *loader) cross() {
	for _, r := range l.w.Recipes {
		list := &diag.List{}
		for _, d := range l.needs(r) {
			l.edge(r, d, list)
		}
		for _, i := range l.instances(r) {
			l.files(i, r.reader(list, i.Target))
		}
		l.errs.Add(list.Errors()...)
	}
	a := newArranger(l.w, &l.errs)
	for _, r := range l.w.Recipes {
		for _, i := range l.instances(r) {
			a.visit(i)
			a.companions(i)
		}
	}
	if l.errs.Len() == 0 {
		l.merged()
	}
	if l.w.body == nil {
		return
	}
	list := &diag.List{}
	rd := &reader{src: l.w.src, errs: list}
	for _, a := range l.w.Archives(l.w.Suite) {
		name, _ := splitPlace(a.SignedBy.Name)
		if a.SignedBy.Name != "" {
			l.exists(rd, Ref{name, a.SignedBy.Pos}, name)
		}
	}
	l.errs.Add(list.Errors()...)
}

// merged checks what only images with the settings of the one that they begin with
// can tell.
func (l *loader) merged() {
	continues := func(i *Instance) bool { return i.Image != nil && i.Image.From.Recipe != "" }
	if !slices.ContainsFunc(l.w.Recipes, func(r *Recipe) bool { return slices.ContainsFunc(l.instances(r), continues) }) {
		return
	}
	for _, i := range l.w.Graph().All {
		if !continues(i) {
			continue
		}
		i.Image.checkServices(func(at Ref, hint, format string, args ...any) {
			for _, r := range l.w.Recipes {
				if r.File == at.Pos.File {
					r.reader(&l.errs, i.Target).at(at, hint, format, args...)
				}
			}
		})
	}
}

// instances returns what r says for each of its targets.
func (l *loader) instances(r *Recipe) []*Instance {
	all, ok := l.made[r]
	if ok {
		return all
	}
	for _, t := range l.w.Targets(r) {
		if i, err := r.Instance(t); err == nil {
			all = append(all, i)
		}
	}
	l.made[r] = all
	return all
}

// needs returns the recipes that r names, for whatever target.
func (l *loader) needs(r *Recipe) []Dep {
	if r == nil {
		return nil
	}
	var out []Dep
	add := func(deps ...Dep) {
		for _, d := range deps {
			if d.Recipe != "" && !slices.ContainsFunc(out, func(e Dep) bool { return e.Pos == d.Pos && e.Text == d.Text }) {
				out = append(out, d)
			}
		}
	}
	for _, i := range l.instances(r) {
		add(i.needs()...)
		add(i.testNeeds()...)
	}
	return out
}

// edge checks that what a recipe needs of another is there.
func (l *loader) edge(r *Recipe, d Dep, errs *diag.List) {
	rd := r.reader(errs, Target{})
	at := Ref{d.Text, d.Pos}
	if l.failed[d.Recipe] {
		return
	}
	other := l.recipes[d.Recipe]
	if other == nil {
		all, _ := l.list()
		rd.at(at, nearHint(d.Recipe, all), "unknown recipe %q", d.Recipe)
		return
	}
	if d.Variant != "" && !slices.Contains(other.Variants, d.Variant) {
		rd.at(at, nearHint(d.Variant, other.Variants), "recipe %q has no variant %q", d.Recipe, d.Variant)
	}
	sets := []string{"main", "debug"} // debug is what strip takes away; main may be a source's files
	for _, kid := range tableKids(other.body.get("artefacts")) {
		sets = append(sets, kid.key)
	}
	if !slices.Contains(sets, d.Set) {
		rd.at(at, nearHint(d.Set, sets), "recipe %q has no set of artefacts %q", d.Recipe, d.Set)
	}
}

// files checks that those exist that the recipe names in the workspace.
func (l *loader) files(i *Instance, rd *reader) {
	var refs []Ref
	for _, a := range i.Archives {
		refs = append(refs, a.SignedBy)
	}
	for _, s := range i.Sources {
		refs = append(refs, s.SignedBy)
		refs = append(refs, s.Patches...)
		if s.Dir != "" {
			l.dir(rd, s.DirPos, i.SourceDir(s))
		}
	}
	contents := []Content{i.Content}
	if i.Image != nil {
		contents = append(contents, i.Image.Content)
	}
	for _, c := range contents {
		for _, f := range c.Files {
			if f.From != "" && f.Place != InImage {
				refs = append(refs, Ref{f.From, f.FromPos})
			}
		}
		for _, e := range c.Edits {
			refs = append(refs, e.Patches()...)
		}
	}
	for _, ref := range refs {
		l.exists(rd, ref, i.Locate(ref.Name))
	}
}

// dir checks that a directory is in the workspace.
func (l *loader) dir(rd *reader, at diag.Pos, name string) {
	info, err := fs.Stat(l.fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		rd.at(Ref{name, at}, "the path is relative to the recipe, or to the workspace behind //", "directory %q does not exist in the workspace", name)
	case err != nil:
		rd.at(Ref{name, at}, "", "%v", err)
	case !info.IsDir():
		rd.at(Ref{name, at}, "[file] brings a single file", "%q is not a directory", name)
	}
}

// exists checks that a file is in the workspace.
func (l *loader) exists(rd *reader, ref Ref, name string) {
	if ref.Name == "" {
		return
	}
	_, err := fs.Stat(l.fsys, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		rd.at(ref, fmt.Sprintf("it is looked for at %s", name), "file %q does not exist", ref.Name)
	case err != nil:
		rd.at(ref, "", "%v", err)
	}
}
