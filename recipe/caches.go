package recipe

import (
	"cmp"
	"slices"
)

// CacheNames are the caches that [cache] may have.
const CacheNames = "ccache go-build npm"

// caches reads [cache].
func (r *reader) caches(n *node, i *Instance) []Ref {
	if n == nil || !r.table(n, CacheNames) {
		return nil
	}
	var out []Ref
	for _, kid := range tableKids(n) {
		if !r.boolean(kid, false) {
			continue
		}
		if kid.key == "ccache" && !slices.ContainsFunc(i.Build, func(d Dep) bool { return len(d.Any) > 0 && d.Any[0].Name == "ccache" }) {
			r.badKey(kid, `add "ccache" to [depends] build`, "the buildroot has no ccache")
			continue
		}
		out = append(out, Ref{Name: kid.key, Pos: r.keyPos(kid)})
	}
	slices.SortFunc(out, func(a, b Ref) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
