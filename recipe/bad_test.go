package recipe

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// Each wrong recipe says in its lines what is wrong there, `### regexp` for each
// mistake. All of them must be found, and nothing else.
func TestBad(t *testing.T) {
	files, err := filepath.Glob("../testdata/recipes/bad/*.toml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d recipes, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".toml"), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Parse("recipes/x/recipe.toml", src)
			compare(t, map[string]string{"recipes/x/recipe.toml": string(src)}, err)
		})
	}
}

// Mistakes between the files of a workspace, likewise.
func TestBadWorkspace(t *testing.T) {
	dirs, err := filepath.Glob("../testdata/recipes/workspaces/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no workspaces: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			fsys, texts := os.DirFS(dir), map[string]string{}
			err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
				if strings.HasSuffix(name, ".toml") {
					src, err := fs.ReadFile(fsys, name)
					texts[name] = string(src)
					return err
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = Load(fsys)
			compare(t, texts, err)
		})
	}
}

// compare holds the mistakes against what the files' lines expect.
func compare(t *testing.T, files map[string]string, err error) {
	t.Helper()
	want := map[string][]string{} // by file:line
	for name, text := range files {
		for i, line := range strings.Split(text, "\n") {
			if parts := strings.Split(line, "### "); len(parts) > 1 {
				want[fmt.Sprintf("%s:%d", name, i+1)] = parts[1:]
			}
		}
	}
	if len(diag.Of(err)) == 0 && err != nil {
		t.Errorf("not a mistake in a file: %v", err)
	}
	for _, e := range diag.Of(err) {
		at := fmt.Sprintf("%s:%d", e.Pos.File, e.Pos.Line)
		said := e.Msg + "; hint: " + e.Hint
		found := -1
		for i, re := range want[at] {
			if regexp.MustCompile(strings.TrimSpace(re)).MatchString(said) {
				found = i
				break
			}
		}
		if found < 0 {
			t.Errorf("unexpected %v; hint: %s", e, e.Hint)
			continue
		}
		want[at] = append(want[at][:found:found], want[at][found+1:]...)
	}
	for at, res := range want {
		for _, re := range res {
			t.Errorf("%s: no mistake matches %q", at, strings.TrimSpace(re))
		}
	}
}
