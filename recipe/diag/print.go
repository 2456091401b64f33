package diag

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Options are the choices of [Print]. The zero value prints plain text.
type Options struct {
	Color bool // mark with terminal colours
}

// The terminal's words for what is marked.
const (
	bold  = "\x1b[1m"
	red   = "\x1b[1;31m"
	cyan  = "\x1b[36m"
	plain = "\x1b[0m"
)

// Print writes err for people. Each mistake of it is
//
//	recipe.toml:4:11: unknown step "fetch"
//	    4 | 	needs = ["fetch"]
//	      | 	         ^^^^^^^
//	hint: the steps before "build" are []
//
// where the tabs of the line stand in the marking line, too, so that the mark
// is below its place however wide a tab is. Other errors are a line each.
// The error returned is w's.
func Print(w io.Writer, err error, o Options) error {
	out := bufio.NewWriter(w)
	for _, e := range flatten(err) {
		d, ok := e.(*Error)
		if !ok {
			fmt.Fprintln(out, e.Error())
			continue
		}
		d.print(out, o)
	}
	return out.Flush()
}

// print writes one mistake.
func (e *Error) print(w io.Writer, o Options) {
	paint := func(color, s string) string {
		if !o.Color {
			return s
		}
		return color + s + plain
	}
	if where := e.Pos.String(); where != "" {
		fmt.Fprintf(w, "%s ", paint(bold, where+":"))
	}
	fmt.Fprintln(w, e.Msg)
	if e.Line != "" && e.Pos.Line > 0 {
		space, mark := e.mark()
		fmt.Fprintf(w, "%5d | %s\n", e.Pos.Line, printable(e.Line))
		fmt.Fprintf(w, "      | %s%s\n", space, paint(red, mark))
	}
	if e.Hint != "" {
		fmt.Fprintf(w, "%s %s\n", paint(cyan, "hint:"), e.Hint)
	}
}

// mark returns what stands below the line: blanks up to the place, and its mark.
func (e *Error) mark() (space, mark string) {
	start := min(max(e.Pos.Col-1, 0), len(e.Line))
	end := min(max(e.Pos.End-1, start), len(e.Line))
	space = strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, e.Line[:start])
	return space, strings.Repeat("^", max(1, utf8.RuneCountInString(e.Line[start:end])))
}

// printable keeps control characters of a file away from the terminal.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '�'
		}
		return r
	}, line)
}
