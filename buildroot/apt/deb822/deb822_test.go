package deb822_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/apt/deb822"
)

// dump writes what a reader finds: a field a line, a line of dashes before each
// stanza.
func dump(text string) (string, error) {
	r := deb822.NewReader([]byte(text))
	var out strings.Builder
	for r.Stanza() {
		out.WriteString("--\n")
		for r.Field() {
			f := r.Current()
			fmt.Fprintf(&out, "%d %s=%q\n", f.Start, f.Name, f.Value)
		}
	}
	return out.String(), r.Err()
}

func TestReader(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"blank lines only", "\n \n\t\n", ""},
		{"one", "A: 1\nB: 2\n", "--\n0 A=\"1\"\n5 B=\"2\"\n"},
		{"no end of line", "A: 1", "--\n0 A=\"1\"\n"},
		{"blank lines before and between", "\n\nA: 1\n\n\nB: 2\n\n", "--\n2 A=\"1\"\n--\n9 B=\"2\"\n"},
		{"a line of blanks separates", "A: 1\n \t\nB: 2\n", "--\n0 A=\"1\"\n--\n8 B=\"2\"\n"},
		{"continuation", "A: 1\n 2\n .\n\t3\nB: x\n", "--\n0 A=\"1\\n 2\\n .\\n\\t3\"\n14 B=\"x\"\n"},
		{"first line empty", "A:\n 1\n 2\n", "--\n0 A=\"1\\n 2\"\n"},
		{"spaces around", "A:   1  \n", "--\n0 A=\"1\"\n"},
		{"colon in the value", "A: b:c (>= 1:2)\n", "--\n0 A=\"b:c (>= 1:2)\"\n"},
		{"empty value", "A:\nB:\n", "--\n0 A=\"\"\n3 B=\"\"\n"},
		{"comments", "# x\nA: 1\n# y\nB: 2\n", "--\n4 A=\"1\"\n13 B=\"2\"\n"},
		{"carriage returns", "A: 1\r\nB: 2\r\n\r\nC: 3\r\n", "--\n0 A=\"1\"\n6 B=\"2\"\n--\n14 C=\"3\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := dump(tt.text); got != tt.want || err != nil {
				t.Errorf("got %v\n%s\nwant\n%s", err, got, tt.want)
			}
		})
	}
}

func TestReaderErrors(t *testing.T) {
	tests := []struct{ text, want string }{
		{" 1\n", "line 1: a continuation line stands before the first field"},
		{"A: 1\n\n 2\n", "line 3: a continuation line stands before the first field"},
		{"A: 1\nnothing\n", `line 2: "nothing" has no field name with a colon`},
		{": 1\n", `line 1: ": 1" has no field name with a colon`},
		{"A: 1\n\nB b: 2\n", `line 3: "B b" is no field name`},
		{"<html>: x y\n", ""},
		{"<!DOCTYPE html>\n", `line 1: "<!DOCTYPE html>" has no field name with a colon`},
	}
	for _, tt := range tests {
		_, err := dump(tt.text)
		if got := fmt.Sprint(err); got != tt.want && (tt.want != "" || err != nil) {
			t.Errorf("%q: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestSkip reads the second stanza though the first was not read to its end.
func TestSkip(t *testing.T) {
	r := deb822.NewReader([]byte("A: 1\nB: 2\n\nC: 3\n"))
	r.Stanza()
	r.Field()
	if !r.Stanza() || !r.Field() || r.Current().Name != "C" || r.Current().Start != 11 {
		t.Errorf("got %+v, want C at 11", r.Current())
	}
	if r.Field() || r.Stanza() || r.Offset() != 16 {
		t.Errorf("something is left at %d", r.Offset())
	}
}

// FuzzReader holds that reading ends, that offsets lead to the names, and that no
// value has a blank line in it.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"A: 1\nB: 2\n\nC:\n 3\n", "#\n\n :", "A:\n\n\n B", "\r\nA:b\r\n \r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := deb822.NewReader([]byte(text))
		last := -1
		for r.Stanza() {
			for r.Field() {
				c := r.Current()
				if !strings.HasPrefix(text[c.Start:], c.Name+":") || c.Start <= last {
					t.Fatalf("%q at %d", c.Name, c.Start)
				}
				if last = c.Start; strings.Contains(c.Value, "\n\n") {
					t.Fatalf("%q goes over a blank line: %q", c.Name, c.Value)
				}
			}
		}
		if r.Err() == nil && r.Offset() != len(text) {
			t.Fatalf("stopped at %d of %d without an error", r.Offset(), len(text))
		}
	})
}

func BenchmarkReader(b *testing.B) {
	text := []byte(strings.Repeat("Package: libfoo1\nVersion: 1.2-3\nDepends: libc6 (>= 2.38), libbar\nDescription: some text\n and more of it\n\n", 10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for r := deb822.NewReader(text); r.Stanza(); n++ {
			for r.Field() {
			}
		}
		if n != 10_000 {
			b.Fatal(n)
		}
	}
}
