package recipe

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// topKeys are the tables of a recipe.
const topKeys = "recipe vars variant depends archive scripts source secret build cache step artefacts " + contentKeys + " image test"

// contentKeys are those that the top of a recipe and [image] share.
const contentKeys = "user group dir file link remove sudo edit"

// Parse reads and checks one recipe. The file's name is for messages, and its
// directory is the recipe's name unless [recipe] says another. The error has
// all mistakes, each a *diag.Error: for every variant and every architecture
// that the recipe names, or DefaultArch, and its own suite or DefaultSuite.
func Parse(file string, src []byte) (*Recipe, error) {
	r, errs := parse(file, src)
	if errs.Len() > 0 {
		return nil, errs.Err()
	}
	return r, nil
}

// parse is [Parse] with what can be had of a recipe that has mistakes. The
// recipe is nil if the file is not TOML.
func parse(file string, src []byte) (*Recipe, *diag.List) {
	errs := &diag.List{}
	r := &Recipe{File: file, Name: nameOf(file), src: newSource(file, src), made: map[Target]*Instance{}}
	body, err := parseTOML(r.src)
	if err != nil {
		errs.Add(err)
		return nil, errs
	}
	r.body = body
	r.head(errs)
	r.check(errs, nil, "")
	return r, errs
}

// nameOf returns the recipe's name that a file's path implies.
func nameOf(file string) string {
	if base := path.Base(file); base != "recipe.toml" {
		return strings.TrimSuffix(base, ".toml")
	}
	if dir := path.Base(path.Dir(file)); dir != "." && dir != "/" {
		return dir
	}
	return "recipe"
}

// head reads what a recipe says of itself whatever it is built for.
func (r *Recipe) head(errs *diag.List) {
	rd := r.reader(errs, Target{Arch: DefaultArch, Suite: DefaultSuite})
	rd.table(r.body, topKeys)
	head := r.body.get("recipe")
	if head == nil || !rd.table(head, recipeKeys) {
		head = nil
	}
	if name := rd.raw(head.get("name")); name != "" {
		r.Name = name
	}
	if !isRecipeName(r.Name) {
		at := span{}
		if n := head.get("name"); n != nil {
			at = n.valAt
		}
		rd.bad(at, "letters in lower case, digits, and + - . _ behind the first", "%q cannot be the name of a recipe", r.Name)
	}
	for _, n := range rd.entries(head.get("arch"), true) {
		arch := rd.raw(n)
		if arch == "" && n.kind == stringKind {
			rd.badValue(n, "", "arch is empty")
		}
		rd.knownArch(n, arch)
		if slices.Contains(r.Arches, arch) {
			rd.badValue(n, "", "architecture %q stands twice", arch)
		}
		r.Arches = append(r.Arches, arch)
	}
	if n := head.get("suite"); n != nil {
		r.Suite = rd.raw(n)
		if n.kind == stringKind && !isSuite(r.Suite) {
			rd.badValue(n, `a suite is called "trixie" or "bookworm"`, "%q is no suite", r.Suite)
		}
	}
	for _, n := range rd.named(r.body.get("variant")) {
		if !isRecipeName(n.key) {
			rd.badKey(n, "letters in lower case, digits, and + - . _ behind the first", "%q cannot be the name of a variant", n.key)
		}
		r.Variants = append(r.Variants, n.key)
	}
}

// isRecipeName reports whether a recipe or a variant can be called so: it is a
// directory's name, a tag's part, and stands in `recipe:NAME@V/SET`.
func isRecipeName(s string) bool {
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > 0 && strings.IndexByte("+-._", c) >= 0:
		default:
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// isSuite reports whether an archive's suite can be called so; it may be a path
// ("bookworm-updates", "stable/updates").
func isSuite(s string) bool {
	ok := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._/", c)
	}
	return s != "" && s[0] != '/' && !badParts("/"+s) && strings.IndexFunc(s, func(c rune) bool { return !ok(c) }) < 0
}

// reader returns one for the recipe's file.
func (r *Recipe) reader(errs *diag.List, t Target) *reader {
	return &reader{src: r.src, errs: errs, target: t, keys: map[*node]string{}}
}

// check reads the whole recipe for all that it may be built for; arches and
// suite are the workspace's, if it has any.
func (r *Recipe) check(errs *diag.List, arches []string, suite string) {
	for _, t := range r.targets(arches, suite) {
		r.made[t] = r.instance(errs, t)
	}
}

// targets returns what the recipe is built for, given what the workspace says.
func (r *Recipe) targets(arches []string, suite string) []Target {
	variants := r.Variants
	if len(variants) == 0 {
		variants = []string{""}
	}
	if len(r.Arches) > 0 {
		arches = r.Arches
	}
	if len(arches) == 0 {
		arches = []string{DefaultArch}
	}
	if r.Suite != "" {
		suite = r.Suite
	}
	if suite == "" {
		suite = DefaultSuite
	}
	var all []Target
	for _, v := range variants {
		for _, a := range arches {
			all = append(all, Target{v, a, suite})
		}
	}
	return all
}

// Instance returns what r says for t, which nobody may change: it is the same
// each time. It fails if the recipe has no such variant, or is not for that
// architecture.
func (r *Recipe) Instance(t Target) (*Instance, error) {
	if t.Variant == "" && len(r.Variants) > 0 {
		t.Variant = r.Variants[0]
	}
	if t.Suite == "" {
		t.Suite = r.Suite
	}
	if t.Suite == "" {
		t.Suite = DefaultSuite
	}
	if t.Variant != "" && !slices.Contains(r.Variants, t.Variant) {
		return nil, fmt.Errorf("recipe %s has no variant %q (%s)", r.Name, t.Variant, nearHint(t.Variant, r.Variants))
	}
	if t.Arch == "" {
		t.Arch = DefaultArch
	}
	if _, ok := triplet(t.Arch); !ok {
		return nil, fmt.Errorf("unknown architecture %q (%s)", t.Arch, archHint(t.Arch))
	}
	if len(r.Arches) > 0 && !slices.Contains(r.Arches, t.Arch) {
		return nil, fmt.Errorf("recipe %s is not for %s (its arch is %s)", r.Name, t.Arch, strings.Join(r.Arches, ", "))
	}
	if i := r.made[t]; i != nil {
		return i, nil
	}
	errs := &diag.List{}
	i := r.instance(errs, t)
	if errs.Len() > 0 {
		return nil, errs.Err()
	}
	return i, nil
}

const recipeKeys = "name version summary license homepage arch suite"

// instance returns what r says for one target.
func (r *Recipe) instance(errs *diag.List, t Target) *Instance {
	return r.read(r.reader(errs, t))
}

// read reads the whole tree.
func (r *Recipe) read(rd *reader) *Instance {
	root, t := r.body, rd.target
	rd.table(root, topKeys)
	rd.variables(root, r.Name)
	i := &Instance{File: r.File, Name: r.Name, Target: t, Version: rd.vars.value["version"]}
	rd.about(i, root.get("recipe"))
	i.Vars = rd.exported()
	rd.depends(i, root.get("depends"))
	i.Archives = rd.archives(root.get("archive"))
	rd.scripts(i, root.get("scripts"))
	i.Secrets = rd.secrets(root.get("secret"))
	i.Sources = rd.sources(root.get("source"))
	i.Room = rd.room(root.get("build"))
	i.Caches = rd.caches(root.get("cache"), i)
	i.Steps = rd.steps(root.get("step"), root.get("build"), i)
	i.Sets = rd.artefacts(root.get("artefacts"), i)
	i.Content = rd.content(root)
	i.Image = rd.image(root.get("image"), i)
	i.Tests = rd.tests(root.get("test"), i)
	rd.whole(root, i)
	return i
}

// exported returns the variables of scripts.
func (r *reader) exported() []Var {
	var all []Var
	for name, v := range r.vars.value {
		all = append(all, Var{Name: name, Value: v})
	}
	slices.SortFunc(all, func(a, b Var) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// about reads [recipe].
func (r *reader) about(i *Instance, n *node) {
	if n == nil || !r.table(n, recipeKeys) {
		return
	}
	i.Summary = r.word(n.get("summary"))
	i.Homepage = r.url(n.get("homepage"))
	i.License = r.licence(n.get("license"))
}

// whole checks what only the whole recipe can tell.
func (r *reader) whole(root *node, i *Instance) {
	if n := root.get("test"); n != nil && root.get("image") == nil {
		r.badKey(n, "a test runs an image: write [image], or test with a step", "tests without an [image]")
	}
	if n := root.get("artefacts"); n != nil && len(i.Steps) == 0 && root.get("step") == nil && root.get("source") == nil {
		r.badKey(n, "files of packages come with [depends] runtime, own ones with [file]", "artefacts without a [[source]] or a [[step]]")
	}
	if n := root.get("build"); n != nil && len(i.Steps) == 0 && root.get("step") == nil {
		r.badKey(n, "write [[step]] with run = \"…\"", "[build] without a [[step]]")
	}
	if n := root.get("cache"); n != nil && len(i.Steps) == 0 && root.get("step") == nil {
		r.badKey(n, "", "[cache] without a [[step]]")
	}
	r.paths(root, i)
}

// paths notes a path of the image that two entries want to be.
func (r *reader) paths(root *node, i *Instance) {
	for _, table := range []*node{root, root.get("image")} {
		taken := map[string]string{}
		for _, what := range []string{"dir", "file", "link"} {
			for _, kid := range tableKids(table.get(what)) {
				p := strings.TrimSuffix(r.quietly(kid.key), "/")
				if !r.quietlyOnly(kid) || p == "" {
					continue
				}
				if before := taken[p]; before != "" {
					r.badKey(kid, "keep one of them", "%s is a [%s] already", p, before)
				}
				taken[p] = what
			}
		}
	}
}

// tableKids returns the entries of a table, none if it is something else.
func tableKids(n *node) []*node {
	if n == nil || n.kind != tableKind {
		return nil
	}
	return n.kids
}

// quietly expands what was expanded before, without noting its mistakes twice.
func (r *reader) quietly(s string) string {
	q := *r
	q.errs = &diag.List{}
	return q.expand(s, span{})
}

// quietlyOnly evaluates `only` likewise.
func (r *reader) quietlyOnly(n *node) bool {
	q := *r
	q.errs = &diag.List{}
	return n.kind != tableKind || q.only(n)
}
