package edit

import "testing"

const tomlSample = `# c
title = "x" # t
#server_names = ['google']
port=80
[http]
  auth-enabled = false
  # log = "a"
names = [
  "a", # first
  "b",
]
s = """
[no.table]
k = 1
"""
[[item]]
name = 'one'
[[item]]
name = 'two'
`

func TestTOML(t *testing.T) {
	s := tomlSample
	testRows(t, "x.toml", "", []row{
		{"string", s, `set = "title", to = "a\"b"`, edited(t, s, `"x"`, `"a\"b"`), ""},
		{"list over a comment", s, `set = "server_names", to = "x"`, "", "it is a list"},
		{"number", s, `set = "port", to = "81"`, edited(t, s, "80", "81"), ""},
		{"bool", s, `set = "http/auth-enabled", to = true`, edited(t, s, "false", "true"), ""},
		{"comment", s, `set = "http/log", to = "b"`, edited(t, s, "# log = \"a\"", "log = \"b\""), ""},
		{"new", s, `set = "http/n", to = "1"`, edited(t, s, "k = 1\n\"\"\"\n", "k = 1\n\"\"\"\nn = \"1\"\n"), ""},
		{"add", s, `add = "http/names", value = "c"`, edited(t, s, "\"b\",", "\"b\",\n  \"c\","), ""},
		{"list", s, `set = "http/names", to = ["c", 1]`, edited(t, s, "\"a\", # first", "\"c\", # first", "  \"b\",\n", "  1,\n"), ""},
		{"which", s, `set = "item/name", to = "x"`, "", "stands 2 times"},
		{"by value", s, `set = "item[name='two']/name", to = "x"`, edited(t, s, "'two'", "'x'"), ""},
		{"section", s, `section = "a.b", body = "c = 1"`, s + "\n[a.b]\nc = 1\n", ""},
	})
}
