package buildroot

import (
	"context"
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/artefact"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// collect takes the declared outputs out of what the steps wrote. Its result has
// a tree for each set.
func (b *Builder) collect(ctx context.Context, a *plan.Action, do *plan.Collect, inputs map[plan.ID]store.Result) (finisher, error) {
	made, err := readTree(b.Store, inputs[do.Made].Trees[treeName])
	if err != nil {
		return nil, err
	}
	owner, err := b.owner(do.Root, inputs)
	if err != nil {
		return nil, err
	}
	out, root := splitOut(made.Files)
	opener := Opener{b.Store}
	taken, err := artefact.Select(ctx, artefact.Input{
		Recipe: a.Recipe, Out: out, Root: root, Owner: owner, Steps: stepsOf(made.Meta),
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
	for _, o := range taken.Outputs {
		draft, digest, err := writeTree(b.Store, opener, o.Tree.Files(), nil)
		if err != nil {
			discard()
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
		drafts[o.Name], r.Trees[o.Name] = draft, digest
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

// owner tells the package that has a path.
func (b *Builder) owner(r plan.Root, inputs map[plan.ID]store.Result) (func(string) string, error) {
	pkgs, err := b.pkgs(r.Packages, inputs)
	if err != nil {
		return nil, err
	}
	var owners map[string]string // made when the first path is asked for
	return func(path string) string {
		if owners == nil {
			owners = map[string]string{}
			for _, p := range pkgs {
				for _, f := range p.Index.Files {
					if f.Type != layer.Dir {
						owners[f.Path] = p.Control.Name
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
