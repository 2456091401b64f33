package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/pin"
	"github.com/ashlar-build/ashlar/recipe"
)

// fetchHashes fetches the sources that recipes name by URL alone, unless the lock
// has them, and writes their digests into the recipes.
func (e *env) fetchHashes(ctx context.Context, names []string) error {
	l, err := e.locking(names)
	if err != nil {
		return err
	}
	f, err := e.fetcher(nil)
	if err != nil {
		return err
	}
	pinner := &pin.Pinner{Fetch: f, Store: e.opened.store, Files: l.ws.files}
	pins := map[string][]recipe.Pin{} // by recipe
	for _, i := range l.instances {
		if len(names) > 0 && !slices.Contains(recipeNames(names), i.Name) {
			continue
		}
		for _, s := range i.Sources {
			if len(s.URLs) == 0 || s.SHA256 != "" || s.SHA512 != "" {
				continue
			}
			known, ok := l.old.Source(s.URLs[0])
			if !ok {
				if known, err = pinner.Pin(ctx, i, s, known); err != nil {
					return fmt.Errorf("%s: %w", s.Pos, err)
				}
			}
			pins[i.Name] = append(pins[i.Name], recipe.Pin{Source: s.Pos, SHA256: known.SHA256})
		}
	}
	for _, r := range l.ws.Recipes {
		if err := e.writeHashes(l.ws.files, r, pins[r.Name]); err != nil {
			return err
		}
	}
	return nil
}

func (e *env) writeHashes(files fs.FS, r *recipe.Recipe, pins []recipe.Pin) error {
	if len(pins) == 0 {
		return nil
	}
	file, err := fs.ReadFile(files, r.File)
	if err != nil {
		return err
	}
	pinned, n := r.Pinned(file, pins)
	if n == 0 {
		fmt.Fprintf(e.err, "%s: its URLs differ between variants or architectures, and their digests stay in the lock\n", r.File)
		return nil
	}
	fmt.Fprintf(e.err, "%s: %s written\n", r.File, plural(n, "digest"))
	return e.writeFile(r.File, pinned)
}
