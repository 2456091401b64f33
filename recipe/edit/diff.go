package edit

import (
	"fmt"
	"strings"
)

// Diff returns what res changed in the input as a unified difference with
// three lines of context, or "" where nothing changed. It is made from the
// reported spans, so its cost follows the changes and not the file.
func Diff(name string, input []byte, res Result) string {
	src := string(input)
	regions := changedLines(src, res.Spans)
	if len(regions) == 0 {
		return ""
	}
	old := splitLines(src)
	var b strings.Builder
	fmt.Fprintf(&b, "--- a/%s\n+++ b/%s\n", strings.TrimPrefix(name, "/"), strings.TrimPrefix(name, "/"))
	shift := 0
	for len(regions) > 0 {
		n := 1
		for n < len(regions) && regions[n].from-regions[n-1].to <= 2*context {
			n++
		}
		shift += writeHunk(&b, old, regions[:n], shift)
		regions = regions[n:]
	}
	return b.String()
}

// context is how many equal lines stand around a change.
const context = 3

// A region is lines [from, to) of the old text, from 0, and what they became.
type region struct {
	from, to int
	new      []string
}

// splitLines takes a text into its lines, with their ends.
func splitLines(s string) []string {
	all := strings.SplitAfter(s, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// changedLines widens spans to whole lines.
func changedLines(src string, spans []Span) []region {
	var regions []region
	line, at := 0, 0
	for i := 0; i < len(spans); {
		start := lineStart(src, spans[i].Start)
		var b strings.Builder
		pos, end := start, start
		for ; i < len(spans) && (end == start || spans[i].Start < end); i++ {
			b.WriteString(src[pos:spans[i].Start] + spans[i].New)
			pos = spans[i].End
			if end = lineEnd(src, pos); pos > start && src[pos-1] == '\n' && (spans[i].New == "" || strings.HasSuffix(spans[i].New, "\n")) && b.Len() > 0 && strings.HasSuffix(b.String(), "\n") {
				end = pos
			}
			end = max(end, pos)
		}
		b.WriteString(src[pos:end])
		line += strings.Count(src[at:start], "\n")
		at = start
		old, now := splitLines(src[start:end]), splitLines(b.String())
		r := region{from: line, to: line + len(old), new: now}
		for len(old) > 0 && len(r.new) > 0 && old[0] == r.new[0] {
			old, r.new, r.from = old[1:], r.new[1:], r.from+1
		}
		for len(old) > 0 && len(r.new) > 0 && old[len(old)-1] == r.new[len(r.new)-1] {
			old, r.new, r.to = old[:len(old)-1], r.new[:len(r.new)-1], r.to-1
		}
		regions = append(regions, r)
	}
	return regions
}

// writeHunk writes regions that are near each other; it returns how many lines
// they add.
func writeHunk(b *strings.Builder, old []string, rs []region, shift int) int {
	from := max(rs[0].from-context, 0)
	to := min(rs[len(rs)-1].to+context, len(old))
	grown := 0
	for _, r := range rs {
		grown += len(r.new) - (r.to - r.from)
	}
	fmt.Fprintf(b, "@@ -%s +%s @@\n", hunkRange(from, to-from), hunkRange(from+shift, to-from+grown))
	at := from
	for _, r := range rs {
		writeLines(b, ' ', old[at:r.from])
		writeLines(b, '-', old[r.from:r.to])
		writeLines(b, '+', r.new)
		at = r.to
	}
	writeLines(b, ' ', old[at:to])
	return grown
}

// hunkRange writes the lines [from, from+n), counted from 0, as diff does.
func hunkRange(from, n int) string {
	switch n {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return fmt.Sprint(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, n)
}

// writeLines writes lines with their sign.
func writeLines(b *strings.Builder, sign byte, lines []string) {
	for _, l := range lines {
		b.WriteByte(sign)
		b.WriteString(l)
		if !strings.HasSuffix(l, "\n") {
			b.WriteString("\n\\ No newline at end of file\n")
		}
	}
}
