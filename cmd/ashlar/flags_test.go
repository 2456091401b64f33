package main

import (
	"flag"
	"io"
	"slices"
	"testing"
)

// someFlags are of each kind.
func someFlags() (*flag.FlagSet, func() []string) {
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	j := flags.String("j", "", "")
	o := flags.String("o", "", "")
	flags.Bool("w", false, "")
	flags.Bool("offline", false, "")
	flags.Int("processes", 0, "")
	return flags, func() []string { return []string{*j, *o} }
}

// TestAttached holds which values may stand right behind a flag's letter.
func TestAttached(t *testing.T) {
	tests := []struct {
		args     []string
		j, o     string
		operands []string
	}{
		{[]string{"-j2", "a"}, "2", "", []string{"a"}},
		{[]string{"a", "-j=2", "-o./out"}, "2", "./out", []string{"a"}},
		{[]string{"-j", "2", "-o/out", "b"}, "2", "/out", []string{"b"}},
		{[]string{"-o", "out", "-offline"}, "", "out", nil},
		{[]string{"a", "--", "-j2"}, "", "", []string{"a", "-j2"}},
	}
	for _, tt := range tests {
		flags, values := someFlags()
		operands, err := parse(flags, tt.args)
		if err != nil || !slices.Equal(values(), []string{tt.j, tt.o}) || !slices.Equal(operands, tt.operands) {
			t.Errorf("%q: -j and -o %q, operands %q, %v; want %q %q, %q", tt.args, values(), operands, err, tt.j, tt.o, tt.operands)
		}
	}
}

// TestMisuse holds what is said of flags that do not exist or have a wrong value.
func TestMisuse(t *testing.T) {
	tests := []struct{ arg, want string }{
		{"--offlien", "there is no flag --offlien; did you mean --offline?"},
		{"-ofline", "there is no flag --ofline; did you mean --offline?"},
		{"--hlep", "there is no flag --hlep; did you mean --help?"},
		{"--jobs", "there is no flag --jobs; did you mean -j?"},
		{"--publish", "there is no flag --publish"},
		{"-odir", "there is no flag --odir; if the value of -o is meant, write -o dir"},
		{"-it", "there is no flag --it: a terminal is used where there is one"},
		{"-w2", "there is no flag --w2"},
		{"-x", "there is no flag -x"},
		{"--no-cache", "there is no flag --no-cache: what is built never depends on what was kept; `ashlar verify NAME` builds from nothing and compares"},
		{"--processes=x", `invalid value "x" for flag --processes: parse error`},
		{"--processes", "flag needs an argument: --processes"},
		{"-j", "flag needs an argument: -j"},
	}
	for _, tt := range tests {
		flags, _ := someFlags()
		_, err := parse(flags, []string{tt.arg})
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v; want %s", tt.arg, err, tt.want)
		}
	}
}
