package relation

import (
	"strings"
	"testing"
)

// The answers are those of dpkg --compare-versions.
const versions = `
1.0 = 1.0-0
1.0 < 1.0-1
1.0~rc1 < 1.0
1.0~~ < 1.0~
1.0~~a < 1.0~
1.0~ < 1.0~-1
1.0-1~bpo13+1 < 1.0-1
1.0-1+deb13u1 > 1.0-1
1.0-1+b1 > 1.0-1
1.0-1+b1 < 1.0-1+deb13u1
1.0-1+b1 < 1.0-1.1
1.0-1+b10 > 1.0-1+b9
0:1.0 = 1.0
1:0.1 > 9.9
00:1.0 = 1.0
01:1 = 1:1
1.01 = 1.1
1.001 = 1.1
1.0 = 1.00
1.0a > 1.0
1.0a < 1.0+
1.0. > 1.0+
1.0+git < 1.0.1
1.0+dfsg-1 > 1.0-1
1.0-1 < 1.0.0-1
1.0-1 < 1.0-1.0
a > 1
1a > 1A
1.2.3-4-5 > 1.2.3-4
1.2-3-4 < 1.2.3-4
1:1:1-1 > 1:1-1
2.0 > 2.0~
2.0~ < 2.0-0
20240101 > 2024.01.01
0 < 0.0
0~ < 0
1.99999999999999999999 < 1.100000000000000000000
1.0-1ubuntu1 < 1.0-1+deb1
1.0-a > 1.0-1
1.0+really0.9-1 > 1.0-1
1.0~+1 > 1.0~1
2:1.0-1 > 1:2.0-1
1.2b < 1.2.1
`

func TestCompare(t *testing.T) {
	signOf := map[string]int{"<": -1, "=": 0, ">": 1}
	for line := range strings.Lines(strings.TrimSpace(versions)) {
		f := strings.Fields(line)
		if got := sign(Compare(f[0], f[2])); got != signOf[f[1]] {
			t.Errorf("Compare(%q, %q) = %d, want %s", f[0], f[2], got, f[1])
		}
		if got := sign(Compare(f[2], f[0])); got != -signOf[f[1]] {
			t.Errorf("Compare(%q, %q) = %d, want the opposite of %s", f[2], f[0], got, f[1])
		}
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func TestCheckVersion(t *testing.T) {
	tests := []struct{ version, want string }{
		{"1.0", ""},
		{"1:2.3+dfsg~rc1-4+b1", ""},
		{"1:1:1-1", ""},
		{"a", ""}, // dpkg only warns
		{"", "version is empty"},
		{"1.0-", "revision is empty"},
		{"-1", "nothing stands before the revision"},
		{"x:1", "the epoch is not a number"},
		{":1", "the epoch is not a number"},
		{"1 0", `" " is not allowed in it`},
		{"1.0_2", `"_" is not allowed in it`},
		{"0:1-3:4", `":" is not allowed in its revision`},
	}
	for _, tt := range tests {
		err := CheckVersion(tt.version)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("CheckVersion(%q) = %v, want %q", tt.version, err, tt.want)
		}
	}
}

func TestOpHolds(t *testing.T) {
	tests := []struct {
		a    string
		op   Op
		b    string
		want bool
	}{
		{"1.0", None, "9", true},
		{"1.0", LT, "1.0", false}, {"0.9", LT, "1.0", true},
		{"1.0", LE, "1.0", true}, {"1.1", LE, "1.0", false},
		{"1.0", EQ, "1.00", true}, {"1.0", EQ, "1.0-1", false},
		{"1.0", GE, "1.0", true}, {"0.9", GE, "1.0", false},
		{"1.0", GT, "1.0", false}, {"1.1", GT, "1.0", true},
	}
	for _, tt := range tests {
		if got := tt.op.Holds(tt.a, tt.b); got != tt.want {
			t.Errorf("%s %s %s: got %v", tt.a, tt.op, tt.b, got)
		}
	}
}

func FuzzCompare(f *testing.F) {
	for line := range strings.Lines(strings.TrimSpace(versions)) {
		w := strings.Fields(line)
		f.Add(w[0], w[2], "1.0-1")
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		ab, bc, ac := sign(Compare(a, b)), sign(Compare(b, c)), sign(Compare(a, c))
		if Compare(a, a) != 0 {
			t.Errorf("%q differs from itself", a)
		}
		if ba := sign(Compare(b, a)); ba != -ab {
			t.Errorf("%q and %q: %d and %d", a, b, ab, ba)
		}
		if ab == bc && ac != ab {
			t.Errorf("%q, %q, %q: %d, %d but %d", a, b, c, ab, bc, ac)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Compare("1:2.38.1+dfsg-5+deb13u1", "1:2.38.1+dfsg-5+deb13u2")
	}
}
