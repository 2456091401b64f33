package artefact

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// debugSet is the set that stripped symbols go to.
const debugSet = "debug"

// result makes the outputs of what was taken.
func (s *selection) result(ctx context.Context) (*Result, error) {
	r := &Result{Discarded: s.dropped}
	for _, f := range s.made.Files() {
		if f.Type != layer.Dir && !s.inOut(f.Path) && !s.spokenFor(f.Path) && !passing(f.Path) {
			r.Left = append(r.Left, f.Path)
		}
	}
	var symbols []*layer.File
	for i, set := range s.in.Sets {
		tree := s.output(i)
		found, err := s.strip(ctx, tree)
		if err != nil {
			return nil, err
		}
		symbols = append(symbols, found...)
		r.Outputs = append(r.Outputs, Output{Name: set.Name, Tree: tree})
	}
	if err := s.mistakes.Err(); err != nil {
		return nil, err
	}
	r.addSymbols(symbols)
	return r, nil
}

// passing reports whether the path is in a place for things that need not
// last, so that leaving it behind is nothing to tell.
func passing(p string) bool {
	for _, dir := range []string{"/tmp", "/var/tmp", "/run", "/dev", "/proc", "/sys", "/root", "/home", "/var/log", "/var/cache"} {
		if layer.Below(p, dir) {
			return true
		}
	}
	return false
}

// output is the tree of one set: what it took as it wants it, and the
// directories above as the steps made them.
func (s *selection) output(set int) *layer.Tree {
	tree := s.made.Clone()
	above := map[string]bool{}
	for p, pick := range s.taken {
		if pick.set != set {
			continue
		}
		for dir := path.Dir(p); !above[dir]; dir = path.Dir(dir) {
			above[dir] = true
		}
	}
	mine := func(f *layer.File) bool {
		if pick := s.taken[f.Path]; pick != nil && pick.set == set {
			return true
		}
		return f.Type == layer.Dir && above[f.Path] && f.Path != "/" && !s.shipped(f.Path)
	}
	tree.DeleteFunc(func(f *layer.File) bool { return !mine(f) })
	for _, f := range slices.Clone(tree.Files()) {
		tree.Put(s.dress(f))
	}
	s.dressLinks(tree)
	return tree
}

// shipped reports whether a directory elsewhere in the root is a package's.
func (s *selection) shipped(p string) bool {
	return !s.inOut(p) && s.in.Owner != nil && s.in.Owner(p) != ""
}

// dress gives a file the mode, owner and capabilities that its item says, and
// its origin.
func (s *selection) dress(f *layer.File) *layer.File {
	g := *f
	g.Origin = layer.Origin{Kind: layer.FromRecipe, Name: s.in.Recipe, What: cmp.Or(f.Origin.What, s.wrote[f.Path])}
	s.apply(&g, s.taken[f.Path])
	return &g
}

// apply gives g what the item says that took it, if one did.
func (s *selection) apply(g *layer.File, by *pick) {
	if by == nil {
		return
	}
	if by.mode && by.item.Mode.Given {
		g.Mode = by.item.Mode.Bits
	}
	if by.item.Owner != "" {
		g.User, g.Group = Owner(by.item.Owner)
	}
	if by.item.Caps != "" && hasBytes(g) {
		g.Caps = s.caps(by.item)
	}
}

func (s *selection) caps(item recipe.Artefact) string {
	caps, err := Caps(item.Caps)
	if err != nil {
		s.mistakes.Add(&diag.Error{Pos: item.Pos, Msg: err.Error()})
	}
	return caps
}

// dressLinks gives a file what the items say of its further names, too: it has
// one mode and one owner under all of them.
func (s *selection) dressLinks(tree *layer.Tree) {
	for _, f := range slices.Clone(tree.Files()) {
		first := tree.Get(f.Link)
		if f.Type != layer.Hardlink || first == nil {
			continue
		}
		g := *first
		s.apply(&g, s.taken[f.Path])
		tree.Put(&g)
	}
}

// Owner divides "user:group", the form in which recipes name an owner. Without
// a group it is the user's namesake.
func Owner(s string) (user, group string) {
	user, group, ok := strings.Cut(s, ":")
	if !ok || group == "" {
		group = user
	}
	return user, group
}
