package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// A table is what was found, printed as it is found.
type table struct {
	out   io.Writer
	rules []*rule
	noise map[string]int // how often the noise table's rules were needed
	bad   bool
}

// A row is one set's.
type row struct {
	set             string
	packages, paths int
	noise, ruled    int
	left            []difference
}

// A difference is one path that no rule explains.
type difference struct{ path, ours, theirs string }

func newTable(out io.Writer, rules []*rule) *table {
	fmt.Fprintf(out, "%-20s %8s %8s %8s %8s %8s\n", "set", "packages", "paths", "noise", "ruled", "left")
	return &table{out: out, rules: rules, noise: map[string]int{}}
}

func (t *table) add(r row) {
	fmt.Fprintf(t.out, "%-20s %8d %8d %8d %8d %8d\n", r.set, r.packages, r.paths, r.noise, r.ruled, len(r.left))
	for _, d := range r.left {
		t.bad = true
		fmt.Fprintf(t.out, "\t%s\n\t\tours   %s\n\t\ttheirs %s\n", d.path, d.ours, d.theirs)
	}
}

func (t *table) failed(set string, err error) {
	t.bad = true
	fmt.Fprintf(t.out, "%-20s %v\n", set, err)
}

// end prints which rules were needed, and reports whether all was equal. With
// all sets a rule that none needs is a mistake.
func (t *table) end(all bool) bool {
	for _, p := range slices.Sorted(maps.Keys(t.noise)) {
		fmt.Fprintf(t.out, "noise %6d %s\n", t.noise[p], p)
	}
	for _, r := range t.rules {
		if r.used == 0 && !all {
			continue
		}
		fmt.Fprintf(t.out, "rule  %6d %-40s %s: %s\n", r.used, r.P, r.Rule, r.Why)
		t.bad = t.bad || r.used == 0
	}
	return !t.bad
}
