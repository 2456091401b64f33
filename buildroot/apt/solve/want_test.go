package solve_test

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
)

// TestChoose holds what relations pick, beyond what apt's command line has.
func TestChoose(t *testing.T) {
	c := ruleCase{packages: `
Package: a
Version: 1.9

Package: broken
Depends: nothing

Package: b

Package: p
Provides: v (= 3), w

Package: q
Provides: w
`, second: "Package: a\nVersion: 2\n"}
	tests := []struct{ relation, want, why string }{
		{"a (>= 1)", "a=2", ""},
		{"a (<< 2)", "", "a (<< 2) is asked for, which later has as 2 and stable has as 1.9; 2 is preferred: write a=1.9 if you mean that one"},
		{"a (= 2)", "a=2", ""},
		{"a (>= 3)", "", "a (>= 3) is asked for, which later has as 2 and stable has as 1.9"},
		{"a=1.9 [amd64]", "a", ""},
		{"a/later <!nocheck>", "a=2", ""},
		{"a=1.9 [arm64]", "", "does not hold here"},
		{"a [!amd64]", "", "does not hold here"},
		{"a <nocheck>", "", "does not hold here"},
		{"nothing | b", "b", ""},
		{"broken | b", "b", ""},
		{"a [arm64] | b", "b", ""},
		{"nothing | a (>= 3)", "", "no archive has nothing; a (>= 3) is asked for"},
		{"broken | nothing", "", "broken | nothing is asked for; broken needs nothing, which no archive has"},
		{"v (>= 2)", "p", ""},
		{"v (>= 4)", "", "v is a virtual package, which p provides as 3"},
		{"w", "", "name one of those that provide it, p, q"},
		{"w (>= 1)", "", "w is a virtual package, which q provides as no version and p provides as no version"},
		{"b:any", "b", ""},
		{"a, b", "", "is not one relation"},
		{"a (>= )", "", "version is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.relation, func(t *testing.T) {
			got, err := ask(t, c.arches(), c.inputs(), strings.ReplaceAll(tt.relation, " ", "_"), solve.Options{})
			if tt.why == "" && (err != nil || got != tt.want) {
				t.Errorf("got %q %v, want %s", got, err, tt.want)
			}
			if tt.why != "" && (err == nil || !strings.Contains(err.Error(), tt.why)) {
				t.Errorf("got %q %v, want %q", got, err, tt.why)
			}
		})
	}
}
