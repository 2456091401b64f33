package buildroot

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
			value = strings.Join(resultKeys(r), "\x00")
		}
		fmt.Fprintf(h, "%d:%s,%d:%s,", len(f.Name), f.Name, len(value), value)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hashText is an ID for results that no plan names.
func hashText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
