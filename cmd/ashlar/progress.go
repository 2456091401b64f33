package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A view shows how a build goes. Its methods are never called at once by two.
type view interface {
	event(ev buildroot.Event)
	download(d fetch.Progress)
	end() // nothing comes after it
}

// A progress takes what a build tells, from many at once, to the view that the
// command line asked for.
type progress struct {
	mu    sync.Mutex
	view  view // nil when nothing is to be shown any more
	acted bool
}

// The views, by the names that --progress has for them.
const (
	autoView  = "auto"
	plainView = "plain"
	jsonView  = "json"
)

func newProgress(e *env, quiet bool) *progress {
	p := &progress{}
	switch {
	case quiet:
	case e.progress == jsonView:
		p.view = newEvents(e.err)
	case e.progress == plainView || !e.terminal:
		p.view = newPlain(e.err)
	default:
		p.view = newBoard(e.err, e.jobs)
	}
	return p
}

// event takes one event of a build.
func (p *progress) event(ev buildroot.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ev.State == buildroot.Started {
		p.acted = true
	}
	if p.view != nil {
		p.view.event(ev)
	}
}

// download takes the progress of one download.
func (p *progress) download(d fetch.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view != nil {
		p.view.download(d)
	}
}

// end ends the view. It may be called again.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.view != nil {
		p.view.end()
		p.view = nil
	}
}

// worked reports whether any action ran.
func (p *progress) worked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acted
}

// A plain view prints a line for each action that took its time, and one for
// all downloads and unpackings before it.
type plain struct {
	say      func(line string)
	began    time.Time
	unpacked int
	lost     []string         // labels of unpackings that failed
	bytes    map[string]int64 // downloads by name
	fetched  int
}

func newPlain(w io.Writer) *plain {
	return &plain{began: time.Now(), bytes: map[string]int64{}, say: func(line string) { fmt.Fprintln(w, line) }}
}

func (p *plain) event(ev buildroot.Event) {
	switch {
	case ev.State == buildroot.Done && ev.Action.Kind == plan.KindUnpack:
		p.unpacked++
	case ev.State == buildroot.Failed && ev.Action.Kind == plan.KindUnpack:
		p.lost = append(p.lost, ev.Action.Label)
	case ev.State == buildroot.Done:
		p.flush()
		p.say(fmt.Sprintf("%7.1f s  %s", ev.Took.Seconds(), ev.Action.Label))
		for _, n := range ev.Notes {
			p.say("           " + n)
		}
	case ev.State == buildroot.Failed:
		p.flush()
		p.say(fmt.Sprintf("%7.1f s  %s failed", ev.Took.Seconds(), ev.Action.Label))
	}
}

func (p *plain) download(d fetch.Progress) {
	p.bytes[d.Name] = d.Bytes
	if d.Done && d.Err == nil {
		p.fetched++
	}
}

func (p *plain) end() { p.flush() }

// flush says in one line what happened many times.
func (p *plain) flush() {
	if p.fetched > 0 {
		var total int64
		for _, n := range p.bytes {
			total += n
		}
		p.say(fmt.Sprintf("%7.1f s  fetched %s, %s", time.Since(p.began).Seconds(), plural(p.fetched, "file"), bytesOf(total)))
		p.fetched = 0
		clear(p.bytes)
	}
	if p.unpacked > 0 {
		p.say(fmt.Sprintf("%7.1f s  unpacked %s", time.Since(p.began).Seconds(), plural(p.unpacked, "package")))
		p.unpacked = 0
	}
	if len(p.lost) > 0 {
		p.say(fmt.Sprintf("%7.1f s  %s failed", time.Since(p.began).Seconds(), someOf(p.lost)))
		p.lost = nil
	}
}
