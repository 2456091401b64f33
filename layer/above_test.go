package layer_test

import (
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// Files on a base: what is new, what differs, and what is gone, once for a
// directory; all names of a changed file; nothing for another time alone.
func TestAbove(t *testing.T) {
	file := func(path, text string, mtime int64) *layer.File {
		f := layer.Content(path, 0o644, []byte(text), layer.Origin{})
		f.MTime = mtime
		return f
	}
	dir := func(path string) *layer.File { return &layer.File{Path: path, Type: layer.Dir, Mode: 0o755} }
	link := func(path, first string) *layer.File {
		return &layer.File{Path: path, Type: layer.Hardlink, Link: first}
	}
	base := layer.New(dir("/a"), file("/a/same", "1", 1), file("/a/changed", "1", 1), link("/a/name", "/a/changed"), link("/a/samename", "/a/same"),
		dir("/gone"), file("/gone/x", "1", 1), file("/alone", "1", 1))
	top := layer.New(dir("/a"), file("/a/same", "1", 2), file("/a/changed", "2", 2), link("/a/name", "/a/changed"), link("/a/samename", "/a/same"),
		dir("/new"), file("/new/x", "1", 2))
	var got []string
	for _, f := range layer.Above(base, top).Files() {
		got = append(got, string(f.Type)+f.Path)
	}
	want := "d/a f/a/changed h/a/name -/alone -/gone d/new f/new/x"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got %s, want %s", s, want)
	}
	if m := top.Get("/a/same").MTime; m != 1 {
		t.Errorf("a file of the base has the time %d", m)
	}
}
