package buildroot

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// What begins the names, in the result of a collect action, of the trees of
// packages and of other recipes' outputs in which shared libraries are that its
// own outputs need. So whoever uses an output reads what it needs, and nothing
// else of where it was built.
const (
	libraryPackage = "package "
	libraryRecipe  = "recipe "
)

func isLibrary(name string) bool {
	return strings.HasPrefix(name, libraryPackage) || strings.HasPrefix(name, libraryRecipe)
}

// addLibraries notes in r what outputs need: other outputs of the root they were
// made in, with what these need in turn, and packages among spare ones.
func (b *Builder) addLibraries(r *store.Result, do *plan.Collect, outputs []*layer.Tree, inputs map[plan.ID]store.Result) error {
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
	root, err := b.imageRoot(plan.Root{Packages: do.Spare}, inputs)
	if err != nil {
		return err
	}
	found, err := image.Libraries(root, outputs, others)
	for _, p := range found {
		r.Trees[libraryPackage+p.Control.Name] = p.Tree
	}
	return err
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

// libraries are the packages that come with outputs and that a root has none of
// the name of, by name.
func (b *Builder) libraries(outputs []plan.Output, inputs map[plan.ID]store.Result, has []*deb.Package) ([]image.Package, error) {
	seen := map[string]bool{}
	for _, p := range has {
		seen[p.Control.Name] = true
	}
	var list []image.Package
	for _, o := range outputs {
		for name, digest := range inputs[o.By].Trees {
			short, ok := strings.CutPrefix(name, libraryPackage)
			if !ok || seen[short] {
				continue
			}
			seen[short] = true
			p, err := b.packageTree(digest)
			if err != nil {
				return nil, err
			}
			list = append(list, image.Package{Package: p, Tree: digest, Bare: true})
		}
	}
	slices.SortFunc(list, func(p, q image.Package) int { return strings.Compare(p.Control.Name, q.Control.Name) })
	return list, nil
}
