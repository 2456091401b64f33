package recipe

import (
	"go/doc/comment"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// The reference is true: its examples are read without a mistake, and every key
// that the reader knows is in one of them.
func TestReference(t *testing.T) {
	seen := map[string]map[string]bool{} // by the list of keys of a table
	examples := 0
	for _, block := range reference(t).Content {
		code, ok := block.(*comment.Code)
		if !ok {
			continue
		}
		examples++
		if strings.Contains(code.Text, "[workspace]") {
			example(t, seen, code.Text)
			continue
		}
		r, errs := parse("recipes/haproxy/recipe.toml", []byte(code.Text))
		if errs.Len() > 0 {
			t.Errorf("%v\nin\n%s", errs.Err(), code.Text)
		}
		rd := r.reader(&diag.List{}, Target{Variant: slices.Concat(r.Variants, []string{""})[0], Arch: "amd64", Suite: "trixie"})
		r.read(rd)
		note(seen, rd)
	}
	if examples < 10 || len(seen) < 25 {
		t.Errorf("%d examples with %d kinds of tables", examples, len(seen))
	}
	for keys, have := range seen {
		for key := range strings.FieldsSeq(keys) {
			if !have[key] {
				t.Errorf("no example has the key %q of the table with %s", key, keys)
			}
		}
	}
}

// reference is the package comment, which stands in several files.
func reference(t *testing.T) *comment.Doc {
	t.Helper()
	files, err := filepath.Glob("doc*.go")
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		text += f.Doc.Text() + "\n"
	}
	return new(comment.Parser).Parse(text)
}

// example reads one of ashlar.toml.
func example(t *testing.T, seen map[string]map[string]bool, text string) {
	w, errs := parseWorkspace("ashlar.toml", []byte(text))
	if errs.Len() > 0 {
		t.Errorf("%v\nin\n%s", errs.Err(), text)
	}
	rd := &reader{src: w.src, errs: &diag.List{}, keys: map[*node]string{}, vars: workspaceVariables("trixie", "amd64")}
	w.settings(rd, w.body.get("workspace"))
	rd.table(w.body.get("workspace"), workspaceKeys)
	w.archives(rd, "trixie")
	note(seen, rd)
}

// note adds the keys that a reader met.
func note(seen map[string]map[string]bool, rd *reader) {
	for n, keys := range rd.keys {
		if seen[keys] == nil {
			seen[keys] = map[string]bool{}
		}
		for _, kid := range n.kids {
			seen[keys][kid.key] = true
		}
	}
}

// Every key of the reference's lists is one that the reader knows, and every one
// that the reader knows has a word in the prose.
func TestReferenceNamesKeys(t *testing.T) {
	prose := map[string]bool{}
	for _, block := range reference(t).Content {
		if _, ok := block.(*comment.Code); ok {
			continue
		}
		text := string(new(comment.Printer).Text(&comment.Doc{Content: []comment.Block{block}}))
		for _, w := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" .,:;()[]\"\n/=", c) }) {
			prose[w] = true
		}
	}
	for _, keys := range []string{topKeys, recipeKeys, sourceKeys, stepKeys, editKeys, imageKeys, workspaceKeys} {
		for key := range strings.FieldsSeq(keys) {
			if !prose[key] {
				t.Errorf("the reference does not mention %q; it has %d words", key, len(slices.Collect(maps.Keys(prose))))
			}
		}
	}
}
