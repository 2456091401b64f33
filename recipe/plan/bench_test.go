package plan_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
	"github.com/ashlar-build/ashlar/recipe/plan/plantest"
)

func workspace(b *testing.B, n int) fs.FS {
	b.Helper()
	dir := b.TempDir()
	for name, text := range plantest.Files(n) {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			b.Fatal(err)
		}
	}
	return os.DirFS(dir)
}

// BenchmarkMany is what a build of many recipes does before it looks into the
// store, part by part.
func BenchmarkMany(b *testing.B) {
	for _, n := range []int{1000, 10000} {
		fsys := workspace(b, n)
		w, err := recipe.Load(fsys)
		if err != nil {
			b.Fatal(err)
		}
		g := w.Graph()
		text := lock.Encode(plantest.Lock(g))
		l, err := lock.Decode(lock.FileName, text)
		if err != nil {
			b.Fatal(err)
		}
		run := func(what string, f func() error) {
			b.Run(fmt.Sprintf("%s-%d", what, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := f(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		run("load", func() error { _, err := recipe.Load(fsys); return err })
		run("graph", func() error { w.Graph(); return nil })
		run("lock", func() error { _, err := lock.Decode(lock.FileName, text); return err })
		run("plan", func() error {
			_, err := plan.New(plan.Input{Graph: g, Lock: l, Files: fsys, URLs: func(lock.Package) []string { return nil }})
			return err
		})
	}
}
