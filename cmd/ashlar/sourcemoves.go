package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A movedSource is a source that two locks do not have alike, as --json prints it.
// Old and New are commits of git repositories, SHA-256 of files.
type movedSource struct {
	Name    string   `json:"name"`
	Old     string   `json:"old,omitempty"` // none: it is new
	New     string   `json:"new,omitempty"` // none: it is gone
	Recipes []string `json:"recipes,omitempty"`

	at   diag.Pos // where a recipe has it, if it moved and was not meant to
	what string   // it is then
}

// sources describes the sources that moved.
func (l *locking) sources(next *lock.Lock) []movedSource {
	var rows []movedSource
	for _, m := range lock.DiffSources(l.old, next) {
		r := movedSource{Name: m.Name, Old: versionOf(m.Old), New: versionOf(m.New)}
		for _, i := range l.instances {
			at := slices.IndexFunc(i.Sources, func(s recipe.Source) bool { return lock.SourceName(s) == m.Name })
			if at < 0 {
				continue
			}
			if name := lock.FullName(i); !slices.Contains(r.Recipes, name) {
				r.Recipes = append(r.Recipes, name)
			}
			if r.Old != "" && r.at.IsZero() {
				r.at, r.what = unmoving(i.Sources[at])
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// unmoving says of a source that moved, and was not meant to, where it is and what has
// happened to it.
func unmoving(s recipe.Source) (at diag.Pos, what string) {
	switch {
	case s.Tag != "" && s.Commit == "":
		return s.GitPos, fmt.Sprintf("somebody moved tag %s of %s, and tags are not meant to move", s.Tag, s.Git[0])
	case len(s.URLs) > 0:
		return s.Pos, s.URLs[0] + " has other bytes than before"
	}
	return diag.Pos{}, ""
}

func versionOf(s lock.Source) string {
	if s.Commit != "" {
		return s.Commit
	}
	return s.SHA256
}

// shortDigest is how many digits of a commit or digest are enough for people.
const shortDigest = 12

// printSources prints sources that moved as a table, and then all warnings: of tags
// that somebody has moved, too.
func (l *locking) printSources(w io.Writer, rows []movedSource) error {
	defer l.printWarnings()
	if len(rows) == 0 {
		return nil
	}
	short := func(s string) string {
		if s == "" {
			return "-"
		}
		return s[:min(len(s), shortDigest)]
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "SOURCE\tLOCKED\tNOW\tFOR")
	for _, r := range rows {
		uses := "-"
		if len(r.Recipes) > 0 {
			uses = "build " + some(r.Recipes, 3)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Name, short(r.Old), short(r.New), uses)
	}
	for _, r := range rows {
		if !r.at.IsZero() {
			l.warn(r.at, "%s: it was %s, and is %s now; look at what was changed before you build", r.what, r.Old, r.New)
		}
	}
	return t.Flush()
}
