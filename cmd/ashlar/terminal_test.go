package main

import (
	"strings"
	"testing"
)

func TestHarmless(t *testing.T) {
	tests := []struct{ line, want string }{
		{"plain", "plain"},
		{"\x1b[1;31mred\x1b[0m and \x1b[38;5;12mblue\x1b[m", "red and blue"},
		{"\x1b[2K\x1b[1Gover", "over"},
		{"\x1b]0;title\x07rest", "rest"},
		{"\x1b(Bset", "set"},
		{"10%\r20%\tdone\a", "10% 20% done "},
		{"grüße\u009b31m", "grüße"},
	}
	for _, tt := range tests {
		if got := harmless(tt.line); got != tt.want {
			t.Errorf("%q: %q, not %q", tt.line, got, tt.want)
		}
	}
}

// A log is copied whole, but for the colours: lines of any length, and a last one
// without its end.
func TestCopyPlain(t *testing.T) {
	long := strings.Repeat("x", 200<<10)
	var b strings.Builder
	if err := copyPlain(&b, strings.NewReader("\x1b[31mred\x1b[0m\r\n"+long+"\n\nlast\x1b[0m")); err != nil {
		t.Fatal(err)
	}
	if want := "red\r\n" + long + "\n\nlast"; b.String() != want {
		t.Errorf("%d bytes, not %d", b.Len(), len(want))
	}
}
