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
		{"lines", s, `set = "http/s", to = "a\nb\"\n", was = "[no.table]\nk = 1\n"`, edited(t, s, "[no.table]\nk = 1\n", "a\nb\"\n"), ""},
		{"lines to a number", s, `set = "http/s", to = "7"`, edited(t, s, "[no.table]\nk = 1\n", "7"), ""},
		{"lines that end in a quote", s, `set = "http/s", to = 'a"'`, edited(t, s, "[no.table]\nk = 1\n", `a\"`), ""},
		{"literal lines", "a = '''x\ny'''\n", `set = "a", to = "\nz"`, "a = '''\n\nz'''\n", ""},
		{"literal lines that cannot", "a = '''x\ny'''\n", `set = "a", to = "z'"`, "a = \"z'\"\n", ""},
		{"table in one line", "a = { b = 1 }\n", `set = "a", to = "z"`, "", "it is a table in one line"},
		{"which", s, `set = "item/name", to = "x"`, "", "stands 2 times"},
		{"by value", s, `set = "item[name='two']/name", to = "x"`, edited(t, s, "'two'", "'x'"), ""},
		{"section", s, `section = "a.b", body = "c = 1"`, s + "\n[a.b]\nc = 1\n", ""},
	})
}
