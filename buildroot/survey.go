package buildroot

import (
	"context"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Survey looks at the image that do would make, as far as packages and their
// scripts decide: artefacts are not built for it.
func (b *Builder) Survey(ctx context.Context, do *plan.Image) (image.Survey, error) {
	roots := slices.Concat(do.Runtime.Packages, do.Runtime.Waves, do.Build.Packages, do.Build.Waves)
	inputs, err := b.inputs(ctx, &plan.Action{Inputs: roots})
	if err != nil {
		return image.Survey{}, err
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
