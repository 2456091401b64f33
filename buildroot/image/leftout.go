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
		switch state := a.stateOver(file); {
		case a.kept.has(p) && state != "":
			return fmt.Sprintf("%s is for state, and begins empty", state), ""
		case a.kept.has(p) && a.leaves(p.files[i]):
			return fmt.Sprintf("cut = %q leaves it out of package %s", cmp.Or(a.image.Cut, "slim"), p.Name), fmt.Sprintf("write keep = [%q] in [image]", file)
		case a.kept.has(p):
			return "", ""
		}
		why = fmt.Sprintf("it is of package %s, which the image does without", p.Name)
		if _, cut := a.kept.cut[p]; cut {
			why = fmt.Sprintf("package %s, which only configuring needs, is cut", p.Name)
		}
		return why, fmt.Sprintf("add %q to depends.runtime", p.Name)
	}
	return "", ""
}

// stateOver is the state directory that a path is below, if any.
func (a *assembly) stateOver(file string) string {
	for _, m := range a.image.State {
		if layer.Below(file, m.Path) {
			return m.Path
		}
	}
	return ""
}

// absent says why the image has not got a path, behind what it is wanted for, and what
// to do about it. t is what the image has.
func (a *assembly) absent(t *layer.Tree, file, text string) (what, hint string) {
	if why, hint := a.leftOut(file); why != "" {
		return text + ": " + why, hint
	}
	return text, a.nearHint(t, file)
}
