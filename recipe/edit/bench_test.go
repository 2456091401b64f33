package edit

import (
	"strings"
	"testing"
)

// big repeats a sample to about size bytes.
func big(sample string, size int) string {
	return strings.Repeat(sample, size/len(sample)+1)
}

func benchmarkFormat(b *testing.B, format, sample, ops string) {
	const size = 10 << 20
	src := big(sample, size)
	f, err := formatOf(Input{Format: format})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			f.parse(src)
		}
	})
	op := readOps(b, ops)
	for i := range op {
		op[i].Count = Count{N: 1, OrMore: true}
	}
	b.Run("set", func(b *testing.B) {
		b.SetBytes(int64(len(src)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Apply(Input{Name: "x", Format: format, Bytes: []byte(src), Ops: op}); err != nil {
				b.Fatal(explain(err))
			}
		}
	})
}

func BenchmarkNginx(b *testing.B) {
	benchmarkFormat(b, "nginx", nginxSample, `set = "http/sendfile", to = "off"`)
}

func BenchmarkText(b *testing.B) {
	benchmarkFormat(b, "text", locales, `replace = "fr_FR", with = "fr_CA"`)
}
