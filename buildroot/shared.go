package buildroot

import (
	"context"
	"errors"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Roots that have the same packages, and accounts of their own, share the effects of
// the scripts where these are the same. The scripts run once without those accounts,
// blind, and each root lays a wave on top that has its accounts alone. If a script
// looks at all accounts, the blind wave comes to nothing; if one asks for an account
// that a root adds, the blind wave is of no use to that root. Then the scripts run
// with the root's accounts.

// sharedName is what a wave with accounts calls the tree of the blind wave below it.
const sharedName = "shared"

// waveTrees are the trees of effects that configure actions made, the first one
// first.
func waveTrees(ids []plan.ID, inputs map[plan.ID]store.Result) []string {
	var trees []string
	for _, id := range ids {
		if shared, ok := inputs[id].Trees[sharedName]; ok {
			trees = append(trees, shared)
		}
		trees = append(trees, inputs[id].Trees[treeName])
	}
	return trees
}

// runBlind runs the scripts of a blind wave, unless it can be foreseen that this
// comes to nothing.
func (b *Builder) runBlind(ctx context.Context, a *plan.Action, do *plan.Configure, wave effects.Wave) (finisher, error) {
	if wave.MayLook() {
		return nothing, nil
	}
	finish, err := b.runWave(ctx, a, do, wave)
	var sight *effects.SightError
	var script *ScriptError // it may want an account that it will have
	if errors.As(err, &sight) || errors.As(err, &script) {
		return nothing, nil
	}
	return finish, err
}

// nothing is what a blind wave comes to whose scripts look.
func nothing(context.Context) (store.Result, error) { return store.Result{}, nil }

// runShared makes a wave with accounts, of the blind one if that holds for it.
func (b *Builder) runShared(ctx context.Context, a *plan.Action, do *plan.Configure, wave effects.Wave, inputs map[plan.ID]store.Result) (finisher, error) {
	shared, ok := inputs[do.Shared].Trees[treeName]
	if !ok || !b.stands(do, inputs) {
		return b.runWave(ctx, a, do, wave)
	}
	e, err := b.readEffects(shared)
	if err != nil {
		return nil, err
	}
	if !e.Hold(wave) {
		return b.runWave(ctx, a, do, wave)
	}
	finish, err := b.runWave(ctx, a, do, effects.Wave{
		Before: slices.Concat(wave.Before, wave.Packages), Earlier: append(wave.Earlier, e),
		Users: wave.Users, Groups: wave.Groups, Epoch: wave.Epoch,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (store.Result, error) {
		r, err := finish(ctx)
		if err == nil {
			r.Trees[sharedName] = shared
			delete(r.Blobs, logName) // nothing ran
		}
		return r, err
	}, nil
}

// stands reports whether what the blind wave of do ran on is what do stands on, but
// for the accounts.
func (b *Builder) stands(do *plan.Configure, inputs map[plan.ID]store.Result) bool {
	blind := b.plan.Action(do.Shared).Do.(*plan.Configure)
	for i, id := range blind.Before.Waves {
		if _, shared := inputs[do.Before.Waves[i]].Trees[sharedName]; id != do.Before.Waves[i] && !shared {
			return false
		}
	}
	return true
}
