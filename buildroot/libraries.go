package buildroot

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// What begins the names, in the result of a collect action, of the trees of
// packages and of other recipes' outputs in which shared libraries are that its
// own outputs need, and of what the scripts of these packages changed where it was
// built. So whoever uses an output reads what it needs, and nothing else of there.
const (
	libraryPackage = "package "
	libraryEffects = "effects "
	libraryRecipe  = "recipe "
)

func isLibrary(name string) bool {
	return strings.HasPrefix(name, libraryPackage) || strings.HasPrefix(name, libraryEffects) || strings.HasPrefix(name, libraryRecipe)
}

// addLibraries notes in r what outputs need: other outputs of the root they were
// made in, with what these need in turn, and packages among spare ones. What it
// makes for that are drafts.
func (b *Builder) addLibraries(r *store.Result, drafts map[string]*store.Draft, do *plan.Collect, outputs []*layer.Tree, inputs map[plan.ID]store.Result) error {
	var others []*layer.Tree
	for _, o := range do.Root.Outputs {
		from := inputs[o.By].Trees
		if from[o.Set] == "" {
			continue
		}
		x, err := readTree(b.Store, from[o.Set])
		if err != nil {
			return err
		}
		tree := x.Tree()
		if !image.Linked(outputs, tree) {
			continue
		}
		others = append(others, tree)
		r.Trees[libraryRecipe+o.Recipe+"/"+o.Set] = from[o.Set]
		for name, digest := range from {
			if isLibrary(name) {
				r.Trees[name] = digest
			}
		}
	}
	root, err := b.imageRoot(plan.Root{Packages: do.Spare, Waves: do.Root.Waves}, inputs)
	if err != nil {
		return err
	}
	found, err := image.Libraries(root, outputs, others)
	if err != nil {
		return err
	}
	waves := make([]*effects.Effects, len(root.Waves))
	for i, w := range root.Waves {
		waves[i] = w.Effects
	}
	for _, p := range found {
		name := p.Control.Name
		r.Trees[libraryPackage+name] = p.Tree
		delete(r.Trees, libraryEffects+name) // of another recipe's
		own, err := effects.Of(name, waves)
		if err != nil {
			return err
		}
		if own == nil {
			continue
		}
		key := libraryEffects + name
		if drafts[key], r.Trees[key], err = writeTree(b.Store, Opener{b.Store}, own.Files, own.Meta); err != nil {
			delete(drafts, key)
			return err
		}
	}
	return nil
}

// outputTrees are the root directories of a root's outputs and of the outputs
// that their libraries need, top first.
func (b *Builder) outputTrees(outputs []plan.Output, inputs map[plan.ID]store.Result) []string {
	var dirs []string
	for _, digest := range outputDigests(outputs, inputs) {
		if dir, ok := b.Store.Tree(digest); ok {
			dirs = append(dirs, filepath.Join(dir, "root"))
		}
	}
	return dirs
}

// outputDigests name these trees.
func outputDigests(outputs []plan.Output, inputs map[plan.ID]store.Result) []string {
	var digests []string
	add := func(digest string) {
		if digest != "" && !slices.Contains(digests, digest) {
			digests = append(digests, digest)
		}
	}
	for _, o := range slices.Backward(outputs) {
		add(inputs[o.By].Trees[o.Set])
	}
	for _, o := range outputs {
		trees := inputs[o.By].Trees
		for _, name := range slices.Sorted(maps.Keys(trees)) {
			if strings.HasPrefix(name, libraryRecipe) {
				add(trees[name])
			}
		}
	}
	return digests
}

// A library is a package that comes with outputs.
type library struct {
	image.Package
	effects string // the tree of what its scripts changed, or ""
}

// libraries are the packages that come with outputs and that a root has none of
// the name of, by name.
func (b *Builder) libraries(outputs []plan.Output, inputs map[plan.ID]store.Result, has []*deb.Package) ([]library, error) {
	seen := map[string]bool{}
	for _, p := range has {
		seen[p.Control.Name] = true
	}
	var list []library
	for _, o := range outputs {
		trees := inputs[o.By].Trees
		for name, digest := range trees {
			short, ok := strings.CutPrefix(name, libraryPackage)
			if !ok || seen[short] {
				continue
			}
			seen[short] = true
			p, err := b.packageTree(digest)
			if err != nil {
				return nil, err
			}
			list = append(list, library{image.Package{Package: p, Tree: digest}, trees[libraryEffects+short]})
		}
	}
	slices.SortFunc(list, func(p, q library) int { return strings.Compare(p.Control.Name, q.Control.Name) })
	return list, nil
}

// addToImage gives an image, whose recipe was built in root, packages with libraries.
// Of a file that scripts of both have, that of the recipe's own root is seen.
func (b *Builder) addToImage(root *image.Root, libraries []library) error {
	var waves []image.Wave
	for _, l := range libraries {
		root.Packages = append(root.Packages, l.Package)
	}
	kept, err := b.effectsOf(libraries)
	for _, e := range kept {
		waves = append(waves, image.Wave{Effects: e})
	}
	root.Waves = append(waves, root.Waves...)
	return err
}
