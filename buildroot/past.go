package buildroot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// worthRemembering is how long an action takes for its time to be kept.
const worthRemembering = 500 * time.Millisecond

func (b *Builder) past(a *plan.Action) time.Duration { return Past(b.Store, a) }

// Past is how long an action with the label of a took when it last ran in a
// build with that store, whatever it was made of then; 0 if nobody knows.
func Past(s *store.Store, a *plan.Action) time.Duration {
	r, ok, err := s.Result(pastKey(a))
	if !ok || err != nil {
		return 0 // an estimate is worth no error
	}
	return r.Took
}

// remember keeps a time for past.
func (b *Builder) remember(ctx context.Context, a *plan.Action, took time.Duration) error {
	if took < worthRemembering || a.Kind == plan.KindUnpack {
		return nil
	}
	return b.Store.PutResult(ctx, pastKey(a), store.Result{Took: took})
}

func pastKey(a *plan.Action) string {
	sum := sha256.Sum256([]byte(a.Label))
	return "past-" + hex.EncodeToString(sum[:16])
}
