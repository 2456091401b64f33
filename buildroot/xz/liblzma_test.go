//go:build liblzma

package xz_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"

	inGo "github.com/therootcompany/xz"
)

// FuzzReader holds liblzma against the decoder in Go: both give the same bytes,
// or both fail.
func FuzzReader(f *testing.F) {
	names, err := filepath.Glob("testdata/*.xz")
	if err != nil || len(names) == 0 {
		f.Fatal("no files in testdata", err)
	}
	for _, name := range names {
		f.Add(file(f, filepath.Base(name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const most = 1 << 20 // a bomb is small, and what it unpacks to takes time
		got, err := read(data, func(r io.Reader) io.Reader { return r })
		var want []byte
		x, other := inGo.NewReader(bytes.NewReader(data), 0)
		if other == nil {
			want, other = io.ReadAll(io.LimitReader(x, most))
		}
		switch {
		case len(want) == most || errors.Is(other, inGo.ErrOptions): // it knows fewer filters
		case (err == nil) != (other == nil):
			t.Errorf("liblzma says %v, the decoder in Go %v", err, other)
		case err == nil && !bytes.Equal(got, want):
			t.Errorf("liblzma reads %d bytes, the decoder in Go %d others", len(got), len(want))
		}
	})
}
