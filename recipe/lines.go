package recipe

import (
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// linesOf tells where each line of a string's value begins in the file. The
// span is the whole string, with its quotes.
//
// TOML 1.0: a line end right behind the opening quotes of a multi-line string is
// no part of it, and in one of double quotes a backslash at the end of a line
// takes away all white space and line ends that follow.
func (s *source) linesOf(sp span) []diag.Pos {
	text := string(s.text[sp.start:sp.end])
	quotes := text[:min(3, len(text))]
	if quotes != `"""` && quotes != "'''" {
		return []diag.Pos{s.pos(span{min(sp.start+1, sp.end), sp.end})}
	}
	at := 3
	if rest := text[at:]; strings.HasPrefix(rest, "\n") {
		at++
	}
	var lines []diag.Pos
	begin := at
	for at < len(text) {
		from, escape := at, text[at] == '\\' && quotes == `"""`
		if escape {
			at = skipEscape(text, at)
		} else {
			at++
		}
		if text[from] == '\n' || escape && text[from+1] == 'n' {
			lines = append(lines, s.pos(span{sp.start + begin, sp.start + from}))
			begin = at
		}
	}
	return append(lines, s.pos(span{sp.start + begin, sp.end}))
}

// skipEscape returns where text goes on behind the backslash at at.
func skipEscape(text string, at int) int {
	rest := strings.TrimLeft(text[at+1:], " \t")
	if !strings.HasPrefix(rest, "\n") {
		return at + 2
	}
	return len(text) - len(strings.TrimLeft(rest, " \t\n"))
}
