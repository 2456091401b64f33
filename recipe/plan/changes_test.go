package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

func TestChanges(t *testing.T) {
	p := &Plan{byID: map[ID]*Action{}, names: newNamer()}
	unpack := func(name, sum string) ID {
		return p.add(KindUnpack, "unpack "+name, "", 0, nil, nil, &Unpack{SHA256: sum})
	}
	collect := func(steps string) ID {
		return p.add(KindCollect, "collect zlib", "zlib", 0, nil, nil, &Collect{Made: ID(steps)})
	}
	build := func(run string, env []recipe.Var, packages []ID, lib ID) []Field {
		do := &Build{
			Root: Root{Packages: packages, Outputs: []Output{{Recipe: "zlib", Set: "dev", By: lib}}}, Vars: env,
			Steps: []recipe.Step{
				{Name: "compile", Run: run, RunPos: diag.Pos{File: "r.toml", Line: 9, Col: 7}},
				{Name: "install", Run: "make install"},
			},
			Sources: []Source{{File: "x.tar.gz", SHA256: "aa"}},
		}
		return p.Said(p.Action(p.add(KindBuild, "build x", "x", 0, nil, nil, do)))
	}
	old := build("make", []recipe.Var{{Name: "level", Value: "1"}, {Name: "gone", Value: "1"}}, []ID{unpack("libssl-dev 3.5.1-1", "1"), unpack("gcc 14", "2")}, collect("a"))
	now := build("make -s", []recipe.Var{{Name: "level", Value: "2"}}, []ID{unpack("libssl-dev 3.5.4-1", "3"), unpack("gcc 14", "2"), unpack("make 4", "4")}, collect("b"))
	var got []string
	for _, c := range Changes(old, now) {
		cut := func(s string) string { s, _, _ = strings.Cut(s, " ("); return s }
		if strings.HasPrefix(c.What, "recipe:") {
			c.Old, c.New = "", ""
		}
		got = append(got, fmt.Sprintf("%s: %s → %s %v", c.What, cut(c.Old), cut(c.New), c.Pos))
	}
	want := []string{
		"package libssl-dev: 3.5.1-1 → 3.5.4-1 ",
		"package make:  → 4 ",
		"recipe:zlib/dev:  →  ",
		`var "level".value: 1 → 2 `,
		`step "compile".run: make → make -s r.toml:9:7`,
		`var "gone".name: gone →  `,
		`var "gone".value: 1 →  `,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if same := Changes(now, now); len(same) > 0 {
		t.Errorf("equal descriptions differ in %v", same)
	}
}
