package xz

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	general "github.com/therootcompany/xz"
)

// words is n bytes like those of packages; noise is what nothing makes smaller.
// testdata was made of them by xz(1) 5.4.1, with the options that the names say.
func words(n int) []byte {
	vocabulary := []string{"usr", "share", "doc", "lib", "package", "the ", "0644", "\x7fELF", "\x00\x00\x00\x00", "\n"}
	var out bytes.Buffer
	for x := uint32(1); out.Len() < n; {
		x = (x*1103515245 + 12345) & 0x7fffffff
		out.WriteString(vocabulary[x>>16%10])
		if x>>20%37 == 0 {
			out.WriteString(decimal(x & 0xffff))
		}
	}
	return out.Bytes()[:n]
}

func decimal(n uint32) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + string(rune('0'+n%10))
}

func noise(n int) []byte {
	out := make([]byte, n)
	x := uint32(7)
	for i := range out {
		x = (x*1103515245 + 12345) & 0x7fffffff
		out[i] = byte(x >> 16)
	}
	return out
}

func packed(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".xz"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func unpack(r io.Reader) ([]byte, error) {
	x, err := NewReader(r, 0)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(x)
}

func TestReader(t *testing.T) {
	w := words(20000)
	for name, want := range map[string][]byte{
		"level0":     w,
		"level9":     w, // with SHA-256
		"nocheck":    w,
		"crc32":      w,
		"blocks":     w, // of 4 KiB each, with sizes in their headers
		"streams":    w, // two, with padding between and behind
		"contexts":   w, // lc=1 lp=3 pb=4
		"noposition": w, // lc=0 lp=0 pb=0
		"small":      w, // a dictionary of 4 KiB
		"noise":      append(noise(9000), w[:5000]...),
		"long":       bytes.Repeat(append(w[:20000:20000], noise(300)...), 350), // far more than a window
		"empty":      {},
		"x86":        w, // a filter that the general decoder has
	} {
		t.Run(name, func(t *testing.T) {
			got, err := unpack(bytes.NewReader(packed(t, name)))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("unpacked to %d bytes, %v; want %d, equal", len(got), err, len(want))
			}
			got, err = unpack(iotest.OneByteReader(bytes.NewReader(packed(t, name))))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("from small pieces: %d bytes, %v", len(got), err)
			}
		})
	}
}

// TestWriteTo copies without a buffer between.
func TestWriteTo(t *testing.T) {
	x, err := NewReader(bytes.NewReader(packed(t, "blocks")), 0)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	n, err := x.(io.WriterTo).WriteTo(&got)
	if err != nil || n != 20000 || !bytes.Equal(got.Bytes(), words(20000)) {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
}

// TestDamaged changes bytes, and cuts the file at them: every byte of a .xz file
// counts.
func TestDamaged(t *testing.T) {
	for _, name := range []string{"blocks", "streams", "level9", "noise", "empty"} {
		whole := packed(t, name)
		edge := func(i int) bool { return i < 100 || i > len(whole)-200 || i%23 == 0 }
		for i := range whole {
			if !edge(i) {
				continue
			}
			bad := bytes.Clone(whole)
			bad[i] ^= 0x10
			if _, err := unpack(bytes.NewReader(bad)); err == nil {
				t.Fatalf("%s with another byte %d: no error", name, i)
			}
		}
		for i := range whole {
			if !edge(i) {
				continue
			}
			_, err := unpack(bytes.NewReader(whole[:i]))
			if name == "streams" && err == nil && (bytes.HasSuffix(whole[:i], []byte("YZ")) || bytes.HasSuffix(whole[:i], make([]byte, 4))) {
				continue // a file of fewer streams
			}
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("%s cut behind %d bytes: %v, want %v", name, i, err, io.ErrUnexpectedEOF)
			}
		}
	}
}

func TestDictionary(t *testing.T) {
	_, err := NewReader(bytes.NewReader(packed(t, "level9")), 0)
	if err != nil {
		t.Fatal(err)
	}
	x, err := NewReader(bytes.NewReader(packed(t, "level9")), 8<<20)
	if err == nil {
		_, err = io.ReadAll(x)
	}
	if err == nil || !strings.Contains(err.Error(), "64 MiB are") && !strings.Contains(err.Error(), "64 MiB is needed, and 8 MiB are allowed") {
		t.Errorf("a dictionary of 64 MiB where 8 are allowed: %v", err)
	}
}

// FuzzReader compares with the general decoder: where both unpack, they unpack
// to the same.
func FuzzReader(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.xz")
	for _, name := range names {
		if strings.HasSuffix(name, "long.xz") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 4 << 20
		got, err := readSome(NewReader(bytes.NewReader(data), 1<<20))(limit)
		want, otherErr := readSome(general.NewReader(bytes.NewReader(data), 1<<20))(limit)
		if err == nil && otherErr == nil && !bytes.Equal(got, want) {
			t.Errorf("unpacked to %d bytes, %d by the other decoder", len(got), len(want))
		}
		if err == nil && otherErr != nil && len(got) > 0 {
			t.Errorf("unpacked to %d bytes what the other decoder refuses: %v", len(got), otherErr)
		}
	})
}

func readSome[R io.Reader](r R, err error) func(limit int64) ([]byte, error) {
	return func(limit int64) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, limit))
	}
}

func BenchmarkReader(b *testing.B) {
	for _, name := range []string{"contexts", "long"} {
		b.Run(name, func(b *testing.B) {
			data := packed(b, name)
			b.ReportAllocs()
			for b.Loop() {
				got, err := unpack(bytes.NewReader(data))
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(got)))
			}
		})
	}
}
