package main

import (
	"fmt"
	"maps"
	"slices"
)

// printVersions prints the packages that two images have in other versions.
func printVersions(env *env, versions [2]map[string]string) {
	all := map[string]bool{}
	for _, v := range versions {
		for name := range v {
			all[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		old, next := versions[0][name], versions[1][name]
		switch {
		case old == next:
		case old == "":
			fmt.Fprintf(env.out, "package %s new: %s\n", name, next)
		case next == "":
			fmt.Fprintf(env.out, "package %s gone: %s\n", name, old)
		default:
			fmt.Fprintf(env.out, "package %s %s → %s\n", name, old, next)
		}
	}
}
