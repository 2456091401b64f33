package edit

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A hunk is one part of a unified difference.
type hunk struct {
	line     int      // in the patch, from 1
	oldStart int      // the file's line that it begins with, from 1
	newStart int      // the same in the result
	old, new []string // lines with their ends
}

// hunkHead is the line that begins a hunk.
var hunkHead = regexp.MustCompile(`^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@`)

// parsePatch reads a unified difference of one file. What stands before the
// first hunk, such as names and a description, is left alone.
func parsePatch(s string) ([]hunk, error) {
	var hunks []hunk
	all := strings.SplitAfter(s, "\n")
	files := 0
	for i := 0; i < len(all); i++ {
		if strings.HasPrefix(all[i], "+++ ") {
			files++
		}
		m := hunkHead.FindStringSubmatch(all[i])
		if m == nil {
			continue
		}
		h := hunk{line: i + 1, oldStart: number(m[1], 0), newStart: number(m[3], 0)}
		n, err := h.read(all[i+1:], number(m[2], 1), number(m[4], 1))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		if len(hunks) > 0 && h.oldStart < hunks[len(hunks)-1].oldStart+len(hunks[len(hunks)-1].old) {
			return nil, fmt.Errorf("line %d: the hunk begins before the end of the one above it", i+1)
		}
		hunks = append(hunks, h)
		i += n
	}
	if files > 1 {
		return nil, fmt.Errorf("it changes %d files; an edit is of one file: split it, or use `patches` of a source", files)
	}
	if len(hunks) == 0 {
		return nil, fmt.Errorf("it has no hunk (`@@ -1,3 +1,3 @@`): write a unified difference, as `diff -u` does")
	}
	return hunks, nil
}

// number reads digits; a missing or absurd number is def.
func number(s string, def int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return def
	}
	return min(n, 1<<30)
}

// read takes a hunk's lines; it returns how many.
func (h *hunk) read(all []string, olds, news int) (int, error) {
	for i, l := range all {
		if len(h.old) == olds && len(h.new) == news && !strings.HasPrefix(l, `\`) {
			return i, nil
		}
		text := l
		if l == "" || l == "\n" || l == "\r\n" { // mailers take the blank away
			if l == "" {
				break
			}
			text = " " + l
		}
		switch text[0] {
		case ' ':
			h.old, h.new = append(h.old, text[1:]), append(h.new, text[1:])
		case '-':
			h.old = append(h.old, text[1:])
		case '+':
			h.new = append(h.new, text[1:])
		case '\\':
			h.chomp(all[:i])
			continue
		default:
			return 0, fmt.Errorf("the hunk says %d and %d lines, and has %d and %d", olds, news, len(h.old), len(h.new))
		}
	}
	if len(h.old) != olds || len(h.new) != news {
		return 0, fmt.Errorf("the hunk says %d and %d lines, and has %d and %d", olds, news, len(h.old), len(h.new))
	}
	return len(all), nil
}

// chomp takes the line end off the last line read, for `\ No newline at end of file`.
func (h *hunk) chomp(read []string) {
	if len(read) == 0 {
		return
	}
	trim := func(ls []string) {
		if len(ls) > 0 {
			ls[len(ls)-1] = strings.TrimSuffix(strings.TrimSuffix(ls[len(ls)-1], "\n"), "\r")
		}
	}
	switch c := read[len(read)-1]; {
	case strings.HasPrefix(c, "-"):
		trim(h.old)
	case strings.HasPrefix(c, "+"):
		trim(h.new)
	default:
		trim(h.old)
		trim(h.new)
	}
}

// patch applies a unified difference, each hunk at exactly its line.
func (e *editor) patch(op Op) (change, error) {
	text, ok := e.in.Files[op.Text]
	if !ok {
		return change{}, e.bad(op, -1, "name one beside the recipe", "%s: the file is not at hand", op)
	}
	hunks, err := parsePatch(string(text))
	if err != nil {
		return change{}, e.bad(op, -1, "make it with `diff -u`", "%s: %v", op, err)
	}
	have := strings.SplitAfter(e.t.src, "\n")
	if have[len(have)-1] == "" {
		have = have[:len(have)-1]
	}
	starts := make([]int, len(have)+1)
	for i, l := range have {
		starts[i+1] = starts[i] + len(l)
	}
	applied := true
	for _, h := range hunks {
		gone := len(h.new) > 0 || !fits(have, h.oldStart, h.old)
		applied = applied && gone && fits(have, h.newStart, h.new)
	}
	if applied {
		return change{says: "already so"}, nil
	}
	ch := change{loose: true}
	for i, h := range hunks {
		if !fits(have, h.oldStart, h.old) {
			return change{}, e.badHunk(op, i+1, h, have)
		}
		at := first0(h.oldStart, h.old)
		ch.cuts = append(ch.cuts, splice{span{starts[at], starts[at+len(h.old)]}, strings.Join(h.new, "")})
	}
	return ch, nil
}

// first0 returns a hunk's first line counted from 0. Without lines a hunk
// names the line before it.
func first0(start int, ls []string) int {
	if len(ls) == 0 {
		return max(start, 0)
	}
	return max(start-1, 0)
}

// fits reports whether want stands at line start.
func fits(have []string, start int, want []string) bool {
	at := first0(start, want)
	if at+len(want) > len(have) {
		return false
	}
	for i, w := range want {
		if have[at+i] != w {
			return false
		}
	}
	return true
}

// badHunk says where a hunk and the file part, and where the hunk would fit.
func (e *editor) badHunk(op Op, n int, h hunk, have []string) error {
	hint := "make the patch again from this file"
	for i := range have {
		if len(h.old) > 0 && fits(have, i+1, h.old) {
			hint = fmt.Sprintf("it fits at line %d: make the patch again from this file", i+1)
			break
		}
	}
	at := first0(h.oldStart, h.old)
	for i, want := range h.old {
		if at+i >= len(have) {
			return e.bad(op, -1, hint, "%s: hunk %d (line %d) wants line %d, the file has %d", op, n, h.line, at+i+1, len(have))
		}
		if got := have[at+i]; got != want {
			return e.bad(op, -1, hint, "%s: hunk %d (line %d) wants %q in line %d, the file has %q", op, n, h.line, clip(want), at+i+1, clip(got))
		}
	}
	return e.bad(op, -1, hint, "%s: hunk %d (line %d) is behind the end of the file", op, n, h.line)
}
