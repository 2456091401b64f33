package solve_test

// scoreCases are about sets that marking leaves broken. Which package gives way hangs on
// their scores.
func scoreCases() []ruleCase {
	return []ruleCase{
		{name: "a package is worth no less for being in its own way", request: "p10",
			why: "p6 breaks v1, which p14 provides", packages: `
Package: p14
Provides: v1 (= 2)

Package: p10
Depends: p6 (<= 4) | v1 (>= 1), p14

Package: p6
Breaks: v1
Provides: v1 (= 3)
`},
		{name: "who provides a package is worth what its dependants are", request: "p8", want: "p5 p8", packages: `
Package: p5
Provides: p17, v3

Package: p8
Protected: yes
Depends: p17 | p16, p5

Package: p17
Priority: standard
Conflicts: v3
`},
		{name: "what was given up is marked again whatever it is in the way of", request: "p2",
			why: "p2 needs v1", packages: `
Package: p1
Provides: p4, v1 (= 2)

Package: p2
Depends: v1

Package: p5
Essential: yes
Depends: p4
Breaks: v1
Provides: v1 (= 2)
`},
		{name: "an essential package gives way, too", request: "p5",
			why: "p5 needs v0", packages: `
Package: p16
Essential: yes
Provides: v0 (= 4)

Package: p10
Provides: v0 (= 3), p11 (= 1)

Package: p11
Protected: yes
Breaks: v0

Package: p5
Depends: p11, v0
`},
	}
}
