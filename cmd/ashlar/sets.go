package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/ashlar-build/ashlar/recipe/lock"
)

// fewMoves is how many packages are still read one by one.
const fewMoves = 12

// printSets prints what recipes began or ceased to ask for, and how much that
// brings in, in the place of a row for each of many packages. It returns the moves
// that are left to print: those of a use of packages that was there and still is.
func printSets(w io.Writer, old, next *lock.Lock, moves []lock.Move) ([]lock.Move, error) {
	passing := map[lock.Use]bool{}
	for _, u := range slices.Concat(lock.Unpinned(old, next), lock.Unpinned(next, old)) {
		passing[u] = true
	}
	stays := func(u lock.Use) bool { return !passing[u] }
	var rest []lock.Move
	for _, m := range moves {
		if slices.ContainsFunc(m.Uses, stays) {
			rest = append(rest, m)
		}
	}
	if len(moves)-len(rest) <= fewMoves {
		return moves, nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tRECIPE\tFOR\tPACKAGES\tSIZE\tASKED FOR")
	for _, side := range []struct {
		word string
		l    *lock.Lock
	}{{"gone", old}, {"new", next}} {
		index := side.l.Index()
		for _, s := range side.l.Sets {
			base, _ := side.l.Base(s.Base)
			refs := slices.Concat(base.Packages, s.Packages)
			if stays(lock.Use{Recipe: s.Recipe, Use: s.Use}) || len(refs) == 0 {
				continue
			}
			var size int64
			for _, ref := range refs {
				size += index[ref].Size
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", side.word, s.Recipe, useWord(s.Use), len(refs), bytesOf(size), some(asked(s.Asks, refs, index), 8))
		}
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
