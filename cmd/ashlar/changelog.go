package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/buildroot/apt/changes"
	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// maxChangelog is more than the longest of Debian's, which has 5 MB.
const maxChangelog = 64 << 20

// changelogs reads the changelogs of sources that moved, each once.
type changelogs struct {
	*upkeep
	lock *lock.Lock
	read map[string][]changes.Entry // by source and version
}

// add gives a row the entries of its source.
func (c *changelogs) add(ctx context.Context, r *moved, old, p lock.Package, moves []lock.Move) error {
	key := p.Source + " " + p.SourceVersion
	entries, known := c.read[key]
	if !known {
		var err error
		if entries, err = c.fetch(ctx, p, moves); err != nil {
			return err
		}
		c.read[key] = entries
	}
	was, now, ok := sourceVersions(old, p)
	switch {
	case len(entries) == 0:
		r.Note = "no package of source " + p.Source + " brings its changelog"
	case ok:
		entries = changes.Between(entries, was, now)
	default:
		// The package is not numbered as its source: nobody knows where the old
		// version was.
		entries = entries[:1]
	}
	for _, e := range entries {
		r.CVEs = append(r.CVEs, changes.CVEs(e.Text)...)
		r.Changes = append(r.Changes, change{e.Version, e.Suites, e.Urgency, e.Date, e.Text})
	}
	slices.Sort(r.CVEs)
	r.CVEs = slices.Compact(r.CVEs)
	return nil
}

// fetch reads the changelog of a package's source from one of those that move, the
// smallest first: some have a link in the place of theirs.
func (c *changelogs) fetch(ctx context.Context, p lock.Package, moves []lock.Move) ([]changes.Entry, error) {
	var same []lock.Package
	for _, m := range moves {
		for _, q := range m.New {
			if q.Source == p.Source && q.SourceVersion == p.SourceVersion {
				same = append(same, q)
			}
		}
	}
	slices.SortFunc(same, func(a, b lock.Package) int { return int(a.Size - b.Size) })
	for _, q := range same {
		text, err := c.text(ctx, q)
		if err != nil {
			return nil, err
		}
		if entries := changes.Parse(text); len(entries) > 0 {
			return entries, nil
		}
	}
	return nil, nil
}

// text is the changelog in a package; empty if it has none of its own.
func (c *changelogs) text(ctx context.Context, p lock.Package) (string, error) {
	f, err := c.env.fetcher(nil)
	if err != nil {
		return "", err
	}
	var archives []lock.Archive
	for _, i := range c.instances {
		list, err := c.ws.archives(c.graph, i)
		if err != nil {
			return "", err
		}
		archives = append(archives, list...)
	}
	req := fetch.Request{Name: p.Name + " " + p.Version, URLs: apt.URLs(c.lock, p, archives), SHA256: p.SHA256, Size: p.Size}
	if _, err := f.Fetch(ctx, req); err != nil {
		return "", err
	}
	blob, err := c.env.opened.store.Blob(p.SHA256)
	if err != nil {
		return "", err
	}
	defer blob.Close()
	// Debian Policy 12.7; a native package has changelog.gz alone.
	dir := "/usr/share/doc/" + p.Name + "/"
	var text string
	err = deb.Files(ctx, blob, func(file, target string, contents io.Reader) (bool, error) {
		if target != "" || file != dir+"changelog.Debian.gz" && file != dir+"changelog.gz" {
			return true, nil
		}
		z, err := gzip.NewReader(contents)
		if err != nil {
			return true, nil // somebody's own idea of a changelog
		}
		data, err := io.ReadAll(io.LimitReader(z, maxChangelog))
		if err != nil {
			return true, nil
		}
		text = string(data)
		return file != dir+"changelog.Debian.gz", nil
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", p.Name, err)
	}
	return text, nil
}

// sourceOf is the source package of a package of a lock, by its place in a pool.
func sourceOf(p lock.Package) string { return path.Base(path.Dir(p.Path)) }

// A keptTracker is what is noted of the security tracker's data, between runs.
type keptTracker struct {
	URL, ETag, LastModified, Digest string
	Asked                           time.Time
}

// trackerAge is how long the tracker's data are believed unasked.
const trackerAge = time.Hour

// tracker reads the security tracker's data of some sources; nil if ashlar.toml does
// not say where they are.
func (e *env) tracker(ctx context.Context, w *workspace, sources []string) (*changes.Tracker, error) {
	var data fs.File
	var err error
	switch {
	case w.Tracker == "":
		return nil, nil
	case strings.Contains(w.Tracker, "://"):
		data, err = e.fetchTracker(ctx, w.Tracker)
	default:
		data, err = w.files.Open(w.Tracker)
	}
	if err != nil {
		return nil, fmt.Errorf("security tracker: %w", err)
	}
	defer data.Close()
	t, err := changes.ReadTracker(data, sources)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: correct security-tracker in ashlar.toml, or leave it out", w.Tracker, err)
	}
	return t, nil
}

func (e *env) fetchTracker(ctx context.Context, url string) (fs.File, error) {
	f, err := e.fetcher(nil)
	if err != nil {
		return nil, err
	}
	s := e.opened.store
	file := filepath.Join(s.Dir(), "apt", "tracker.json")
	var kept keptTracker
	if text, err := os.ReadFile(file); err != nil || json.Unmarshal(text, &kept) != nil || kept.URL != url || !s.HasBlob(kept.Digest) {
		kept = keptTracker{}
	}
	if kept.Digest != "" && (e.offline || time.Since(kept.Asked) < trackerAge) {
		return s.Blob(kept.Digest)
	}
	got, err := f.Get(ctx, fetch.IndexRequest{Name: "security tracker", URLs: []string{url}, MaxSize: 1 << 30, ETag: kept.ETag, LastModified: kept.LastModified})
	if err != nil {
		return nil, err
	}
	if !got.NotModified {
		kept = keptTracker{URL: url, ETag: got.ETag, LastModified: got.LastModified, Digest: got.Digest}
	}
	kept.Asked = time.Now()
	text, err := json.Marshal(kept)
	if err == nil {
		err = apt.WriteFile(file, text)
	}
	if err != nil {
		return nil, err
	}
	return s.Blob(kept.Digest)
}
