package image

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
)

// TestBring lays what recipes bring on a buildroot, which has other packages than
// an image: what a file replaces, or an edit is for, may be there or not.
func TestBring(t *testing.T) {
	r, err := recipe.Parse("recipes/policy/recipe.toml", []byte(`
[dir]
"/srv/x" = { mode = "1777" }
[file]
"/etc/own"     = { content = "a = 1\n" }
"/etc/there"   = { content = "new\n", replace = true }
"/etc/other"   = { content = "new\n" }
"/etc/nowhere" = { content = "new\n", replace = true }
"/etc/copied"  = { from = "/etc/kept" }
"/etc/early"   = { content = "early\n", early = true }
[link]
"/etc/link" = "own"
[remove]
paths = ["/etc/kept"]
[edit."/etc/kept.conf"]
set.a = "2"
[edit."/etc/absent.conf"]
set.a = "2"
[edit."/etc/absent/*.conf"]
files = 2
set.a = "2"
[edit."in-the-source.conf"]
set.a = "2"
`))
	if err != nil {
		t.Fatal(printed(err))
	}
	i, err := r.Instance(recipe.Target{})
	if err != nil {
		t.Fatal(err)
	}
	below := layer.New()
	from := layer.Origin{Kind: layer.FromPackage, Name: "p"}
	for path, text := range map[string]string{"/etc/there": "old\n", "/etc/other": "old\n", "/etc/kept": "kept\n", "/etc/kept.conf": "a = 1\n"} {
		below.MkdirAll("/etc", from)
		below.Put(layer.Content(path, 0o640, []byte(text), from))
	}
	files, err := Bring(below, []Part{{Recipe: i}}, nil)
	if err != nil {
		t.Fatal(printed(err))
	}
	var got []string
	for _, f := range files {
		got = append(got, strings.TrimSpace(strings.Join([]string{f.Path, f.Type.String(), f.Link + string(f.Data)}, " ")))
	}
	want := lines(`
		/etc/copied file kept
		/etc/early file early
		/etc/kept.conf file a = 2
		/etc/link link own
		/etc/nowhere file new
		/etc/other file new
		/etc/own file a = 1
		/etc/there file new
		/srv dir
		/srv/x dir
	`)
	if lines(strings.Join(got, "\n")) != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
