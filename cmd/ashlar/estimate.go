package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/recipe/plan"
)

// An estimate guesses from past durations how long a build has still to go. It
// may be asked while it is told things.
type estimate struct {
	jobs int

	mu      sync.Mutex
	all     int
	ended   int
	work    time.Duration // expected of all
	worked  time.Duration // expected of those that ended
	unknown int           // open actions that nobody has timed
	open    map[plan.ID]expected
}

// expected is an action that is wanted or at work.
type expected struct {
	took  time.Duration // the last time, or a guess
	known bool          // it is none
	began time.Time     // zero before it does
}

func newEstimate(jobs int) *estimate {
	return &estimate{jobs: max(jobs, 1), open: map[plan.ID]expected{}}
}

// Guesses for what was never timed: how many bytes of a package one processor
// unpacks in a second, how long scripts and steps take, and what is left to do of
// scripts that have run without the accounts.
const (
	unpackRate    = 15e6
	firstScript   = 10 * time.Second
	firstAccounts = 200 * time.Millisecond
)

// want adds an action that took past the last time.
func (e *estimate) want(a *plan.Action, past time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x := expected{took: past, known: true}
	switch {
	case past > 0:
	case a.Kind == plan.KindUnpack:
		x.took = time.Duration(float64(a.Weight) / unpackRate * float64(time.Second))
	case a.AddsAccounts():
		x.took = firstAccounts
	case a.Kind == plan.KindBuild || a.Kind == plan.KindConfigure:
		x.took, x.known = firstScript, false
		e.unknown++
	}
	e.all++
	e.work += x.took
	e.open[a.ID] = x
}

func (e *estimate) start(id plan.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if x, ok := e.open[id]; ok {
		x.began = time.Now()
		e.open[id] = x
	}
}

// done takes an action off, if it was wanted.
func (e *estimate) done(id plan.ID) {
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.open[id]
	if !ok {
		return
	}
	delete(e.open, id)
	e.ended++
	e.worked += x.took
	if !x.known {
		e.unknown--
	}
}

// share is how much of the work is done, of how much.
func (e *estimate) share() (done, all time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.worked, e.work
}

// left is the time that is left: the sum over all processors, but no less than
// the longest action. It is not known while an action is open that never ran.
func (e *estimate) left(now time.Time) (d time.Duration, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	var sum, longest time.Duration
	for _, x := range e.open {
		rest := x.took
		if !x.began.IsZero() {
			rest = max(rest-now.Sub(x.began), 0)
		}
		sum += rest
		longest = max(longest, rest)
	}
	return max(sum/time.Duration(e.jobs), longest), e.unknown == 0
}

// String says how many actions have ended, and what time is left.
func (e *estimate) String() string {
	d, known := e.left(time.Now())
	e.mu.Lock()
	text := fmt.Sprintf("%d of %s", e.ended, plural(e.all, "action"))
	e.mu.Unlock()
	if !known || d < time.Second {
		return text
	}
	return fmt.Sprintf("%s, about %v left", text, d.Round(time.Second))
}
