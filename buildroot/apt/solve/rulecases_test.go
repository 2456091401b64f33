package solve_test

import (
	"fmt"
	"slices"
	"strings"
)

func ruleCases() []ruleCase {
	return slices.Concat(orderCases(), conflictCases(), scoreCases(), sweepCases(), providesCases(), archCases(), foreignCases(), suiteCases(), followCases(), dependencyCases(), requestCases(), recommendsCases())
}

func orderCases() []ruleCase {
	const two = `
Package: a
Depends: mta

Package: first
Priority: optional
Provides: mta

Package: second
Priority: optional
Provides: mta
`
	swap := func(old, with string) string { return strings.Replace(two, old, with, 1) }
	return []ruleCase{
		{name: "the provider that is mentioned later wins", packages: two, request: "a", want: "a second"},
		{name: "a provider that was asked for wins", packages: two, request: "a first", want: "a first"},
		{name: "also if it is asked for before", packages: two, request: "first a", want: "a first"},
		{name: "the better priority wins", packages: swap("Priority: optional", "Priority: important"), request: "a", want: "a first"},
		{name: "no priority is the best priority", packages: swap("Priority: optional\n", ""), request: "a", want: "a first"},
		{name: "an unknown one the worst", packages: swap("Package: second\nPriority: optional", "Package: second\nPriority: high"), request: "a", want: "a first"},
		{name: "an essential provider wins", packages: swap("Package: first", "Package: first\nEssential: yes"), request: "a", want: "a first"},
		{name: "a protected provider wins", packages: swap("Package: first", "Package: first\nProtected: yes"), request: "a", want: "a first"},
		{name: "the package of that name wins", packages: two + "\nPackage: mta\n", request: "a", want: "a mta"},
		{name: "alternatives go from left to right", packages: "Package: a\nDepends: x | b | c\n\nPackage: c\n\nPackage: b\n", request: "a", want: "a b"},
		{name: "a dependency that is met brings nothing", packages: "Package: a\nDepends: b | c\n\nPackage: b\n\nPackage: c\n", request: "a c", want: "a c"},
		{name: "the order of the request decides", request: "x y", want: "p x y", packages: `
Package: p
Provides: v

Package: q
Provides: v

Package: x
Depends: p | q

Package: y
Depends: v
`},
		{name: "and the other way round", request: "y x", want: "q x y", packages: `
Package: p
Provides: v

Package: q
Provides: v

Package: x
Depends: p | q

Package: y
Depends: v
`},
		{name: "a cycle ends", packages: "Package: a\nDepends: b\n\nPackage: b\nDepends: c\n\nPackage: c\nDepends: a\n", request: "b", want: "a b c"},
		{name: "Pre-Depends are looked at before Depends", request: "a", want: "a q", packages: `
Package: a
Depends: p | q
Pre-Depends: q

Package: p

Package: q
`},
		{name: "Recommends and Suggests are not installed", packages: "Package: a\nRecommends: b\nSuggests: b\n\nPackage: b\n", request: "a", want: "a"},
		{name: "essential packages are not added", packages: "Package: a\n\nPackage: b\nEssential: yes\n", request: "a", want: "a"},
	}
}

func conflictCases() []ruleCase {
	return []ruleCase{
		{name: "what cannot work is not tried", packages: "Package: a\nDepends: b | c\n\nPackage: b\nDepends: nothing\n\nPackage: c\n", request: "a", want: "a c"},
		{name: "an alternative that conflicts with what was asked for is not taken", request: "a x", want: "a c x",
			packages: "Package: a\nDepends: b | c\n\nPackage: b\nConflicts: x\n\nPackage: c\n\nPackage: x\n"},
		{name: "nor one that is conflicted with", request: "a x", want: "a c x",
			packages: "Package: a\nDepends: b | c\n\nPackage: b\n\nPackage: c\n\nPackage: x\nBreaks: b\n"},
		{name: "a conflict unmarks what nobody asked for, and the rest is mended", request: "a d", want: "a c d e",
			packages: "Package: a\nDepends: b | c\n\nPackage: b\n\nPackage: c\n\nPackage: d\nDepends: e\n\nPackage: e\nConflicts: b\n"},
		{name: "two that conflict and are asked for", packages: "Package: a\nConflicts: b\n\nPackage: b\n", request: "a b",
			why: "a conflicts with b (asked for)"},
		{name: "a conflict two steps away", request: "a x", why: "x conflicts with b (needed by a)",
			packages: "Package: a\nDepends: b\n\nPackage: b\n\nPackage: x\nConflicts: b\n"},
		{name: "a version that is not there", packages: "Package: a\nDepends: b (>= 2)\n\nPackage: b\nVersion: 1.9\n", request: "a",
			why: "a needs b (>= 2), which stable has as 1.9"},
		{name: "a name that is not there", packages: "Package: a\nDepends: b\n\nPackage: b\nDepends: c\n", request: "a",
			why: "a needs b; b needs c, which no archive has"},
		{name: "a package may conflict with what it provides", packages: "Package: a\nProvides: mta\nConflicts: mta\n", request: "a", want: "a"},
		{name: "but not another that does", packages: "Package: a\nProvides: mta\nConflicts: mta\n\nPackage: b\nProvides: mta\n", request: "a b",
			why: "a conflicts with mta, which b provides (asked for)"},
		{name: "the only solution of what was asked for is protected", request: "a b", want: "a b c e",
			packages: "Package: a\nDepends: c\n\nPackage: b\nDepends: d | e\n\nPackage: c\n\nPackage: d\nConflicts: c\n\nPackage: e\n"},
		{name: "nothing is unmarked for what fails on something protected", request: "a k", want: "a c k l x", packages: `
Package: a
Depends: x | y, b | c

Package: x
Provides: v

Package: b
Breaks: v

Package: c

Package: k
Provides: v
Depends: l

Package: l
Provides: x
`},
		{name: "Conflicts with a version", packages: "Package: a\nConflicts: b (<< 2)\n\nPackage: b\nVersion: 2\n", request: "a b", want: "a b=2"},
		{name: "Replaces means nothing", packages: "Package: a\nReplaces: b\n\nPackage: b\n", request: "a b", want: "a b"},
	}
}

func sweepCases() []ruleCase {
	// b is marked first, then given up because c, which a needs too, conflicts
	// with it; what b brought in stays marked until it is swept.
	const left = `
Package: a
Depends: b | d, c

Package: b
Depends: helper

Package: c
Conflicts: b

Package: d
%s
Package: helper
`
	return []ruleCase{
		{name: "what is left over is swept", packages: fmt.Sprintf(left, ""), request: "a", want: "a c d"},
		{name: "unless something suggests it", packages: fmt.Sprintf(left, "Suggests: helper\n"), request: "a", want: "a c d helper"},
		{name: "or recommends it", packages: fmt.Sprintf(left, "Recommends: helper\n"), request: "a", want: "a c d helper"},
		{name: "or it is essential", packages: fmt.Sprintf(left, "") + "Essential: yes\n", request: "a", want: "a c d helper"},
	}
}

func providesCases() []ruleCase {
	return []ruleCase{
		{name: "Provides without version and a range", packages: "Package: a\nDepends: v (>= 1)\n\nPackage: b\nProvides: v\n", request: "a",
			why: "a needs v (>= 1), which b provides as no version"},
		{name: "Provides with version and a range", packages: "Package: a\nDepends: v (>= 1)\n\nPackage: b\nProvides: v (= 1.2)\n", request: "a", want: "a b"},
		{name: "Provides with too old a version", packages: "Package: a\nDepends: v (>= 2)\n\nPackage: b\nProvides: v (= 1.2)\n", request: "a",
			why: "a needs v (>= 2), which b provides as 1.2"},
		{name: "a virtual package with one provider is asked for", packages: "Package: b\nProvides: v\n", request: "v", want: "b"},
		{name: "a virtual package with two is not", packages: "Package: b\nProvides: v\n\nPackage: c\nProvides: v\n", request: "v",
			why: "v is a virtual package: name one of those that provide it, b, c"},
	}
}

func archCases() []ruleCase {
	return []ruleCase{
		{name: "x:any and Multi-Arch: allowed", packages: "Package: a\nDepends: x:any\n\nPackage: x\nMulti-Arch: allowed\n", request: "a", want: "a x"},
		{name: "x:any and Multi-Arch: foreign", packages: "Package: a\nDepends: x:any\n\nPackage: x\nMulti-Arch: foreign\n", request: "a", why: "a needs x:any, which no archive has"},
		{name: "x:any and none", packages: "Package: a\nDepends: x:any\n\nPackage: x\n", request: "a", why: "a needs x:any, which no archive has"},
		{name: "v:any and what an allowed package provides", packages: "Package: a\nDepends: v:any\n\nPackage: x\nMulti-Arch: allowed\nProvides: v\n", request: "a", want: "a x"},
		{name: "x:amd64", packages: "Package: a\nDepends: x:amd64\n\nPackage: x\n", request: "a", want: "a x"},
		{name: "v:amd64 and who provides v", packages: "Package: a\nDepends: v:amd64 (>= 2)\n\nPackage: x\nProvides: v (= 2)\n", request: "a", want: "a x"},
		{name: "a provider that came before v:amd64 provides it as its own version", packages: "Package: x\nVersion: 3\nProvides: v (= 2)\n\nPackage: a\nDepends: v:amd64 (= 3)\n", request: "a", want: "a x=3"},
		{name: "what is provided for one architecture is not for any", packages: "Package: a\nDepends: v:any\n\nPackage: x\nMulti-Arch: allowed\nProvides: v:amd64\n", request: "a", why: "a needs v:any, which no archive has"},
		{name: "x:i386", packages: "Package: a\nDepends: x:i386\n\nPackage: x\n", request: "a", why: "a needs x:i386, which no archive has"},
		{name: "x:i386 or y", packages: "Package: a\nDepends: x:i386 | y\n\nPackage: x\n\nPackage: y\n", request: "a", want: "a y"},
		{name: "packages for all architectures", packages: "Package: a\nArchitecture: all\n", request: "a", want: "a"},
		{name: "asking with our architecture", packages: "Package: a\n", request: "a:amd64", want: "a"},
		{name: "asking with another", packages: "Package: a\n", request: "a:i386", why: "a:i386 cannot be had: packages are for amd64 here"},
	}
}

func suiteCases() []ruleCase {
	return []ruleCase{
		{name: "a suite's version comes not where another does", request: "a/later", want: "a=2 lib=3",
			packages: "Package: a\n\nPackage: lib\nVersion: 3\n", second: "Package: a\nVersion: 2\nDepends: lib\n\nPackage: lib\nVersion: 2\n"},
		{name: "the higher version wins", packages: "Package: a\nVersion: 1\n", second: "Package: a\nVersion: 2\n", request: "a", want: "a=2"},
		{name: "whatever the order", packages: "Package: a\nVersion: 2\n", second: "Package: a\nVersion: 1\n", request: "a", want: "a=2"},
		{name: "of one version the first counts", packages: "Package: a\nDepends: b\n\nPackage: b\n\nPackage: c\n", second: "Package: a\nDepends: c\n", request: "a", want: "a b"},
		{name: "name/suite", packages: "Package: a\nVersion: 1\n", second: "Package: a\nVersion: 2\n", request: "a/stable", want: "a"},
		{name: "name/suite takes what it needs from there too", request: "a/stable", want: "a b",
			packages: "Package: a\nVersion: 1\nDepends: b (<< 2)\n\nPackage: b\nVersion: 1\n", second: "Package: a\nVersion: 2\n\nPackage: b\nVersion: 2\n"},
		{name: "a dependency on an older version is not met", request: "a", why: "a needs b (<< 2)",
			packages: "Package: a\nDepends: b (<< 2)\n\nPackage: b\nVersion: 1\n", second: "Package: b\nVersion: 2\n"},
		{name: "but is with that version named", request: "a b=1", want: "a b",
			packages: "Package: a\nDepends: b (<< 2)\n\nPackage: b\nVersion: 1\n", second: "Package: b\nVersion: 2\n"},
	}
}

// followCases are about lib, which a/later needs as 2 and which the suite later has so,
// and about k, which a depends on before or after.
func followCases() []ruleCase {
	const lib, needy, nice = "Package: lib\nVersion: 3\n\n", "Package: k\nVersion: 5\nDepends: z\n\nPackage: z\n\n", "Package: k\nVersion: 2\n\n"
	later := func(depends, more string) string {
		return "Package: a\nVersion: 2\nDepends: " + depends + "\n\nPackage: lib\nVersion: 2\n\n" + more
	}
	return []ruleCase{
		{name: "what a candidate does not meet comes from the suite", request: "a/later", want: "a=2 lib=2",
			packages: lib, second: later("lib (= 2)", "")},
		{name: "and before what ends the way", request: "a/later", want: "a=2 k=5 lib=2 z",
			packages: lib + needy, second: later("lib (= 2), k", nice)},
		{name: "not behind a name whose candidate needs something", request: "a/later", why: "a needs lib (= 2)",
			packages: lib + needy, second: later("k, lib (= 2)", nice)},
		{name: "unless that is asked for, too", request: "a/later z", want: "a=2 k=5 lib=2 z",
			packages: lib + needy, second: later("k, lib (= 2)", nice)},
		{name: "or a provider needs nothing", request: "a/later", want: "a=2 lib=2 q2 z",
			packages: lib + "Package: q1\nDepends: z\nProvides: v\n\nPackage: q2\nProvides: v\n\nPackage: z\n", second: later("v, lib (= 2), z", "")},
		{name: "a range takes the suite's version where the candidate needs something", request: "a/later", want: "a=2 k=2 lib=2",
			packages: lib + needy, second: later("k (>= 1), lib (= 2)", nice)},
		{name: "and not where it needs nothing", request: "a/later", want: "a=2 k=5 lib=2",
			packages: lib + "Package: k\nVersion: 5\n", second: later("k (>= 1), lib (= 2)", nice)},
		{name: "a candidate in the way of what was asked for is none", request: "a/later", want: "a=2 k=2 lib=2",
			packages: lib + "Package: k\nVersion: 5\nConflicts: a\n", second: later("k (>= 1), lib (= 2)", nice)},
		{name: "the highest version of the suite or none", request: "a/later", why: "a needs k (<= 1)",
			packages: lib + needy, second: later("k (<= 1), lib (= 2)", nice+"Package: k\n")},
		{name: "an equal number counts, too", request: "a/later", want: "a=2 k=5 lib=2",
			packages: lib + needy, second: later("k (>= 1), lib (= 2)", "Package: k\nVersion: 5\n")},
		{name: "what does not go through stays", request: "a/later", want: "a=2 k=2 y=5 z",
			packages: needy + "Package: y\nVersion: 5\nDepends: z\n", second: later("k (>= 1)", "Package: k\nVersion: 2\nDepends: y\n")},
		{name: "unless another alternative follows", request: "a/later", want: "a=2 k=5 m=2 z",
			packages: needy + "Package: m\nVersion: 5\nDepends: z\n\nPackage: y\nVersion: 5\nDepends: z\n",
			second:   later("k (>= 1) | m (>= 1), m", "Package: k\nVersion: 2\nDepends: y\n\nPackage: m\nVersion: 2\n")},
		{name: "in a circle", request: "a/later", want: "a=2 j=2 k=2 lib=2",
			packages: lib + needy + "Package: j\nVersion: 5\nDepends: z\n", second: later("k (>= 1), lib (= 2)", "Package: k\nVersion: 2\nDepends: j (>= 1)\n\nPackage: j\nVersion: 2\nDepends: k (>= 1)\n")},
		{name: "a recommendation ends nothing", request: "a/later", want: "a=2 k=2 lib=2 y=5 z", recommends: true,
			packages: lib + needy + "Package: y\nVersion: 5\nDepends: z\n",
			second:   "Package: a\nVersion: 2\nRecommends: k (>= 1), lib (= 2)\n\nPackage: lib\nVersion: 2\n\nPackage: k\nVersion: 2\nDepends: y\n"},
		{name: "a suite that was asked for later wins", request: "a/later k/stable", why: "a needs k (= 2)",
			packages: needy, second: later("k (= 2)", nice)},
		{name: "and not one that was asked for before", request: "k/stable a/later", want: "a=2 k=2",
			packages: needy, second: later("k (= 2)", nice)},
		{name: "nor a version", request: "a/later k=5", want: "a=2 k=2",
			packages: needy, second: later("k (= 2)", nice)},
		{name: "a provider of the suite does not count", request: "a/later", why: "a needs v",
			packages: "Package: q\nVersion: 3\n", second: later("v", "Package: q\nVersion: 2\nProvides: v\n")},
	}
}

// dependencyCases are about what is asked for as a dependency.
func dependencyCases() []ruleCase {
	const three = "Package: a\nProvides: v (= 3)\n\nPackage: b\nProvides: v (= 2)\n\nPackage: c\nDepends: b\n\nPackage: d\nConflicts: a\n"
	all := []ruleCase{
		{name: "the first alternative", request: "a_|_b", want: "a"},
		{name: "what is asked for by name meets it", request: "b a_|_b", want: "b"},
		{name: "what came for another meets it", request: "c a_|_b", want: "b c"},
		{name: "a provider that is there", request: "c v_(>=_1)", want: "b c"},
		{name: "one of several providers", request: "v_(>=_1)", want: "b"},
		{name: "the one in range", request: "v_(>=_3)", want: "a"},
		{name: "what is in the way is passed over", request: "d a_|_b", want: "b d"},
		{name: "an alternative that is not meant here", request: "a_[arm64]_|_b", want: "b"},
		{name: "an alternative that no archive has", request: "nothing_|_a_(>=_9)_|_b", want: "b"},
		{name: "no alternative left", request: "d a_(>=_1)", why: "a (>= 1) is asked for; d (asked for) conflicts with a"},
		{name: "a name for all architectures that only one has", request: "a:any_|_b", want: "b"},
		{name: "the native one", request: "a:native_|_b", want: "a"},
		{name: "the native one, or who provides it by its own number", request: "c:native_(>=_2)_|_b", want: "e=4",
			packages: three + "\nPackage: e\nVersion: 4\nProvides: c\n"},
		{name: "the one that is named later", request: "c:native_|_b", want: "e=4",
			packages: three + "\nPackage: e\nVersion: 4\nProvides: c\n"},
	}
	for i := range all {
		all[i].satisfy = true
		if all[i].packages == "" {
			all[i].packages = three
		}
	}
	return all
}

func requestCases() []ruleCase {
	return []ruleCase{
		{name: "unknown name", packages: "Package: a\n", request: "a nothing", why: "no archive has nothing"},
		{name: "a version that is not there by number", packages: "Package: a\n", request: "a=2", why: "no archive has version 2 of a, which stable has as 1"},
		{name: "versions are compared as text", packages: "Package: a\nVersion: 1.0\n", request: "a=1.00", why: "no archive has version 1.00 of a, which stable has as 1.0"},
		{name: "a suite that is not there", packages: "Package: a\n", request: "a/sid", why: "no archive or suite is called sid; there are stable"},
		{name: "a suite that has it not", packages: "Package: a\n", second: "Package: b\n", request: "a/later", why: "later has no a, which stable has as 1"},
		{name: "twice the same", packages: "Package: a\n", request: "a a", want: "a"},
	}
}

func recommendsCases() []ruleCase {
	all := []ruleCase{
		{name: "of what was asked for", packages: "Package: a\nRecommends: b\n\nPackage: b\n", request: "a", want: "a b"},
		{name: "of a dependency", packages: "Package: a\nDepends: c\n\nPackage: b\n\nPackage: c\nRecommends: b\n", request: "a", want: "a b c"},
		{name: "with what it depends on", packages: "Package: a\nRecommends: b\n\nPackage: b\nDepends: c\n\nPackage: c\n", request: "a", want: "a b c"},
		{name: "not to be had", packages: "Package: a\nRecommends: b, c\n\nPackage: c\n", request: "a", want: "a c"},
		{name: "not to be had deeper down", packages: "Package: a\nRecommends: b\n\nPackage: b\nDepends: c\n", request: "a", want: "a"},
		{name: "the first that can be had", packages: "Package: a\nRecommends: b | c\n\nPackage: c\n", request: "a", want: "a c"},
		{name: "in conflict with what was asked for", packages: "Package: a\nRecommends: b\n\nPackage: b\nConflicts: c\n\nPackage: c\n", request: "a c", want: "a c"},
		{name: "in conflict with a later one", packages: "Package: a\nRecommends: b\n\nPackage: b\nConflicts: c\n\nPackage: c\n", request: "c a", want: "a c"},
		{name: "that conflict with each other", packages: "Package: a\nRecommends: b, c\n\nPackage: b\n\nPackage: c\nConflicts: b\n", request: "a", want: "a c"},
		{name: "Suggests are not installed", packages: "Package: a\nSuggests: b\n\nPackage: b\n", request: "a", want: "a"},
	}
	for i := range all {
		all[i].name = "recommended: " + all[i].name
		all[i].recommends = true
	}
	return all
}
