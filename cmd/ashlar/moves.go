package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// printUpkeep prints JSON.
func printUpkeep(w io.Writer, rows []moved, sources []movedSource) error {
	images := map[string][]string{}
	for _, r := range rows {
		for _, i := range r.Images {
			images[i] = append(images[i], r.Name)
		}
	}
	if rows == nil {
		rows = []moved{}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Packages []moved             `json:"packages"`
		Images   map[string][]string `json:"images"`
		Sources  []movedSource       `json:"sources,omitempty"`
	}{rows, images, sources})
}

// printMoves prints moves as a table; rows, if there are any, say more of each.
func printMoves(w io.Writer, moves []lock.Move, rows []moved) error {
	if len(moves) == 0 {
		return nil
	}
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PACKAGE\tLOCKED\tNOW\tFROM\tFOR")
	for _, m := range moves {
		from := "-"
		if len(m.New) > 0 {
			from = m.New[len(m.New)-1].From
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", m.Name, orNone(versionsOf(m.Old)), orNone(versionsOf(m.New)), from, uses(m))
	}
	t.Flush() // into memory
	lines := strings.SplitAfter(table.String(), "\n")
	told := map[string]bool{} // sources whose changes were printed
	for i, line := range lines {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
		if i > 0 && i <= len(rows) {
			r := rows[i-1]
			if told[r.Source] && len(r.Changes) > 0 {
				r.Changes, r.CVEs, r.Note = nil, nil, "as "+r.Source+" above"
			}
			told[r.Source] = told[r.Source] || len(r.Changes) > 0
			if err := r.more(w); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxChanges is how many lines of a changelog are printed: the kernel's have
// thousands.
const maxChanges = 30

// more prints what a row has besides its line.
func (r moved) more(w io.Writer) error {
	var b strings.Builder
	for cves := range slices.Chunk(r.CVEs, 6) {
		fmt.Fprintf(&b, "    %s\n", strings.Join(cves, " "))
	}
	if r.Note != "" {
		fmt.Fprintf(&b, "    (%s)\n", r.Note)
	}
	var lines []string
	for _, c := range r.Changes {
		lines = append(lines, fmt.Sprintf("%s (%s) %s; urgency=%s", r.Source, c.Version, c.Suites, c.Urgency))
		for line := range strings.Lines(c.Text) {
			if line = strings.TrimRight(line, "\n"); line != "" {
				lines = append(lines, line)
			}
		}
	}
	for i, line := range lines {
		if i == maxChanges && len(lines) > maxChanges+1 {
			fmt.Fprintf(&b, "    ... and %d more lines, which --json has\n", len(lines)-i)
			break
		}
		fmt.Fprintf(&b, "    %s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func orNone(versions []string) string {
	if len(versions) == 0 {
		return "-"
	}
	return strings.Join(versions, ", ")
}

// uses says what a move is for: "image nginx, redis; build nginx".
func uses(m lock.Move) string {
	const most = 3
	var parts []string
	for _, use := range []struct{ name, word string }{{lock.UseRuntime, "image"}, {lock.UseBuild, "build"}} {
		if recipes := m.For(use.name); len(recipes) > 0 {
			parts = append(parts, use.word+" "+some(recipes, most))
		}
	}
	var tests []string
	for _, u := range m.Uses {
		if strings.HasPrefix(u.Use, "test ") && !slices.Contains(tests, u.Recipe) {
			tests = append(tests, u.Recipe)
		}
	}
	if len(tests) > 0 {
		parts = append(parts, "test "+some(tests, most))
	}
	return strings.Join(parts, "; ")
}
