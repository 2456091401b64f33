package plan

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
)

func refs(globs ...string) []recipe.Ref {
	var all []recipe.Ref
	for _, g := range globs {
		all = append(all, recipe.Ref{Name: g})
	}
	return all
}

func TestSees(t *testing.T) {
	for _, c := range []struct {
		globs, name string
		want        bool
	}{
		{"", "src/a.c", true},
		{"src/**", "src/a.c", true},
		{"src/**", "srcs/a.c", false},
		{"*.json", "deep/package.json", false},
		{"** !*.md", "README.md", false},
		{"!*.md **", "README.md", false},
		{"** !*.md", "deep/README.md", true},
		{"{go.mod,go.sum}", "go.sum", true},
	} {
		if got := Sees(refs(strings.Fields(c.globs)...), c.name); got != c.want {
			t.Errorf("%q sees %s: %v", c.globs, c.name, got)
		}
	}
}

// A step with inputs is alone; others stay with their neighbours.
func TestStages(t *testing.T) {
	for steps, want := range map[string]string{
		"":            "",
		"a":           "a",
		"a b":         "a, b",
		"a+":          "a",
		"a+ b+ c d":   "a | b | c, d",
		"a b c+ d e":  "a, b | c | d, e",
		"a b+":        "a | b",
		"a+ b c d+ e": "a | b, c | d | e",
	} {
		var all []recipe.Step
		for name := range strings.FieldsSeq(steps) {
			s := recipe.Step{Name: strings.TrimSuffix(name, "+")}
			if s.Name != name {
				s.Inputs = refs("x")
			}
			all = append(all, s)
		}
		var got []string
		for _, group := range stages(all) {
			got = append(got, stepNames(group))
		}
		if text := strings.Join(got, " | "); text != want {
			t.Errorf("%q: %s, not %s", steps, text, want)
		}
	}
}

func TestBlind(t *testing.T) {
	paths := []string{"package.json", "src/main.js", "src/lib/a.js"}
	for glob, hint := range map[string]string{
		"package*.json": "",
		"!src/*.js":     "",
		"package.jsn":   `the nearest is "package.json"`,
		"src":           `it is a directory: write "src/**"`,
		"!src/lib":      `it is a directory: write "src/lib/**"`,
		"zzzzzzzzzz":    "inputs are files of the source, not what other steps made",
	} {
		mistakes := Blind(refs(glob), paths)
		switch {
		case hint == "" && len(mistakes) > 0:
			t.Errorf("%s: %v", glob, mistakes)
		case hint != "" && (len(mistakes) != 1 || mistakes[0].Hint != hint):
			t.Errorf("%s: %+v", glob, mistakes)
		}
	}
}
