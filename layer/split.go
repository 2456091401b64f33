package layer

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
)

// formatVersion is part of a layer's identity: raise it when equal files make
// another blob than before.
const formatVersion = "ashlar layer 1"

// SplitOptions are the choices of [Split]. The zero value is ready to use.
type SplitOptions struct {
	// Budget is the most layers that there may be: 8 if less than 4.
	Budget int
	// Source names a package's source package, so that packages that change
	// together lie together. Nil, or an empty answer: its own name.
	Source func(pkg string) string
	// Rank says how many images of the world are likely to hold a package; the
	// higher, the lower it lies. Nil: all the same.
	Rank func(pkg string) int
	// Before are directories as they are in all layers but the uppermost, by path:
	// there, they are as the tree has them.
	Before map[string]*File
}

// A Layer is some files of a tree, to be written as one blob.
type Layer struct {
	Name  string  // what is in it: "libc6, libssl3t64", "effects", "files"
	Files []*File // in path order, with the directories above each

}

// The strata of an image, the lowest first: what changes most rarely, and is
// in most images, lies deepest.
const (
	stratumPackages = iota
	stratumEffects
	stratumRecipes
	stratumFiles
	strata
)

// Split spreads a whole tree over layers by origin: packages at the bottom,
// those of one source together and the most shared lowest, then the effects of
// their scripts, then recipes' artefacts, then users, files and edits. Every
// file is in one layer; a directory is, always the same, in each layer that has
// something in it, so that a layer stands by itself and which others there are
// does not change it. An empty directory is where its origin is.
//
// Where sources outnumber the budget, those get layers of their own that save most
// by it: large ones, which would be written again whenever another of the same layer
// changes, and those that other images have, too. The others get one together.
func Split(t *Tree, o SplitOptions) []Layer {
	if o.Budget < strata {
		o.Budget = 8
	}
	groups := map[string]*group{}
	add := func(g group, f *File) {
		have := groups[g.key]
		if have == nil {
			have = &g
			groups[g.key] = have
		}
		have.add(f)
	}
	for _, f := range t.Files() {
		g := groupOf(t, f, o)
		if old := o.Before[f.Path]; old != nil {
			add(uppermost, f)
			if g.key == uppermost.key {
				continue
			}
			f = old
		}
		if isDir(f) && hasInside(t, f) {
			continue // it comes with what is in it
		}
		add(g, f)
	}
	list := make([]*group, 0, len(groups))
	for _, g := range groups {
		list = append(list, g)
	}
	slices.SortFunc(list, compareGroups)
	var layers []Layer
	for _, g := range fit(list, o.Budget) {
		before := o.Before
		if g.stratum == uppermost.stratum {
			before = nil
		}
		layers = append(layers, Layer{Name: g.name(), Files: withParents(t, g.files, before)})
	}
	return layers
}

// uppermost is the group of what no package, script or recipe's step made.
var uppermost = group{stratum: stratumFiles, key: "files"}

// A group is files that stay together.
type group struct {
	stratum int
	key     string
	rank    int
	size    int64
	files   []*File
	names   []string // packages or recipes, sorted
}

func (g *group) add(f *File) {
	g.files = append(g.files, f)
	g.size += f.Size + 512
	if name := f.Origin.Name; name != "" {
		if i, ok := slices.BinarySearch(g.names, name); !ok {
			g.names = slices.Insert(g.names, i, name)
		}
	}
}

// name is for the image's history.
func (g *group) name() string {
	what := [strata]string{"packages", "effects", "recipes", "files"}[g.stratum]
	if len(g.names) == 0 || g.stratum == stratumFiles {
		return what
	}
	const most = 8
	if len(g.names) <= most {
		return what + ": " + strings.Join(g.names, ", ")
	}
	return fmt.Sprintf("%s: %s and %d more", what, strings.Join(g.names[:most], ", "), len(g.names)-most)
}

func groupOf(t *Tree, f *File, o SplitOptions) group {
	from := f.Origin
	if f.Type == Hardlink { // a link is where its bytes are
		if first := t.files[f.Link]; first != nil {
			from = first.Origin
		}
	}
	switch from.Kind {
	case FromPackage:
		g := group{stratum: stratumPackages, key: from.Name}
		if o.Source != nil {
			g.key = cmp.Or(o.Source(from.Name), from.Name)
		}
		if o.Rank != nil {
			g.rank = o.Rank(from.Name)
		}
		g.key = "package " + g.key
		return g
	case FromEffect:
		return group{stratum: stratumEffects, key: "effects"}
	case FromRecipe:
		return group{stratum: stratumRecipes, key: "recipe " + from.Name}
	}
	return uppermost
}

// compareGroups puts the lowest first.
func compareGroups(a, b *group) int {
	return cmp.Or(cmp.Compare(a.stratum, b.stratum), cmp.Compare(b.rank, a.rank), cmp.Compare(a.key, b.key))
}

// fit joins groups until there are no more than budget: one each for effects,
// files, and as many as are left for packages and recipes.
func fit(list []*group, budget int) []*group {
	byStratum := [strata][]*group{}
	for _, g := range list {
		byStratum[g.stratum] = append(byStratum[g.stratum], g)
	}
	left := budget - 2
	recipes := min(len(byStratum[stratumRecipes]), max(1, left/3))
	packages := left - recipes
	var out []*group
	out = append(out, largest(byStratum[stratumPackages], packages)...)
	out = append(out, byStratum[stratumEffects]...)
	out = append(out, largest(byStratum[stratumRecipes], recipes)...)
	return append(out, byStratum[stratumFiles]...)
}

// worth says what a layer of its own saves: its size, the more often the more
// images have it.
func (g *group) worth() int64 { return g.size * int64(1+g.rank) }

// largest leaves the n-1 groups by themselves that are worth most, and joins the
// rest, on top of them.
func largest(list []*group, n int) []*group {
	if len(list) <= n {
		return list
	}
	byWorth := slices.SortedStableFunc(slices.Values(list), func(a, b *group) int { return cmp.Compare(b.worth(), a.worth()) })
	alone := map[*group]bool{}
	for _, g := range byWorth[:n-1] {
		alone[g] = true
	}
	rest := &group{stratum: list[0].stratum, key: "rest"}
	var out []*group
	for _, g := range list {
		if alone[g] {
			out = append(out, g)
			continue
		}
		for _, f := range g.files {
			rest.add(f)
		}
	}
	return append(out, rest)
}

// hasInside reports whether some file is below the directory f.
func hasInside(t *Tree, f *File) bool {
	i, found := find(t.Files(), f.Path)
	if found {
		i++
	}
	return i < len(t.order) && Below(t.order[i].Path, f.Path)
}

// withParents adds the directories above each file: those of before, or the tree's.
func withParents(t *Tree, files []*File, before map[string]*File) []*File {
	seen := map[string]bool{}
	for _, f := range files {
		seen[f.Path] = true
	}
	all := files
	for _, f := range files {
		for dir := f.Path; dir != "/"; {
			dir = path.Dir(dir)
			if seen[dir] {
				break
			}
			seen[dir] = true
			if d := cmp.Or(before[dir], t.files[dir]); d != nil {
				all = append(all, d)
			}
		}
	}
	slices.SortFunc(all, compareFiles)
	return all
}

// ID names the blob that a layer will be, before it is made: layers with equal
// IDs are equal byte for byte. It is the digest of all that the bytes follow
// from: without origins and facts, and with the times that the epoch leaves.
func (l Layer) ID(o BlobOptions) (string, error) {
	text := fmt.Appendf(nil, "%s\ncompression %s\n", formatVersion, o.Compression)
	text, err := o.IDs.appendIDs(text, l.Files)
	if err != nil {
		return "", fmt.Errorf("layer %s: %w", l.Name, err)
	}
	h := sha256.New()
	h.Write(text)
	bare := make([]*File, len(l.Files))
	slab := make([]File, len(l.Files))
	for i, f := range l.Files {
		slab[i] = *f
		bare[i] = &slab[i]
		bare[i].Origin, bare[i].Facts, bare[i].At = Origin{}, nil, ""
		bare[i].MTime = max(0, min(f.MTime, o.Epoch))
	}
	if err := WriteIndex(h, &Index{Files: bare}); err != nil {
		return "", fmt.Errorf("layer %s: %w", l.Name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
