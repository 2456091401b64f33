package xz_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/ashlar-build/ashlar/buildroot/xz"
)

const plain = "stone that was cut to measure before it was laid\n"

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// read decompresses data that come in the pieces that wrap makes of them.
func read(data []byte, wrap func(io.Reader) io.Reader) ([]byte, error) {
	x := xz.NewReader(wrap(bytes.NewReader(data)))
	defer x.Close()
	return io.ReadAll(x)
}

func TestReader(t *testing.T) {
	one := file(t, "crc64.xz")
	changed := func(i int, by byte) []byte {
		data := bytes.Clone(one)
		data[(i+len(data))%len(data)] ^= by
		return data
	}
	padded := func(n int) []byte { return append(bytes.Clone(one), make([]byte, n)...) }
	tests := []struct {
		name string
		data []byte
		want string // if there is no error
		err  error
	}{
		{"no check", file(t, "none.xz"), plain, nil},
		{"CRC32", file(t, "crc32.xz"), plain, nil},
		{"CRC64", one, plain, nil},
		{"SHA-256", file(t, "sha256.xz"), plain, nil},
		{"nothing", file(t, "empty.xz"), "", nil},
		{"blocks", file(t, "blocks.xz"), plain, nil},
		{"delta filter", file(t, "delta.xz"), plain, nil},
		{"x86 filter", file(t, "x86.xz"), plain, nil},
		{"the largest dictionary", file(t, "dict64.xz"), plain, nil},
		{"two streams", append(bytes.Clone(one), one...), plain + plain, nil},
		{"padding behind", padded(8), plain, nil},
		{"padding between", append(padded(4), one...), plain + plain, nil},

		{"no bytes", nil, "", io.ErrUnexpectedEOF},
		{"cut in its header", one[:5], "", io.ErrUnexpectedEOF},
		{"cut behind its header", one[:12], "", io.ErrUnexpectedEOF},
		{"cut in its block", one[:40], "", io.ErrUnexpectedEOF},
		{"cut in its footer", one[:len(one)-1], "", io.ErrUnexpectedEOF},
		{"cut in a second stream", append(bytes.Clone(one), one[:30]...), "", io.ErrUnexpectedEOF},
		{"another format", []byte("this is no xz file"), "", xz.ErrFormat},
		{"the format before it", file(t, "alone.lzma"), "", xz.ErrFormat},
		{"garbage behind", append(bytes.Clone(one), "garbage behind it"...), "", xz.ErrDamaged},
		{"garbage behind padding", append(padded(4), "garbage behind it"...), "", xz.ErrDamaged},
		{"padding of three bytes", padded(3), "", xz.ErrDamaged},
		{"padding of three bytes between", append(padded(3), one...), "", xz.ErrDamaged},
		{"header's flags", changed(8, 1), "", xz.ErrDamaged},
		{"block", changed(40, 1), "", xz.ErrDamaged},
		{"checksum", changed(-24, 1), "", xz.ErrDamaged},
		{"index", changed(-16, 1), "", xz.ErrDamaged},
		{"a check of the future", file(t, "check5.xz"), "", xz.ErrOptions},
		{"a dictionary too large", file(t, "dict96.xz"), "", xz.ErrDictionary},
	}
	pieces := map[string]func(io.Reader) io.Reader{
		"at once": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "end with data": iotest.DataErrReader,
	}
	for _, tt := range tests {
		for how, wrap := range pieces {
			t.Run(tt.name+" "+how, func(t *testing.T) {
				got, err := read(tt.data, wrap)
				if !errors.Is(err, tt.err) {
					t.Errorf("error %v, want %v", err, tt.err)
				}
				if tt.err == nil && string(got) != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			})
		}
	}
}

// An error of the reader below is handed on as it is, and again after that.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is broken")
	x := xz.NewReader(io.MultiReader(bytes.NewReader(file(t, "crc64.xz")[:40]), iotest.ErrReader(broken)))
	defer x.Close()
	for range 2 {
		if _, err := io.ReadAll(x); err != broken {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}

func TestClose(t *testing.T) {
	for _, begun := range []bool{false, true} {
		x := xz.NewReader(bytes.NewReader(file(t, "crc64.xz")))
		var b [1]byte
		if begun {
			if _, err := x.Read(b[:]); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := x.Close(); err != nil {
				t.Error(err)
			}
		}
		if n, err := x.Read(b[:]); n > 0 || err == nil || err == io.EOF {
			t.Errorf("read %d bytes and %v after Close", n, err)
		}
	}
}

// BenchmarkReader decompresses the file ASHLAR_XZ, such as the data.tar.xz of a
// package.
func BenchmarkReader(b *testing.B) {
	data, err := os.ReadFile(os.Getenv("ASHLAR_XZ"))
	if err != nil {
		b.Skip("set ASHLAR_XZ to an .xz file")
	}
	b.ReportAllocs()
	for b.Loop() {
		x := xz.NewReader(bytes.NewReader(data))
		n, err := io.Copy(io.Discard, struct{ io.Reader }{x})
		if err != nil {
			b.Fatal(err)
		}
		x.Close()
		b.SetBytes(n)
	}
}
