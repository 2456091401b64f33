package buildroot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// contentKey is a's ID with the results of its inputs in the place of their
// IDs: actions that differ only in how equal inputs were made have one key.
func contentKey(a *plan.Action, inputs map[plan.ID]store.Result) string {
	h := sha256.New()
	fmt.Fprint(h, "by contents,")
	for _, f := range plan.Describe(a.Kind, a.Do) {
		value := f.Value
		if r, ok := inputs[plan.ID(value)]; ok {
			value = strings.Join(resultKeys(r, f.Of), "\x00")
		}
		fmt.Fprintf(h, "%d:%s,%d:%s,", len(f.Name), f.Name, len(value), value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// resultKeys are the digests in r that an action can read, in a fixed order: of
// a set of artefacts that one and the packages of its libraries. What steps
// printed is no part of it.
func resultKeys(r store.Result, set string) []string {
	var keys []string
	for _, m := range []map[string]string{r.Trees, r.Blobs} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if name != logName && (set == "" || name == set || isLibrary(name)) {
				keys = append(keys, name, m[name])
			}
		}
		keys = append(keys, "")
	}
	return keys
}

// hashText is an ID for results that no plan names.
func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
