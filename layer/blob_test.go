package layer_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/layer"
)

func manyBytes(files int, size int) []*layer.File {
	r := rand.New(rand.NewPCG(5, 6))
	words := strings.Fields("the stone was cut to measure before it was laid and no other place would take it 0x%08x ; return")
	list := make([]*layer.File, files)
	for i := range list {
		var b bytes.Buffer
		for b.Len() < size {
			b.WriteString(words[r.IntN(len(words))])
			if r.IntN(8) == 0 {
				fmt.Fprint(&b, r.Uint32())
			}
			b.WriteByte(' ')
		}
		list[i] = layer.Content(fmt.Sprintf("/usr/share/file%d", i), 0o644, b.Bytes()[:size], layer.Origin{})
	}
	return list
}

// The bytes do not depend on processors, nor on how they are written.
func TestBlobIsDeterministic(t *testing.T) {
	files := manyBytes(35, 100_000)
	for _, c := range []layer.Compression{layer.Gzip, layer.Zstd, layer.Bare} {
		var first layer.Blob
		for i, procs := range []int{1, 8, 3} {
			old := runtime.GOMAXPROCS(procs)
			var b bytes.Buffer
			blob, err := layer.WriteBlob(&b, files, nil, layer.BlobOptions{Compression: c})
			runtime.GOMAXPROCS(old)
			if err != nil {
				t.Fatal(err)
			}
			if sum := fmt.Sprintf("%x", sha256.Sum256(b.Bytes())); sum != blob.Digest || int64(b.Len()) != blob.Size {
				t.Errorf("%s: blob of %d bytes %s said to be %+v", c, b.Len(), sum, blob)
			}
			var bare bytes.Buffer
			if _, err := io.Copy(&bare, unpacked(t, c, &b)); err != nil {
				t.Fatal(err)
			}
			if sum := fmt.Sprintf("%x", sha256.Sum256(bare.Bytes())); sum != blob.DiffID || int64(bare.Len()) != blob.Unpacked {
				t.Errorf("%s: archive of %d bytes %s said to be %+v", c, bare.Len(), sum, blob)
			}
			if i == 0 {
				first = blob
			} else if blob != first {
				t.Errorf("%s with %d processors: %+v, first %+v", c, procs, blob, first)
			}
		}
	}
}

func unpacked(t *testing.T, c layer.Compression, r io.Reader) io.Reader {
	t.Helper()
	switch c {
	case layer.Gzip:
		z, err := gzip.NewReader(r) // the standard library's, as an independent judge
		if err != nil {
			t.Fatal(err)
		}
		if !z.ModTime.IsZero() || z.Name != "" || z.OS != 255 {
			t.Errorf("gzip header %+v", z.Header)
		}
		return z
	case layer.Zstd:
		z, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	return r
}

// The digests of a blob are the format: they change only together with the
// layers' identity, on purpose.
func TestBlobBytesStay(t *testing.T) {
	var b bytes.Buffer
	blob, err := layer.WriteBlob(&b, manyBytes(3, 500_000), nil, layer.BlobOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "e4bf416e5c504398f1cc38e4fe9c0e0a0d59a306ff2790c0d5202dafe550ba37"
	if blob.Digest != want {
		t.Errorf("digest %s, was %s: raise formatVersion", blob.Digest, want)
	}
}

type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestBlobOnFullDisk(t *testing.T) {
	files := manyBytes(50, 100_000)
	for _, c := range []layer.Compression{layer.Gzip, layer.Zstd, layer.Bare} {
		for _, room := range []int{0, 100, 1 << 20} {
			if _, err := layer.WriteBlob(&full{room}, files, nil, layer.BlobOptions{Compression: c}); err == nil || !strings.Contains(err.Error(), "disk full") {
				t.Errorf("%s, %d bytes: %v", c, room, err)
			}
		}
	}
	if _, err := layer.WriteBlob(io.Discard, nil, nil, layer.BlobOptions{Compression: "lzma"}); err == nil {
		t.Error("an unknown compression was taken")
	}
}
