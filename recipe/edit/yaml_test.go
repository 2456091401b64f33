package edit

import "testing"

const yamlSample = `# ---- Elasticsearch ----
# Use a descriptive name: yes
cluster.name: demo   # the name
#network.host: 192.168.0.1
# http.port: 9200
path:
  data: /var/lib/es
  # logs: /var/log/es
  "quoted key": 'it''s'
list:
- a
- b
flow: [x, "y z"]
services:
  - name: web
    image: nginx:1.25
    ports: ["80:80"]
  - name: db
    image: postgres
anchor: &x
  deep:
    er: true
ref: *x
text: |
  line one
  line two: not a key

plain: goes
  on here
empty:
#xpack:
#  security:
#    enabled: true
last: "q"
`

func TestYAML(t *testing.T) {
	s := yamlSample
	testRows(t, "/etc/elasticsearch/elasticsearch.yml", "", []row{
		{"value", s, `set = "cluster.name", to = "x: y"`, edited(t, s, "demo", `"x: y"`), ""},
		{"over its comment", s, `set = "network.host", to = "0.0.0.0"`, edited(t, s, "#network.host: 192.168.0.1", "network.host: 0.0.0.0"), ""},
		{"over its comment with a blank", s, `set = "http.port", to = 9201`, edited(t, s, "# http.port: 9200", "http.port: 9201"), ""},
		{"nested over a comment", s, `set = "path/logs", to = "/x"`, edited(t, s, "# logs: /var/log/es", "logs: /x"), ""},
		{"quotes stay", s, `set = "path/quoted key", to = "that's", was = "it's"`, edited(t, s, "it''s", "that''s"), ""},
		{"nested new", s, `set = "path/new", to = "true"`, edited(t, s, "'it''s'\n", "'it''s'\n  new: \"true\"\n"), ""},
		{"new bool", s, `set = "path/new", to = true`, edited(t, s, "'it''s'\n", "'it''s'\n  new: true\n"), ""},
		{"deep", s, `set = "anchor/deep/er", to = "false"`, edited(t, s, "er: true", "er: false"), ""},
		{"in an item", s, `set = "services/-[name='db']/image", to = "postgres:17"`, edited(t, s, "image: postgres\n", "image: postgres:17\n"), ""},
		{"new in an item", s, `set = "services/-[name='db']/restart", to = "always"`, edited(t, s, "image: postgres\n", "image: postgres\n    restart: always\n"), ""},
		{"list", s, `set = "list", to = ["c"]`, edited(t, s, "- a\n- b", "- c"), ""},
		{"longer list", s, `set = "list", to = ["c", "d", 3]`, edited(t, s, "- a\n- b", "- c\n- d\n- 3"), ""},
		{"flow list", s, `set = "flow", to = ["1", "b, c"]`, edited(t, s, `[x, "y z"]`, `["1", "b, c"]`), ""},
		{"new list", s, `set = "path/l", to = ["a"]`, edited(t, s, "'it''s'\n", "'it''s'\n  l: [a]\n"), ""},
		{"add", s, `{ add = "list", value = "c" }, { add = "flow", value = "w" }, { add = "list", value = "0x1", first = true }`, edited(t, s, "- a\n- b", "- \"0x1\"\n- a\n- b\n- c", `"y z"]`, `"y z", w]`), ""},
		{"remove", s, `{ remove = "list", value = "b" }, { remove = "flow", value = "x" }`, edited(t, s, "- b\n", "", `x, `, ""), ""},
		{"text", s, `set = "text", to = "one"`, edited(t, s, "|\n  line one\n  line two: not a key", "|-\n  one"), ""},
		{"text of lines", s, `set = "text", to = "one\ntwo\n", was = "line one\nline two: not a key\n"`, edited(t, s, "line one\n  line two: not a key", "one\n  two"), ""},
		{"text of odd lines", s, `set = "text", to = " one"`, edited(t, s, "|\n  line one\n  line two: not a key", `" one"`), ""},
		{"alias", s, `set = "ref", to = "one"`, "", "it is an alias; set what is behind `&x`"},
		{"item of lines", "a:\n - |\n   x\n   y\n - z\n", `set = "a", to = ["w\n", "z"]`, "a:\n - |\n   w\n - z\n", ""},
		{"folded lines", "a: >-\n  x\n  y\nb: 1\n", `set = "a", to = "v w\nz", was = "x y"`, "a: >-\n  v w\n\n  z\nb: 1\n", ""},
		{"all line ends", "a: |+ # c\n  x\n\nb: 1\n", `set = "a", to = "v", was = "x\n\n"`, "a: |- # c\n  v\n\nb: 1\n", ""},
		{"item that is an alias", "a: [*x, y]\n", `set = "a", to = ["z", "y"]`, "", "it is an alias"},
		{"map in one line", "a: {b: c}\n", `set = "a", to = "z"`, "", "it is a map in one line"},
		{"list in a comment", "#a: [b]\n", `set = "a", to = "z"`, "a: z\n", ""},
		{"a list is none", s, `set = "flow", to = "one"`, "", "it is a list; give a list of values"},
		{"plain of lines", s, `set = "plain", to = "x", was = "goes on here"`, edited(t, s, "goes\n  on here", "x"), ""},
		{"to empty", s, `set = "empty", to = 5`, edited(t, s, "empty:", "empty: 5"), ""},
		{"below empty", s, `set = "empty/a", to = "b"`, edited(t, s, "empty:\n", "empty:\n  a: b\n"), ""},
		{"comment a section", s, `comment = "path"`, edited(t, s, "path:\n  data: /var/lib/es\n  # logs: /var/log/es\n  \"quoted key\": 'it''s'\n", "#path:\n#  data: /var/lib/es\n  # logs: /var/log/es\n#  \"quoted key\": 'it''s'\n"), ""},
		{"uncomment a section", s, `uncomment = "xpack"`, edited(t, s, "#xpack", "xpack", "#  security", "  security", "#    enabled", "    enabled"), ""},
		{"unset", s, `unset = "services/-[name='web']"`, edited(t, s, "  - name: web\n    image: nginx:1.25\n    ports: [\"80:80\"]\n", ""), ""},
		{"unset nested", s, `unset = "anchor"`, edited(t, s, "anchor: &x\n  deep:\n    er: true\n", ""), ""},
		{"insert", s, `insert = "- name: x\n  image: y", last-in = "services"`, edited(t, s, "image: postgres\n", "image: postgres\n  - name: x\n    image: y\n"), ""},
		{"a string stays one", s, `set = "services/-[name='db']/image", to = "1.10"`, edited(t, s, "image: postgres\n", "image: \"1.10\"\n"), ""},
		{"which", s, `set = "services/-/image", to = "x"`, "", "stands 2 times"},
		{"rename", s, `rename = "path/data", to = "d e"`, edited(t, s, "data", "d e"), ""},
	})
}
