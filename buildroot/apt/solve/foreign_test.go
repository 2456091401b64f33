package solve_test

import "strings"

// foreignCases are archives of two architectures.
func foreignCases() []ruleCase {
	const packages = `
Package: tool
Architecture: ARCH
Multi-Arch: foreign
Depends: lib

Package: lib
Architecture: ARCH
Multi-Arch: same

Package: app
Architecture: ARCH
Depends: tool, lib

Package: plugin
Architecture: ARCH
Depends: script:any, data

Package: script
Architecture: ARCH
Multi-Arch: allowed

Package: data
Architecture: all
Multi-Arch: foreign
Depends: lib

Package: clash
Architecture: ARCH
Conflicts: app

Package: either
Architecture: ARCH
Depends: mta

Package: one
Architecture: ARCH
Multi-Arch: foreign
Provides: mta
`
	both := func(c ruleCase) ruleCase {
		text := c.packages
		c.packages, c.foreign = strings.ReplaceAll(text, "ARCH", "amd64"), strings.ReplaceAll(text, "ARCH", "arm64")
		return c
	}
	old := ruleCase{packages: packages, foreign: strings.ReplaceAll(strings.Replace(packages, "Package: lib\n", "Package: lib\nVersion: 2\n", 1), "ARCH", "arm64")}
	old.packages = strings.ReplaceAll(old.packages, "ARCH", "amd64")
	behind := func(name, request, want, why string) ruleCase {
		return ruleCase{name: name, packages: old.packages, foreign: old.foreign, request: request, want: want, why: why}
	}
	const abroad = "Package: foo\nVersion: 2\nArchitecture: arm64\n\nPackage: far\nVersion: 2\nArchitecture: arm64\nMulti-Arch: foreign\nProvides: foo (= 3)\n\nPackage: alw\nVersion: 2\nArchitecture: arm64\nMulti-Arch: allowed\n"
	dependency := func(name, request, want, why string) ruleCase {
		return ruleCase{name: name, packages: "Package: a\n", foreign: abroad, request: request, want: want, why: why, satisfy: true}
	}
	return []ruleCase{
		dependency("a dependency on what only a foreign package serves", "far_(>=_1)", "far:arm64=2", ""),
		dependency("or provides", "foo_(>=_3)", "far:arm64=2", ""),
		dependency("but not on its other number", "foo_(=_2)", "", "foo (= 2) is asked for, and arm64 alone has it, as 2: a dependency is met by arm64 only where it is Multi-Arch: foreign; write foo:arm64 (= 2) if that one is meant"),
		dependency("nor on what is allowed for any", "alw_(>=_1)", "", "write alw:arm64 (>= 1) if that one is meant"),
		dependency("nor of any architecture with a version", "foo:any_(>=_1)", "", "nothing provides foo:any (>= 1)"),
		dependency("of that architecture, by what is named later", "foo:arm64_(>=_1)", "far:arm64=2", ""),
		dependency("the alternative that is native", "alw_|_a", "a", ""),
		both(ruleCase{name: "a foreign package brings foreign ones", packages: packages, request: "lib:arm64", want: "lib:arm64"}),
		both(ruleCase{name: "but the native one of a foreign tool", packages: packages, request: "app:arm64", want: "app:arm64 lib lib:arm64 tool"}),
		both(ruleCase{name: "a foreign tool may be asked for", packages: packages, request: "tool:arm64 app:arm64", want: "app:arm64 lib:arm64 tool:arm64"}),
		both(ruleCase{name: "two architectures of the same", packages: packages, request: "lib lib:arm64", want: "lib lib:arm64"}),
		both(ruleCase{name: "two of what is not the same", packages: packages, request: "app app:arm64", why: "conflicts with app"}),
		both(ruleCase{name: "what is allowed serves any", packages: packages, request: "script plugin:arm64", want: "data lib plugin:arm64 script"}),
		both(ruleCase{name: "conflicts are with all architectures", packages: packages, request: "clash app:arm64", why: "conflicts with app:arm64"}),
		both(ruleCase{name: "a provider that serves all is native", packages: packages, request: "either:arm64", want: "either:arm64 one"}),
		both(ruleCase{name: "a name alone is native", packages: packages, request: "lib", want: "lib"}),
		behind("the same only in one version", "lib lib:arm64", "", "breaks lib"),
		behind("also on the way", "app lib:arm64", "", "breaks"),
		behind("the newer one alone", "lib:arm64", "lib:arm64=2", ""),
		{name: "a name that is only foreign", packages: "Package: a\n", foreign: "Package: b\nArchitecture: arm64\n", request: "a b", want: "a b:arm64"},
		{name: "what no archive has for it", packages: "Package: a\n", foreign: "Package: b\nArchitecture: arm64\n", request: "a:arm64", why: "no archive has a:arm64"},
	}
}
