package layer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/layer"
)

func add(tree *layer.Tree, path, kind, name string, size int) {
	tree.Put(layer.Content(path, 0o644, []byte(strings.Repeat("x", size)), layer.Origin{Kind: layer.Kind(kind), Name: name}))
}

func imageTree() *layer.Tree {
	tree := layer.New()
	add(tree, "/usr/lib/libc.so", "package", "libc6", 50_000)
	add(tree, "/usr/lib/libssl.so", "package", "libssl3", 40_000)
	add(tree, "/usr/lib/ossl-modules/legacy.so", "package", "libssl3-modules", 9_000)
	add(tree, "/usr/lib/libz.so", "package", "zlib1g", 5_000)
	add(tree, "/usr/share/tz/UTC", "package", "tzdata", 100)
	add(tree, "/etc/ssl/certs/ca.crt", "effect", "ca-certificates", 3_000)
	add(tree, "/usr/sbin/nginx", "recipe", "nginx", 30_000)
	add(tree, "/etc/nginx/nginx.conf", "edit", "nginx", 200)
	add(tree, "/etc/passwd", "user", "nginx", 50)
	tree.Put(&layer.File{Path: "/usr/lib/libz.so.1", Type: layer.Hardlink, Link: "/usr/lib/libz.so", Origin: layer.Origin{Kind: layer.FromEdit}})
	tree.Parents(layer.Origin{Kind: layer.FromSkeleton})
	tree.Put(&layer.File{Path: "/var/empty", Type: layer.Dir, Mode: 0o755, Origin: layer.Origin{Kind: layer.FromPackage, Name: "zlib1g"}})
	tree.Parents(layer.Origin{Kind: layer.FromSkeleton})
	return tree
}

func layerText(layers []layer.Layer) string {
	var b strings.Builder
	for _, l := range layers {
		fmt.Fprintf(&b, "%s:", l.Name)
		for _, f := range l.Files {
			if f.Type != layer.Dir || f.Path == "/var/empty" {
				b.WriteString(" " + f.Path)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func source(pkg string) string {
	if strings.HasPrefix(pkg, "libssl3") {
		return "openssl"
	}
	return ""
}

func rank(pkg string) int { return map[string]int{"libc6": 100, "zlib1g": 90, "tzdata": 50}[pkg] }

func smallOnes(pkg string) int { return map[string]int{"zlib1g": 4, "tzdata": 3}[pkg] }

func TestSplit(t *testing.T) {
	tests := []struct {
		name string
		o    layer.SplitOptions
		want string
	}{
		{"eight", layer.SplitOptions{Source: source, Rank: rank}, `
packages: libc6: /usr/lib/libc.so
packages: zlib1g: /usr/lib/libz.so /usr/lib/libz.so.1 /var/empty
packages: tzdata: /usr/share/tz/UTC
packages: libssl3, libssl3-modules: /usr/lib/libssl.so /usr/lib/ossl-modules/legacy.so
effects: ca-certificates: /etc/ssl/certs/ca.crt
recipes: nginx: /usr/sbin/nginx
files: /etc/nginx/nginx.conf /etc/passwd
`},
		{"five", layer.SplitOptions{Budget: 5, Source: source, Rank: rank}, `
packages: libc6: /usr/lib/libc.so
packages: libssl3, libssl3-modules, tzdata, zlib1g: /usr/lib/libssl.so /usr/lib/libz.so /usr/lib/libz.so.1 /usr/lib/ossl-modules/legacy.so /usr/share/tz/UTC /var/empty
effects: ca-certificates: /etc/ssl/certs/ca.crt
recipes: nginx: /usr/sbin/nginx
files: /etc/nginx/nginx.conf /etc/passwd
`},
		{"six, a small one in many images", layer.SplitOptions{Budget: 6, Source: source, Rank: smallOnes}, `
packages: libc6: /usr/lib/libc.so
packages: libssl3, libssl3-modules: /usr/lib/libssl.so /usr/lib/ossl-modules/legacy.so
packages: tzdata, zlib1g: /usr/lib/libz.so /usr/lib/libz.so.1 /usr/share/tz/UTC /var/empty
effects: ca-certificates: /etc/ssl/certs/ca.crt
recipes: nginx: /usr/sbin/nginx
files: /etc/nginx/nginx.conf /etc/passwd
`},
		{"four", layer.SplitOptions{Budget: 4}, `
packages: libc6, libssl3, libssl3-modules, tzdata, zlib1g: /usr/lib/libc.so /usr/lib/libssl.so /usr/lib/libz.so /usr/lib/libz.so.1 /usr/lib/ossl-modules/legacy.so /usr/share/tz/UTC /var/empty
effects: ca-certificates: /etc/ssl/certs/ca.crt
recipes: nginx: /usr/sbin/nginx
files: /etc/nginx/nginx.conf /etc/passwd
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := imageTree()
			layers := layer.Split(tree, tt.o)
			if got := layerText(layers); got != tt.want[1:] {
				t.Errorf("got\n%s\nwant%s", got, tt.want)
			}
			var trees []*layer.Tree
			for _, l := range layers {
				trees = append(trees, layer.New(l.Files...))
			}
			if d := layer.Diff(tree, layer.Merge(trees...)); len(d) > 0 {
				t.Errorf("the layers together are another tree: %v", d)
			}
		})
	}
}

// A changed line of configuration changes the last layer, and no other.
func TestLayerIDs(t *testing.T) {
	ids := func(tree *layer.Tree, o layer.BlobOptions) []string {
		var out []string
		for _, l := range layer.Split(tree, layer.SplitOptions{Rank: rank}) {
			id, err := l.ID(o)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, id)
		}
		return out
	}
	differ := func(a, b []string) (n int, last bool) {
		for i := range a {
			if a[i] != b[i] {
				n++
				last = i == len(a)-1
			}
		}
		return n, last
	}
	base := ids(imageTree(), layer.BlobOptions{})
	edited := imageTree()
	add(edited, "/etc/nginx/nginx.conf", "edit", "nginx", 201)
	if n, last := differ(base, ids(edited, layer.BlobOptions{})); n != 1 || !last {
		t.Errorf("an edit changes %d layers, the last: %v", n, last)
	}
	moved := imageTree()
	f := *moved.Get("/usr/sbin/nginx")
	f.Origin.What, f.In, f.At, f.Facts = "other step", "tree", "/x", &layer.Facts{}
	moved.Put(&f)
	if n, _ := differ(base, ids(moved, layer.BlobOptions{})); n != 0 {
		t.Errorf("what is not in the archive changes %d layers", n)
	}
	if n, _ := differ(base, ids(imageTree(), layer.BlobOptions{Compression: layer.Zstd})); n != len(base) {
		t.Errorf("another compression changes %d layers of %d", n, len(base))
	}
	dated := imageTree()
	f = *dated.Get("/etc/passwd")
	f.MTime = 10
	dated.Put(&f)
	epoch := func(n int64) layer.BlobOptions { return layer.BlobOptions{TarOptions: layer.TarOptions{Epoch: n}} }
	if n, _ := differ(ids(dated, epoch(10)), ids(dated, epoch(20))); n != 0 {
		t.Errorf("an epoch after all files changes %d layers", n)
	}
	if n, last := differ(ids(dated, epoch(10)), ids(dated, epoch(9))); n != 1 || !last {
		t.Errorf("an epoch before one file changes %d layers, the last: %v", n, last)
	}
	owned := imageTree()
	f = *owned.Get("/etc/passwd")
	f.User = "nginx"
	owned.Put(&f)
	number := func(n uint32) layer.BlobOptions {
		return layer.BlobOptions{TarOptions: layer.TarOptions{IDs: layer.IDs{Users: map[string]uint32{"nginx": n}}}}
	}
	if n, last := differ(ids(owned, number(101)), ids(owned, number(102))); n != 1 || !last {
		t.Errorf("a user's number changes %d layers, the last: %v", n, last)
	}
	if _, err := (layer.Layer{Name: "x", Files: owned.Files()}).ID(layer.BlobOptions{}); err == nil {
		t.Error("a user without a number was taken")
	}
}

// A directory that has another time above has it in the last layer, and changes no
// other.
func TestSplitBefore(t *testing.T) {
	ids := func(layers []layer.Layer) (ids []string) {
		for _, l := range layers {
			id, err := l.ID(layer.BlobOptions{TarOptions: layer.TarOptions{Epoch: 10}})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return ids
	}
	plain := ids(layer.Split(imageTree(), layer.SplitOptions{}))
	tree, before := imageTree(), map[string]*layer.File{}
	for _, dir := range []string{"/etc", "/usr/lib", "/usr/share/tz", "/var/empty"} { // with files of all layers, and none
		old := tree.Get(dir)
		later := *old
		later.MTime = 10
		before[dir] = old
		tree.Put(&later)
	}
	layers := layer.Split(tree, layer.SplitOptions{Before: before})
	last := len(layers) - 1
	if got := ids(layers); !slices.Equal(got[:last], plain[:last]) || got[last] == plain[last] {
		t.Errorf("without, the layers are %v, with it %v", plain, got)
	}
	var trees []*layer.Tree
	for _, l := range layers {
		trees = append(trees, layer.New(l.Files...))
		if trees[len(trees)-1].Len() != len(l.Files) {
			t.Errorf("layer %s has a path twice", l.Name)
		}
	}
	merged := layer.Merge(trees...)
	if d := layer.Diff(tree, merged); len(d) > 0 {
		t.Errorf("the layers together are another tree: %v", d)
	}
	for dir := range before {
		if m := merged.Get(dir).MTime; m != 10 {
			t.Errorf("%s is of %d", dir, m)
		}
	}
}

func TestSplitOfNothing(t *testing.T) {
	if got := layer.Split(layer.New(), layer.SplitOptions{}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
