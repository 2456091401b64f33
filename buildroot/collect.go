package buildroot

import (
	"context"
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/artefact"
	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// collect takes the declared outputs out of what the steps wrote. Its result has
// a tree for each set, and one for each package that their libraries are in.
func (b *Builder) collect(ctx context.Context, a *plan.Action, do *plan.Collect, inputs map[plan.ID]store.Result) (finisher, error) {
	files, steps, err := b.made(do, inputs)
	if err != nil {
		return nil, err
	}
	owner, err := b.owner(do.Root, inputs)
	if err != nil {
		return nil, err
	}
	out, root := splitOut(files)
	opener := Opener{b.Store}
	taken, err := artefact.Select(ctx, artefact.Input{
		Recipe: a.Recipe, Out: out, Root: root, Owner: owner, Steps: steps,
		Sets: do.Sets, NoSets: do.NoSets, Discard: do.Discard, Own: do.Own, Open: opener,
	})
	if err != nil {
		return nil, err
	}
	drafts := map[string]*store.Draft{}
	discard := func() {
		for _, d := range drafts {
			d.Discard()
		}
	}
	r := store.Result{Trees: map[string]string{}}
	if len(steps) > 0 && len(do.Sets) == 0 && out.Len() == 0 {
		r.Notes = []string{"the steps wrote nothing below ${out}, and no [artefacts] name what they wrote elsewhere: nothing of theirs is kept"}
	}
	var outputs []*layer.Tree
	for _, o := range taken.Outputs {
		tree := canonical(o.Tree)
		outputs = append(outputs, tree)
		draft, digest, err := writeTree(b.Store, opener, tree.Files(), nil)
		if err != nil {
			discard()
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
		drafts[o.Name], r.Trees[o.Name] = draft, digest
	}
	if err := b.addLibraries(&r, drafts, do, outputs, inputs); err != nil {
		discard()
		return nil, err
	}
	return func(ctx context.Context) (store.Result, error) {
		for name, d := range drafts {
			if err := d.Commit(ctx, r.Trees[name]); err != nil {
				discard()
				return r, err
			}
		}
		return r, nil
	}, nil
}

// splitOut parts what is below ${out}, with that prefix taken off, from what the
// steps changed elsewhere.
func splitOut(files []*layer.File) (out, root *layer.Tree) {
	var below, other []*layer.File
	for _, f := range files {
		switch {
		case f.Path == outDir:
		case layer.Below(f.Path, outDir):
			g := *f
			g.Path = strings.TrimPrefix(f.Path, outDir)
			if f.Type == layer.Hardlink {
				g.Link = strings.TrimPrefix(f.Link, outDir)
			}
			below = append(below, &g)
		default:
			other = append(other, f)
		}
	}
	return layer.New(below...), layer.New(other...)
}

// canonical is a tree without directories that Debian has as links into /usr:
// what lies on a root must not hide them.
func canonical(t *layer.Tree) *layer.Tree {
	out := layer.New()
	for _, f := range t.Files() {
		if p := deb.Canonical(f.Path); p != f.Path || f.Type == layer.Hardlink {
			moved := *f
			moved.Path = p
			if f.Type == layer.Hardlink {
				moved.Link = deb.Canonical(f.Link)
			}
			if moved.At == "" {
				moved.At = f.Path
			}
			f = &moved
		}
		if !aliasOfUsr(f) {
			out.Put(f)
		}
	}
	return out
}

// aliasOfUsr reports whether f is a directory that is a link in a root.
func aliasOfUsr(f *layer.File) bool {
	return f.Type == layer.Dir && deb.Canonical(f.Path+"/x") != f.Path+"/x"
}

// owner tells the package or recipe that has a path.
func (b *Builder) owner(r plan.Root, inputs map[plan.ID]store.Result) (func(string) string, error) {
	pkgs, err := b.pkgs(r.Packages, inputs)
	if err != nil {
		return nil, err
	}
	outputs := map[string]*layer.Index{}
	for _, o := range r.Outputs {
		if digest := inputs[o.By].Trees[o.Set]; digest != "" {
			if outputs["recipe "+o.Recipe+"/"+o.Set], err = readTree(b.Store, digest); err != nil {
				return nil, err
			}
		}
	}
	var owners map[string]string // made when the first path is asked for
	return func(path string) string {
		if owners == nil {
			owners = map[string]string{}
			for _, p := range pkgs {
				for _, f := range p.Index.Files {
					if f.Type != layer.Dir {
						owners[f.Path] = "package " + p.Control.Name
					}
				}
			}
			for name, x := range outputs {
				for _, f := range x.Files {
					if f.Type != layer.Dir {
						owners[f.Path] = name
					}
				}
			}
		}
		return owners[path]
	}, nil
}

// stepsOf reads what harvest noted of the steps.
func stepsOf(meta map[string]string) []artefact.Step {
	var steps []artefact.Step
	if meta[madeSteps] == "" {
		return nil
	}
	for i, name := range strings.Split(meta[madeSteps], "\n") {
		s := artefact.Step{Name: name}
		if paths := meta[fmt.Sprint(madeStep, i)]; paths != "" {
			s.Paths = strings.Split(paths, "\n")
		}
		steps = append(steps, s)
	}
	return steps
}
