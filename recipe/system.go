package recipe

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ashlar-build/ashlar/recipe/relation"
)

//go:embed systems/*.toml
var systemFiles embed.FS

// A system is a build system as data: the packages that it takes and the steps
// that software which uses it is usually built with.
type system struct {
	Packages []string
	Step     []struct {
		Name, Run string
		Inputs    []string
	}
}

// Systems returns the names of the build systems that build.uses may name.
func Systems() []string {
	files, _ := systemFiles.ReadDir("systems") // an embedded directory is there
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".toml"))
	}
	return names
}

// readSystem reads an embedded file. A mistake in one is a bug, which a test finds.
func readSystem(name string) (*system, error) {
	data, err := systemFiles.ReadFile(path.Join("systems", name+".toml"))
	if err != nil {
		return nil, err
	}
	s := &system{}
	meta, err := toml.Decode(string(data), s)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("build system %s: unknown key %s", name, meta.Undecoded()[0])
	}
	return s, err
}

// A placed is a step of the recipe and where among a system's steps it goes.
type placed struct {
	Step
	before, after Ref // names of the system's steps
}

// uses reads build.uses and options, and puts the recipe's own steps among those
// of the build system: one of the same name replaces it, before and after name
// one beside which it stands, and others come last.
func (r *reader) uses(n *node, i *Instance, own []placed) []Step {
	uses := n.get("uses")
	name := ""
	if uses != nil {
		name = r.one(uses, strings.Join(Systems(), " "))
	}
	if options := n.get("options"); options != nil && uses == nil {
		r.badKey(options, `write uses = "autotools", or give them to the command in a step`, "options without uses")
	}
	if name == "" {
		return r.alone(own)
	}
	s, err := readSystem(name)
	if err != nil {
		r.badValue(uses, "", "%v", err)
		return nil
	}
	r.systemPackages(uses, s, i)
	head := optionsLine(r.strings(n.get("options")))
	var steps []Step
	var known []string
	for _, d := range s.Step {
		known = append(known, d.Name)
		step := Step{Pos: r.pos(uses), Name: d.Name, Run: head + strings.TrimLeft(d.Run, "\n"), RunPos: r.pos(uses), User: "root"}
		for _, glob := range d.Inputs {
			step.Inputs = append(step.Inputs, Ref{Name: glob, Pos: r.pos(uses)})
		}
		steps = append(steps, step)
	}
	for _, p := range own {
		steps = r.place(steps, known, p)
	}
	return steps
}

// alone are the steps of a recipe that uses no build system.
func (r *reader) alone(own []placed) []Step {
	var steps []Step
	for _, p := range own {
		for _, ref := range []Ref{p.before, p.after} {
			if ref.Name != "" {
				r.at(ref, `steps run in the order of the file; write uses = "autotools" in [build] to have others`, "there is no step %q of a build system", ref.Name)
			}
		}
		steps = append(steps, p.Step)
	}
	return steps
}

// place puts one own step among the others.
func (r *reader) place(steps []Step, known []string, p placed) []Step {
	at := func(name string) int {
		return slices.IndexFunc(steps, func(s Step) bool { return s.Name == name })
	}
	for _, ref := range []Ref{p.before, p.after} {
		if ref.Name != "" && !slices.Contains(known, ref.Name) {
			r.at(ref, nearHint(ref.Name, known), "the build system has no step %q", ref.Name)
			return append(steps, p.Step)
		}
	}
	switch {
	case p.before.Name != "":
		return slices.Insert(steps, at(p.before.Name), p.Step)
	case p.after.Name != "":
		return slices.Insert(steps, at(p.after.Name)+1, p.Step)
	case slices.Contains(known, p.Name):
		steps[at(p.Name)] = p.Step
		return steps
	}
	return append(steps, p.Step)
}

// systemPackages adds to depends.build what the system takes and the recipe does
// not name itself.
func (r *reader) systemPackages(uses *node, s *system, i *Instance) {
	for _, name := range s.Packages {
		named := func(d Dep) bool {
			return slices.ContainsFunc(d.Any, func(p Package) bool { return p.Name == name })
		}
		if !slices.ContainsFunc(i.Build, named) {
			i.Build = append(i.Build, Dep{Pos: r.pos(uses), Text: name, Any: []Package{{Relation: relation.Relation{Name: name}}}})
		}
	}
}

// strings returns a list of expanded strings, which may be empty.
func (r *reader) strings(n *node) []string {
	var out []string
	for _, kid := range r.entries(n, false) {
		out = append(out, r.str(kid))
	}
	return out
}

// optionsLine is the first line of a system's scripts: bash(1)'s array of the
// recipe's options.
func optionsLine(options []string) string {
	quoted := make([]string, len(options))
	for i, o := range options {
		quoted[i] = "'" + strings.ReplaceAll(o, "'", `'\''`) + "'"
	}
	return "options=(" + strings.Join(quoted, " ") + ")\n"
}
