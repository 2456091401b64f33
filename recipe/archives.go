package recipe

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// archives reads the archives of a recipe, which bring their own keys.
func (r *reader) archives(n *node) []Archive {
	var out []Archive
	for _, kid := range r.named(n) {
		var a Archive
		if r.live(kid, func() { a = r.archive(kid, Archive{Name: kid.key, Suite: r.target.Suite}) }) {
			out = append(out, a)
		}
		if kid.kind == tableKind && kid.get("signed-by") == nil {
			r.badKey(kid, "put the archive's key beside the recipe and write signed-by = \"KEY.asc\"", "archive %q lacks signed-by", kid.key)
		}
	}
	return out
}

// archive reads one archive over what a is already.
func (r *reader) archive(n *node, a Archive) Archive {
	a.Pos = r.keyPos(n)
	if !r.table(n, "uri mirrors suite components signed-by include only") {
		return a
	}
	if !isRecipeName(n.key) {
		r.badKey(n, "letters in lower case, digits, and + - . _ behind the first", "%q cannot be the name of an archive", n.key)
	}
	if uri := n.get("uri"); uri != nil {
		a.URI = strings.TrimRight(r.url(uri), "/")
	} else if a.URI == "" {
		r.badKey(n, `write uri = "https://…", as in a deb822 .sources file`, "archive %q lacks its uri", n.key)
	}
	for _, kid := range r.entries(n.get("mirrors"), true) {
		a.Mirrors = append(a.Mirrors, strings.TrimRight(r.url(kid), "/"))
	}
	if suite := n.get("suite"); suite != nil {
		a.Suite = r.word(suite)
		if !isSuite(a.Suite) && a.Suite != "./" && r.off == 0 && a.Suite != "" {
			r.badValue(suite, `a suite is called "trixie", or "./" in a flat archive`, "%q is no suite", a.Suite)
		}
	}
	r.components(n, &a)
	if key := n.get("signed-by"); key != nil {
		a.SignedBy = r.localOf(key)
	}
	if include := n.get("include"); include != nil {
		a.Include = r.packageGlobs(include)
	}
	return a
}

// components reads them; a flat archive, whose suite ends in a slash, has none
// (sources.list(5)).
func (r *reader) components(n *node, a *Archive) {
	flat := strings.HasSuffix(a.Suite, "/")
	list := n.get("components")
	if list != nil {
		a.Components = nil
	}
	for _, kid := range r.entries(list, false) {
		w := r.word(kid)
		if w != "" && !isSuite(w) {
			r.badValue(kid, `a component is called "main"`, "%q is no component", w)
			continue
		}
		a.Components = append(a.Components, w)
	}
	switch {
	case flat && list != nil:
		r.badKey(list, "leave components out, or the slash at the end of suite", "a flat archive has no components")
	case flat:
		a.Components = nil
	case len(a.Components) == 0:
		r.badKey(n, `write components = ["main"]; a flat archive has suite = "./"`, "archive %q lacks its components", n.key)
	}
}

// packageGlobs reads patterns of package names.
func (r *reader) packageGlobs(n *node) []string {
	var out []string
	for _, kid := range r.entries(n, false) {
		g := r.word(kid)
		switch {
		case g == "":
		case !doublestar.ValidatePattern(g) || strings.ContainsAny(g, "/ "):
			r.badValue(kid, `names and patterns of packages: "nginx-module-*"`, "%q is no pattern of packages", g)
		default:
			out = append(out, g)
		}
	}
	return out
}

// scripts reads [scripts].
func (r *reader) scripts(i *Instance, n *node) {
	if n == nil || !r.table(n, "debconf skip") {
		return
	}
	for _, kid := range r.named(n.get("debconf")) {
		if !strings.Contains(kid.key, "/") {
			r.badKey(kid, `a question is called "package/question"`, "%q is no question of debconf", kid.key)
		}
		v := Var{Name: kid.key, Pos: r.pos(kid)}
		if kid.kind == boolKind {
			v.Value = r.text(kid)
		} else {
			v.Value = r.raw(kid)
		}
		i.Debconf = append(i.Debconf, v)
	}
	for _, kid := range r.entries(n.get("skip"), false) {
		if name := r.word(kid); name != "" && r.packageName(kid, name) {
			i.NoScripts = append(i.NoScripts, Ref{name, r.pos(kid)})
		}
	}
}

// secrets reads [secret].
func (r *reader) secrets(n *node) []Secret {
	var out []Secret
	for _, kid := range r.named(n) {
		if !isRecipeName(kid.key) {
			r.badKey(kid, "letters in lower case, digits, and + - . _ behind the first", "%q cannot be the name of a secret", kid.key)
		}
		if !r.table(kid, "host") {
			continue
		}
		s := Secret{Name: kid.key, Host: r.word(kid.get("host")), Pos: r.keyPos(kid)}
		if strings.ContainsAny(s.Host, "/:@ ") {
			r.badValue(kid.get("host"), `write the host alone: "npm.example.com"`, "%q is no host", s.Host)
			s.Host = ""
		}
		out = append(out, s)
	}
	return out
}
