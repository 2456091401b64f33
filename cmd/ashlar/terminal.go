package main

import (
	"bufio"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/acarl005/stripansi"
)

// plainText is text without escape sequences: no colours, and nothing that moves the
// cursor.
func plainText(text string) string {
	if !strings.ContainsAny(text, "\x1b\u009b") {
		return text
	}
	return stripansi.Strip(text)
}

// copyPlain copies what r yields as plainText, by lines.
func copyPlain(w io.Writer, r io.Reader) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if _, err := io.WriteString(w, plainText(string(line))); err != nil {
			return err
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil && err != bufio.ErrBufferFull:
			return err
		}
	}
}

// harmless is a line that neither moves the cursor nor changes colours.
func harmless(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, plainText(line))
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
