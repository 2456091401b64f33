package artefact

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// program is a file as a compiler leaves it, with symbols.
func program(t *testing.T, path string) *layer.File {
	t.Helper()
	src, out := filepath.Join(t.TempDir(), "a.c"), filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(src, []byte("int main(void) { return 0; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if msg, err := exec.Command("gcc", "-g", "-o", out, src).CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v: %s", err, msg)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	f := layer.Content(path, 0o755, data, layer.Origin{})
	f.Facts = layer.FactsOf(bytes.NewReader(data), f.Size)
	if f.Facts == nil || !f.Facts.Debug {
		t.Fatal("the program has no symbols")
	}
	return f
}

func TestStrip(t *testing.T) {
	out := layer.New(program(t, "/usr/bin/a"), program(t, "/usr/bin/b"))
	all := sets("main: /usr/bin/*, /usr/bin/b")
	all[0].Files[1].Strip = false
	r, err := Select(t.Context(), Input{Recipe: "x", Out: out, Sets: all})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Outputs) != 2 || r.Outputs[1].Name != "debug" {
		t.Fatalf("outputs %+v", r.Outputs)
	}
	a, b := r.Outputs[0].Tree.Get("/usr/bin/a"), r.Outputs[0].Tree.Get("/usr/bin/b")
	if before := out.Get("/usr/bin/a"); a.Size >= before.Size || a.Facts.Debug || a.Digest == before.Digest || a.Mode != 0o755 {
		t.Errorf("a is not stripped: %d of %d bytes", a.Size, before.Size)
	}
	if b != nil && b.Size != out.Get("/usr/bin/b").Size {
		t.Error("b is stripped")
	}
	var debug []string
	for f := range r.Outputs[1].Tree.All() {
		debug = append(debug, f.Path)
	}
	if len(debug) != 1 || !strings.HasPrefix(debug[0], "/usr/lib/debug/") {
		t.Errorf("symbols at %v", debug)
	}
}

// TestStripSet: a recipe's own set "debug" gets the symbols, too.
func TestStripSet(t *testing.T) {
	out := layer.New(program(t, "/usr/bin/a"), layer.Content("/usr/lib/debug/own", 0o644, nil, layer.Origin{}))
	r, err := Select(t.Context(), Input{Recipe: "x", Out: out, Sets: sets("debug: @debug; main: /usr/bin/a")})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Outputs) != 2 || r.Outputs[0].Tree.Get("/usr/lib/debug/own") == nil || r.Outputs[0].Tree.Len() != 2 {
		t.Errorf("got\n%s", show(r))
	}
}

// TestNotStripped: what claims to be a program and is none stays as it is.
func TestNotStripped(t *testing.T) {
	f := layer.Content("/usr/bin/a", 0o755, []byte("\x7fELF and then nothing"), layer.Origin{})
	f.Facts = &layer.Facts{Machine: "x86_64", Debug: true}
	r, err := Select(t.Context(), Input{Recipe: "x", Out: layer.New(f), Sets: []recipe.Set{{Name: "main", Files: []recipe.Artefact{item("/usr/bin/a", 1)}}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Outputs[0].Tree.Get("/usr/bin/a"); got.Digest != f.Digest || len(r.Outputs) != 1 {
		t.Errorf("got\n%s", show(r))
	}
}
