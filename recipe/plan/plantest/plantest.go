// Package plantest makes up workspaces of many recipes, to measure with: what a
// distribution's recipes look like, and a lock that fits them.
package plantest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// group is how many recipes use each other: what one brings stays small however
// many there are.
const group = 20

// Files are n recipes by the names of their files, the same each time. All have
// steps and two sets of artefacts and use others' outputs; every fifth has an
// image.
func Files(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		files["recipes/"+name(i)+"/recipe.toml"] = text(i)
	}
	return files
}

func name(i int) string { return fmt.Sprintf("r%05d", i) }

// devs are Debian packages that recipes build-depend on besides build-essential.
var devs = strings.Fields("libpcre2-dev libssl-dev zlib1g-dev libxml2-dev libcurl4-openssl-dev libffi-dev libexpat1-dev libsqlite3-dev")

// before are recipes of the same group that i uses, each once.
func before(i int) []int {
	first := i / group * group
	used := map[int]bool{}
	for _, step := range []int{1, 3, 7} {
		if i-step >= first && (i+step)%2 == 0 {
			used[i-step] = true
		}
	}
	return slices.Sorted(maps.Keys(used))
}

func text(i int) string {
	build := []string{"build-essential", devs[i%len(devs)], devs[(i/3+1)%len(devs)]}
	slices.Sort(build)
	build = slices.Compact(build)
	runtime := []string{}
	for k, j := range before(i) {
		build = append(build, "recipe:"+name(j)+"/dev")
		if k == 0 {
			runtime = append(runtime, "recipe:"+name(j))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# %[1]s, as a person would write it
[recipe]
version  = "1.%[2]d.3"
summary  = "A program or library, the %[2]dth of many"
license  = "BSD-2-Clause"
homepage = "https://example.org/%[1]s"

[depends]
build   = [%[3]s]
runtime = [%[4]s]

[[source]]
url    = ["http://deb.debian.org/debian/pool/main/x/%[1]s/%[1]s_${version}.orig.tar.gz",
          "https://example.org/download/%[1]s-${version}.tar.gz"]
sha256 = "%064[2]x"

[[step]]
name = "compile"
run  = """
./configure --prefix=/usr --sysconfdir=/etc --with-number=%[2]d
make
make install DESTDIR=$out
"""

[artefacts]
dev  = ["@dev"]
main = ["/usr/bin/%[1]s", "/usr/lib/**/lib%[1]s.so.*", "/etc/%[1]s/**"]
`, name(i), i, quoted(build), quoted(runtime))
	if i%5 == 4 {
		fmt.Fprintf(&b, `
[user]
%[1]s = { uid = %[2]d, home = "/var/lib/%[1]s" }

[edit."/etc/%[1]s/%[1]s.conf"]
set.workers = "auto"

[image]
entrypoint  = ["%[1]s", "--foreground"]
user        = "%[1]s"
ports       = [8080]
scratch     = ["/var/cache/%[1]s"]
health.http = "http://localhost:8080/"
`, name(i), 2000+i)
	}
	return b.String()
}

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = fmt.Sprintf("%q", w)
	}
	return strings.Join(q, ", ")
}

// The sizes of Debian's: its essential set, what build-essential needs beyond
// it, and what one of the -dev packages does.
const (
	baseSize      = 75
	essentialSize = 55
	devSize       = 6
)

// Lock is one that fits all of the graph.
func Lock(g *recipe.Graph) *lock.Lock {
	l := &lock.Lock{
		Archives: []lock.Archive{{Name: "debian", URI: "http://deb.debian.org/debian", Suite: "trixie", Components: []string{"main"}, Date: "2026-01-01T00:00:00Z"}},
		Bases:    []lock.Base{{Name: "trixie amd64", Packages: packages("base", baseSize)}},
	}
	known := map[string]bool{}
	note := func(names []string) {
		for _, n := range names {
			if !known[n] {
				known[n] = true
				at := len(known)
				l.Packages = append(l.Packages, lock.Package{
					Name: n, Version: fmt.Sprintf("1.%d-1", at), Arch: "amd64", SHA256: fmt.Sprintf("%064x", 1<<32+at), Size: int64(1000 * at), From: "debian",
					Path: fmt.Sprintf("pool/main/x/%s/%s_1.%d-1_amd64.deb", n, n, at),
				})
			}
		}
	}
	note(l.Bases[0].Packages)
	for _, i := range g.All {
		for _, w := range lock.Wishes(g, i) {
			set := lock.Set{Recipe: lock.FullName(i), Use: w.Use, Arch: i.Arch, Suite: i.Suite, Base: "trixie amd64", Asks: lock.Asks(w.Asks)}
			for _, ask := range set.Asks {
				size := devSize
				if ask == "build-essential" {
					size = essentialSize
				}
				set.Packages = append(set.Packages, packages(ask, size)...)
			}
			slices.Sort(set.Packages)
			note(set.Packages)
			l.Sets = append(l.Sets, set)
		}
	}
	return l
}

func packages(of string, n int) []string {
	names := []string{of}
	for i := 1; i < n; i++ {
		names = append(names, fmt.Sprintf("%s-needs-%02d", of, i))
	}
	return names
}
