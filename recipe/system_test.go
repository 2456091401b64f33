package recipe

import (
	"strings"
	"testing"
)

// Every embedded build system can be read and has what it takes.
func TestSystems(t *testing.T) {
	for _, name := range Systems() {
		s, err := readSystem(name)
		if err != nil || len(s.Packages) == 0 || len(s.Step) == 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
			continue
		}
		for _, step := range s.Step {
			if step.Name == "" || blank(&node{value: step.Run}) {
				t.Errorf("%s: a step lacks its name or its script", name)
			}
		}
	}
}

func TestUses(t *testing.T) {
	const head = "[depends]\nbuild = [\"cmake (>= 3.20)\"]\n[[source]]\nurl = \"https://example.org/x.tar.gz\"\n[artefacts]\nmain = [\"/usr/**\"]\n[build]\nuses = \"cmake\"\n"
	step := func(keys string) string { return "[[step]]\nrun = \"true\"\n" + keys + "\n" }
	tests := []struct{ name, text, steps, wrong string }{
		{"as it is", head, "configure build install", ""},
		{"replaced", head + step("name = \"build\""), "configure build! install", ""},
		{"before and after", head + step("name = \"gen\"\nbefore = \"configure\"") + step("name = \"check\"\nafter = \"build\""), "gen! configure build check! install", ""},
		{"behind all", head + step("name = \"tidy\""), "configure build install tidy!", ""},
		{"unknown place", head + step("after = \"buidl\""), "", `x.toml:11:9: the build system has no step "buidl"`},
		{"unknown system", strings.Replace(head, "cmake\"\n", "scons\"\n", 1), "", `x.toml:8:8: unknown uses "scons"`},
		{"no system", "[[step]]\nrun = \"true\"\nbefore = \"build\"\n[artefacts]\nmain = []", "", `x.toml:3:10: there is no step "build" of a build system`},
		{"options alone", "[build]\noptions = [\"-x\"]\n" + step("") + "[artefacts]\nmain = []", "", "x.toml:2:1: options without uses"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Parse("x.toml", []byte(tt.text))
			if tt.wrong != "" {
				if err == nil || !strings.HasPrefix(err.Error(), tt.wrong) {
					t.Errorf("got %v, want %s", err, tt.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			i, _ := r.Instance(Target{})
			var names []string
			for _, s := range i.Steps {
				if s.Run == "true" {
					s.Name += "!"
				}
				names = append(names, s.Name)
			}
			if got := strings.Join(names, " "); got != tt.steps {
				t.Errorf("steps %s, want %s", got, tt.steps)
			}
			if got := strings.Join(depTexts(i.Build), ", "); got != "cmake (>= 3.20), build-essential" {
				t.Errorf("build depends are %s", got)
			}
		})
	}
}
