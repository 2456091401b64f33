package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// fewArrivals is how many new packages are still read one by one.
const fewArrivals = 12

// printArrivals prints what recipes that were not locked before asked for and how
// much came with it, in the place of a row for each of many packages. It returns
// the moves that are left to print.
func printArrivals(w io.Writer, old, next *lock.Lock, moves []lock.Move) ([]lock.Move, error) {
	isNew := func(u lock.Use) bool {
		return !slices.ContainsFunc(old.Sets, func(s lock.Set) bool { return s.Recipe == u.Recipe })
	}
	var rest []lock.Move
	for _, m := range moves {
		if len(m.Old) > 0 || slices.ContainsFunc(m.Uses, func(u lock.Use) bool { return !isNew(u) }) {
			rest = append(rest, m)
		}
	}
	if len(moves)-len(rest) <= fewArrivals {
		return moves, nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NEW\tFOR\tPACKAGES\tSIZE\tASKED FOR")
	index := next.Index()
	for _, s := range next.Sets {
		if !isNew(lock.Use{Recipe: s.Recipe}) || len(s.Asks) == 0 {
			continue
		}
		base, _ := next.Base(s.Base)
		refs := slices.Concat(base.Packages, s.Packages)
		var size int64
		for _, ref := range refs {
			size += index[ref].Size
		}
		fmt.Fprintf(t, "%s\t%s\t%d\t%s\t%s\n", s.Recipe, useWord(s.Use), len(refs), bytesOf(size), some(asked(s.Asks, refs, index), 8))
	}
	return rest, t.Flush()
}

// useWord is what people call a use of packages.
func useWord(use string) string {
	if use == lock.UseRuntime {
		return "image"
	}
	return use
}

// asked are relations, those of plain names with the version that they got.
func asked(asks, refs []string, index lock.Index) []string {
	versions := map[string]string{}
	for _, ref := range refs {
		versions[index[ref].Name] = index[ref].Version
	}
	var list []string
	for _, ask := range asks {
		name, _, _ := strings.Cut(ask, " ")
		if v := versions[name]; v != "" {
			ask = name + " " + v
		}
		list = append(list, ask)
	}
	return list
}
