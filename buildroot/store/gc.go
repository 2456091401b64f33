package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// GCOptions say what GC may remove. The zero value removes what was not used for
// 30 days.
type GCOptions struct {
	// Keep are IDs of results, and digests of trees and blobs, that stay whatever
	// their age; what the results name stays with them.
	Keep []string

	MaxAge   time.Duration // entries unused for longer go: 30 days if zero
	MaxBytes int64         // if not zero, more go, longest unused first, until the store is as small
	All      bool          // whatever no living process may use and Keep does not name
	DryRun   bool          // only report
}

const (
	defaultMaxAge = 30 * 24 * time.Hour

	// maxPartialAge is shorter: who has not gone on with a download for a week
	// has given it up.
	maxPartialAge = 7 * 24 * time.Hour

	// clockSlack covers the difference between the clock that stamps files, which
	// ticks a hundred times a second or less, and the one that time.Now reads.
	clockSlack = time.Minute

	// gcBatch is how many entries are removed while other processes wait.
	gcBatch = 256
)

// A GCReport is what GC removed, or would have.
type GCReport struct {
	Results, Trees, Blobs int
	Unfinished            int   // sessions of dead processes, kept scratch, caches, partial downloads
	Removed               int   // the sum of these
	Freed                 int64 // bytes on the disk
	Left                  int64 // bytes on the disk that the store still takes
	Spared                int   // entries that were to go but for a living process
}

// GC removes what nobody needs: by age, by size, and always what dead processes
// left. It never removes what a living process uses or was told to be there, at
// the price that, while one lives, it also spares what was used in the day before
// that process began. One GC runs at a time; waiting for another ends with ctx.
//
// Removing is renaming first, under the exclusive lock and in batches, so that
// nobody waits for long; files are deleted afterwards.
func (s *Store) GC(ctx context.Context, o GCOptions) (GCReport, error) {
	g := &collector{store: s, opts: o, now: time.Now()}
	if o.MaxAge == 0 {
		g.opts.MaxAge = defaultMaxAge
	}
	if err := g.run(ctx); err != nil {
		return g.report, fmt.Errorf("gc: %w", err)
	}
	return g.report, nil
}

// A collector is one run of GC.
type collector struct {
	store  *Store
	opts   GCOptions
	now    time.Time
	trash  *session // what is removed, until it is deleted
	keep   map[string]bool
	report GCReport
}

func (g *collector) run(ctx context.Context) (err error) {
	lock, err := g.store.waitLock(ctx, gcLock)
	if err != nil {
		return err
	}
	defer lock.Close()
	if g.trash, err = g.store.newSession(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.trash.end()) }()

	all, err := g.store.scan()
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(e entry) bool { return e.dir == runDir && e.name == g.trash.name })
	g.expandKeep()
	for _, e := range all {
		g.report.Left += e.size
	}
	for batch := range slices.Chunk(g.choose(all), gcBatch) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := g.remove(batch); err != nil {
			return err
		}
	}
	if g.opts.DryRun {
		return nil
	}
	return errors.Join(g.dangling(), g.leftovers())
}

// expandKeep adds what the results to keep name.
func (g *collector) expandKeep() {
	g.keep = make(map[string]bool)
	for _, id := range g.opts.Keep {
		g.keep[id] = true
		data, err := g.store.results.ReadFile(id)
		if err != nil {
			continue // a digest, or gone already
		}
		r, err := decodeResult(data)
		if err != nil {
			continue
		}
		for _, d := range r.digests() {
			g.keep[d] = true
		}
	}
}

// choose picks what is to go, longest unused first.
func (g *collector) choose(all []entry) []entry {
	slices.SortStableFunc(all, func(a, b entry) int { return a.used.Compare(b.used) })
	left := g.report.Left
	var out []entry
	for _, e := range all {
		if g.keep[e.name] {
			continue
		}
		big := g.opts.MaxBytes != 0 && left > g.opts.MaxBytes
		if g.opts.All || big || g.now.Sub(e.used) > g.maxAge(e) {
			out = append(out, e)
			left -= e.size
		}
	}
	return out
}

func (g *collector) maxAge(e entry) time.Duration {
	switch {
	case e.dir == runDir, strings.Contains(e.name, "~"):
		return -clockSlack // nobody's, if it is not locked
	case e.dir == partialDir:
		return min(g.opts.MaxAge, maxPartialAge)
	}
	return g.opts.MaxAge
}

// remove takes the names of a batch away, but for what somebody uses by now.
func (g *collector) remove(batch []entry) error {
	unlock, err := g.store.hold(useLock, unix.LOCK_EX)
	if err != nil {
		return err
	}
	limit, err := g.limit()
	if err == nil {
		for _, e := range batch {
			err = cmp.Or(err, g.removeOne(e, limit))
		}
	}
	unlock()
	if err != nil || g.opts.DryRun {
		return err
	}
	return g.empty()
}

// empty deletes what is in the trash, so that a full disk gets room soon.
func (g *collector) empty() error {
	dir := path.Join(runDir, g.trash.name)
	names, err := fs.ReadDir(g.store.root.FS(), dir)
	if err != nil {
		return err
	}
	for _, n := range names {
		if n.Name() == sessionLock {
			continue
		}
		if err := rmtree.Remove(g.store.path(dir, n.Name())); err != nil {
			return err
		}
	}
	return nil
}

// limit is the time from which on uses are respected: a day before the oldest
// living session began. It is far away if none lives.
func (g *collector) limit() (time.Time, error) {
	oldest := g.now.Add(100 * 365 * 24 * time.Hour)
	names, err := fs.ReadDir(g.store.root.FS(), runDir)
	if err != nil {
		return oldest, err
	}
	for _, n := range names {
		if n.Name() == g.trash.name {
			continue
		}
		began, lives, err := g.store.sessionLives(n.Name())
		if err != nil {
			return oldest, err
		}
		if lives && began.Before(oldest) {
			oldest = began
		}
	}
	return oldest.Add(-touchEvery - clockSlack), nil
}

// sessionLives reports whether the process of a session lives, and since when.
func (s *Store) sessionLives(name string) (began time.Time, lives bool, err error) {
	f, err := s.root.Open(path.Join(runDir, name, sessionLock))
	if err != nil {
		return began, false, unlessAbsent(err) // it died before it had one
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return began, false, err
	}
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if locked(err) {
		return fi.ModTime(), true, nil
	}
	return began, false, err
}

// removeOne moves an entry to the trash, unless it is in use.
func (g *collector) removeOne(e entry, limit time.Time) error {
	free, err := g.free(e, limit)
	if err != nil || !free {
		return err
	}
	if !g.opts.DryRun {
		if err := g.store.root.Rename(e.path(), g.trash.temp("trash")); err != nil {
			return unlessAbsent(err)
		}
	}
	g.count(e)
	return nil
}

// free reports whether nobody uses an entry. For what has a lock, the lock says.
func (g *collector) free(e entry, limit time.Time) (bool, error) {
	switch e.dir {
	case runDir:
		_, lives, err := g.store.sessionLives(e.name)
		return !lives, err
	case keptDir, partialDir, cachesDir:
		f, err := g.store.lockKept(e.path())
		if err != nil {
			return false, unlessInUse(unlessAbsent(err))
		}
		return true, f.Close()
	}
	fi, err := g.store.root.Lstat(e.path())
	if err != nil {
		return false, unlessAbsent(err)
	}
	if !fi.ModTime().Equal(e.used) || !e.used.Before(limit) {
		g.report.Spared++
		return false, nil
	}
	return true, nil
}

func (g *collector) count(e entry) {
	switch e.dir {
	case resultsDir:
		g.report.Results++
	case treesDir:
		g.report.Trees++
	case blobsDir:
		g.report.Blobs++
	default:
		g.report.Unfinished++
	}
	g.report.Removed++
	g.report.Freed += e.size
	g.report.Left -= e.size
}

// dangling removes results that name what is gone. They are absent already: a
// new one of the same ID that comes in between is only made again.
func (g *collector) dangling() error {
	s := g.store
	names, err := fs.ReadDir(s.root.FS(), resultsDir)
	if err != nil {
		return err
	}
	unlock, err := s.hold(useLock, unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	for _, n := range names {
		if s.whole(n.Name()) {
			continue
		}
		if err := s.results.Remove(n.Name()); unlessAbsent(err) != nil {
			return err
		}
		g.report.Results++
		g.report.Removed++
	}
	return nil
}

// whole reports whether a result can be read and all it names is there.
func (s *Store) whole(id string) bool {
	data, err := s.results.ReadFile(id)
	if err != nil {
		return false
	}
	r, err := decodeResult(data)
	if err != nil {
		return false
	}
	for _, d := range r.digests() {
		_, tree := s.trees.Lstat(d)
		_, blob := s.blobs.Lstat(d)
		if tree != nil && blob != nil {
			return false
		}
	}
	return true
}

// leftovers removes lock files of killed processes, and version files of those
// that were killed while they made the store.
func (g *collector) leftovers() error {
	s := g.store
	names, err := fs.ReadDir(s.root.FS(), locksDir)
	if err != nil {
		return err
	}
	for _, n := range names {
		name := path.Join(locksDir, n.Name())
		f, err := s.tryLock(name)
		if err != nil {
			return err
		}
		if f != nil {
			s.root.Remove(name)
			f.Close()
		}
	}
	top, err := fs.ReadDir(s.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, n := range top {
		if strings.HasPrefix(n.Name(), versionName+"~") {
			s.root.Remove(n.Name()) // who still needs it finds the version there
		}
	}
	return nil
}
