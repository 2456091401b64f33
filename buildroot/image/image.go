// Package image assembles the tree of an image out of results: package trees,
// what their maintainer scripts changed, recipes' artefacts, and the files,
// users and edits that a recipe declares.
//
// Assembling is a function of its input. It runs nothing, asks no network and
// no clock, and writes nothing; it reads the bytes of a few files through the
// Opener it is given. The order of packages in the input never changes a byte
// of the image. Why an image needs what it gets is in package layer (closure)
// and in the cut table of package effects; how the pieces are made is package
// buildroot's business.
//
// The order in which things lie on one another is the recipe format's: packages,
// early files and edits, effects of maintainer scripts, artefacts; then what is
// removed, the recipe's own directories, files and links, and edits of the
// result.
//
// Nothing in an image tells when it was assembled. Files keep their times; what is
// made here has that of the newest of them, as have directories that the recipe
// changes something in, unless it is one that scripts saw there; those that several
// packages have in common are of 1970.
package image

import (
	"context"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// An Input is all that an image is made of.
type Input struct {
	Recipe *recipe.Instance // its Image is set

	// Runtime is the root of the recipe's runtime dependencies, with the base
	// below them: what the image may have. Build is the root that its steps ran
	// in, where missing shared libraries are looked for; it may be empty.
	Runtime, Build Root

	// Parts are the recipes that it has something of, each after those that it
	// depends on, its own the last.
	Parts []Part

	Base *layer.Tree // of the image that it begins with, or nil

	IDs  []lock.ID // of users and groups that maintainer scripts make
	Open layer.Opener
}

// A Part is what one recipe brings into the image.
type Part struct {
	Recipe  *recipe.Instance
	Asks    []recipe.Dep // packages that it depends on
	Outputs []Output     // artefacts

	// Files are the workspace's files by the names that the recipe gives them
	// ("site.conf", "keys/alice.pub"), those of the workspace itself below "//".
	Files map[string][]byte

	Image bool // what stands below its [image] comes, too
	Spare bool // it comes only if an output of another needs a library of it
}

// A Root is packages and what their maintainer scripts changed.
type Root struct {
	Packages []Package // in any order
	Waves    []Wave    // in the order in which they were configured

	// Recommends says that what packages recommend is needed, too, if it is there.
	Recommends bool
}

// A Package is an unpacked package and the name of its tree in the store.
type Package struct {
	*deb.Package
	Tree string // what layer.File.In is to be; empty: the files have it already
}

// A Wave is the effects of one wave's scripts and the name of their tree in the
// store.
type Wave struct {
	*effects.Effects
	Tree string // as Package.Tree
}

// An Output is one set of a recipe's artefacts.
type Output struct {
	Recipe string
	Set    string
	Tree   *layer.Tree
}

// Assemble makes the image's tree and what goes with it. Its error holds all
// mistakes that were found, each a *diag.Error at its place in the recipe; any
// other error is one of reading a file.
func Assemble(ctx context.Context, in Input) (*Result, error) {
	a, err := newAssembly(in)
	if err != nil {
		return nil, err
	}
	tree, roots, err := a.settle(ctx)
	if err != nil {
		return nil, err
	}
	return a.finish(tree, roots)
}
