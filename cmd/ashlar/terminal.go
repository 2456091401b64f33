package main

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// harmless replaces what could move the cursor or change colours.
func harmless(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
}

// clip returns as much of a line as fits into columns, made harmless.
func clip(line string, columns int) string {
	line = harmless(line)
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	runes := []rune(line)
	return string(runes[:max(columns-1, 0)]) + "…"
}
