package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// named is a fenced block of Markdown that says which file it is.
var named = regexp.MustCompile("(?ms)^```[a-z]+ (\\S+)\n(.*?)^```$")

// page writes the files that a page of the documentation shows. A page may show
// a file more than once, as it grows: N says how many of these are taken.
func page(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: page FILE N")
	}
	times, err := strconv.Atoi(args[1])
	ts.Check(err)
	text, err := os.ReadFile(args[0])
	ts.Check(err)
	seen := map[string]int{}
	for _, m := range named.FindAllSubmatch(text, -1) {
		name := string(m[1])
		if seen[name]++; seen[name] > times {
			continue
		}
		ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(name)), 0o755))
		ts.Check(os.WriteFile(ts.MkAbs(name), m[2], 0o644))
	}
	if len(seen) == 0 {
		ts.Fatalf("%s shows no file", args[0])
	}
}
