package recipe

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// Recipes that people wrote for real software are read without a mistake.
func TestGood(t *testing.T) {
	files, err := filepath.Glob("../testdata/recipes/good/*.toml")
	if err != nil || len(files) < 19 {
		t.Fatalf("%d recipes, %v", len(files), err)
	}
	for _, file := range append(files, "../recipes/nginx/recipe.toml") {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(filepath.ToSlash(file), src); err != nil {
			var b strings.Builder
			diag.Print(&b, err, diag.Options{})
			t.Errorf("%s", b.String())
		}
	}
}
