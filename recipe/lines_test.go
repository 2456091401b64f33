package recipe

import (
	"strings"
	"testing"
)

// Each line of a script is found again in the file, whatever quotes and escapes
// it was written with.
func TestStepLines(t *testing.T) {
	tests := []struct {
		name, run string
		want      []string // how the file's text goes on where each line of the script begins
	}{
		{"one line", `run = "make"`, []string{"make"}},
		{"literal", `run = 'make'`, []string{"make"}},
		{"on the same line", "run = \"\"\"a\nb\"\"\"", []string{"a", "b"}},
		{"behind the quotes", "run = \"\"\"\na\n\nb\n\"\"\"", []string{"a", "", "b", `"""`}},
		{"joined lines", "run = \"\"\"\na \\\n   -x \\\n\n  -y\nb\"\"\"", []string{`a \`, "b"}},
		{"escapes are no ends", "run = \"\"\"\na \\\\\n\\\"b\\\\\\\n c\nd\"\"\"", []string{`a \\`, `\"b\\\`, "d"}},
		{"escaped ends", "run = \"\"\"\nprintf 'a\\n\\tb\\n'\nc\"\"\"", []string{"printf", `\tb`, "'", "c"}},
		{"literal lines", "run = '''\na \\\nb'''", []string{`a \`, "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := "[depends]\nbuild = [\"make\"]\n[[step]]\n" + tt.run + "\n[artefacts]\nmain = []\n"
			r, err := Parse("recipes/x/recipe.toml", []byte(src))
			if err != nil {
				t.Fatal(err)
			}
			i, err := r.Instance(Target{})
			if err != nil {
				t.Fatal(err)
			}
			step := i.Steps[0]
			if n := strings.Count(step.Run, "\n") + 1; n != len(step.Lines) {
				t.Fatalf("%d places for %q", len(step.Lines), step.Run)
			}
			text := strings.Split(src, "\n")
			for n, pos := range step.Lines {
				if got := text[pos.Line-1][pos.Col-1:]; !strings.HasPrefix(got, tt.want[n]) {
					t.Errorf("line %d is at %v, %q; want %q", n+1, pos, got, tt.want[n])
				}
			}
		})
	}
}
