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

// painted colours a difference for people.
func painted(diff string, color bool) string {
	if !color {
		return diff
	}
	var b strings.Builder
	for line := range strings.Lines(diff) {
		code := map[byte]string{'-': "\x1b[31m", '+': "\x1b[32m", '@': "\x1b[36m"}[line[0]]
		if code == "" {
			b.WriteString(line)
			continue
		}
		text, end := strings.CutSuffix(line, "\n")
		b.WriteString(code + text + "\x1b[0m")
		if end {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
