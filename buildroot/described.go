package buildroot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// descriptionName is the blob with what an action was made of when it was last
// done, a list of plan.Field as JSON.
const descriptionName = "description"

// noteDescription keeps what a is made of, for LastDescription.
func (b *Builder) noteDescription(ctx context.Context, a *plan.Action) error {
	if a.Kind == plan.KindUnpack || a.Kind == plan.KindConfigure { // others name them
		return nil
	}
	data, err := json.Marshal(b.plan.Said(a))
	if err != nil {
		return err
	}
	digest, _, err := b.Store.Put(ctx, bytes.NewReader(data), "")
	if err != nil {
		return err
	}
	return b.Store.PutResult(ctx, describedKey(a), store.Result{Blobs: map[string]string{descriptionName: digest}})
}

// LastDescription is what an action like a, with the same label, was
// made of when one was last done; nil if none was.
func LastDescription(s *store.Store, a *plan.Action) ([]plan.Field, error) {
	r, ok, err := s.Result(describedKey(a))
	if !ok || err != nil {
		return nil, err
	}
	var fields []plan.Field
	return fields, readJSON(s, r.Blobs[descriptionName], &fields)
}

func describedKey(a *plan.Action) string {
	sum := sha256.Sum256([]byte(a.Label)) // it has the kind, and the recipe
	return "described-" + hex.EncodeToString(sum[:16])
}
