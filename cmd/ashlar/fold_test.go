package main

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestHelpFits holds that no line of any command's help is wider than a terminal.
func TestHelpFits(t *testing.T) {
	for _, c := range commands() {
		var out bytes.Buffer
		e := newEnv()
		e.out, e.err = &out, &out
		if err := e.call(t.Context(), c, []string{"--help"}); err != flag.ErrHelp {
			t.Fatalf("%s --help: %v", c.name, err)
		}
		e.helpOn(c)
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n >= screen && !strings.HasPrefix(line, "usage:") {
				t.Errorf("%s --help has a line of %d columns: %s", c.name, n, line)
			}
		}
	}
}

func TestFolded(t *testing.T) {
	wide := strings.Repeat("word ", 20)
	tests := []struct{ name, text, want string }{
		{"nothing", "\n", ""},
		{"short lines are joined", "\none\ntwo\n\nthree\n", "one two\n\nthree"},
		{"an example stays", "one\n\n  ashlar  x\n  y\n\ntwo", "one\n\n  ashlar  x\n  y\n\ntwo"},
		{"a long line is broken", wide, strings.TrimSpace(strings.Repeat("word ", 16)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 4))},
		{"a long word stays whole", strings.Repeat("x", 100) + " y", strings.Repeat("x", 100) + "\ny"},
	}
	for _, tt := range tests {
		if got := folded(tt.text); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, tt.want)
		}
	}
}
