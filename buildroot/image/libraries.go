package image

import (
	"slices"

	"github.com/ashlar-build/ashlar/layer"
)

// Linked reports whether outputs need a shared library of other.
func Linked(outputs []*layer.Tree, other *layer.Tree) bool {
	needed := map[string]bool{}
	partOf(outputs).needs(needed)
	return partOf([]*layer.Tree{other}).has(needed)
}

func partOf(trees []*layer.Tree) *Part {
	p := &Part{}
	for _, t := range trees {
		p.Outputs = append(p.Outputs, Output{Tree: t})
	}
	return p
}

// Libraries are the packages of a root, by name, in which shared libraries are
// that outputs need and neither they nor others have, and the packages that
// these depend on.
func Libraries(root Root, outputs, others []*layer.Tree) ([]Package, error) {
	u, err := newUniverse("build", root)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	partOf(outputs).needs(needed)
	has := partOf(slices.Concat(outputs, others))
	taken := map[*pkg]bool{}
	var queue []*pkg
	take := func(p *pkg) {
		if p != nil && !taken[p] {
			taken[p] = true
			queue = append(queue, p)
		}
	}
	for soname := range needed {
		if !has.has(map[string]bool{soname: true}) {
			take(find(u, soname))
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, group := range queue[0].needs {
			take(u.choose(group, func(p *pkg) bool { return taken[p] }))
		}
	}
	return slices.DeleteFunc(slices.Clone(root.Packages), func(p Package) bool { return !taken[u.get(p.Control.Name)] }), nil
}
