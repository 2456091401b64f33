package recipe

import (
	"net/url"
	"path"
	"strings"
)

const sourceKeys = "url git tag branch commit submodules dir sha256 sha512 signature signed-by include except into owner unpack patches vendor only"

// sources reads [[source]].
func (r *reader) sources(n *node) []Source {
	var out []Source
	for _, kid := range r.entries(n, false) {
		if !r.table(kid, sourceKeys) {
			continue
		}
		var s Source
		if r.live(kid, func() { s = r.source(kid) }) {
			out = append(out, s)
		}
	}
	return out
}

// source reads one source.
func (r *reader) source(n *node) Source {
	s := Source{
		Pos:    r.pos(n),
		SHA256: r.hexDigest(n.get("sha256"), 64),
		SHA512: r.hexDigest(n.get("sha512"), 128),
		Vendor: r.vendor(n.get("vendor")),
		Owner:  r.owner(n.get("owner"), "root"),
	}
	for _, kid := range r.entries(n.get("url"), true) {
		if u := r.url(kid); u != "" {
			s.URLs = append(s.URLs, u)
		}
	}
	r.git(n, &s)
	r.sourceDir(n.get("dir"), &s)
	r.sourceKind(n)
	r.into(n, &s)
	s.Include = names(r.globs(n.get("include"), false))
	s.Except = names(r.globs(n.get("except"), false))
	for _, kid := range r.entries(n.get("patches"), false) {
		if p := r.localOf(kid); p.Name != "" {
			s.Patches = append(s.Patches, p)
		}
	}
	r.signature(n, &s)
	s.Unpack = r.boolean(n.get("unpack"), len(s.URLs) > 0 && isArchive(s.URLs[0]))
	if u := n.get("unpack"); u != nil && len(s.URLs) == 0 {
		r.badKey(u, "", "only a url can be unpacked or not")
	}
	return s
}

// sourceKind checks that a source is one thing, and has no key of another.
func (r *reader) sourceKind(n *node) {
	var kinds []*node
	for _, k := range []string{"url", "git", "dir"} {
		if kid := n.get(k); kid != nil {
			kinds = append(kinds, kid)
		}
	}
	switch len(kinds) {
	case 0:
		r.bad(n.keyAt, "write url, git or dir", "the source does not say where it comes from")
		return
	case 1:
	default:
		r.badKey(kinds[1], "write a [[source]] for each", "a source has both %s and %s", kinds[0].key, kinds[1].key)
		return
	}
	of := kinds[0].key
	for k := range strings.FieldsSeq("tag=git branch=git commit=git submodules=git sha256=url sha512=url signature=url signed-by=url") {
		key, want, _ := strings.Cut(k, "=")
		if kid := n.get(key); kid != nil && want != of {
			r.badKey(kid, "", "%s belongs to a source with %s, and this one has %s", key, want, of)
		}
	}
	if of == "git" {
		r.followed(n, kinds[0])
	}
}

// sourceDir reads a directory of the workspace.
func (r *reader) sourceDir(n *node, s *Source) {
	ref := r.localOf(n)
	if ref.Name == "" {
		return
	}
	name, place := splitPlace(ref.Name)
	if name == "" {
		name = "."
	}
	s.Dir, s.DirPos, s.FromRecipe = name, ref.Pos, place == Beside
}

// vendor reads the lock files of a language.
func (r *reader) vendor(n *node) []Ref {
	var out []Ref
	for _, kid := range r.entries(n, true) {
		if p := r.sourcePath(r.word(kid), kid.valAt); p != "" {
			out = append(out, Ref{p, r.pos(kid)})
		}
	}
	return out
}

// into reads where a source goes.
func (r *reader) into(n *node, s *Source) {
	into := n.get("into")
	p := r.word(into)
	switch {
	case p == "", p == "/":
		s.Into = p
	case p[0] == '/':
		s.Into = r.imagePath(strings.TrimSuffix(p, "/"), into.valAt)
	default:
		s.Into = r.sourcePath(strings.TrimSuffix(p, "/"), into.valAt)
	}
	if owner := n.get("owner"); owner != nil && !strings.HasPrefix(p, "/") && r.off == 0 {
		r.badKey(owner, `write into = "/…", or leave owner out`, "owner is for a source that goes into the image")
	}
}

// signature reads where a source's signature is, and whose it must be.
func (r *reader) signature(n *node, s *Source) {
	sig, by := n.get("signature"), n.get("signed-by")
	if sig != nil {
		s.Signature = r.url(sig)
	}
	s.SignedBy = r.localOf(by)
	switch {
	case sig != nil && by == nil:
		r.badKey(sig, `write signed-by = "KEY.asc", a key beside the recipe`, "a signature without a key proves nothing")
	case sig == nil && by != nil:
		r.badKey(by, `write signature = "https://….asc"`, "a key without a signature checks nothing")
	}
}

// isArchive reports whether a URL's file is an archive that is unpacked unless
// the recipe says otherwise.
func isArchive(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	base := strings.ToLower(path.Base(u.Path))
	for suffix := range strings.FieldsSeq(".tar .tar.gz .tgz .tar.xz .txz .tar.bz2 .tbz2 .tar.zst .tzst .zip") {
		if strings.HasSuffix(base, suffix) && base != suffix {
			return true
		}
	}
	return false
}
