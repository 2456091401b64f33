package buildroot

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Survey looks at the images that all would make, in their order, as far as
// packages and their scripts decide: artefacts are not built for it. What they
// need is made at the same time; the first error ends it, but for early edits that
// hold no longer: of these the error has all.
func (b *Builder) Survey(ctx context.Context, all []*plan.Image) ([]image.Survey, error) {
	var roots []plan.ID
	for _, do := range all {
		roots = append(roots, surveyed(do)...)
	}
	b.look(roots)
	looks := make(chan struct{}, b.Jobs)
	found := make([]image.Survey, len(all))
	mistakes := make([]error, len(all))
	g, ctx := errgroup.WithContext(ctx)
	for i, do := range all {
		g.Go(func() (err error) {
			if found[i], err = b.survey(ctx, do, looks); len(diag.Of(err)) > 0 {
				mistakes[i], err = err, nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return found, errors.Join(mistakes...)
}

// Surveyable reports whether the store has all that a survey of do reads.
func (b *Builder) Surveyable(do *plan.Image) (bool, error) {
	for _, id := range surveyed(do) {
		if _, has, err := b.Store.Result(string(id)); err != nil || !has {
			return false, err
		}
	}
	return true, nil
}

// surveyed are the actions whose results a survey of an image reads.
func surveyed(do *plan.Image) []plan.ID {
	return slices.Concat(do.Runtime.Packages, do.Runtime.Waves, do.Build.Packages, do.Build.Waves)
}

// survey looks at one image; of looks, which hold all indexes of an image, only
// so many are made at once.
func (b *Builder) survey(ctx context.Context, do *plan.Image, looks chan struct{}) (image.Survey, error) {
	inputs, err := b.inputs(ctx, &plan.Action{Inputs: surveyed(do)})
	if err != nil {
		return image.Survey{}, err
	}
	select {
	case looks <- struct{}{}:
		defer func() { <-looks }()
	case <-ctx.Done():
		return image.Survey{}, context.Cause(ctx)
	}
	alone, whole := *do, do.From == ""
	alone.Parts = slices.Clone(do.Parts)
	for i := range alone.Parts {
		whole = whole && len(alone.Parts[i].Outputs) == 0
		alone.Parts[i].Outputs = nil
	}
	in, err := b.imageInput(&alone, inputs)
	if err != nil {
		return image.Survey{}, err
	}
	return image.Look(ctx, in, !whole)
}
