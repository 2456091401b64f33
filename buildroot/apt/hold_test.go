package apt_test

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// TestHold holds that packages of a lock stay as they are where the archives and what
// moves let them.
func TestHold(t *testing.T) {
	b := newBench(t)
	a := b.stable()
	a.Packages = `
Package: lib
Version: 1

Package: lib
Version: 2

Package: tool
Version: 1
Depends: lib

Package: tool
Version: 2
Depends: lib

Package: new
Version: 1
Depends: lib (>= 2)

Package: rival
Version: 1
Conflicts: lib (<< 2)

Package: needy
Version: 1
Depends: v (>= 2)

Package: prov
Version: 1
Provides: v (= 1)

Package: prov
Version: 2
Provides: v (= 2)
`
	b.serve(t, a)
	c := b.client(apt.Options{})
	defer c.Close()
	archives := []lock.Archive{b.archive(t)}
	answers, err := c.Resolve(t.Context(), []lock.Request{wants(archives, false, "lib=1", "tool=1", "prov=1")})
	if err != nil {
		t.Fatal(err)
	}
	gone := answers[0].Packages[0]
	gone.SHA256 = strings.Repeat("0", 64)
	tests := []struct {
		name, want, request string
		hold                []lock.Package
	}{
		{"nothing held", "lib 2, tool 2", "tool", nil},
		{"all held", "lib 1, tool 1", "tool", answers[0].Packages},
		{"what the archive has dropped moves", "lib 2, tool 1", "tool", append([]lock.Package{gone}, answers[0].Packages[1:]...)},
		{"what another needs newer moves", "lib 2, new 1, tool 1", "tool|new", answers[0].Packages},
		{"what another cannot be beside moves", "lib 2, rival 1, tool 1", "tool|rival", answers[0].Packages},
		{"who provides too old a version moves", "needy 1, prov 2", "needy", answers[0].Packages},
		{"a version that is asked for is meant", "lib 2, tool 1", "tool|lib=2", answers[0].Packages},
		{"a range that the old version is not in is meant, too", "lib 2, tool 1", "tool|lib (>= 2)", answers[0].Packages},
		{"a range that it is in holds it", "lib 1, tool 1", "tool|lib (>= 1)", answers[0].Packages},
		{"what nobody asks for does not come", "lib 1", "lib", answers[0].Packages},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := wants(archives, false, strings.Split(tt.request, "|")...)
			r.Hold = tt.hold
			answers, err := c.Resolve(t.Context(), []lock.Request{r})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range answers[0].Packages {
				got = append(got, p.Name+" "+p.Version)
			}
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
