// Package buildroot carries out plans: what is done when, what is taken from the
// store instead, and what one action hands to the next.
//
// Work starts from the goals: an action whose result the store has is not
// looked into, so that a build with nothing to do asks no network, starts no
// container and reads no package. What an action does with its inputs stands in
// one file for each kind; the doing itself is other packages'.
package buildroot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A Runner runs commands in containers. Package container has the real one.
type Runner interface {
	// Run runs one job to its end. Many may run at once.
	Run(ctx context.Context, j job.Job, s job.Streams) (job.Result, error)
	// Scan tells what jobs changed in a scratch directory. Of what lower layers
	// have too and nobody gave away, base tells the owner; nil means root.
	Scan(ctx context.Context, scratch string, base func(path string) (uid, gid uint32)) ([]job.Change, error)
}

// A Fetcher gets downloads into the store.
type Fetcher interface {
	Fetch(ctx context.Context, r fetch.Request) (digest string, err error)
}

// Env is what a build may touch.
type Env struct {
	Store *store.Store
	Fetch Fetcher
	// Start starts the one Runner of a build, when the first action needs it.
	Start func(ctx context.Context) (Runner, error)
	// Caches has the caches that steps fill for the next build; nil: none.
	Caches *store.Store
	// Secret returns what the caller's secret of that name is.
	Secret func(ctx context.Context, name string) ([]byte, error)
	// Workspace has the files of sources that are directories.
	Workspace fs.FS
}

// Options are the choices of a build. The zero value is ready to use.
type Options struct {
	Jobs     int           // actions that work at once; as many as there are processors if zero
	Memory   int64         // bytes that these may need together, by a guess; what the machine has left if zero
	FailFast bool          // one failure stops what is at work, and all else
	Report   func(e Event) // called as things happen, never at once by two; may be nil
}

// An Event is one thing that happened.
type Event struct {
	Action *plan.Action
	State  State
	Took   time.Duration // of Done and Failed: since it began to work
	Line   string        // of Output
	Past   time.Duration // of Wanted: how long an action of this label took last, 0 if nobody knows
	Log    string        // of Done: the blob that has all output, or ""
	Notes  []string      // of Done and Stored
	Err    error         // of Failed
}

// A State is what an Event says of its action.
type State int

// The states.
const (
	Stored  State = iota // the store had it
	Wanted               // it is to be done
	Started              // it works now
	Output               // it wrote a line
	Done
	Failed
)

// Results are what the goals came to, and the actions that were looked at.
type Results struct {
	ByAction map[plan.ID]store.Result
	Made     map[plan.ID]bool  // those that worked now
	Failed   map[plan.ID]error // an *InputError for those that did not work because of another
	Stopped  map[plan.ID]bool  // those that did not come to their end because the build was stopped: whether they had begun
}

// A Builder carries out one plan. Close it when nothing of what it returned is
// used any more.
type Builder struct {
	Env
	Options
	plan  *plan.Plan
	slots *slots
	lines *slots // of downloads

	mu        sync.Mutex
	nodes     map[plan.ID]*node
	packages  packages
	policyDir string
	own       []*store.Scratch // of layers that were made for this build alone
	serve     sync.Once
	server    *jobserver
	serveErr  error
	start     sync.Once
	runner    Runner
	startErr  error
	stop      context.CancelCauseFunc // of Build
	keeping   sync.WaitGroup          // see settle
	report    sync.Mutex

	ahead map[plan.ID]time.Duration // see measure
}

// New makes a Builder for p.
func New(p *plan.Plan, env Env, o Options) *Builder {
	if o.Jobs < 1 {
		o.Jobs = runtime.NumCPU()
	}
	if o.Memory < 1 {
		o.Memory = freeMemory()
	}
	return &Builder{plan: p, Env: env, Options: o, slots: newSlots(o.Jobs, o.Memory), lines: newSlots(fetch.DefaultJobs, 0), nodes: map[plan.ID]*node{}}
}

// Close drops what the builder made for itself, once all results are stored.
func (b *Builder) Close() error {
	b.keeping.Wait()
	var errs []error
	for _, n := range b.nodes {
		errs = append(errs, n.unkept)
	}
	for _, scratch := range b.own {
		errs = append(errs, scratch.Close())
	}
	if b.server != nil {
		errs = append(errs, b.server.close())
	}
	return errors.Join(errs...)
}

// Build carries out the plan as far as its goals need it. A goal that fails does
// not stop the others; the error then holds all failures, each once, those of many
// downloads for one reason as one, and the results what was built.
func (b *Builder) Build(ctx context.Context) (*Results, error) {
	parent := ctx
	ctx, b.stop = context.WithCancelCause(ctx)
	defer b.stop(nil)
	goals := make([]plan.ID, len(b.plan.Goals))
	for i, g := range b.plan.Goals {
		goals[i] = g.Action
	}
	b.look(goals)
	var wg sync.WaitGroup
	for _, id := range goals {
		wg.Go(func() { b.need(ctx, id) })
	}
	wg.Wait()
	b.keeping.Wait()
	return b.results(parent)
}

// Layers returns the layers of a root of the plan, top first, as job.Job has
// them. What of it is missing is made.
func (b *Builder) Layers(ctx context.Context, r plan.Root) ([]string, error) {
	b.look(r.Inputs())
	inputs, err := b.inputs(ctx, &plan.Action{Inputs: r.Inputs()})
	if err != nil {
		return nil, err
	}
	return b.stack(r, inputs)
}

func (b *Builder) results(ctx context.Context) (*Results, error) {
	r := &Results{ByAction: map[plan.ID]store.Result{}, Made: map[plan.ID]bool{}, Failed: map[plan.ID]error{}, Stopped: map[plan.ID]bool{}}
	var errs []error
	for _, a := range b.plan.Actions {
		n := b.nodes[a.ID]
		if n != nil && n.unkept != nil {
			n.err, n.unkept = n.unkept, nil // told here, and not by Close again
		}
		switch {
		case n == nil:
		case n.err == nil:
			r.ByAction[a.ID] = n.result
			if n.made {
				r.Made[a.ID] = true
			}
		case errors.Is(n.err, errStopped):
			r.Stopped[a.ID] = !n.began.IsZero()
		default:
			r.Failed[a.ID] = n.err
			if !isInputError(n.err) {
				errs = append(errs, n.err)
			}
		}
	}
	if ctx.Err() != nil {
		return r, context.Cause(ctx)
	}
	return r, errors.Join(fetch.Together(errs)...)
}

// do runs an action when it is its turn. What need not hold up others, such as
// waiting for the disk, is done after its turn.
func (b *Builder) do(ctx context.Context, a *plan.Action, n *node, inputs map[plan.ID]store.Result) (store.Result, error) {
	if err := b.slots.acquire(ctx, b.urgency(a), memoryOf(a)); err != nil {
		return store.Result{}, err
	}
	n.began = time.Now()
	b.event(Event{Action: a, State: Started})
	finish, err := b.work(ctx, a, inputs)
	if err != nil && b.stops(err) {
		b.slots.close()
	}
	b.slots.release(memoryOf(a))
	if err != nil {
		return store.Result{}, err
	}
	r, err := finish(ctx)
	if err != nil {
		return r, err
	}
	r.Took = time.Since(n.began)
	b.event(Event{Action: a, State: Done, Took: r.Took, Log: r.Blobs[logName], Notes: r.Notes})
	return r, nil
}

// A finisher makes durable what an action made.
type finisher func(ctx context.Context) (store.Result, error)

func (b *Builder) work(ctx context.Context, a *plan.Action, inputs map[plan.ID]store.Result) (finisher, error) {
	switch do := a.Do.(type) {
	case *plan.Unpack:
		return b.unpack(ctx, do)
	case *plan.Configure:
		return b.configure(ctx, a, do, inputs)
	case *plan.Vendor:
		return b.vendor(ctx, do)
	case *plan.Build:
		return b.build(ctx, a, do, inputs)
	case *plan.Collect:
		return b.collect(ctx, a, do, inputs)
	case *plan.Image:
		return b.image(ctx, a, do, inputs)
	}
	return nil, fmt.Errorf("nobody knows how to do %T", a.Do)
}

// run starts the build's runner if nobody did.
func (b *Builder) run(ctx context.Context) (Runner, error) {
	b.start.Do(func() { b.runner, b.startErr = b.Start(ctx) })
	return b.runner, b.startErr
}

func (b *Builder) event(e Event) {
	if b.Report == nil {
		return
	}
	b.report.Lock()
	defer b.report.Unlock()
	b.Report(e)
}
