package recipe

import (
	"strings"
	"testing"
)

func TestPinned(t *testing.T) {
	const sum = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	tests := []struct{ name, text, want string }{
		{"a line", "[[source]]\nurl = \"https://x.example/a.tar.gz\" # upstream\ninto = \"a\"\n", "[[source]]\nurl = \"https://x.example/a.tar.gz\" # upstream\nsha256 = \"SUM\"\ninto = \"a\"\n"},
		{"in columns", "[[source]]\n  url      = \"https://x.example/a.tar.gz\"\n  unpack   = false\n", "[[source]]\n  url      = \"https://x.example/a.tar.gz\"\n  sha256   = \"SUM\"\n  unpack   = false\n"},
		{"a list", "[[source]]\nurl = [\n  \"https://x.example/a.tar.gz\",\n  \"https://y.example/a.tar.gz\",\n]\n", "[[source]]\nurl = [\n  \"https://x.example/a.tar.gz\",\n  \"https://y.example/a.tar.gz\",\n]\nsha256 = \"SUM\"\n"},
		{"no line feed at the end", "[[source]]\nurl = \"https://x.example/a.tar.gz\"", "[[source]]\nurl = \"https://x.example/a.tar.gz\"\nsha256 = \"SUM\""},
		{"as on Windows", "[[source]]\r\nurl = \"https://x.example/a.tar.gz\"\r\n", "[[source]]\r\nurl = \"https://x.example/a.tar.gz\"\r\nsha256 = \"SUM\"\r\n"},
		{"in braces", "source = [{ url = \"https://x.example/a.tar.gz\", into = \"a\" }]\n", "source = [{ url = \"https://x.example/a.tar.gz\", sha256 = \"SUM\", into = \"a\" }]\n"},
		{"pinned", "[[source]]\nurl = \"https://x.example/a.tar.gz\"\nsha256 = \"" + sum + "\"\n", "[[source]]\nurl = \"https://x.example/a.tar.gz\"\nsha256 = \"SUM\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Parse("recipes/x/recipe.toml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			i, err := r.Instance(Target{})
			if err != nil {
				t.Fatal(err)
			}
			pins := []Pin{{i.Sources[0].Pos, sum}, {i.Sources[0].Pos, sum}}
			got, _ := r.Pinned([]byte(tt.text), pins)
			if want := strings.ReplaceAll(tt.want, "SUM", sum); string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := Parse("recipes/x/recipe.toml", got); err != nil {
				t.Errorf("it does not hold: %v", err)
			}
			other := append(pins, Pin{i.Sources[0].Pos, strings.Repeat("0", 64)})
			if got, n := r.Pinned([]byte(tt.text), other); n != 0 || string(got) != tt.text {
				t.Errorf("with two digests: %d, %s", n, got)
			}
		})
	}
}
