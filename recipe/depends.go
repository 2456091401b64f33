package recipe

import (
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A Dep is one entry of a list of dependencies: packages, or another recipe.
type Dep struct {
	Pos  diag.Pos
	Text string // expanded, without conditions: "libssl-dev (>= 3.5)", "a | b"

	// Any are the alternatives of a package dependency, in order. Empty for a recipe.
	// Their conditions hold and are gone.
	Any []Package

	// Recipe, Variant and Set name another recipe's output,
	// `recipe:NAME[@V][/SET]`. Variant may be empty, Set is "main" if not said.
	Recipe  string
	Variant string
	Set     string
}

// A Package is one alternative: a relation, or a pin as apt-get(8) takes it,
// `name=version` or `name/suite`.
type Package struct {
	relation.Relation
	Exact string // this version's very text (apt does not compare it), or empty
	Suite string // from this suite, or empty
}

// String returns the package as Dep.Text has it.
func (p Package) String() string {
	name := p.Name
	if p.Arch != "" {
		name += ":" + p.Arch
	}
	switch {
	case p.Exact != "":
		return name + "=" + p.Exact
	case p.Suite != "":
		return name + "/" + p.Suite
	}
	return p.Relation.String()
}

// depends reads [depends].
func (r *reader) depends(i *Instance, n *node) {
	if n == nil || !r.table(n, "build runtime recommends") {
		return
	}
	i.Build = r.deps(n.get("build"))
	i.Runtime = r.deps(n.get("runtime"))
	i.Recommends = r.boolean(n.get("recommends"), false)
}

// deps reads a list of dependencies, and leaves out those that are not for the
// target.
func (r *reader) deps(n *node) []Dep {
	var out []Dep
	seen := map[string]bool{}
	for _, kid := range r.entries(n, false) {
		d, ok := r.dep(kid)
		if !ok {
			continue
		}
		if seen[d.Text] {
			r.badValue(kid, "", "%q stands twice", d.Text)
			continue
		}
		seen[d.Text] = true
		out = append(out, d)
	}
	return out
}

// dep reads one dependency and reports whether it is meant for the target.
func (r *reader) dep(n *node) (Dep, bool) {
	raw := r.raw(n)
	d := Dep{Pos: r.pos(n)}
	if raw == "" {
		if n.kind == stringKind {
			r.badValue(n, "", "the dependency is empty")
		}
		return d, false
	}
	if !r.guarded(n, raw) {
		r.off++
		defer func() { r.off-- }()
	}
	text := r.expand(raw, n.valAt)
	if r.off > 0 && strings.Contains(raw, "${") {
		return d, false
	}
	if strings.HasPrefix(text, "recipe:") {
		return r.recipeDep(n, d, text)
	}
	return r.packageDep(n, d, text)
}

// guarded reports whether the condition of a dependency on one thing holds,
// before its variables are expanded.
func (r *reader) guarded(n *node, raw string) bool {
	if strings.Contains(raw, "|") {
		return true
	}
	_, c, err := relation.ParseCondition(raw)
	return err != nil || r.holds(n, c)
}

// holds evaluates a condition, whose profiles are the recipe's variants, and
// notes names that nothing has.
func (r *reader) holds(n *node, c relation.Condition) bool {
	c.EachProfile(func(name string) { r.knownVariant(n, name) })
	c.EachArch(func(name string) {
		if name != "any" && !strings.HasPrefix(name, "any-") && !strings.HasSuffix(name, "-any") {
			r.knownArch(n, name)
		}
	})
	return c.Holds(r.target.Arch, func(name string) bool { return name == r.target.Variant })
}

// recipeDep reads `recipe:NAME[@V][/SET]` and its condition.
func (r *reader) recipeDep(n *node, d Dep, text string) (Dep, bool) {
	rest, c, err := relation.ParseCondition(text)
	if err != nil {
		r.badValue(n, "", "%v", err)
		return d, false
	}
	d.Text = rest
	ok := r.recipeName(n, &d, strings.TrimPrefix(rest, "recipe:"))
	return d, ok && r.holds(n, c)
}

// recipeName reads `NAME[@V][/SET]`.
func (r *reader) recipeName(n *node, d *Dep, s string) bool {
	name, set, hasSet := strings.Cut(s, "/")
	name, variant, hasVariant := strings.Cut(name, "@")
	if !hasSet {
		set = "main"
	}
	switch {
	case strings.ContainsAny(s, " (|"):
		r.badValue(n, "a recipe has one version, the workspace's: write recipe:NAME, recipe:NAME@VARIANT or recipe:NAME/SET", "a dependency on a recipe has no version and no alternatives")
	case !isRecipeName(name):
		r.badValue(n, "write recipe:NAME, recipe:NAME@VARIANT or recipe:NAME/SET", "%q cannot be the name of a recipe", name)
	case hasVariant && !isRecipeName(variant):
		r.badValue(n, "write recipe:NAME@VARIANT", "%q cannot be the name of a variant", variant)
	case !isSetName(set):
		r.badValue(n, "write recipe:NAME/SET", "%q cannot be the name of a set of artefacts", set)
	default:
		d.Recipe, d.Variant, d.Set = name, variant, set
		return true
	}
	return false
}

// packageDep reads a package or alternatives of packages.
func (r *reader) packageDep(n *node, d Dep, text string) (Dep, bool) {
	for part := range strings.SplitSeq(text, "|") {
		p, ok := r.pkg(n, strings.TrimSpace(part))
		if !ok {
			return d, false
		}
		if !r.holds(n, p.Condition) {
			continue
		}
		p.Condition = relation.Condition{}
		d.Any = append(d.Any, p)
	}
	texts := make([]string, len(d.Any))
	for i := range d.Any {
		d.Any[i].Or = i < len(d.Any)-1
		texts[i] = d.Any[i].String()
	}
	d.Text = strings.Join(texts, " | ")
	return d, len(d.Any) > 0
}

// pkg reads one alternative.
func (r *reader) pkg(n *node, text string) (Package, bool) {
	if p, ok := r.pin(n, text); ok {
		return p, p.Name != ""
	}
	list, err := relation.Parse(text)
	switch {
	case err != nil:
		r.badValue(n, relationHint(text), "%v", err)
		return Package{}, false
	case len(list) == 0:
		r.badValue(n, "", "an alternative is empty")
		return Package{}, false
	case len(list) > 1:
		r.badValue(n, `write each in quotes of its own: "a", "b"`, "two dependencies stand in one entry")
		return Package{}, false
	}
	p := Package{Relation: list[0]}
	return p, r.packageName(n, p.Name)
}

// relationHint says how the most common mistakes are written.
func relationHint(text string) string {
	name, rest, _ := strings.Cut(text, " ")
	if rest = strings.TrimSpace(rest); strings.ContainsAny(name, "<>=") || rest != "" && strings.IndexByte("<>=", rest[0]) >= 0 {
		return `write the version in brackets: "name (>= 1.0)"`
	}
	if rest != "" && !strings.ContainsAny(rest, "([<|,") {
		return `write each package in quotes of its own: "a", "b"`
	}
	return ""
}

// pin reads `name=version` and `name/suite`; it reports whether text is one.
func (r *reader) pin(n *node, text string) (Package, bool) {
	bare, c, err := relation.ParseCondition(text)
	i := strings.IndexAny(bare, "=/")
	if err != nil || i < 1 || strings.ContainsAny(bare, "() ,") {
		return Package{}, false
	}
	p := Package{Relation: relation.Relation{Name: bare[:i], Condition: c}}
	if strings.HasSuffix(p.Name, "<") || strings.HasSuffix(p.Name, ">") {
		return p, false
	}
	if name, arch, ok := strings.Cut(p.Name, ":"); ok {
		p.Name, p.Arch = name, arch
	}
	value := bare[i+1:]
	switch {
	case !r.packageName(n, p.Name):
		return Package{}, true
	case bare[i] == '/' && !isSuite(value):
		r.badValue(n, `write "name/suite"; another recipe is "recipe:NAME/SET"`, "%q is no suite", value)
		return Package{}, true
	case bare[i] == '/':
		p.Suite = value
	default:
		if err := relation.CheckVersion(value); err != nil {
			r.badValue(n, "", "%v", err)
			return Package{}, true
		}
		p.Exact = value
	}
	return p, true
}

// packageName checks a package's name as Policy 5.6.1 has it.
func (r *reader) packageName(n *node, name string) bool {
	ok := len(name) > 1 && name[0] != '+' && name[0] != '-' && name[0] != '.'
	for _, c := range []byte(name) {
		ok = ok && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.')
	}
	if !ok {
		hint := ""
		if low := strings.ToLower(name); low != name {
			hint = "names of packages are in lower case: " + low
		}
		r.badValue(n, hint, "%q cannot be the name of a package", name)
	}
	return ok
}
