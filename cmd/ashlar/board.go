package main

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A board is the view for a person at a terminal: what plain prints, and below
// it, redrawn, a line for each action at work, one for the downloads, and a bar
// for the whole.
//
// The library draws from a goroutine of its own, which must never wait for a
// caller of the board: what it draws is handed over in atomics.
type board struct {
	plain
	bars  *mpb.Progress
	rows  map[plan.ID]*row
	loads *downloads
	total *mpb.Bar
	left  *estimate
}

// A row is one action at work.
type row struct {
	bar  *mpb.Bar
	line atomic.Pointer[string] // the last that it wrote
}

// Rows stand in the order of these priorities, oldest first among equals.
const (
	rowPriority      = 1
	downloadPriority = 1 << 20
	totalPriority    = 1 << 21
)

// quickAction is how long an action works before it gets a row.
const quickAction = 200 * time.Millisecond

func newBoard(w io.Writer, jobs int) *board {
	b := &board{
		plain: *newPlain(w), rows: map[plan.ID]*row{}, left: newEstimate(jobs),
		bars: mpb.New(mpb.WithOutput(w), mpb.WithAutoRefresh(), mpb.WithRefreshRate(100*time.Millisecond)),
	}
	b.say = func(line string) { fmt.Fprintln(b.bars, line) }
	return b
}

func (b *board) event(ev buildroot.Event) {
	id := ev.Action.ID
	switch ev.State {
	case buildroot.Wanted:
		b.left.want(ev.Action, ev.Past)
		b.count()
	case buildroot.Started:
		b.left.start(id)
		b.rows[id] = b.row(ev.Action.Label)
	case buildroot.Output:
		if line := strings.TrimSpace(harmless(ev.Line)); line != "" && b.rows[id] != nil {
			b.rows[id].line.Store(&line)
		}
	case buildroot.Done, buildroot.Failed, buildroot.Stored:
		b.left.done(id)
		b.drop(id)
		b.count()
	}
	b.plain.event(ev)
}

// row begins the line of an action at work.
func (b *board) row(label string) *row {
	r, began := &row{}, time.Now()
	r.bar = b.bars.New(1, mpb.NopStyle(), mpb.BarRemoveOnComplete(), mpb.BarPriority(rowPriority),
		mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
			took := time.Since(began)
			if took < quickAction {
				return ""
			}
			text := fmt.Sprintf("%7.1f s  %s", took.Seconds(), label)
			if line := r.line.Load(); line != nil {
				text += ": " + *line
			}
			return text
		})))
	return r
}

func (b *board) drop(id plan.ID) {
	if r := b.rows[id]; r != nil {
		r.bar.Abort(true)
		delete(b.rows, id)
	}
}

// count draws the bar for the whole, which begins with the first action wanted.
func (b *board) count() {
	if b.total == nil {
		b.total = b.bars.New(0, mpb.BarStyle().Lbound("[").Filler("=").Tip(">").Padding(" ").Rbound("]"),
			mpb.BarRemoveOnComplete(), mpb.BarPriority(totalPriority), mpb.BarWidth(40), mpb.BarFillerTrim(),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return strings.Repeat(" ", 11) })),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.left.String() })))
	}
	done, all := b.left.share()
	b.total.SetTotal(int64(all), false)
	b.total.SetCurrent(int64(done))
}

func (b *board) download(d fetch.Progress) {
	b.plain.download(d)
	if b.loads == nil {
		b.loads = newDownloads()
		b.loads.bar = b.bars.New(1, mpb.NopStyle(), mpb.BarRemoveOnComplete(), mpb.BarPriority(downloadPriority),
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.loads.String() })))
	}
	b.loads.add(d)
}

func (b *board) end() {
	b.flush()
	for id := range b.rows {
		b.drop(id)
	}
	if b.loads != nil {
		b.loads.bar.Abort(true)
	}
	if b.total != nil {
		b.total.Abort(true)
	}
	b.bars.Wait()
}

// downloads are all downloads together, for their row.
type downloads struct {
	bar     *mpb.Bar
	began   time.Time
	sizes   map[string]int64 // that are here, by name
	open    map[string]bool
	running atomic.Int64
	bytes   atomic.Int64
}

func newDownloads() *downloads {
	return &downloads{began: time.Now(), sizes: map[string]int64{}, open: map[string]bool{}}
}

func (d *downloads) add(p fetch.Progress) {
	d.bytes.Add(p.Bytes - d.sizes[p.Name])
	d.sizes[p.Name] = p.Bytes
	if d.open[p.Name] = !p.Done; p.Done {
		delete(d.open, p.Name)
	}
	d.running.Store(int64(len(d.open)))
}

func (d *downloads) String() string {
	running, bytes := d.running.Load(), d.bytes.Load()
	if running == 0 {
		return ""
	}
	took := time.Since(d.began).Seconds()
	return fmt.Sprintf("%7.1f s  fetching %s, %s so far, %s/s", took, plural(int(running), "file"), bytesOf(bytes), bytesOf(int64(float64(bytes)/max(took, 0.1))))
}
