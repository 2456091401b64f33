package image

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
)

// leftOut says why the image has not got a file that a package of its root has, and
// what brings it in; nothing if no package has it.
func (a *assembly) leftOut(file string) (why, hint string) {
	if a.kept == nil { // nothing was chosen yet
		return "", ""
	}
	file = deb.Canonical(file)
	for _, p := range a.runtime.pkgs {
		i, has := slices.BinarySearchFunc(p.files, file, func(f *layer.File, at string) int { return layer.Compare(f.Path, at) })
		if !has || p.files[i].Type == layer.Dir {
			continue
		}
		if a.kept.has(p) {
			return fmt.Sprintf("cut = %q leaves it out of package %s", cmp.Or(a.image.Cut, "slim"), p.Name), fmt.Sprintf("write keep = [%q] in [image]", file)
		}
		why = fmt.Sprintf("it is of package %s, which the image does without", p.Name)
		if _, cut := a.kept.cut[p]; cut {
			why = fmt.Sprintf("package %s, which only configuring needs, is cut", p.Name)
		}
		return why, fmt.Sprintf("add %q to depends.runtime", p.Name)
	}
	return "", ""
}

// absent says why the image has not got a path, behind what it is wanted for, and what
// to do about it. t is what the image has.
func (a *assembly) absent(t *layer.Tree, file, text string) (what, hint string) {
	if why, hint := a.leftOut(file); why != "" {
		return text + ": " + why, hint
	}
	return text, a.nearHint(t, file)
}
