package image

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Survey is what a lock wants to know of an image besides its packages.
type Survey struct {
	// Unnumbered are users and groups that have no number, neither in the recipe
	// nor in the input's IDs nor by Debian's own tables; sorted, each once. All
	// are here that a script made, whether the image will have them or not.
	Unnumbered []string
	Edits      []EditedFile
	// Nobody are the mistakes of users that the image or a service is to run as,
	// and that no package and no recipe makes.
	Nobody []*diag.Error
}

// An EditedFile is what the recipe's edits make of one file.
type EditedFile struct {
	Path   string
	From   layer.Origin // of the file below
	Before []byte
	After  []byte
	// Err has the mistakes of the edits, each a *diag.Error; then After is nil.
	// A file that is not there has no Before either.
	Err error
}

// Look surveys the image that in would make. Other mistakes that it may have are
// passed over. Without the outputs that the image is to have, an edit of a file
// that is not there is no mistake.
func Look(ctx context.Context, in Input, withoutOutputs bool) (Survey, error) {
	a, err := newAssembly(in)
	if err != nil {
		return Survey{}, err
	}
	tree, _, err := a.settle(ctx)
	if err != nil {
		return Survey{}, err
	}
	s := Survey{Edits: a.seen}
	s.Unnumbered, s.Nobody = a.unnumbered(tree)
	if withoutOutputs {
		s.Edits = slices.DeleteFunc(s.Edits, func(e EditedFile) bool { return e.Before == nil })
	}
	return s, nil
}

// unnumbered names the accounts without a number, those of packages that the
// image does not have, too: what it will need when it has all its outputs is
// not known yet. Apart from them it returns the mistakes of whom the image runs as.
func (a *assembly) unnumbered(t *layer.Tree) (known []string, nobody []*diag.Error) {
	for _, u := range a.universes() {
		a.eachLine(u, func(line effects.Line, gids map[int]string) { a.accounts.addLine(line.File, line.Text, gids) })
	}
	lost, _ := a.number(t)
	names := map[string]bool{}
	for _, n := range lost {
		if n.known {
			names[n.name] = true
		}
		if m := a.runner(n); m != nil && a.image.From.Recipe == "" {
			nobody = append(nobody, m)
		}
	}
	return slices.Sorted(maps.Keys(names)), nobody
}

// saw notes what an edit did to a file, or did not.
func (a *assembly) saw(path string, from layer.Origin, before, after []byte, mistakes []*diag.Error) {
	var errs diag.List
	errs.Add(mistakes...)
	i := slices.IndexFunc(a.seen, func(e EditedFile) bool { return e.Path == path })
	if i < 0 {
		a.seen = append(a.seen, EditedFile{Path: path, From: from, Before: before})
		i = len(a.seen) - 1
	}
	e := &a.seen[i]
	errs.Add(diag.Of(e.Err)...)
	if e.After, e.Err = after, errs.Err(); e.Err != nil {
		e.After = nil
	}
	slices.SortFunc(a.seen, func(x, y EditedFile) int { return cmp.Compare(x.Path, y.Path) })
}
