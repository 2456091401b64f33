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

// A progress tells a person how a build goes: a line for each action that took
// its time, and on a terminal one more line, which changes, for what is at work.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time

	mu       sync.Mutex
	working  map[plan.ID]running
	unpacked int
	bytes    map[string]int64 // downloads by name
	fetched  int
	shown    time.Time
	drawn    bool
	acted    bool
}

// running is an action at work.
type running struct {
	label string
	since time.Time
	line  string
}

func newProgress(e *env) *progress {
	return &progress{w: e.err, terminal: e.terminal, began: time.Now(), working: map[plan.ID]running{}, bytes: map[string]int64{}}
}

// event takes one event of a build.
func (p *progress) event(ev buildroot.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := ev.Action.ID
	switch ev.State {
	case buildroot.Started:
		p.acted = true
		p.working[id] = running{label: ev.Action.Label, since: time.Now()}
	case buildroot.Output:
		r := p.working[id]
		r.line = ev.Line
		p.working[id] = r
	case buildroot.Done:
		delete(p.working, id)
		p.done(ev)
	case buildroot.Failed:
		delete(p.working, id)
		p.say("failed   " + ev.Action.Label)
	}
	p.draw(false)
}

func (p *progress) done(ev buildroot.Event) {
	if ev.Action.Kind == plan.KindUnpack {
		p.unpacked++
		return
	}
	p.flushCounts()
	p.say(fmt.Sprintf("%7.1f s  %s", ev.Took.Seconds(), ev.Action.Label))
	for _, n := range ev.Notes {
		p.say("           " + n)
	}
}

// flushCounts says in one line what happened many times.
func (p *progress) flushCounts() {
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
}

// download takes the progress of one download.
func (p *progress) download(d fetch.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bytes[d.Name] = d.Bytes
	if d.Done {
		p.fetched++
	}
	p.draw(false)
}

// end takes the changing line away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flushCounts()
	p.erase()
}

// say prints a line that stays.
func (p *progress) say(line string) {
	p.erase()
	fmt.Fprintln(p.w, line)
}

func (p *progress) erase() {
	if p.drawn {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.drawn = false
	}
}

// draw prints the changing line, ten times a second at most.
func (p *progress) draw(force bool) {
	if !p.terminal || !force && time.Since(p.shown) < 100*time.Millisecond {
		return
	}
	p.shown = time.Now()
	p.erase()
	line := p.current()
	if line == "" {
		return
	}
	fmt.Fprint(p.w, clip(line, width(p.w)-1))
	p.drawn = true
}

// current says what has been at work for longest.
func (p *progress) current() string {
	var oldest running
	for _, r := range p.working {
		if oldest.label == "" || r.since.Before(oldest.since) {
			oldest = r
		}
	}
	if oldest.label == "" {
		var total int64
		for _, n := range p.bytes {
			total += n
		}
		if total == 0 {
			return ""
		}
		return fmt.Sprintf("%7.1f s  fetching, %s so far", time.Since(p.began).Seconds(), bytesOf(total))
	}
	line := fmt.Sprintf("%7.1f s  %s", time.Since(oldest.since).Seconds(), oldest.label)
	if len(p.working) > 1 {
		line += fmt.Sprintf(" and %d more", len(p.working)-1)
	}
	if oldest.line != "" {
		line += ": " + oldest.line
	}
	return line
}

// worked reports whether any action ran.
func (p *progress) worked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.acted
}
