package buildroot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A node is one action on its way.
type node struct {
	look   sync.Once
	stored bool          // the store has it
	wanted bool          // it is to be done
	past   time.Duration // that an action of this name took last

	settle sync.Once
	began  time.Time // when it began to work, if it did
	made   bool      // it worked, and was not in the store
	result store.Result
	err    error
	unkept error // that its result could not be stored; others may have used it
}

// An InputError is why an action was not done: another one failed, whose result
// it reads, or whose result that other one reads.
type InputError struct {
	Cause *plan.Action // the one that failed
	Err   error        // why
}

func (e *InputError) Error() string { return "not done: " + e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

func isInputError(err error) bool {
	var e *InputError
	return errors.As(err, &e)
}

// look asks the store for actions, and for what those need that it lacks. Then it
// is known what is to be done, and so what is urgent.
func (b *Builder) look(ids []plan.ID) {
	var wg sync.WaitGroup
	var each func([]plan.ID)
	each = func(ids []plan.ID) {
		for _, id := range ids {
			n, fresh := b.node(id)
			if !fresh {
				continue
			}
			wg.Go(func() {
				if a := b.plan.Action(id); b.wanted(a, n) {
					each(a.Inputs)
				}
			})
		}
	}
	each(ids)
	wg.Wait()
	b.measure()
}

// node returns what is known of an action, and whether nobody asked before.
func (b *Builder) node(id plan.ID) (n *node, fresh bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n = b.nodes[id]
	if fresh = n == nil; fresh {
		n = &node{}
		b.nodes[id] = n
	}
	return n, fresh
}

// wanted reports whether a is to be done, because the store has not got it.
func (b *Builder) wanted(a *plan.Action, n *node) bool {
	n.look.Do(func() {
		if n.result, n.stored, n.err = b.Store.Result(string(a.ID)); n.stored || n.err != nil {
			b.event(Event{Action: a, State: Stored, Notes: n.result.Notes})
			return
		}
		past := b.past(a)
		b.mu.Lock()
		n.wanted, n.past = true, past
		b.mu.Unlock()
		b.event(Event{Action: a, State: Wanted, Past: past})
	})
	return n.wanted
}

// need returns the result of an action, which runs at most once.
func (b *Builder) need(ctx context.Context, id plan.ID) (store.Result, error) {
	n, _ := b.node(id)
	n.settle.Do(func() {
		a := b.plan.Action(id)
		if b.wanted(a, n) {
			n.result, n.err = b.settle(ctx, a, n)
		}
		switch {
		case n.err == nil || isInputError(n.err):
		case ctx.Err() == nil:
			n.err = b.failed(a, n, n.err)
		case !errors.Is(n.err, context.Cause(ctx)): // it failed by itself while all was stopped
			n.err = fmt.Errorf("%s: %w", a.Label, n.err)
		}
	})
	return n.result, n.err
}

// failed tells that a failed, and is the error to hand on.
func (b *Builder) failed(a *plan.Action, n *node, err error) error {
	err = fmt.Errorf("%s: %w", a.Label, err)
	e := Event{Action: a, State: Failed, Err: err}
	if !n.began.IsZero() {
		e.Took = time.Since(n.began)
	}
	b.event(e)
	if b.stops(err) {
		b.stop(errStopped)
	}
	return err
}

// stops reports whether err ends the whole build.
func (b *Builder) stops(err error) bool {
	return (b.FailFast || store.IsFull(err)) && b.stop != nil
}

// errStopped is why the others did not go on after a failure.
var errStopped = errors.New("stopped because something else failed")

// settle makes the result of a, or finds that the store has one of equal inputs.
func (b *Builder) settle(ctx context.Context, a *plan.Action, n *node) (store.Result, error) {
	inputs, err := b.inputs(ctx, a)
	if err != nil {
		return store.Result{}, err
	}
	// Other inputs may have the same contents: then nothing is to be done either.
	key := contentKey(a, inputs)
	unlock, err := b.Store.Lock(ctx, key)
	if err != nil {
		return store.Result{}, err
	}
	r, ok, err := b.Store.Result(key)
	if err == nil && !ok {
		r, err = b.do(ctx, a, n, inputs)
		n.made = err == nil
	} else {
		b.event(Event{Action: a, State: Stored, Notes: r.Notes})
	}
	if err != nil {
		unlock()
		return r, err
	}
	b.keeping.Go(func() {
		defer unlock()
		if err := b.keep(context.WithoutCancel(ctx), a, r, key); err != nil { // what is done is not lost
			n.unkept = b.failed(a, n, err)
		}
	})
	return r, nil
}

// keep stores what a came to. Those that need it do not wait for that: all that the
// result names is stored.
func (b *Builder) keep(ctx context.Context, a *plan.Action, r store.Result, key string) error {
	return errors.Join(b.Store.PutResult(ctx, key, r), b.Store.PutResult(ctx, string(a.ID), r), b.remember(ctx, a, r.Took), b.noteDescription(ctx, a))
}

// inputs waits for all that a reads.
func (b *Builder) inputs(ctx context.Context, a *plan.Action) (map[plan.ID]store.Result, error) {
	var wg sync.WaitGroup // nobody stops the others
	made := make([]store.Result, len(a.Inputs))
	failed := make([]error, len(a.Inputs)+len(a.Blobs))
	for i, id := range a.Inputs {
		wg.Go(func() {
			if made[i], failed[i] = b.need(ctx, id); failed[i] != nil {
				failed[i] = because(b.plan.Action(id), failed[i])
			}
		})
	}
	for i, blob := range a.Blobs {
		wg.Go(func() {
			err := b.download(ctx, a, blob)
			if a.Kind == plan.KindBuild {
				err = replaced(err)
			}
			failed[len(a.Inputs)+i] = err
		})
	}
	wg.Wait()
	results := make(map[plan.ID]store.Result, len(a.Inputs))
	for i, id := range a.Inputs {
		results[id] = made[i]
	}
	var stopped error
	for _, err := range failed {
		switch {
		case errors.Is(err, errStopped):
			stopped = err
		case err != nil:
			return nil, err // the first in the order of inputs, whichever came first
		}
	}
	return results, stopped
}

// because is the error of what reads from a failed action.
func because(a *plan.Action, err error) error {
	var e *InputError
	if errors.As(err, &e) {
		return e
	}
	return &InputError{Cause: a, Err: err}
}

// download gets a blob for a, also in the place of one that the disk has damaged.
// Of many the one that most depends on comes first.
func (b *Builder) download(ctx context.Context, a *plan.Action, digest string) error {
	var damaged *store.DigestError
	if b.Store.HasBlob(digest) {
		if err := b.Store.Verify(ctx, digest); !errors.As(err, &damaged) {
			return err
		}
	}
	if err := b.lines.acquire(ctx, b.urgency(a), 0); err != nil {
		return err
	}
	defer b.lines.release(0)
	_, err := b.Fetch.Fetch(ctx, Request(b.plan.Downloads[digest]))
	return err
}
