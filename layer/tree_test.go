package layer_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

// parse makes a tree of lines like those of a dump: "PATH TYPE [TEXT]", with the
// bytes of a file or the target of a link as TEXT.
func parse(t testing.TB, text string) *layer.Tree {
	t.Helper()
	tree := layer.New()
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		fields := append(strings.SplitN(line, " ", 3), "", "")
		f := &layer.File{Path: fields[0], Mode: 0o755, User: "root", Group: "root"}
		switch fields[1] {
		case "file":
			f = layer.Content(f.Path, 0o644, []byte(fields[2]), layer.Origin{})
		case "dir":
			f.Type = layer.Dir
		case "opaque":
			f.Type = layer.Opaque
		case "gone":
			f.Type = layer.Whiteout
		case "link":
			f.Type, f.Mode, f.Link = layer.Symlink, 0o777, fields[2]
		case "hard":
			f.Type, f.Mode, f.Link = layer.Hardlink, 0o644, fields[2]
		default:
			t.Fatalf("line %q", line)
		}
		tree.Put(f)
	}
	return tree
}

// text is a short dump: path, type, and bytes or target.
func text(tree *layer.Tree) string {
	var b strings.Builder
	for f := range tree.All() {
		fmt.Fprintf(&b, "%s %s", f.Path, f.Type)
		if s := string(f.Data) + f.Link; s != "" {
			b.WriteString(" " + s)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func lines(s ...string) string { return strings.Join(s, "\n") + "\n" }

func TestCompare(t *testing.T) {
	want := []string{"/", "/a", "/a/b", "/a/b/c", "/a-b", "/a.b", "/a0123456/x", "/a01234567", "/ab", "/b"}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, layer.Compare)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestPutAndDelete(t *testing.T) {
	const start = "/a dir\n/a/x file 1\n/a/y hard /a/x\n/a/z hard /a/x\n/b file 2"
	tests := []struct {
		name string
		do   func(*layer.Tree)
		want string
	}{
		{"nothing", func(*layer.Tree) {}, "/a dir\n/a/x file 1\n/a/y hard /a/x\n/a/z hard /a/x\n/b file 2"},
		{"delete the first name", func(t *layer.Tree) { t.Delete("/a/x") }, "/a dir\n/a/y file 1\n/a/z hard /a/y\n/b file 2"},
		{"delete a further name", func(t *layer.Tree) { t.Delete("/a/y") }, "/a dir\n/a/x file 1\n/a/z hard /a/x\n/b file 2"},
		{"delete two names", func(t *layer.Tree) { t.Delete("/a/x"); t.Delete("/a/y") }, "/a dir\n/a/z file 1\n/b file 2"},
		{"delete the directory", func(t *layer.Tree) { t.Delete("/a") }, "/b file 2"},
		{"delete nothing", func(t *layer.Tree) { t.Delete("/c") }, "/a dir\n/a/x file 1\n/a/y hard /a/x\n/a/z hard /a/x\n/b file 2"},
		{"other bytes", func(t *layer.Tree) { t.Put(layer.Content("/a/x", 0o644, []byte("3"), layer.Origin{})) },
			"/a dir\n/a/x file 3\n/a/y file 1\n/a/z hard /a/y\n/b file 2"},
		{"other mode", func(t *layer.Tree) { t.Put(layer.Content("/a/x", 0o600, []byte("1"), layer.Origin{})) },
			"/a dir\n/a/x file 1\n/a/y hard /a/x\n/a/z hard /a/x\n/b file 2"},
		{"a file for the directory", func(t *layer.Tree) { t.Put(layer.Content("/a", 0o644, []byte("4"), layer.Origin{})) }, "/a file 4\n/b file 2"},
		{"a file for a further name", func(t *layer.Tree) {
			t.Put(layer.Content("/a/y", 0o644, []byte("5"), layer.Origin{}))
			t.Delete("/a/x")
		}, "/a dir\n/a/y file 5\n/a/z file 1\n/b file 2"},
		{"delete by function", func(t *layer.Tree) {
			t.DeleteFunc(func(f *layer.File) bool { return strings.HasSuffix(f.Path, "x") || f.Path == "/b" })
		}, "/a dir\n/a/y file 1\n/a/z hard /a/y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := parse(t, start)
			before := text(tree)
			copied := tree.Clone()
			tt.do(copied)
			if got := text(copied); got != tt.want+"\n" {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			if err := copied.Check(); err != nil {
				t.Error(err)
			}
			if text(tree) != before {
				t.Errorf("the original changed:\n%s", text(tree))
			}
		})
	}
}

func TestMerge(t *testing.T) {
	tests := []struct {
		name  string
		trees []string
		want  string
	}{
		{"none", nil, ""},
		{"one with whiteouts", []string{"/a opaque\n/a/x file 1\n/b gone"}, "/a dir\n/a/x file 1\n"},
		{"union", []string{"/a dir\n/a/x file 1", "/a dir\n/a/y file 2"}, "/a dir\n/a/x file 1\n/a/y file 2\n"},
		{"upper counts", []string{"/x file 1", "/x file 2", "/x file 3"}, "/x file 3\n"},
		{"whiteout", []string{"/a dir\n/a/x file 1\n/b file 2", "/a gone"}, "/b file 2\n"},
		{"whiteout and a later file", []string{"/a dir\n/a/x file 1", "/a gone", "/a dir\n/a/y file 2"}, "/a dir\n/a/y file 2\n"},
		{"opaque", []string{"/a dir\n/a/x file 1\n/a/d dir\n/a/d/z file 3\n/a-b file 4", "/a opaque\n/a/y file 2"}, "/a dir\n/a/y file 2\n/a-b file 4\n"},
		{"opaque below a directory", []string{"/a dir\n/a/x file 1", "/a opaque\n/a/y file 2", "/a dir\n/a/z file 3"}, "/a dir\n/a/y file 2\n/a/z file 3\n"},
		{"file hides directory", []string{"/a dir\n/a/x file 1", "/a file 2"}, "/a file 2\n"},
		{"directory over a file", []string{"/a dir\n/a/x file 1", "/a file 2", "/a dir\n/a/y file 3"}, "/a dir\n/a/y file 3\n"},
		{"hard link outlives its first name", []string{"/x file 1\n/y hard /x\n/z hard /x", "/x gone"}, "/y file 1\n/z hard /y\n"},
		{"hard link outlives other bytes", []string{"/x file 1\n/y hard /x", "/x file 2"}, "/x file 2\n/y file 1\n"},
		{"hard link of the upper", []string{"/x file 1\n/z hard /x", "/x file 2\n/y hard /x"}, "/x file 2\n/y hard /x\n/z file 1\n"},
		{"hard link keeps equal bytes", []string{"/x file 1\n/y hard /x", "/x file 1"}, "/x file 1\n/y hard /x\n"},
		{"nested hiding", []string{"/a dir\n/a/b dir\n/a/b/c file 1\n/a/d file 2", "/a opaque\n/a/b opaque\n/a/c file 3"}, "/a dir\n/a/b dir\n/a/c file 3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var trees []*layer.Tree
			for _, s := range tt.trees {
				trees = append(trees, parse(t, s))
			}
			merged := layer.Merge(trees...)
			if got := text(merged); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			for i, s := range tt.trees {
				if text(trees[i]) != text(parse(t, s)) {
					t.Errorf("tree %d changed", i)
				}
			}
			merged.Delete("/x") // the result can be changed like any tree
			if err := merged.Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Whatever the halves in which trees are merged, one after the other is the same.
func TestMergeIsAssociative(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var trees []*layer.Tree
		for range 5 {
			trees = append(trees, randomTree(r))
		}
		all := layer.Merge(trees...)
		step := layer.New()
		for _, tree := range trees {
			step = layer.Merge(step, tree)
		}
		if text(all) != text(step) {
			t.Fatalf("at once:\n%s\none by one:\n%s", text(all), text(step))
		}
		if err := all.Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func randomTree(r *rand.Rand) *layer.Tree {
	tree := layer.New()
	names := []string{"a", "b", "c"}
	for range r.IntN(6) {
		p := ""
		for range 1 + r.IntN(3) {
			p += "/" + names[r.IntN(3)]
			if up := tree.Get(p); up == nil || up.Type != layer.Dir && up.Type != layer.Opaque {
				tree.Put(&layer.File{Path: p, Type: []layer.Type{layer.Dir, layer.Opaque}[r.IntN(5)/4]})
			}
		}
		switch r.IntN(4) {
		case 0:
			tree.Put(&layer.File{Path: p, Type: layer.Whiteout})
		case 1, 2:
			tree.Put(layer.Content(p, 0o644, []byte{byte('0' + r.IntN(3))}, layer.Origin{}))
		}
	}
	return tree
}

func TestResolve(t *testing.T) {
	tree := parse(t, `
		/usr dir
		/usr/lib dir
		/usr/lib/x/libz.so.1 link libz.so.1.3
		/usr/lib/x/libz.so.1.3 file z
		/lib link usr/lib
		/lib64 link /usr/lib/x/
		/var/run link ../../../../run
		/run dir
		/run/x file r
		/loop link loop
		/a link /b
		/b link /a
		/dangling link /nowhere/x
		/self link .
		/file file f`)
	tests := []struct{ path, want string }{
		{"/", "/"},
		{"/usr/lib", "/usr/lib"},
		{"/usr/lib/x", "/usr/lib/x"},
		{"/lib/x/libz.so.1", "/usr/lib/x/libz.so.1.3"},
		{"/lib64/libz.so.1", "/usr/lib/x/libz.so.1.3"},
		{"/lib/../lib/./x", "/usr/lib/x"},
		{"/lib/x/../../..", "/"},
		{"/../../run", "/run"},
		{"/var/run/x", "/run/x"},
		{"/self/self/run", "/run"},
		{"/usr//lib/", "/usr/lib"},
		{"/loop", "too many symbolic links"},
		{"/a", "too many symbolic links"},
		{"/dangling", "/dangling: link to /nowhere/x, which is not there"},
		{"/lib/y", "/lib: link to /usr/lib/y, which is not there"},
		{"/us", "/us: not there"},
		{"/file/x", "/file/x: not there"},
		{"/file/", "/file"},
	}
	for _, tt := range tests {
		got, f, err := tree.Resolve(tt.path)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, tt.want) || err == nil && f != tree.Get(got) {
			t.Errorf("%s: got %s, %v; want %s", tt.path, got, f, tt.want)
		}
	}
	var missing *layer.NotFound
	if _, _, err := tree.Resolve("/dangling"); !errors.As(err, &missing) || missing.Missing != "/nowhere/x" {
		t.Errorf("got %#v", missing)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct{ text, want string }{
		{"/a file\n/a/b file", "/a/b: /a is no directory"},
		{"/a link /x\n/a/b/c file", "/a/b/c: /a is no directory"},
		{"/a hard /b", "hard link to /b"},
		{"a file", "not absolute"},
	}
	for _, tt := range tests {
		if err := parse(t, tt.text).Check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: got %v, want …%s", tt.text, err, tt.want)
		}
	}
	for _, p := range []string{"", "a", "//", "/a/", "/a//b", "/./a", "/a/..", "/a\x00b", "/.."} {
		if layer.CheckPath(p) == nil {
			t.Errorf("path %q was taken", p)
		}
	}
	for _, p := range []string{"/", "/a", "/...", "/a/.b", "/a..b/c"} {
		if err := layer.CheckPath(p); err != nil {
			t.Errorf("path %q: %v", p, err)
		}
	}
}

func TestMkdirAll(t *testing.T) {
	tree := parse(t, "/a dir\n/x/y/z file 1")
	tree.MkdirAll("/a/b/c", layer.Origin{})
	tree.Parents(layer.Origin{})
	want := lines("/ dir", "/a dir", "/a/b dir", "/a/b/c dir", "/x dir", "/x/y dir", "/x/y/z file 1")
	if got := text(tree); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestUnder(t *testing.T) {
	tree := parse(t, "/ dir\n/a dir\n/a/x file 1\n/a/x.y file 2\n/a-b file 3\n/ab/c file 4")
	for dir, want := range map[string]string{
		"/a": "/a/x /a/x.y", "/ab": "/ab/c", "/a/x": "", "/none": "", "/": "/a /a/x /a/x.y /a-b /ab/c",
	} {
		var got []string
		for f := range tree.Under(dir) {
			got = append(got, f.Path)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %s", dir, got, want)
		}
	}
}

func TestDumpAndDiff(t *testing.T) {
	older, newer := layer.New(sampleIndex().Files...), layer.New(sampleIndex().Files...)
	var b strings.Builder
	if err := layer.Dump(&b, older); err != nil {
		t.Fatal(err)
	}
	want := lines(
		"/usr dir 0755 root:root",
		"/usr/sbin/b%20c hard 0000 -:- -> /usr/sbin/nginx",
		"/usr/sbin/httpd link 0777 -:- -> nginx",
		"/usr/sbin/nginx file 0755 root:root 00000000 cap=01000002 [package nginx 1.26.3-2, x]",
		"/usr/sbin/s file 0000 -:- 00000000",
		"/usr/sbin/tör%ff char 0000 %2d:100 1,3")
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	newer.Delete("/usr/sbin/s")
	f := *newer.Get("/usr")
	f.Mode, f.MTime = 0o700, 5
	newer.Put(&f)
	link := *newer.Get("/usr/sbin/httpd")
	link.MTime = 7
	newer.Put(&link)
	newer.Put(layer.Content("/z", 0o644, nil, layer.Origin{}))
	var got []string
	for _, c := range layer.Diff(older, newer) {
		got = append(got, c.String())
	}
	want = "- /usr dir 0755 root:root\n+ /usr dir 0700 root:root\n- /usr/sbin/s file 0000 -:- 00000000\n+ /z file 0644 root:root e3b0c442"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

// However it is changed and read in between, a tree is in order and complete.
func TestTreeStaysInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	tree, want := layer.New(), map[string]bool{}
	for step := range 5000 {
		p := fmt.Sprintf("/%c/%c%d", 'a'+r.IntN(3), 'a'+r.IntN(20), r.IntN(20))
		if r.IntN(3) > 0 {
			tree.Put(layer.Content(p, 0o644, nil, layer.Origin{}))
			want[p] = true
		} else {
			tree.Delete(p)
			delete(want, p)
		}
		if r.IntN(40) > 0 && step%1000 < 800 {
			continue // sometimes many changes between readings, sometimes few
		}
		files := tree.Files()
		if len(files) != len(want) || tree.Len() != len(want) {
			t.Fatalf("step %d: %d files, want %d", step, len(files), len(want))
		}
		for i, f := range files {
			if !want[f.Path] || i > 0 && layer.Compare(files[i-1].Path, f.Path) >= 0 {
				t.Fatalf("step %d: %s is out of order or gone", step, f.Path)
			}
		}
	}
}
