package image

import (
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// upper lays what the recipe says of the image on the tree below, which stays as
// it is.
func (a *assembly) upper(below *layer.Tree) *layer.Tree {
	t := below.Clone()
	for _, m := range a.image.State {
		a.vacate(t, m.Path)
	}
	for _, c := range a.contents() {
		a.remove(t, c.Remove.Paths)
	}
	a.lay(t, below)
	a.edit(t, false)
	a.late()
	a.homes(t)
	for _, m := range slices.Concat(a.image.State, a.image.Scratch) {
		a.mount(t, m)
	}
	if dir := a.image.Workdir; dir != "" && dir != "/" && !exists(t, dir) {
		a.mkdirFor(t, dir, a.image.User.Name, 0o755, a.image.Pos)
	}
	a.services(t)
	a.timezone(t)
	a.otherLines(t)
	addAliases(t)
	return t
}

// vacate takes out what packages and their scripts have below a path that is
// for state: an image's volume begins empty.
func (a *assembly) vacate(t *layer.Tree, dir string) {
	if !exists(t, dir) {
		return
	}
	at, _, err := t.Resolve(dir)
	if err != nil {
		return
	}
	gone := false
	t.DeleteFunc(func(f *layer.File) bool {
		drop := layer.Below(f.Path, at)
		gone = gone || drop && f.Type != layer.Dir
		return drop
	})
	if gone {
		a.note("what packages have below %s is left out: it is state", dir)
	}
}

// mount makes a directory that is writable in the running image.
func (a *assembly) mount(t *layer.Tree, m recipe.Mount) {
	owner := m.Owner
	if owner == "" {
		owner = a.image.User.Name
	}
	mode := m.Mode
	if mode == 0 {
		mode = 0o755
	}
	a.mkdirFor(t, m.Path, owner, mode, m.Pos)
}

// timezone sets the zone for programs that read /etc/localtime, not TZ.
func (a *assembly) timezone(t *layer.Tree) {
	zone := a.image.Timezone
	if zone == "" || zone == "UTC" || zone == "Etc/UTC" {
		return
	}
	file := path.Join("/usr/share/zoneinfo", zone)
	if !exists(t, file) {
		hint := `add "tzdata" to depends.runtime`
		if exists(t, "/usr/share/zoneinfo") {
			hint = strings.Replace(a.nearHint(t, file), "/usr/share/zoneinfo/", "", 1)
		}
		a.mistake(a.image.ZonePos, hint, "timezone %q: the image has no %s", zone, file)
		return
	}
	lay(t, layer.Content("/etc/timezone", 0o644, []byte(zone+"\n"), a.fromFile("timezone")))
	link := symlink("/etc/localtime", file)
	link.Origin = a.fromFile("timezone")
	t.Put(link)
}
