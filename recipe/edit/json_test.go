package edit

import (
	"encoding/json"
	"testing"
)

const jsonSample = `{
  "name": "x",
  "port": 8080,
  "tls": false,
  "list": ["a", "b"],
  "long": [
    "c",
    "d"
  ],
  "users": [
    {"name": "u", "age": 1},
    {"name": "v", "age": 2}
  ],
  "empty": {},
  "a/b": null
}
`

func TestJSON(t *testing.T) {
	s := jsonSample
	rows := []row{
		{"string", s, `set = "name", to = "y\"z"`, edited(t, s, `"x"`, `"y\"z"`), ""},
		{"number", s, `set = "port", to = 80, was = 8080`, edited(t, s, "8080", "80"), ""},
		{"number as text", s, `set = "port", to = "80"`, edited(t, s, "8080", "80"), ""},
		{"bool", s, `set = "tls", to = true`, edited(t, s, "false", "true"), ""},
		{"null", s, `set = "'a/b'", to = "x"`, edited(t, s, "null", `"x"`), ""},
		{"new", s, `set = "new", to = "v"`, edited(t, s, "null", "null,\n  \"new\": \"v\""), ""},
		{"new number in empty", s, `set = "empty/n", to = 1`, edited(t, s, "{}", "{\n    \"n\": 1\n  }"), ""},
		{"by value", s, `set = "users/-[name='v']/age", to = 3`, edited(t, s, `"age": 2`, `"age": 3`), ""},
		{"new in a line", s, `set = "users/-[name='v']/x", to = true`, edited(t, s, `"age": 2`, `"age": 2, "x": true`), ""},
		{"list", s, `set = "list", to = ["c"]`, edited(t, s, `["a", "b"]`, `["c"]`), ""},
		{"long list", s, `set = "long", to = ["x", "y", "z"]`, edited(t, s, "\"c\",\n    \"d\"", "\"x\",\n    \"y\",\n    \"z\""), ""},
		{"new list", s, `set = "l", to = [1, "b"]`, edited(t, s, "null", "null,\n  \"l\": [1, \"b\"]"), ""},
		{"add", s, `add = "list", value = "c"`, edited(t, s, `"b"]`, `"b", "c"]`), ""},
		{"add to long", s, `add = "long", value = "e", first = true`, edited(t, s, `"c",`, "\"e\",\n    \"c\","), ""},
		{"remove", s, `remove = "list", value = "a"`, edited(t, s, `"a", `, ""), ""},
		{"unset last", s, `unset = "'a/b'"`, edited(t, s, ",\n  \"a/b\": null", ""), ""},
		{"unset first", s, `unset = "name"`, edited(t, s, "\"name\": \"x\",\n  ", ""), ""},
		{"rename", s, `rename = "port", to = "p"`, edited(t, s, "port", "p"), ""},
		{"comment", s, `comment = "port"`, "", "JSON has no comments"},
		{"insert", s, `insert = "\"q\": 1", after = "port"`, edited(t, s, "8080,", "8080,\n  \"q\": 1,"), ""},
		{"insert first", s, `insert = "{\"name\": \"w\"}", first-in = "users"`, edited(t, s, `{"name": "u"`, "{\"name\": \"w\"},\n    {\"name\": \"u\""), ""},
		{"set an object", s, `set = "empty", to = "x"`, "", "has no value"},
		{"one line", `{"a":1}`, `set = "b", to = 2`, `{"a":1, "b":2}`, ""},
		{"empty file", `{}`, `set = "b", to = 2`, `{"b": 2}`, ""},
	}
	testRows(t, "package.json", "", rows)
	for _, r := range rows {
		if r.want != "" && !json.Valid([]byte(r.want)) {
			t.Errorf("%s: the wanted text is no JSON", r.name)
		}
	}
	c := "{\n  // \"a\": 1,\n  \"b\": 2, // two\n  /* x */\n  \"c\": 3,\n}\n"
	testRows(t, "settings.jsonc", "", []row{
		{"over a comment", c, `set = "a", to = 5, was = 1`, edited(t, c, "// \"a\": 1", "\"a\": 5"), ""},
		{"comment", c, `comment = "b"`, edited(t, c, "\"b\"", "// \"b\""), ""},
		{"trailing comma", c, `set = "d", to = 4`, edited(t, c, "\"c\": 3,", "\"c\": 3,\n  \"d\": 4,"), ""},
	})
}
