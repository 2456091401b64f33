package image

import (
	"slices"
	"testing"
)

// TestLate warns of what is put where scripts have looked already, and of nothing else.
func TestLate(t *testing.T) {
	const says = "comes when the scripts of package ca-certificates, which read it, have run: say early = true if they are to find it"
	tests := []struct {
		name, recipe string
		want         []Warning
	}{
		{"a file", `"/usr/local/share/ca-certificates/own.crt" = { content = "x" }`, []Warning{{"/usr/local/share/ca-certificates/own.crt", says}}},
		{"an early one", `"/usr/local/share/ca-certificates/own.crt" = { content = "x", early = true }`, nil},
		{"another place", `"/usr/local/share/ca-certificates.txt" = { content = "x" }`, nil},
		{"another package's place", `"/etc/locale.gen" = { content = "x" }`, nil},
		{"an edit", "[edit.\"/etc/ca-certificates.conf\"]\nlines = [\"own.crt\"]", []Warning{{"/etc/ca-certificates.conf", says}}},
	}
	for _, tt := range tests {
		c := check{
			world:  "package ca-certificates 1\nf /etc/ca-certificates.conf text=all.crt\\n\n",
			recipe: "[depends]\nruntime = [\"ca-certificates\"]\n[image]\nuser = \"root\"\n[file]\n" + tt.recipe,
		}
		r, err := Assemble(t.Context(), c.input(t))
		if err != nil {
			t.Fatalf("%s: %s", tt.name, printed(err))
		}
		got := slices.DeleteFunc(r.Report.Warnings, func(w Warning) bool { return w.Path == "" })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
