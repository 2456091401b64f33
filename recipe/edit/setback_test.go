package edit

import "testing"

// What stood in a file is written again as it stood there, whatever the value
// was in between.
func TestSetBack(t *testing.T) {
	for _, r := range []struct {
		name, format, src, path, value string
		kind                           Kind
	}{
		{"list of lighttpd", "lighttpd", "server.modules = (\n\t\"mod_a\",\n\t\"mod_b\" => 1,\n)\n", "server.modules", "(\n\t\"mod_a\",\n\t\"mod_b\" => 1,\n)", String},
		{"list of UCL", "blocks", "a {\n  checks = ['x', \"y\"];\n}\n", "a/checks", "['x', \"y\"]", String},
		{"line of UCL", "blocks", "a {\n  b = \"c d\"\n  e = 1;\n}\n", "a/b", "c d", String},
		{"line of syslog-ng", "blocks", "@version: 3.38\noptions { flush_lines(0); };\n", "@version:", "3.38", String},
		{"backslash of a pattern", "blocks", "a = \"x\\/y\\.z\";\n", "a", `x\/y\.z`, String},
		{"lines of words", "blocks", "f { level(a,b) and\n     not c; };\n", "f/level(a,b)", "and\n     not c", String},
		{"comma behind quotes", "blocks", "permission a \"b\",\"c\";\n", "permission", `a "b","c"`, String},
		{"joined lines in quotes", "braces", "q = \"a \\\n\tb\"\n", "q", "a \\\n\tb", String},
		{"joined lines of words", "braces", "q {\n\ta b \\\n\t\tc\n}\n", "q/a", "b \\\n\t\tc", String},
		{"operator", "braces", "update {\n\t&A := \"b\"\n}\n", "update/&A", "b", String},
		{"value on the next line", "postfix", "a =\n\tb c\n\td\n", "a", "\n\tb c\n\td", String},
		{"address", "yaml", "a: 127.0.0.1\nb: 0::1\n", "a", "127.0.0.1", String},
		{"boolean of JSON", "json", "{\"a\": false}\n", "a", "false", Bool},
		{"boolean of YAML", "yaml", "a: true\n", "a", "true", Bool},
		{"number of TOML", "toml", "a = 10\n", "a", "10", Number},
		{"command", "shell", "A=`which \"$B\"`\n", "A", "`which \"$B\"`", String},
	} {
		t.Run(r.name, func(t *testing.T) {
			p, err := ParsePath(r.path)
			if err != nil {
				t.Fatal(err)
			}
			apply := func(src string, v Value) string {
				res, err := Apply(Input{Name: "x", Format: r.format, Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: p, To: []Value{v}}}})
				if err != nil {
					t.Fatalf("%v\nof\n%s", explain(err), src)
				}
				return string(res.Bytes)
			}
			now := apply(r.src, Value{Text: "v7654"})
			if now == r.src {
				t.Fatal("nothing changed")
			}
			if back := apply(now, Value{r.kind, r.value}); back != r.src {
				t.Errorf("set back in\n%s\nit is\n%s\nnot\n%s", now, back, r.src)
			}
		})
	}
}

// A list of as many items changes only the items that differ.
func TestSetItems(t *testing.T) {
	y := "a: [ \"x\", 'y' ] # c\nb:\n  - one # d\n  - two\n"
	testRows(t, "x.yml", "", []row{
		{"flow", y, `set = "a", to = ["x", "z"]`, edited(t, y, "'y'", "'z'"), ""},
		{"block", y, `set = "b", to = ["one", "three"]`, edited(t, y, "two", "three"), ""},
		{"was", y, `set = "b", to = ["one", "three"], was = ["one", "two"]`, edited(t, y, "two", "three"), ""},
		{"was not", y, `set = "b", to = ["one", "three"], was = ["two", "one"]`, "", "other values than `was`"},
		{"already", y, `set = "b", to = ["one", "two"], was = ["two"]`, same, ""},
	})
	j := "{\n  \"a\": [\n    1, // first\n    \"b\"\n  ]\n}\n"
	testRows(t, "x.json", "", []row{
		{"typed", j, `set = "a", to = [2, "b"]`, edited(t, j, "1,", "2,"), ""},
		{"words to a number", j, `set = "a", to = [1, 7]`, edited(t, j, `"b"`, "7"), ""},
	})
}
