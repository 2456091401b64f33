package plan

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// locales plans the generation of an image's locales: by localedef(1), as
// locale-gen calls it, in a root that has Debian's sources of locales. Each
// becomes a directory of its own, where the C library looks beside the archive
// that locale-gen makes one file of: so one more changes no other.
func (p *planner) locales(r *recipe.Instance, wishes map[string]lock.Wish) Output {
	plain := *r // nothing of the recipe itself has a part in it
	plain.Users, plain.Groups, plain.Debconf, plain.NoScripts = nil, nil, nil, nil
	root := p.set(&plain, lock.UseLocales, wishes).Root
	var run strings.Builder
	var asked []recipe.Ref
	run.WriteString("mkdir -p $out/usr/lib/locale\n")
	for _, name := range r.Image.Languages() {
		asked = append(asked, recipe.Ref{Name: name, Pos: r.Image.LanguagePos(name)})
		language, modifier, _ := strings.Cut(name, ".UTF-8")
		fmt.Fprintf(&run, "localedef --no-archive -c -i %s%s -f UTF-8 -A /usr/share/locale/locale.alias $out/usr/lib/locale/%[1]s.utf8%[2]s\n", language, modifier)
	}
	name := lock.FullName(r)
	label := "locales for " + name
	made := p.plan.add(KindBuild, label, name, 0, root.Inputs(), nil, &Build{
		Root: root, Arch: r.Arch, Room: Room{Flags: "none"}, Locales: asked,
		Steps: []recipe.Step{{Name: "localedef", Run: run.String(), RunPos: r.Image.LocalePos, User: "root"}},
	})
	collect := &Collect{Made: made, Root: root, Sets: []recipe.Set{{Name: "main", Pos: r.Image.LocalePos, Files: []recipe.Artefact{{Glob: "/usr/lib/locale/**"}}}}}
	return Output{Recipe: name, Set: "main", By: p.plan.add(KindCollect, "collect "+label, name, 0, append(root.Inputs(), made), nil, collect)}
}
