package recipe

import (
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
)

const workspaceKeys = "suite arch vendor security-tracker"

// A Workspace is ashlar.toml and recipes. Every setting has a default, so
// ashlar.toml may be missing.
type Workspace struct {
	File    string    // "ashlar.toml"
	Suite   string    // DefaultSuite unless said otherwise
	Arches  []string  // DefaultArch unless said otherwise
	Vendor  string    // a directory, oci://REFERENCE or http(s) URL that has what the lock names; "" if none
	Tracker string    // URL, or file of the workspace, with the data of Debian's security tracker; "" if none
	Recipes []*Recipe // sorted by name

	Registries language.Registries // of [registry]

	body *node // nil without an ashlar.toml
	src  *source
}

// defaultArchives are Debian's own, which need no signed-by: their keys are
// known. An archive of the same name in ashlar.toml changes what it says.
func defaultArchives(suite string) []Archive {
	const uri = "http://deb.debian.org/debian"
	main := []string{"main"}
	all := []Archive{
		{Name: "debian", URI: uri, Suite: suite, Components: main},
		{Name: "debian-updates", URI: uri, Suite: suite + "-updates", Components: main},
		{Name: "debian-security", URI: uri + "-security", Suite: suite + "-security", Components: main},
	}
	if hasWord("sid unstable experimental", suite) { // they are updated by themselves
		return all[:1]
	}
	return all
}

// ParseWorkspace reads and checks ashlar.toml. Its Recipes are empty. The error
// has all mistakes, each a *diag.Error.
func ParseWorkspace(file string, src []byte) (*Workspace, error) {
	w, errs := parseWorkspace(file, src)
	if errs.Len() > 0 {
		return nil, errs.Err()
	}
	return w, nil
}

// parseWorkspace is [ParseWorkspace] with what can be had of a wrong one.
func parseWorkspace(file string, src []byte) (*Workspace, *diag.List) {
	w := &Workspace{File: file, Suite: DefaultSuite, Arches: []string{DefaultArch}, src: newSource(file, src)}
	errs := &diag.List{}
	body, err := parseTOML(w.src)
	if err != nil {
		errs.Add(err)
		return w, errs
	}
	w.body = body
	r := &reader{src: w.src, errs: errs, keys: map[*node]string{}, target: Target{Arch: DefaultArch, Suite: DefaultSuite}}
	r.vars = workspaceVariables(DefaultSuite, DefaultArch)
	if r.table(body, "workspace archive registry"); body.get("workspace") != nil && r.table(body.get("workspace"), workspaceKeys) {
		w.settings(r, body.get("workspace"))
	}
	w.registries(r, body.get("registry"))
	w.archives(r, w.Suite)
	return w, errs
}

// workspaceVariables are the ones that ashlar.toml may use.
func workspaceVariables(suite, arch string) variables {
	return variables{value: map[string]string{"suite": suite, "arch": arch}}
}

// settings reads [workspace].
func (w *Workspace) settings(r *reader, n *node) {
	if suite := n.get("suite"); suite != nil {
		if s := r.raw(suite); isSuite(s) {
			w.Suite = s
		} else if suite.kind == stringKind {
			r.badValue(suite, `a suite is called "trixie" or "bookworm"`, "%q is no suite", s)
		}
	}
	var arches []string
	for _, kid := range r.entries(n.get("arch"), true) {
		arch := r.raw(kid)
		r.knownArch(kid, arch)
		if slices.Contains(arches, arch) {
			r.badValue(kid, "", "architecture %q stands twice", arch)
		}
		arches = append(arches, arch)
	}
	if t := n.get("security-tracker"); t != nil {
		if strings.Contains(r.raw(t), "://") {
			w.Tracker = r.url(t)
		} else if w.Tracker = path.Clean(strings.TrimPrefix(r.raw(t), "//")); !fs.ValidPath(w.Tracker) {
			r.badValue(t, "name a file of the workspace, or an https:// URL", "path %q leaves the workspace", w.Tracker)
			w.Tracker = ""
		}
	}
	if v := n.get("vendor"); v != nil {
		w.vendor(r, v)
	}
	if len(arches) > 0 {
		w.Arches = arches
	} else if n.get("arch") != nil && n.get("arch").kind == listKind {
		r.badValue(n.get("arch"), `write arch = ["amd64"]`, "arch is empty")
	}
}

// vendor reads where the vendor is. A directory is kept as [path.Clean] has it, and
// relative to the workspace unless it begins with a slash.
func (w *Workspace) vendor(r *reader, n *node) {
	v := strings.TrimSuffix(r.raw(n), "/")
	scheme, rest, isURL := strings.Cut(v, "://")
	switch {
	case n.kind != stringKind:
	case v == "":
		r.badValue(n, `write vendor = "vendor", or vendor = "oci://registry.example.com/vendor"`, "vendor is empty")
	case isURL && (!hasWord("oci http https", scheme) || rest == ""):
		r.badValue(n, "name a directory, oci://REFERENCE, https://… or http://…", "%q is no vendor", v)
	case isURL:
		w.Vendor = v
	case !strings.HasPrefix(v, "/") || strings.HasPrefix(v, "//"):
		if w.Vendor = path.Clean(strings.TrimPrefix(v, "//")); !fs.ValidPath(w.Vendor) || w.Vendor == "." {
			r.badValue(n, "name a directory below the workspace, or an absolute path", "path %q leaves the workspace", v)
			w.Vendor = ""
		}
	default:
		w.Vendor = path.Clean(v)
	}
}

// registries reads [registry].
func (w *Workspace) registries(r *reader, n *node) {
	if n == nil || !r.table(n, "npm go pip cargo") {
		return
	}
	for key, to := range map[string]*string{"npm": &w.Registries.NPM, "go": &w.Registries.Go, "pip": &w.Registries.Pip, "cargo": &w.Registries.Cargo} {
		if kid := n.get(key); kid != nil {
			*to = r.url(kid)
		}
	}
}

// Archives returns the archives that recipes of a suite take packages from:
// Debian's, and those of ashlar.toml. A recipe's own come besides. The path of a
// key begins with `//`, so that [Instance.Locate] finds it from every recipe. One
// that is another archive in this suite than in the workspace's has the suite in
// its name, so that a lock tells them apart: "debian-bookworm".
func (w *Workspace) Archives(suite string) []Archive {
	all := w.archivesOf(suite)
	if suite == w.Suite {
		return all
	}
	usual := w.archivesOf(w.Suite)
	for i, a := range all {
		at := slices.IndexFunc(usual, func(b Archive) bool { return a.Name == b.Name })
		if at < 0 || !reflect.DeepEqual(a, usual[at]) {
			all[i].Name += "-" + suite
		}
	}
	return all
}

// ArchivesOf are an instance's own archives. One of a suite that is not the workspace's
// has the suite in its name, as in [Workspace.Archives]: another recipe may have an
// archive of that name in the workspace's.
func (w *Workspace) ArchivesOf(i *Instance) []Archive {
	all := slices.Clone(i.Archives)
	if i.Suite != w.Suite {
		for k := range all {
			all[k].Name += "-" + i.Suite
		}
	}
	return all
}

func (w *Workspace) archivesOf(suite string) []Archive {
	if w.body == nil {
		return defaultArchives(suite)
	}
	r := &reader{src: w.src, errs: &diag.List{}, keys: map[*node]string{}, target: Target{Arch: w.Arches[0], Suite: suite}}
	r.vars = workspaceVariables(suite, w.Arches[0])
	return w.archives(r, suite)
}

// archives lays those of ashlar.toml over Debian's.
func (w *Workspace) archives(r *reader, suite string) []Archive {
	all := defaultArchives(suite)
	for _, kid := range r.named(w.body.get("archive")) {
		at := slices.IndexFunc(all, func(a Archive) bool { return a.Name == kid.key })
		a := Archive{Name: kid.key, Suite: suite}
		if at >= 0 {
			a = all[at]
		} else if kid.kind == tableKind && kid.get("signed-by") == nil {
			r.badKey(kid, "put the archive's key into the workspace and write signed-by = \"KEY.asc\"", "archive %q lacks signed-by", kid.key)
		}
		holds := r.live(kid, func() { a = r.archive(kid, a) })
		if key, place := splitPlace(a.SignedBy.Name); a.SignedBy.Name != "" && place == Beside {
			a.SignedBy.Name = "//" + key
			if strings.HasPrefix(key, "..") {
				r.badValue(kid.get("signed-by"), "", "path %q leaves the workspace", key)
				a.SignedBy = Ref{}
			}
		}
		switch {
		case holds && at >= 0:
			all[at] = a
		case holds:
			all = append(all, a)
		}
	}
	return all
}

// Recipe returns the one of a name, or nil.
func (w *Workspace) Recipe(name string) *Recipe {
	at, ok := slices.BinarySearchFunc(w.Recipes, name, func(r *Recipe, name string) int { return strings.Compare(r.Name, name) })
	if !ok {
		return nil
	}
	return w.Recipes[at]
}

// Tokens returns the secrets that the fetcher sends, by host. Of two recipes that
// name a host the first one, by name, says which.
func (w *Workspace) Tokens() map[string]string {
	tokens := map[string]string{}
	for _, r := range w.Recipes {
		for _, kid := range tableKids(r.body.get("secret")) {
			host := kid.get("host")
			if host == nil {
				continue
			}
			name, _ := host.value.(string)
			if _, taken := tokens[name]; !taken {
				tokens[name] = kid.key
			}
		}
	}
	return tokens
}

// Targets returns what r is built for in this workspace: each of its variants,
// the default first, for each architecture that r names, else the workspace's.
func (w *Workspace) Targets(r *Recipe) []Target {
	return r.targets(w.Arches, w.Suite)
}
