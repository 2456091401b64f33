package deb_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
)

// BenchmarkUnpack unpacks 3000 files of 10 KiB without compression: what
// reading tar, hashing and writing cost by themselves.
func BenchmarkUnpack(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	d := debtest.Deb{Name: "bench"}
	body := make([]byte, 10<<10)
	for i := range 3000 {
		for j := range body {
			body[j] = byte(r.Uint32())
		}
		d.Files = append(d.Files, debtest.File{Path: "./usr/share/d" + strconv.Itoa(i/100) + "/f" + strconv.Itoa(i), Data: string(body)})
	}
	data := d.Bytes()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if _, err := deb.Unpack(b.Context(), bytes.NewReader(data), filepath.Join(tempDir(b), strconv.Itoa(i)), deb.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnpackDir unpacks every package of the directory ASHLAR_DEBS, as
// many at once as there are processors, the largest first.
func BenchmarkUnpackDir(b *testing.B) {
	names, _ := filepath.Glob(filepath.Join(os.Getenv("ASHLAR_DEBS"), "*.deb"))
	size := map[string]int64{}
	total := int64(0)
	for _, name := range names {
		fi, err := os.Stat(name)
		if err != nil {
			b.Fatal(err)
		}
		size[name] = fi.Size()
		total += fi.Size()
	}
	slices.SortFunc(names, func(x, y string) int { return int(size[y] - size[x]) })
	b.SetBytes(total)
	for range b.N {
		dir := tempDir(b)
		g, ctx := errgroup.WithContext(b.Context())
		g.SetLimit(2)
		for _, name := range names {
			g.Go(func() error { return unpackFile(ctx, name, filepath.Join(dir, filepath.Base(name))) })
		}
		if err := g.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

func unpackFile(ctx context.Context, name, dir string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = deb.Unpack(ctx, f, dir, deb.Options{})
	return err
}
