package main

import (
	"fmt"
	"strings"
)

// Where what is explained stands in a list of commands or flags, and how wide a
// terminal is that nobody has made wider.
const (
	commandColumn = 13
	flagColumn    = 25
	screen        = 80
)

// folded breaks the lines of each paragraph of text anew, for a terminal of 80
// columns. Lines that begin with a space stay as they are.
func folded(text string) string {
	var out, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, fold(strings.Join(paragraph, " "), 0))
			paragraph = nil
		}
	}
	for line := range strings.Lines(strings.TrimSpace(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, " ") {
			flush()
			out = append(out, line)
			continue
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return strings.Join(out, "\n")
}

// fold breaks text between words; the lines but the first begin at a column.
func fold(text string, column int) string {
	var b strings.Builder
	at := column
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case at+1+n >= screen:
			fmt.Fprintf(&b, "\n%*s", column, "")
			at = column
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += n
	}
	return b.String()
}

// listed is an entry of a list: a name, and what it is from a column on.
func listed(name string, column int, what string) string {
	return fmt.Sprintf("  %-*s %s", column-3, name, fold(what, column))
}
