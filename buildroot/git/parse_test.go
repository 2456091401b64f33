package git

import (
	"fmt"
	"path"
	"strings"
	"testing"
)

const object = "65dc8d5a1a4f1f0f4f4ad0c43c0b1b1b0e2f8a11"

func TestParseTree(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", "[]"},
		{"100644 blob " + object + "\ta b\nc\x00", "[{0 " + object + " a b\nc}]"},
		{"100755 blob " + object + "\ta\x00120000 blob " + object + "\tb/c\x00160000 commit " + object + "\td\x00", "[{1 " + object + " a} {2 " + object + " b/c} {3 " + object + " d}]"},
		{"100664 blob " + object + "\ta\x00", "[{0 " + object + " a}]"},
		{"100644 blob " + object + "\ta", "error: it ends in the middle"},
		{"100644 blob " + object + "\t../a\x00", "error: this is no honest repository"},
		{"100644 blob " + object + "\ta/.Git/b\x00", "error: this is no honest repository"},
		{"100644 blob " + object + "\t/a\x00", "error: this is no honest repository"},
		{"100644 blob " + object + "\t\x00", "error: this is no honest repository"},
		{"040000 tree " + object + "\ta\x00", "error: has the mode 040000"},
		{"100644 commit " + object + "\ta\x00", "error: is a commit with the mode 100644"},
		{"160000 blob " + object + "\ta\x00", "error: is a blob with the mode 160000"},
		{"100644 blob xyz\ta\x00", "error: git ls-tree printed"},
	}
	for _, tt := range tests {
		entries, err := parseTree(strings.NewReader(tt.in))
		want, wrong := strings.CutPrefix(tt.want, "error: ")
		if wrong != (err != nil) || wrong && !strings.Contains(err.Error(), want) || !wrong && fmt.Sprint(entries) != want && tt.in != "" {
			t.Errorf("%q: %v, %v; want %s", tt.in, entries, err, tt.want)
		}
	}
}

func TestParseObject(t *testing.T) {
	for line, want := range map[string]int64{
		object + " blob 12\n": 12, object + " blob 0\n": 0, object + " blob -1\n": -1, object + " tree 12\n": -1, object + " missing\n": -1, "": -1, strings.Repeat("0", 40) + " blob 1\n": -1,
	} {
		size, err := parseObject(line, object)
		if (err != nil) != (want < 0) || want >= 0 && size != want {
			t.Errorf("%q: %d, %v; want %d", line, size, err, want)
		}
	}
}

func TestParseModules(t *testing.T) {
	got := parseModules([]byte("submodule.a.path\nlib/a/\x00submodule.a.url\n../a\x00submodule.b.c.url\nhttps://x/b\x00submodule.b.c.path\nb\x00submodule.none.path\nn\x00submodule.empty.url\x00rest"))
	if fmt.Sprint(got) != "map[b:https://x/b lib/a:../a]" {
		t.Errorf("%q", got)
	}
}

func FuzzParseTree(f *testing.F) {
	f.Add("100644 blob " + object + "\ta\x00")
	f.Add("160000 commit " + object + "\ta/b\x00120000 blob " + object + "\tl\x00")
	f.Fuzz(func(t *testing.T, s string) {
		entries, err := parseTree(strings.NewReader(s))
		for _, e := range entries {
			if err == nil && (path.Clean("/"+e.path) != "/"+e.path || e.path == "" || !isObject(e.object)) {
				t.Errorf("%+v", e)
			}
		}
	})
}

func FuzzParseRefs(f *testing.F) {
	f.Add(object + "\trefs/heads/main\n" + object + "\trefs/tags/v1^{}\n")
	f.Fuzz(func(t *testing.T, s string) {
		refs, err := parseRefs([]byte(s))
		for name, object := range refs {
			if err == nil && (name == "" || !isObject(object)) {
				t.Errorf("%q %q", name, object)
			}
		}
	})
}

func FuzzParseModules(f *testing.F) {
	f.Add("submodule.a.path\nlib/a\x00submodule.a.url\n../a\x00")
	f.Fuzz(func(t *testing.T, s string) {
		for p, u := range parseModules([]byte(s)) {
			if u == "" || p != path.Clean(p) {
				t.Errorf("%q %q", p, u)
			}
		}
	})
}

func FuzzParseObject(f *testing.F) {
	f.Add(object+" blob 12\n", object)
	f.Fuzz(func(t *testing.T, line, object string) {
		if size, err := parseObject(line, object); err == nil && (size < 0 || !strings.HasPrefix(line, object)) {
			t.Errorf("%q: %d", line, size)
		}
	})
}
