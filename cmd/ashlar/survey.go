package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// survey completes a lock by what only the packages themselves tell: which users
// and groups their scripts make, to which it gives numbers, and the files that
// recipes edit. Where a package now has another file under an edit, it prints
// what that comes to; where the edit does not hold any more, the error has all
// such edits of all recipes.
func (l *locking) survey(ctx context.Context, next *lock.Lock) error {
	names := l.surveyed(next)
	next.Edited = slices.Clone(l.old.Edited)
	next.Edited = slices.DeleteFunc(next.Edited, func(e lock.Edited) bool { return !l.has(e.Recipe, e.Arch) || slices.Contains(names, e.Recipe) })
	if len(names) == 0 {
		return nil
	}
	now, err := l.look(ctx, next, names)
	if err != nil {
		return err
	}
	l.number(next, now)
	defer l.printWarnings()
	for _, s := range now {
		l.warnings = append(l.warnings, s.Nobody...)
		l.broken.Add(s.broken()...)
		for _, e := range s.Edits {
			if ofPackage(e) {
				next.Edited = append(next.Edited, lock.Edited{Recipe: s.recipe, Arch: s.arch, Path: e.Path, SHA256: sha256Of(e.Before)})
			}
		}
	}
	return l.threeWays(ctx, now, names)
}

// surveyed are the recipes whose packages are to be looked at: those with an
// image whose packages moved, or that edit a file of which the lock has nothing.
// Where there is no dpkg nothing can be configured.
func (l *locking) surveyed(next *lock.Lock) []string {
	var names []string
	for _, i := range l.instances {
		name := lock.FullName(i)
		if i.Image == nil || slices.Contains(names, name) || len(l.ws.Recipe(i.Name).Unsupported()) > 0 {
			continue
		}
		set, _ := next.Set(name, "runtime", i.Arch)
		base, _ := next.Base(set.Base)
		if slices.ContainsFunc(base.Packages, func(ref string) bool { return next.Index()[ref].Name == "dpkg" }) && l.moved(next, i) {
			names = append(names, name)
		}
	}
	return names
}

// moved reports whether what the survey of i looks at is not what the old lock
// was written for.
func (l *locking) moved(next *lock.Lock, i *recipe.Instance) bool {
	for _, use := range []string{"runtime", "build"} {
		before, _ := l.old.Set(lock.FullName(i), use, i.Arch)
		after, _ := next.Set(lock.FullName(i), use, i.Arch)
		if !slices.Equal(digests(l.old, before), digests(next, after)) {
			return true
		}
	}
	number := func(name string) bool {
		return slices.ContainsFunc(l.old.IDs, func(id lock.ID) bool { return id.Name == name })
	}
	var edits []recipe.Edit
	for _, part := range l.graph.ForImage(i) {
		r := part.Recipe
		if slices.ContainsFunc(r.Users, func(u recipe.User) bool { return !u.UID.Given && !number(u.Name) }) ||
			slices.ContainsFunc(r.Groups, func(g recipe.Group) bool { return !g.GID.Given && !number(g.Name) }) {
			return true
		}
		edits = append(edits, r.Edits...)
		if part.Image && r.Image != nil {
			edits = append(edits, r.Image.Edits...)
		}
	}
	return slices.ContainsFunc(edits, func(e recipe.Edit) bool {
		return strings.HasPrefix(e.Path, "/") && e.Files == 0 && !slices.ContainsFunc(l.old.Edited, func(d lock.Edited) bool {
			return d.Recipe == lock.FullName(i) && d.Arch == i.Arch && d.Path == e.Path
		})
	})
}

// digests are the packages of a set and of its base.
func digests(l *lock.Lock, s lock.Set) []string {
	index := l.Index()
	base, _ := l.Base(s.Base)
	var list []string
	for _, ref := range slices.Concat(base.Packages, s.Packages) {
		list = append(list, index[ref].SHA256)
	}
	slices.Sort(list)
	return list
}

func (l *locking) has(name, arch string) bool {
	return slices.ContainsFunc(l.instances, func(i *recipe.Instance) bool { return lock.FullName(i) == name && i.Arch == arch })
}

// A surveyed is the survey of one recipe's image.
type surveyed struct {
	image.Survey
	recipe, arch string
}

// broken are the mistakes of edits of what packages have, or of what nobody has.
func (s surveyed) broken() []*diag.Error {
	var all []*diag.Error
	for _, e := range s.Edits {
		if ofPackage(e) || e.Before == nil {
			all = append(all, diag.Of(e.Err)...)
		}
	}
	return all
}

// ofPackage reports whether a package has the file, or its scripts made it.
func ofPackage(e image.EditedFile) bool {
	return e.From.Kind == layer.FromPackage || e.From.Kind == layer.FromEffect
}

// look fetches and configures the packages of the named recipes, as the lock has
// them, and surveys their images.
func (l *locking) look(ctx context.Context, with *lock.Lock, names []string) ([]surveyed, error) {
	w := *l.ws
	w.lock = with
	p, _, err := w.plan(names, false)
	if err != nil {
		return nil, err
	}
	s, err := l.env.store()
	if err != nil {
		return nil, err
	}
	progress := newProgress(l.env, false)
	builder, err := l.env.builder(&planned{workspace: &w, plan: p, store: s}, progress)
	if err != nil {
		return nil, err
	}
	defer progress.end()
	list, err := surveys(ctx, builder, p.Goals, imagesOf(p))
	return list, l.env.explain(err)
}

// imagesOf are the images of a plan's goals; nil where a goal is none.
func imagesOf(p *plan.Plan) []*plan.Image {
	images := make([]*plan.Image, len(p.Goals))
	for i, g := range p.Goals {
		images[i], _ = p.Action(g.Action).Do.(*plan.Image)
	}
	return images
}

// surveys surveys the images of goals, but those that are nil.
func surveys(ctx context.Context, b *buildroot.Builder, goals []plan.Goal, images []*plan.Image) ([]surveyed, error) {
	var list []surveyed
	var asked []*plan.Image
	for i, do := range images {
		if do != nil {
			list = append(list, surveyed{recipe: goals[i].Recipe, arch: do.Recipe.Arch})
			asked = append(asked, do)
		}
	}
	found, err := b.Survey(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i := range found {
		list[i].Survey = found[i]
	}
	return list, nil
}

// number gives numbers to those that have none: the first free one from 100 on,
// where Debian's system users begin (Policy 9.2.2), in the order of the names.
func (l *locking) number(next *lock.Lock, now []surveyed) {
	taken := map[int]bool{}
	names := map[string]bool{}
	for _, id := range next.IDs {
		taken[id.Number] = true
	}
	for _, i := range l.instances {
		for _, u := range i.Users {
			taken[int(u.UID.Number)], taken[int(u.GID.Number)] = true, true
		}
		for _, g := range i.Groups {
			taken[int(g.GID.Number)] = true
		}
	}
	for _, s := range now {
		for _, name := range s.Unnumbered {
			names[name] = true
		}
	}
	n := firstSystem
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for taken[n] {
			n++
		}
		taken[n] = true
		next.IDs = append(next.IDs, lock.ID{Name: name, Number: n})
		fmt.Fprintf(l.out, "new account %s has the number %d\n", name, n)
	}
}

// firstSystem is the first number of a system user.
const firstSystem = 100

// threeWays prints, for each file that changed under an edit, what was, what is
// and what the edit makes of it.
func (l *locking) threeWays(ctx context.Context, now []surveyed, names []string) error {
	type change struct {
		surveyed
		image.EditedFile
	}
	var changed []change
	var mistakes diag.List
	for _, s := range now {
		for _, e := range s.Edits {
			at := slices.IndexFunc(l.old.Edited, func(o lock.Edited) bool { return o.Recipe == s.recipe && o.Arch == s.arch && o.Path == e.Path })
			if at < 0 || e.Before != nil && l.old.Edited[at].SHA256 == sha256Of(e.Before) {
				continue
			}
			changed = append(changed, change{s, e})
			mistakes.Add(diag.Of(e.Err)...)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	before, err := l.look(ctx, l.old, names)
	if err != nil {
		fmt.Fprintf(l.env.err, "the old defaults cannot be shown: %v\n", err)
	}
	for _, c := range changed {
		fmt.Fprintf(l.out, "\n%s of %s is another file now, and the recipe edits it\n", c.Path, c.recipe)
		if old, ok := fileOf(before, c.recipe, c.arch, c.Path); ok && c.Before != nil {
			fmt.Fprint(l.out, difference(c.Path, "old default", old, "new default", c.Before))
		}
		if c.After != nil {
			fmt.Fprint(l.out, difference(c.Path, "new default", c.Before, "with the edit", c.After))
		}
	}
	if err := mistakes.Err(); err != nil {
		fmt.Fprintf(l.env.err, "%s of recipes hold no longer; %s stays as it was\n", plural(mistakes.Len(), "edit"), lock.FileName)
		return err
	}
	return nil
}

// fileOf finds what a survey saw of a file.
func fileOf(all []surveyed, name, arch, path string) ([]byte, bool) {
	for _, s := range all {
		for _, e := range s.Edits {
			if s.recipe == name && s.arch == arch && e.Path == path {
				return e.Before, e.Before != nil
			}
		}
	}
	return nil, false
}

func sha256Of(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
