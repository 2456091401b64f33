package recipe

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// cross checks what one recipe alone cannot tell: other recipes, and files.
func (l *loader) cross() {
	for _, r := range l.w.Recipes {
		list := &diag.List{}
		for _, d := range l.needs(r) {
			l.edge(r, d, list)
		}
		l.circle(r, list)
		for _, i := range l.instances(r) {
			l.files(i, r.reader(list, i.Target))
		}
		l.errs.Add(list.Errors()...)
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
		for _, test := range i.Tests {
			for _, c := range test.With {
				add(c.Dep)
			}
		}
	}
	return out
}

// needs returns the recipes that must be built before i.
func (i *Instance) needs() []Dep {
	out := slices.Concat(i.Build, i.Runtime)
	for _, s := range i.Sets {
		out = append(out, s.Depends...)
	}
	if i.Image != nil {
		out = append(out, i.Image.From)
	}
	return slices.DeleteFunc(out, func(d Dep) bool { return d.Recipe == "" })
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

// circle notes that a recipe needs itself, at the dependency that begins the way
// back. The variants of a recipe are different things, and its outputs are one.
func (l *loader) circle(r *Recipe, errs *diag.List) {
	for _, i := range l.instances(r) {
		t := i.Target
		for _, d := range i.needs() {
			if d.Recipe == r.Name && d.Set != "main" && !slices.Contains(depTexts(i.Build), d.Text) {
				continue // an output of its own, for its image
			}
			if way := l.way(d, unit{r.Name, t.Variant}, t, map[unit]bool{}); way != nil {
				r.reader(errs, t).at(Ref{d.Text, d.Pos}, "", "recipe %s needs itself: %s", r.Name, strings.Join(append([]string{r.Name}, way...), " → "))
			}
		}
	}
}

// A unit is what is built at once: a recipe in one variant.
type unit struct{ recipe, variant string }

// way returns the recipes from d to the unit sought, or nil.
func (l *loader) way(d Dep, sought unit, t Target, seen map[unit]bool) []string {
	r := l.recipes[d.Recipe]
	if r == nil {
		return nil
	}
	if d.Variant == "" && len(r.Variants) > 0 {
		d.Variant = r.Variants[0]
	}
	here := unit{d.Recipe, d.Variant}
	if here == sought {
		return []string{d.Recipe}
	}
	if seen[here] {
		return nil
	}
	seen[here] = true
	at := slices.IndexFunc(l.instances(r), func(i *Instance) bool { return i.Variant == d.Variant && i.Arch == t.Arch })
	if at < 0 {
		return nil
	}
	for _, next := range l.instances(r)[at].needs() {
		if next.Recipe == d.Recipe && next.Set != "main" {
			continue
		}
		if rest := l.way(next, sought, t, seen); rest != nil {
			return append([]string{d.Recipe}, rest...)
		}
	}
	return nil
}

// depTexts returns the texts of dependencies.
func depTexts(deps []Dep) []string {
	var out []string
	for _, d := range deps {
		out = append(out, d.Text)
	}
	return out
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
