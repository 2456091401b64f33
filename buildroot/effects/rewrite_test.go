package effects

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

func TestDateLines(t *testing.T) {
	in := "root:*:20500:0:99999:7:::\nsshd:!:20500::::::\nold:x::0:::::\ngroup:!::a,b\n"
	want := "root:*:20717:0:99999:7:::\nsshd:!:20717::::::\nold:x::0:::::\ngroup:!::a,b\n"
	if got := dateLines(in, 1_790_000_000); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := dateLines("", 1); got != "" {
		t.Errorf("of nothing came %q", got)
	}
}

func TestSortBlocks(t *testing.T) {
	in := "% ls-R -- do not remove\n./b:\nz\ny\n\n./a:\n2\n1\n"
	want := "% ls-R -- do not remove\n./a:\n1\n2\n\n./b:\ny\nz\n"
	if got := sortBlocks(in); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSortKeys(t *testing.T) {
	in := "[a]\n\tz = 1\n\ty = 2\n[b]\n\tx\n\n\tc\n\tb\n"
	want := "[a]\n\ty = 2\n\tz = 1\n[b]\n\tx\n\n\tb\n\tc\n"
	if got := sortKeys(in); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// keyStore makes a key store of certificates.
func keyStore(entries ...[2]string) []byte {
	var b bytes.Buffer
	put := func(v any) { binary.Write(&b, binary.BigEndian, v) }
	put(uint32(jksMagic))
	put(uint32(jksVersion))
	put(uint32(len(entries)))
	for i, e := range entries {
		put(uint32(jksCert))
		put(uint16(len(e[0])))
		b.WriteString(e[0])
		put(uint64(1_700_000_000_000 + i))
		put(uint16(5))
		b.WriteString("X.509")
		put(uint32(len(e[1])))
		b.WriteString(e[1])
	}
	return append(b.Bytes(), jksDigest(b.Bytes())...)
}

func TestNormaliseJKS(t *testing.T) {
	x := keyStore([2]string{"b", "second"}, [2]string{"a", "first"})
	y := keyStore([2]string{"a", "first"}, [2]string{"b", "second"})
	nx, err := normaliseJKS(x, 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	ny, err := normaliseJKS(y, 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(nx, ny) || len(nx) != len(x) {
		t.Error("two key stores of one content differ")
	}
	if again, err := normaliseJKS(nx, 1_790_000_000); err != nil || !bytes.Equal(again, nx) {
		t.Errorf("normalised again it differs, or %v", err)
	}
	for name, bad := range map[string][]byte{
		"password": append(bytes.Clone(x[:len(x)-1]), x[len(x)-1]^1),
		"short":    x[:20],
		"other":    append([]byte{1, 2, 3, 4, 0, 0, 0, 2, 0, 0, 0, 0}, jksDigest([]byte{1, 2, 3, 4, 0, 0, 0, 2, 0, 0, 0, 0})...),
	} {
		if _, err := normaliseJKS(bad, 1); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzNormaliseJKS(f *testing.F) {
	f.Add(keyStore([2]string{"a", "first"}, [2]string{"b", "second"})[12:])
	f.Fuzz(func(t *testing.T, body []byte) {
		head := []byte{0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 2}
		data := append(head, body...)
		data = append(data, jksDigest(data)...)
		out, err := normaliseJKS(data, 1)
		if err != nil {
			return
		}
		if again, err := normaliseJKS(out, 1); err != nil || !bytes.Equal(out, again) {
			t.Errorf("not stable: %v", err)
		}
	})
}

// testdata/cacerts is what keytool wrote: two certificates, imported one after
// the other.
func TestNormaliseRealKeyStore(t *testing.T) {
	data, err := os.ReadFile("testdata/cacerts")
	if err != nil {
		t.Fatal(err)
	}
	out, err := normaliseJKS(data, 1_790_000_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != len(data) || bytes.Equal(out, data) || bytes.Index(out, []byte("alpha")) > bytes.Index(out, []byte("zeta")) {
		t.Error("it was not normalised")
	}
	if again, err := normaliseJKS(out, 1_790_000_000); err != nil || !bytes.Equal(again, out) {
		t.Errorf("normalised again it differs, or %v", err)
	}
}
