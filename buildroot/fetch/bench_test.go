package fetch_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/fetch/mirrortest"
)

// Over loopback and to the disk, without syncs: what fetching itself costs.
func BenchmarkFetch(b *testing.B) {
	for _, tt := range []struct{ files, size int }{{200, 4 << 10}, {4, 32 << 20}} {
		b.Run(fmt.Sprintf("files=%d/size=%d", tt.files, tt.size), func(b *testing.B) {
			m, s := mirrortest.Start(b), newStore(b)
			f := newFetcher(b, s, fetch.Options{})
			digests := make([]string, tt.files)
			for i := range digests {
				data := bytesOf(tt.size)
				data[0], data[1] = byte(i), byte(i>>8)
				digests[i] = sum(data)
				m.Put(fmt.Sprint("/", i), data)
			}
			b.SetBytes(int64(tt.files * tt.size))
			b.ReportAllocs()
			for b.Loop() {
				var wg sync.WaitGroup
				for i, d := range digests {
					wg.Go(func() {
						req := fetch.Request{Name: "file", URLs: []string{fmt.Sprint(m.URL, "/", i)}, SHA256: d}
						if _, err := f.Fetch(b.Context(), req); err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
				for _, d := range digests {
					os.Remove(s.BlobPath(d))
				}
			}
		})
	}
}
