package image

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// entries are the programs that the image is said to start, and where each is
// said.
func (a *assembly) entries() []entry {
	img := a.image
	var list []entry
	add := func(command []string, pos diag.Pos, key string) {
		if len(command) > 0 {
			list = append(list, entry{command[0], key, pos})
		}
	}
	if len(img.Entrypoint) > 0 {
		add(img.Entrypoint, img.EntryPos, "entrypoint")
	} else {
		add(img.Cmd, img.EntryPos, "cmd")
	}
	if img.Health != nil {
		add(img.Health.Command, img.Health.Pos, "health.command")
	}
	for _, s := range img.Services {
		for i, command := range [][]string{s.Command, s.Ready} {
			if len(command) > 0 && strings.Contains(command[0], "/") && !path.IsAbs(command[0]) {
				command = []string{path.Join("/", cmp.Or(s.Workdir, img.Workdir), command[0])}
			}
			add(command, s.Pos, "service."+s.Name+[]string{"", ".ready"}[i])
		}
	}
	if len(img.Services) > 0 {
		for _, p := range append([]string{s6Init}, s6Programs...) {
			list = append(list, entry{p, "service", img.Services[0].Pos})
		}
	}
	return list
}

// An entry is a program by name or path.
type entry struct {
	program string
	key     string // of the recipe, for messages
	pos     diag.Pos
}

// searchDirs is PATH as a list.
func (a *assembly) searchDirs() []string { return strings.Split(a.path(), ":") }

// close checks that nothing in the tree lacks what it needs. It returns the
// packages that would help; the other mistakes it notes.
func (a *assembly) close(t *layer.Tree) []root {
	a.dangling(t)
	var programs []string
	for _, e := range a.entries() {
		programs = append(programs, e.program)
	}
	a.closure = layer.Close(t, programs, a.closureOptions())
	var more []root
	for _, added := range a.closure.Added {
		more = append(more, root{a.provider(added.For.Want), Reason{Kind: Library, By: added.For.By, What: added.For.Want}})
	}
	for _, m := range a.closure.Missing {
		if r, ok := a.remedy(m); ok {
			more = append(more, r)
		}
	}
	if len(more) > 0 {
		return more
	}
	for _, m := range a.closure.Missing {
		a.missing(m)
	}
	a.startable(t)
	a.warn()
	return nil
}

func (a *assembly) closureOptions() layer.ClosureOptions {
	return layer.ClosureOptions{
		Open: a.in.Open, Path: a.searchDirs(), Later: a.later,
		Provide: func(want string) (string, *layer.Tree) {
			p := a.provider(want)
			switch {
			case p == nil:
				return "", nil
			case a.kept.has(p):
				return p.Name, nil // cut, removed, or in a place where nobody looks
			}
			return p.Name, layer.New(p.located()...)
		},
	}
}

// later reports whether something may come to be at p when the image runs.
func (a *assembly) later(p string) bool {
	for _, m := range slices.Concat(a.image.State, a.image.Scratch) {
		if p == m.Path || layer.Below(p, m.Path) {
			return true
		}
	}
	return false
}

// provider finds the package with a shared library or a file that is not in the
// image: among those that the image may have, then among those of the build.
func (a *assembly) provider(want string) *pkg {
	if p, known := a.provided[want]; known {
		return p
	}
	p := find(a.runtime, want)
	if p == nil {
		if a.build == nil && len(a.in.Build.Packages) > 0 {
			build, err := newUniverse("build", a.in.Build)
			if err != nil {
				a.fail(err)
			}
			a.build = build
		}
		if a.build != nil {
			p = find(a.build, want)
		}
	}
	a.provided[want] = p
	return p
}

// find looks for a library by its soname where ld.so looks by itself, or where
// update-alternatives(1) has made a link there, for any other file by its path.
func find(u *universe, want string) *pkg {
	base := "/" + path.Base(want)
	where := path.Dir(deb.Canonical(want))
	for _, p := range u.pkgs {
		for _, f := range p.files {
			if !strings.HasSuffix(f.Path, base) || f.Type == layer.Dir {
				continue
			}
			dir := path.Dir(f.Path)
			if strings.Contains(want, "/") && dir == where || !strings.Contains(want, "/") && libraryDir(dir) {
				return p
			}
		}
	}
	if at := u.linked(want); at != "" {
		return find(u, at)
	}
	return nil
}

// linked is where links that scripts made lead from a library's soname, as BLAS's
// does, "" if there is none.
func (u *universe) linked(soname string) string {
	links := map[string]string{}
	at := ""
	for _, w := range u.waves {
		for _, f := range w.Index.Files {
			if f.Type == layer.Symlink {
				links[f.Path] = f.Target()
			}
			if path.Base(f.Path) == soname && libraryDir(path.Dir(f.Path)) {
				at = f.Path
			}
		}
	}
	for range 3 { // by way of alternativesDir to the file, where there is no link
		if to, ok := links[at]; ok {
			at = to
		}
	}
	return at
}

// libraryDir reports whether Debian's ld.so looks for libraries there, ld.so(8).
func libraryDir(dir string) bool {
	switch dir {
	case "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib":
		return true
	}
	return path.Dir(dir) == "/usr/lib" && strings.Contains(dir, "-linux-gnu")
}

// remedy returns the package to add for something else than a library: one that
// the table cuts until something turns out to need it.
func (a *assembly) remedy(m layer.Missing) (root, bool) {
	if !m.Fatal || m.Package == "" || m.Kind == layer.NeedTarget {
		return root{}, false
	}
	p := a.provider(m.Want)
	if p == nil || a.kept.cut[p] != cutIfUnneeded {
		return root{}, false
	}
	return root{p, Reason{Kind: Needed, By: m.By, What: m.Want}}, true
}

// missing says what is not there, who needs it and what to do.
func (a *assembly) missing(m layer.Missing) {
	if !m.Fatal || m.Kind == layer.NeedCommand {
		if m.Kind == layer.NeedLibrary {
			a.note("%s names %s, which Debian does not make it depend on; it does without", m.By, m.Want)
		}
		return
	}
	hint := "add the package that has it to depends.runtime, or let a step install it"
	if m.Package != "" {
		hint = fmt.Sprintf("add %q to depends.runtime", m.Package)
	}
	pos := a.posOf(m.By)
	switch m.Kind {
	case layer.NeedEntry:
		e := a.entryOf(m.Want)
		if p := a.programOf(m.Want); p != nil {
			hint = fmt.Sprintf("add %q to depends.runtime", p.Name)
		} else if first, _, ok := strings.Cut(m.Want, " "); ok && first != "" {
			hint = fmt.Sprintf("each argument is an entry of its own: the program would be %q", first)
		} else {
			hint = cmp.Or(a.nearProgram(m.Want), hint)
		}
		a.mistake(e.pos, hint, "%s: the image has no program %q", e.key, m.Want)
	case layer.NeedLibrary:
		a.mistake(pos, hint, "%s needs the shared library %s, which no package of the image or of the build has%s", m.By, m.Want, via(m.Chain))
	case layer.NeedTarget:
		a.mistake(pos, hint, "link %s: its target %s is not in the image", m.By, m.Want)
	default:
		a.mistake(pos, hint, "%s needs %s, which is not in the image%s", m.By, m.Want, via(m.Chain))
	}
}

// programOf finds the package with a program that is not in the image.
func (a *assembly) programOf(want string) *pkg {
	if strings.Contains(want, "/") {
		return a.provider(want)
	}
	for _, dir := range a.searchDirs() {
		if p := a.provider(path.Join(dir, want)); p != nil {
			return p
		}
	}
	return nil
}

// via says how a file came to be needed.
func via(chain []layer.Need) string {
	var steps []string
	for _, n := range chain {
		steps = append(steps, n.Want)
	}
	if len(steps) < 2 {
		return ""
	}
	return " (" + strings.Join(steps, " → ") + ")"
}

func (a *assembly) entryOf(program string) entry {
	for _, e := range a.entries() {
		if e.program == program {
			return e
		}
	}
	return entry{program: program, pos: a.image.Pos}
}

// posOf is where the recipe speaks of a file: its link, or the set it is in.
func (a *assembly) posOf(p string) diag.Pos {
	if l, ok := a.links[p]; ok {
		return l.Pos
	}
	f := a.closure.Tree.Get(p)
	if f != nil && f.Origin.Kind == layer.FromRecipe && f.Origin.Name == lock.FullName(a.in.Recipe) && len(a.in.Recipe.Sets) > 0 {
		return a.in.Recipe.Sets[0].Pos
	}
	return diag.Pos{File: a.in.Recipe.File}
}

// nearProgram names a program of the image that was perhaps meant.
func (a *assembly) nearProgram(want string) string {
	var names []string
	for f := range a.closure.Tree.All() {
		if f.Type != layer.Dir && (f.Mode&0o111 != 0) && path.Base(path.Dir(f.Path)) != "/" {
			if slices.Contains(a.searchDirs(), path.Dir(f.Path)) {
				names = append(names, path.Base(f.Path))
			}
			if path.Base(f.Path) == path.Base(want) && f.Path != want {
				return fmt.Sprintf("there is %s: write the whole path, or add its directory to image.path", f.Path)
			}
		}
	}
	if near := diag.Nearest(path.Base(want), names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}

// startable checks that what the image starts can be started.
func (a *assembly) startable(t *layer.Tree) {
	for _, e := range a.entries() {
		p := a.lookUp(t, e.program, a.image.Workdir)
		_, f, err := t.Resolve(p)
		if p == "" || err != nil {
			continue // missing said so
		}
		if f != nil && f.Type == layer.Hardlink {
			f = t.Get(f.Link)
		}
		switch {
		case f == nil || f.Type != layer.Regular:
			a.mistake(e.pos, "name a program", "%s: %s is no file", e.key, p)
		case f.Mode&0o111 == 0:
			a.mistake(e.pos, fmt.Sprintf("give it a mode such as \"0755\" where %s brings it", f.Origin), "%s: %s is not executable", e.key, p)
		}
	}
}

// lookUp finds a program as execvp does, in a directory.
func (a *assembly) lookUp(t *layer.Tree, program, dir string) string {
	if strings.Contains(program, "/") {
		if path.IsAbs(program) {
			dir = "/"
		}
		return path.Join("/", dir, program)
	}
	for _, dir := range a.searchDirs() {
		p := path.Join(dir, program)
		if _, f, err := t.Resolve(p); err == nil && f != nil && f.Type != layer.Dir {
			return p
		}
	}
	return ""
}

// warn notes what will perhaps not work: programs that call a shell which is not
// there, and commands that scripts call.
func (a *assembly) warn() {
	calls := map[string][]string{}
	for _, n := range a.closure.Shell {
		calls[n.By] = append(calls[n.By], n.Want)
	}
	for by, list := range calls {
		a.warning(by, "calls %s, and the image has no /bin/sh: add \"dash\" to depends.runtime if it is to", strings.Join(list, " and "))
	}
	a.warnOfCommands()
}

// warnOfCommands says of each script which commands it lacks, those of one package
// together.
func (a *assembly) warnOfCommands() {
	type source struct{ by, pkg string }
	var sources []source
	wants := map[source][]string{}
	for _, m := range a.closure.Commands {
		s := source{m.By, m.Package}
		if wants[s] == nil {
			sources = append(sources, s)
		}
		wants[s] = append(wants[s], m.Want)
	}
	for _, s := range sources {
		hint, are := "", "is"
		list := wants[s]
		last := len(list) - 1
		if last > 0 {
			list, are = []string{strings.Join(list[:last], ", "), list[last]}, "are"
		}
		if s.pkg != "" {
			hint = fmt.Sprintf(": add %q to depends.runtime if it is to", s.pkg)
		}
		a.warning(s.by, "calls %s, which %s not in the image%s", strings.Join(list, " and "), are, hint)
	}
}

func (a *assembly) warning(p, format string, args ...any) {
	a.report.Warnings = append(a.report.Warnings, Warning{Path: p, Text: fmt.Sprintf(format, args...)})
}

func (a *assembly) note(format string, args ...any) {
	a.report.Notes = append(a.report.Notes, fmt.Sprintf(format, args...))
}
