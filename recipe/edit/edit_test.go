package edit

import (
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A row is one edit: a file, what is done to it, and either what it is then or
// what the mistake says.
type row struct {
	name string
	in   string
	ops  string // the inside of a recipe's `ops = [ … ]`, without the outer braces for a single one
	want string
	bad  string // a part of the mistake's message or hint
}

// same stands for a result that is equal to the input, reported as such.
const same = "=already="

// readOps decodes operations as a recipe writes them.
func readOps(t testing.TB, ops string) []Op {
	t.Helper()
	if !strings.HasPrefix(strings.TrimSpace(ops), "{") {
		ops = "{" + ops + "}"
	}
	var doc struct{ Ops []map[string]any }
	if _, err := toml.Decode("ops = ["+ops+"]", &doc); err != nil {
		t.Fatalf("%s: %v", ops, err)
	}
	var out []Op
	for i, m := range doc.Ops {
		op, err := Decode(m, diag.Pos{File: "recipe.toml", Line: i + 1, Col: 1})
		if err != nil {
			t.Fatalf("%s: %v", ops, err)
		}
		out = append(out, op)
	}
	return out
}

// explain returns all that a mistake says.
func explain(err error) string {
	var b strings.Builder
	if err := diag.Print(&b, err, diag.Options{}); err != nil {
		return err.Error()
	}
	return b.String()
}

// testRows runs each row on the file of that name.
func testRows(t *testing.T, name, format string, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			in := Input{Name: name, Format: format, Bytes: []byte(r.in), Ops: readOps(t, r.ops)}
			res, err := Apply(in)
			if r.bad != "" {
				if err == nil {
					t.Fatalf("no mistake, but:\n%s", res.Bytes)
				}
				if got := explain(err); !strings.Contains(got, r.bad) {
					t.Fatalf("mistake:\n%swant in it: %s", got, r.bad)
				}
				return
			}
			if err != nil {
				t.Fatal(explain(err))
			}
			want := r.want
			if want == same {
				want = r.in
			}
			if got := string(res.Bytes); got != want {
				t.Fatalf("got:\n%s\nwant:\n%s", got, want)
			}
			if res.Already != (r.want == same) {
				t.Fatalf("already = %v", res.Already)
			}
			checkSpans(t, r.in, res)
		})
	}
}

// checkSpans rebuilds the result from the input and the reported spans.
func checkSpans(t *testing.T, in string, res Result) {
	t.Helper()
	var b strings.Builder
	at := 0
	for _, s := range res.Spans {
		b.WriteString(in[at:s.Start] + s.New)
		at = s.End
	}
	if b.WriteString(in[at:]); b.String() != string(res.Bytes) {
		t.Fatalf("the spans %v make\n%s\nof the input, the result is\n%s", res.Spans, b.String(), res.Bytes)
	}
}
