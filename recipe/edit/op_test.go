package edit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestPath(t *testing.T) {
	tests := []struct{ in, want, bad string }{
		{"a", "a", ""},
		{"http/server[listen='80']/location[args='/']", "http/server[listen='80']/location[args='/']", ""},
		{`server[listen=80]`, `server[listen='80']`, ""},
		{`a[b="it's"]`, `a[b='it''s']`, ""},
		{`'a/b'/c`, `'a/b'/c`, ""},
		{`"a/b"/c`, `'a/b'/c`, ""},
		{`www/php_admin_value[error_log]`, `www/php_admin_value[error_log]`, ""},
		{`remote "origin"/url`, `remote "origin"/url`, ""},
		{`Match Group ops`, `Match Group ops`, ""},
		{`'*'/a`, `'*'/a`, ""},
		{`*/a`, `*/a`, ""},
		{`Server/@port`, `Server/@port`, ""},
		{`a[.='x']`, `a[.='x']`, ""},
		{"", "", "the path is empty"},
		{"a/", "", "nothing stands behind the last `/`"},
		{"/a", "", "a name is missing"},
		{"a//b", "", "a name is missing"},
		{"server[1]/listen", "", "is a position"},
		{"a[b='x'", "", "lacks its `]`"},
		{"a[b='x", "", "has no closing quote"},
		{"a[b=x y]", "", "lacks quotes"},
		{"a[b='x']c", "", "`/` must follow"},
		{"'a'b", "", "quote the whole name"},
	}
	for _, tt := range tests {
		p, err := ParsePath(tt.in)
		if tt.bad != "" {
			if err == nil || !contains(err.Error(), tt.bad) {
				t.Errorf("%s: %v, want %s", tt.in, err, tt.bad)
			}
			continue
		}
		if err != nil || p.String() != tt.want {
			t.Errorf("%s: %q, %v", tt.in, p, err)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"a/b[c='d']/e", "'x/y'[.=\"z\"]", "*/a[b][1]", "a[@b=c]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePath(s)
		if err != nil {
			return
		}
		again, err := ParsePath(p.String())
		if err != nil || again.String() != p.String() {
			t.Fatalf("%q is %q, read again %q, %v", s, p, again, err)
		}
	})
}

func TestDecodeMistakes(t *testing.T) {
	tests := []struct{ op, want string }{
		{`set = "a"`, `"set" lacks its value`},
		{`set = "a", to = "b", wass = "c"`, `did you mean "was"?`},
		{`set = "a", unset = "b"`, "one table is one operation"},
		{`sett = "a"`, `did you mean "set"?`},
		{`set = "a", to = []`, "`unset` takes all of a key away"},
		{`set = "a", to = ["b"], arg = 1`, `"arg" with a list`},
		{`set = "a", to = "b", arg = 0`, "the first argument is arg = 1"},
		{`set = "a", to = "b", count = 0`, "count is a number from 1"},
		{`set = "a", to = { b = 1 }`, "is a map"},
		{`set = "a[1]", to = "b"`, "is a position"},
		{`unset = ""`, "unset is empty"},
		{`insert = "x"`, "does not say where"},
		{`insert = "x", after = "a", before = "b"`, "keep one of them"},
		{`insert = "x", after = "/(/"`, "an anchor is a path"},
		{`line = "a\nb"`, "holds several lines"},
		{`line = "a", where = "top"`, `where is "start" or "end"`},
		{`replace = "a"`, "lacks its new text"},
		{`regex = "(?=a)", with = ""`, "patterns are RE2"},
		{`delete-line = "("`, "patterns are RE2"},
		{`rename = "a"`, `"rename" lacks "to"`},
	}
	for _, tt := range tests {
		var doc map[string]any
		if _, err := toml.Decode("op = {"+tt.op+"}", &doc); err != nil {
			t.Fatal(err)
		}
		_, err := Decode(doc["op"].(map[string]any), diag.Pos{File: "r", Line: 3, Col: 2})
		if err == nil || !contains(explain(err), tt.want) || !contains(explain(err), "r:3:2: ") {
			t.Errorf("%s: %s\nwant %s", tt.op, explain(err), tt.want)
		}
	}
}

func TestDecodeSet(t *testing.T) {
	op, err := DecodeSet("a/b", map[string]any{"to": int64(3), "was": "2"}, diag.Pos{})
	if err != nil || op.String() != `set "a/b"` || op.To[0] != (Value{Number, "3"}) || op.Was[0].Text != "2" {
		t.Fatalf("%+v, %v", op, err)
	}
	if _, err := DecodeSet("date", map[string]any{"timezone": "UTC"}, diag.Pos{}); err == nil || !contains(explain(err), `set."date.timezone"`) {
		t.Fatalf("%v", err)
	}
}

// The JSON form of an operation is its identity.
func TestOpJSON(t *testing.T) {
	for _, s := range []string{
		`set = "a[b='c']", to = ["1", 2, true], was = "x", count = "2+"`,
		`insert = "x\ny", last-in = "http/server"`,
		`add = "a", value = "b", first = true`,
	} {
		op := readOps(t, s)[0]
		b, err := json.Marshal(op)
		if err != nil {
			t.Fatal(err)
		}
		var back Op
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatal(err)
		}
		again, _ := json.Marshal(back)
		if string(again) != string(b) || contains(string(b), "recipe.toml") {
			t.Errorf("%s\n%s", b, again)
		}
	}
}

func TestExpand(t *testing.T) {
	op, err := readOps(t, `replace = "${a}", with = "${b}"`)[0].Expand(func(s string) (string, error) { return strings.ReplaceAll(s, "${b}", "B"), nil })
	if err != nil || op.Text != "${a}" || op.With != "B" {
		t.Fatalf("%+v, %v", op, err)
	}
}

func TestFormatOf(t *testing.T) {
	for name, want := range map[string]string{
		"/etc/nginx/nginx.conf":            "nginx",
		"/etc/nginx/sites-enabled/x":       "nginx",
		"/usr/local/nginx/conf/nginx.conf": "nginx",
		"/usr/share/x":                     "text",
	} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
