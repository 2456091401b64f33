package recipe

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// No file makes Parse panic, and every mistake is inside the file.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"good", "bad"} {
		files, err := filepath.Glob("../testdata/recipes/" + pattern + "/*.toml")
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Parse("recipes/x/recipe.toml", src)
		_, werr := ParseWorkspace("ashlar.toml", src)
		inside(t, src, err)
		inside(t, src, werr)
		if err != nil {
			return
		}
		inside(t, src, errorsOf(r.Unsupported()))
		inside(t, src, errorsOf(r.Warnings()))
		for _, target := range r.targets(nil, "") {
			if _, err := r.Instance(target); err != nil {
				t.Errorf("%v: a checked recipe has no instance: %v", target, err)
			}
		}
	})
}

func errorsOf(errs []*diag.Error) error {
	var l diag.List
	l.Add(errs...)
	return l.Err()
}

// inside checks that mistakes are where the file is.
func inside(t *testing.T, src []byte, err error) {
	lines := bytes.Count(src, []byte("\n")) + 1
	for _, e := range diag.Of(err) {
		p := e.Pos
		if p.Line == 0 && p.Col == 0 {
			continue // the file as a whole
		}
		if p.Line < 1 || p.Line > lines || p.Col < 1 || p.End < p.Col || p.End > len(e.Line)+1 {
			t.Errorf("%v to column %d is not in %q", e, p.End, e.Line)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for _, name := range []string{"nginx", "haproxy", "tomcat"} {
		b.Run(name, func(b *testing.B) {
			src, err := os.ReadFile("../testdata/recipes/good/" + name + ".toml")
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse("recipes/x/recipe.toml", src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkInstance(b *testing.B) {
	src, err := os.ReadFile("../testdata/recipes/good/nginx.toml")
	if err != nil {
		b.Fatal(err)
	}
	r, err := Parse("recipes/nginx/recipe.toml", src)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Instance(Target{Arch: "amd64"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	src, err := os.ReadFile("../testdata/recipes/good/nginx.toml")
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprintf("recipes=%d", n), func(b *testing.B) {
			fsys := fstest.MapFS{}
			for i := range n {
				fsys[fmt.Sprintf("recipes/r%d/recipe.toml", i)] = &fstest.MapFile{Data: src}
			}
			b.SetBytes(int64(len(src) * n))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(fsys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
