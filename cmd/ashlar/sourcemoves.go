package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
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

	tag diag.Pos // of a tag that was moved, which tags are not meant to be
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
			if s := i.Sources[at]; s.Tag != "" && s.Commit == "" && r.Old != "" && r.tag.IsZero() {
				r.tag = s.GitPos
			}
		}
		rows = append(rows, r)
	}
	return rows
}

func versionOf(s lock.Source) string {
	if s.Commit != "" {
		return s.Commit
	}
	return s.SHA256
}

// shortDigest is how many digits of a commit or digest are enough for people.
const shortDigest = 12

// printSources prints sources that moved as a table, and warns of tags that somebody
// has moved.
func (l *locking) printSources(w io.Writer, rows []movedSource) error {
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
		if !r.tag.IsZero() {
			l.warn(r.tag, "%s was moved: it was commit %s, and is %s now; tags are meant to stay, so look at what was changed before you build", strings.Replace(r.Name, " tag ", ": tag ", 1), r.Old, r.New)
		}
	}
	return t.Flush()
}
