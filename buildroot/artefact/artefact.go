// Package artefact takes out of what a recipe's steps made the files that the
// recipe declares, in named sets, as rpm has subpackages.
//
// What the steps left below ${out} must be taken whole: a file there that no
// set names stops the build, with the line to add. Elsewhere in the root only
// what a set names is taken, and never a package's own file. The package works
// on trees; it runs nothing and reads bytes only to strip them. How sets are
// written is settled by package recipe, where the steps ran by package buildroot.
package artefact

import (
	"context"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// An Input is what the steps made, and what of it is asked for.
type Input struct {
	Recipe string // its name, for origins

	// Out is what the steps left below ${out}, with that prefix taken off. Root
	// is what they changed elsewhere; either may be nil.
	Out, Root *layer.Tree

	// Owner names who has a file at the path, "package libc6" or "recipe pcre2/dev",
	// or nobody: "". It may be nil.
	Owner func(path string) string

	// Steps are what was there after each step, in order. They make origins and
	// mistakes say more, and may be missing.
	Steps []Step

	// Sets are the recipe's. Without any, all of Out is the set "main" if there
	// were no steps; with steps that is a mistake, at NoSets.
	Sets   []recipe.Set
	NoSets diag.Pos

	Discard []string // globs of what the recipe lets be left behind, besides [DefaultDiscard]
	Own     []string // paths of the recipe's own [file] and [link]; one with a final slash means all below

	Open layer.Opener // for files to be stripped
}

// A Step is what was there after one step of the recipe.
type Step struct {
	Name  string
	Paths []string // of Out and Root together, as paths in the image
}

// DefaultDiscard are the files that any recipe may leave behind without saying
// so: libtool's archives, which nobody needs any more, and documentation.
func DefaultDiscard() []string {
	return append(usual("doc"), "/**/*.la")
}

// A Result is what was taken.
type Result struct {
	Outputs []Output // as the sets are written; then "debug", if stripping made it and no set has that name

	Discarded []string // paths below ${out} that were left behind as the recipe allows, in path order
	Left      []string // files elsewhere in the root that no set takes, in path order: for information
}

// An Output is one set's files, with the directories above them that the steps made.
type Output struct {
	Name string
	Tree *layer.Tree
}

// Select takes the sets out of what the steps made. Sets choose in the order in
// which they are written, "main" last. The error holds every mistake of the
// sets, each a *diag.Error; any other error is one of reading or stripping a
// file.
func Select(ctx context.Context, in Input) (*Result, error) {
	s := newSelection(in)
	s.takeAll()
	s.checkRest()
	if err := s.mistakes.Err(); err != nil {
		return nil, err
	}
	return s.result(ctx)
}
