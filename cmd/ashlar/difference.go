package main

import (
	"strings"

	"github.com/pmezard/go-difflib/difflib"
)

// difference is a unified difference between two states of a file, "" if there is none.
func difference(path, before string, a []byte, after string, b []byte) string {
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: splitLines(string(a)), B: splitLines(string(b)),
		FromFile: path, FromDate: before, ToFile: path, ToDate: after, Context: 2,
	})
	if err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return text
}

// splitLines takes a text into lines with their ends. One without an end says so,
// as diff(1) does.
func splitLines(s string) []string {
	lines := strings.SplitAfter(s, "\n")
	last := len(lines) - 1
	if lines[last] == "" {
		return lines[:last]
	}
	lines[last] += "\n\\ No newline at end of file\n"
	return lines
}
