package recipe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// variables are those of one target, and the names that others have.
type variables struct {
	value map[string]string
	// elsewhere are names that some variant or architecture defines and this
	// target does not.
	elsewhere map[string]bool
	// missing says of a variable that every recipe has why this one has it not.
	missing map[string]string
}

// The names that a recipe cannot give to its own variables: those that every
// recipe has, those of steps, and what the shell and the build take for their own.
const (
	builtins     = "name version major minor variant arch triplet suite"
	stepBuiltins = "out src jobs"
	shellNames   = "PATH HOME SHELL USER PWD OLDPWD IFS ENV BASH_ENV TMPDIR TZ LANG LANGUAGE LC_ALL MAKEFLAGS SOURCE_DATE_EPOCH LD_PRELOAD LD_LIBRARY_PATH"
)

// triplets are the GNU names of Debian's architectures (dpkg's tupletable).
const triplets = `amd64=x86_64-linux-gnu arm64=aarch64-linux-gnu armel=arm-linux-gnueabi armhf=arm-linux-gnueabihf
i386=i686-linux-gnu loong64=loongarch64-linux-gnu mips64el=mips64el-linux-gnuabi64 ppc64el=powerpc64le-linux-gnu
riscv64=riscv64-linux-gnu s390x=s390x-linux-gnu`

// triplet returns the GNU name of an architecture.
func triplet(arch string) (string, bool) {
	for pair := range strings.FieldsSeq(triplets) {
		if a, t, _ := strings.Cut(pair, "="); a == arch {
			return t, true
		}
	}
	return "", false
}

// Arches returns Debian's names of the architectures that recipes may name.
func Arches() []string {
	var all []string
	for pair := range strings.FieldsSeq(triplets) {
		arch, _, _ := strings.Cut(pair, "=")
		all = append(all, arch)
	}
	return all
}

// expand replaces `${name}` by the variable's value; `$${` stands for `${`, and
// any other `$` for itself. A name that is unknown, and one that is known to
// other variants only, is a mistake.
func (r *reader) expand(s string, at span) string {
	if !strings.Contains(s, "${") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "$${"):
			b.WriteString("${")
			s = s[3:]
		case !strings.HasPrefix(s, "${"):
			b.WriteByte('$')
			s = s[1:]
		default:
			name, rest, ok := strings.Cut(s[2:], "}")
			if !ok {
				r.bad(r.within(at, s), "write $${ for the two characters themselves", "${ without its }")
				return b.String()
			}
			v, known := r.vars.value[name]
			if !known {
				r.unknownVariable(name, r.within(at, "${"+name+"}"))
			}
			b.WriteString(v)
			s = rest
		}
	}
}

// within narrows a value's place to the part of it that reads so, if the text
// has it as it is.
func (r *reader) within(at span, part string) span {
	text := string(r.src.text[at.start:min(at.end, len(r.src.text))])
	if i := strings.Index(text, part); i >= 0 {
		return span{at.start + i, at.start + i + len(part)}
	}
	return at
}

// unknownVariable notes a name that no variable has.
func (r *reader) unknownVariable(name string, at span) {
	switch {
	case r.vars.elsewhere[name] && r.off > 0:
	case r.vars.elsewhere[name]:
		r.bad(at, "give it a value for each variant and architecture, or use it where `only` names those that have it",
			"variable %q has no value for %s", name, r.target)
	case r.vars.missing[name] != "":
		r.bad(at, r.vars.missing[name], "variable %q has no value", name)
	case hasWord(stepBuiltins, name):
		r.bad(at, fmt.Sprintf("write $%s in a step's script, where it is a variable of the environment", name), "%q is known to steps only", name)
	default:
		hint := "write $${" + name + "} for the text itself"
		if near := diag.Nearest(name, slices.Sorted(maps.Keys(r.vars.value))); near != "" {
			hint = fmt.Sprintf("did you mean ${%s}?", near)
		}
		r.bad(at, hint, "unknown variable %q", name)
	}
}

// String returns "haproxy's variant debug on arm64" without the recipe.
func (t Target) String() string {
	if t.Variant == "" {
		return t.Arch
	}
	return t.Variant + " on " + t.Arch
}

// variables reads [vars] and [variant] for the reader's target.
func (r *reader) variables(root *node, name string) {
	v := variables{value: map[string]string{}, elsewhere: map[string]bool{}, missing: map[string]string{}}
	r.vars = v
	for _, kid := range r.named(root.get("vars")) {
		if !r.variableName(kid) {
			continue
		}
		if s, ok := r.byArch(kid); ok {
			v.value[kid.key] = s
		} else {
			v.elsewhere[kid.key] = true
		}
	}
	own := r.variants(root.get("variant"))
	maps.Copy(v.value, own)
	for k, s := range map[string]string{"name": name, "variant": r.target.Variant, "arch": r.target.Arch, "suite": r.target.Suite} {
		v.value[k] = s
	}
	v.value["triplet"], _ = triplet(r.target.Arch)
	if r.target.Variant == "" {
		delete(v.value, "variant")
		v.missing["variant"] = "this recipe has no [variant]"
	}
	r.version(root.get("recipe").get("version"))
}

// version sets version, major and minor, which need the others.
func (r *reader) version(n *node) {
	v := r.vars
	for _, k := range strings.Fields("version major minor") {
		if _, ok := v.value[k]; !ok {
			v.missing[k] = "write version in [recipe]"
		}
	}
	if _, ok := v.value["version"]; !ok {
		if s := r.word(n); s != "" {
			if strings.ContainsAny(s, " \t/") {
				r.badValue(n, "", "version %q holds a space or a slash", s)
			}
			v.value["version"] = s
			delete(v.missing, "version")
		}
	}
	parts := strings.Split(v.value["version"], ".")
	if parts[0] != "" {
		v.value["major"] = parts[0]
	}
	if len(parts) > 1 {
		v.value["minor"] = parts[1]
	} else if parts[0] != "" {
		v.missing["minor"] = fmt.Sprintf("version %q has no second part", parts[0])
	}
}

// variableName reports whether a variable may be called so.
func (r *reader) variableName(n *node) bool {
	switch {
	case n.key == "version" && n.parent.key == "vars":
		r.badKey(n, "write version in [recipe]", "version is not a variable of [vars]")
	case n.key == "version":
		return true
	case hasWord(builtins, n.key), hasWord(stepBuiltins, n.key):
		r.badKey(n, "choose another name", "every recipe has a variable %q of its own", n.key)
	case hasWord(shellNames, n.key):
		r.badKey(n, "choose another name; variables of the environment are written in [build] env", "%q means something to the shell, in whose environment variables are", n.key)
	case !isIdentifier(n.key):
		r.badKey(n, "names of variables are letters, digits and _", "%q cannot be the name of a variable", n.key)
	default:
		return true
	}
	return false
}

// byArch returns a variable's value, which may be a table by architecture.
func (r *reader) byArch(n *node) (string, bool) {
	if n.kind != tableKind {
		return r.plain(n), true
	}
	for _, kid := range n.kids {
		if _, known := triplet(kid.key); !known && kid.key != "*" {
			r.badKey(kid, archHint(kid.key), "unknown architecture %q", kid.key)
		}
		r.plain(kid)
	}
	kid := n.get(r.target.Arch)
	if kid == nil {
		kid = n.get("*")
	}
	if kid == nil {
		return "", false
	}
	return r.plain(kid), true
}

// plain returns the text of a variable, in which others are not expanded.
func (r *reader) plain(n *node) string {
	s := r.raw(n)
	if i := strings.Index(s, "${"); i >= 0 {
		name, _, _ := strings.Cut(s[i+2:], "}")
		if _, known := r.vars.value[name]; known || hasWord(builtins, name) {
			r.badValue(n, "write the value out", "variables are not expanded in the value of another")
		}
	}
	return s
}

// archHint says which architecture was meant.
func archHint(arch string) string {
	for pair := range strings.FieldsSeq("x86_64=amd64 x64=amd64 aarch64=arm64 arm=armhf x86=i386 i686=i386 ppc64le=ppc64el all=*") {
		if from, to, _ := strings.Cut(pair, "="); from == arch {
			return fmt.Sprintf("Debian calls it %q", to)
		}
	}
	if near := diag.Nearest(arch, Arches()); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "Debian's architectures are " + strings.Join(Arches(), ", ")
}

// variants checks all flavours and returns the variables of the target's.
func (r *reader) variants(table *node) map[string]string {
	for _, flavour := range r.named(table) {
		if !r.is(flavour, tableKind) {
			continue
		}
		for _, kid := range flavour.kids {
			switch {
			case kid.kind == tableKind && !kid.inline:
				r.badKey(kid, fmt.Sprintf("write [variant.%q]", flavour.key+"."+kid.key), "a variant's name with a dot needs quotes")
			case kid.key == "like":
				r.like(table, flavour, kid)
			case r.variableName(kid):
				r.plain(kid)
				r.vars.elsewhere[kid.key] = true
			}
		}
	}
	own := map[string]string{}
	seen := map[string]bool{}
	for flavour := table.get(r.target.Variant); flavour != nil && !seen[flavour.key]; {
		seen[flavour.key] = true
		for _, kid := range flavour.kids {
			if _, set := own[kid.key]; !set && kid.kind == stringKind && kid.key != "like" {
				own[kid.key] = kid.value.(string)
			}
		}
		next := flavour.get("like")
		if next == nil || next.kind != stringKind {
			break
		}
		flavour = table.get(next.value.(string))
	}
	return own
}

// like checks that a flavour begins with another one, and not with itself.
func (r *reader) like(table, flavour, n *node) {
	name := r.raw(n)
	if name == "" {
		return
	}
	if table.get(name) == nil {
		r.badValue(n, nearHint(name, keysOf(table)), "unknown variant %q", name)
		return
	}
	seen := map[string]bool{}
	for at := flavour; at != nil; {
		if seen[at.key] {
			r.badValue(n, "", "variant %q begins with itself", at.key)
			return
		}
		seen[at.key] = true
		next := at.get("like")
		if next == nil || next.kind != stringKind {
			return
		}
		at = table.get(next.value.(string))
	}
}

// keysOf returns the keys of a table in the order of the file.
func keysOf(n *node) []string {
	var keys []string
	if n != nil {
		for _, kid := range n.kids {
			keys = append(keys, kid.key)
		}
	}
	return keys
}

// manyNames are as many as a person reads in a sentence.
const manyNames = 12

// nearHint proposes the nearest of names, or lists them.
func nearHint(word string, names []string) string {
	if near := diag.Nearest(word, names); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(names) - manyNames; more > 1 {
		return fmt.Sprintf("there are %s and %d more", strings.Join(names[:manyNames], ", "), more)
	}
	return "there are " + strings.Join(names, ", ")
}

// only reads an entry's `only` and reports whether it holds for the target.
func (r *reader) only(n *node) bool {
	only := n.get("only")
	if only == nil || !r.table(only, "arch variant suite") {
		return true
	}
	holds := true
	check := func(key, have string, known func(*node, string)) {
		list := only.get(key)
		if list == nil {
			return
		}
		found := false
		for _, kid := range r.entries(list, true) {
			w := r.raw(kid)
			known(kid, w)
			found = found || w == have
		}
		holds = holds && found
	}
	check("arch", r.target.Arch, r.knownArch)
	check("variant", r.target.Variant, r.knownVariant)
	check("suite", r.target.Suite, func(*node, string) {})
	return holds
}

// knownArch and knownVariant note names that nothing has.
func (r *reader) knownArch(n *node, arch string) {
	if _, ok := triplet(arch); !ok && arch != "" {
		r.badValue(n, archHint(arch), "unknown architecture %q", arch)
	}
}

func (r *reader) knownVariant(n *node, name string) {
	root := n
	for root.parent != nil {
		root = root.parent
	}
	if name != "" && root.get("variant").get(name) == nil {
		r.badValue(n, nearHint(name, keysOf(root.get("variant"))), "unknown variant %q", name)
	}
}

// live calls f for an entry and reports whether the entry is meant for the
// target. Left out ones are read, too, so that their mistakes show.
func (r *reader) live(n *node, f func()) bool {
	holds := n.kind != tableKind || r.only(n)
	if !holds {
		r.off++
		defer func() { r.off-- }()
	}
	f()
	return holds && r.off == 0
}
