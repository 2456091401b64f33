package recipe

import (
	"encoding/json"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// TestTable holds that what edit.Table writes is read back as the same
// operations in the same order.
func TestTable(t *testing.T) {
	tests := []struct{ name, src string }{
		{"settings", "set.a = \"1\"\nset.\"b/c.d\" = { to = [\"x\", \"y\"], was = 'q\"', count = 2 }\nset.e = { to = true, arg = 1 }\n"},
		{"lists", "unset = [\"a\"]\ncomment = [\"b\"]\nuncomment = [\"c\", \"d\"]\nlines = [\"x y\", \"# z\"]\n"},
		{"out of their usual order", "ops = [{ line = \"a\" }, { set = \"b\", to = \"c\" }, { uncomment = \"d\" }]\n"},
		{"lines with a place", "ops = [{ line = \"a\", where = \"start\" }, { line = \"b\", after = \"/^a/\" }, { line = \"c\" }]\n"},
		{"the rest", "set.a = 1\nops = [{ insert = \"x\\ny\", after = \"a\" }, { regex = '^\\s+(a)', with = '\\1b', count = \"1+\" }, { replace = \"'\\\"\", with = \"\" }, { patch = \"a.patch\" }, { section = \"s\", body = \"t\" }, { add = \"p\", value = \"v\", first = true }]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want, err := ParseOps("ops.toml", []byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			text := edit.Table("/etc/a \"b\"", want.Ops)
			got, err := ParseOps("table.toml", []byte(text))
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			a, _ := json.Marshal(got.Ops)
			b, _ := json.Marshal(want.Ops)
			if string(a) != string(b) {
				t.Errorf("got  %s\nwant %s\n%s", a, b, text)
			}
		})
	}
}
