package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

func BenchmarkOpen(b *testing.B) {
	dir := temp(b).Dir()
	b.ReportAllocs()
	for b.Loop() {
		s, err := store.Open(dir, store.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func BenchmarkPut(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 20} {
		for _, noSync := range []bool{false, true} {
			b.Run(fmt.Sprintf("size=%d/nosync=%v", size, noSync), func(b *testing.B) {
				s, err := store.Open(filepath.Join(b.TempDir(), "s"), store.Options{NoSync: noSync})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				data := make([]byte, size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for n := uint64(0); b.Loop(); n++ {
					binary.LittleEndian.PutUint64(data, n)
					d, _, err := s.Put(context.Background(), bytes.NewReader(data), "")
					if err != nil {
						b.Fatal(err)
					}
					os.Remove(s.BlobPath(d))
				}
			})
		}
	}
}

func BenchmarkPutAgain(b *testing.B) {
	s := temp(b)
	d := put(b, s, "there")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Put(context.Background(), nil, d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResult(b *testing.B) {
	for _, trees := range []int{1, 128} {
		b.Run(fmt.Sprintf("trees=%d", trees), func(b *testing.B) {
			s, err := store.Open(filepath.Join(b.TempDir(), "s"), store.Options{NoSync: true})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			r := store.Result{Trees: make(map[string]string), Notes: []string{"a note"}}
			for i := range trees {
				r.Trees[fmt.Sprint("package", i)] = tree(b, s, fmt.Sprint(i))
			}
			if err := s.PutResult(b.Context(), "id", r); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, ok, err := s.Result("id"); !ok || err != nil {
					b.Fatal(ok, err)
				}
			}
		})
	}
}

// Trees of twenty files of 16 KiB: 128 of them, as a build environment has.
func BenchmarkCommit(b *testing.B) {
	const trees, files = 128, 20
	data := make([]byte, 16<<10)
	draft := func(b *testing.B, s *store.Store) *store.Draft {
		d, err := s.NewTree()
		if err != nil {
			b.Fatal(err)
		}
		for i := range files {
			if err := os.WriteFile(filepath.Join(d.Dir(), fmt.Sprint(i)), data, 0o644); err != nil {
				b.Fatal(err)
			}
		}
		return d
	}
	for _, mode := range []string{"one by one", "together", "nosync"} {
		b.Run(mode, func(b *testing.B) {
			b.SetBytes(trees * files * int64(len(data)))
			for b.Loop() {
				s, err := store.Open(filepath.Join(b.TempDir(), "s"), store.Options{NoSync: mode == "nosync"})
				if err != nil {
					b.Fatal(err)
				}
				drafts := make([]*store.Draft, trees)
				for i := range drafts {
					drafts[i] = draft(b, s)
				}
				var wg sync.WaitGroup
				for i, d := range drafts {
					wg.Go(func() {
						if err := d.Commit(b.Context(), sum(fmt.Sprint(i))); err != nil {
							b.Error(err)
						}
					})
					if mode == "one by one" {
						wg.Wait()
					}
				}
				wg.Wait()
				s.Close()
				b.StopTimer()
				os.RemoveAll(s.Dir())
				b.StartTimer()
			}
		})
	}
}
