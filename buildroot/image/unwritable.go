package image

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// unwritable notes the directories of variable data (FHS 3.0, chapter 5) that
// belong to whom the image runs as, and that nothing makes writable where the
// root is read-only, as under `ashlar run`.
func (a *assembly) unwritable(t *layer.Tree) {
	mounts := slices.Concat(a.image.State, a.image.Scratch)
	mounted := func(dir string) bool {
		return slices.ContainsFunc(mounts, func(m recipe.Mount) bool { return m.Path == dir || layer.Below(dir, m.Path) })
	}
	var dirs []string
	for _, f := range t.Files() {
		if f.Type != layer.Dir || !layer.Below(f.Path, "/var") || !a.runsAs(f.User) || mounted(f.Path) {
			continue
		}
		if above := t.Get(path.Dir(f.Path)); above == nil || above.User != f.User {
			dirs = append(dirs, f.Path)
		}
	}
	if len(dirs) > 0 {
		a.note("the image's user can write to %s only where the root is not read-only: `state` makes a directory last, `scratch` lets it vanish", strings.Join(dirs, ", "))
	}
}

// runsAs reports whether the image or one of its services runs as user, who is
// not root.
func (a *assembly) runsAs(user string) bool {
	name, _ := a.userAndGroup()
	return user != "root" && (user == name || slices.ContainsFunc(a.image.Services, func(s recipe.Service) bool {
		return user == cmp.Or(s.User.Name, name)
	}))
}
