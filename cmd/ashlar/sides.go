package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pmezard/go-difflib/difflib"
)

// A side is one of two things that were done to the same file.
type side struct {
	title string
	after []string // lines
}

// sides prints what two sides made of the lines of a file, beside each other if
// the columns allow it: only the places that either has changed.
func sides(w io.Writer, before []string, left, right side, columns int, color bool) {
	l, r := left.blocks(before), right.blocks(before)
	half := (columns - 3) / 2
	if half < 36 {
		for _, s := range []struct {
			side
			all []block
		}{{left, l}, {right, r}} {
			fmt.Fprintf(w, "%s:\n", s.title)
			for _, row := range rows(before, s.all, places(s.all)) {
				fmt.Fprintln(w, cell(row, 0, color))
			}
		}
		return
	}
	fmt.Fprintf(w, "%s │ %s\n", pad(left.title, half), right.title)
	fmt.Fprintf(w, "%s─┼─%s\n", strings.Repeat("─", half), strings.Repeat("─", half))
	for _, place := range places(slices.Concat(l, r)) {
		one := wrapped(rows(before, l, []span{place}), half)
		two := wrapped(rows(before, r, []span{place}), half)
		for i := range max(len(one), len(two)) {
			fmt.Fprintln(w, strings.TrimRight(cell(at(one, i), half, color)+" │ "+cell(at(two, i), 0, color), " "))
		}
	}
}

// A span is lines [from, to) of a file, from 0.
type span struct{ from, to int }

// A block is a span and the lines that stand there now.
type block struct {
	span
	now []string
}

// blocks are what a side has changed.
func (s side) blocks(before []string) []block {
	var all []block
	for _, op := range difflib.NewMatcher(before, s.after).GetOpCodes() {
		switch {
		case op.Tag == 'e':
		case op.I2-op.I1 == op.J2-op.J1: // line by line, so that each stands by what it was
			for i := range op.I2 - op.I1 {
				all = append(all, block{span{op.I1 + i, op.I1 + i + 1}, s.after[op.J1+i : op.J1+i+1]})
			}
		default:
			all = append(all, block{span{op.I1, op.I2}, s.after[op.J1:op.J2]})
		}
	}
	return all
}

// places joins the spans that touch each other.
func places(all []block) []span {
	slices.SortFunc(all, func(a, b block) int { return a.from - b.from })
	var out []span
	for _, b := range all {
		if n := len(out); n > 0 && b.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, b.to)
			continue
		}
		out = append(out, b.span)
	}
	return out
}

// rows are the lines of places, numbered as in the file, with a sign where the
// blocks take one away or add one.
func rows(before []string, all []block, in []span) []string {
	var out []string
	for _, p := range in {
		line := p.from
		for _, b := range all {
			if b.from < p.from || b.to > p.to {
				continue
			}
			for ; line < b.from; line++ {
				out = append(out, sideRow(line+1, ' ', before[line]))
			}
			for ; line < b.to; line++ {
				out = append(out, sideRow(line+1, '-', before[line]))
			}
			for _, text := range b.now {
				out = append(out, sideRow(0, '+', text))
			}
		}
		for ; line < p.to; line++ {
			out = append(out, sideRow(line+1, ' ', before[line]))
		}
	}
	return out
}

func sideRow(line int, sign byte, text string) string {
	number := ""
	if line > 0 {
		number = fmt.Sprint(line)
	}
	text = strings.ReplaceAll(strings.TrimRight(text, "\r\n"), "\t", "    ")
	return fmt.Sprintf("%5s %c %s", number, sign, harmless(text))
}

// wrapped cuts what is too wide into rows.
func wrapped(rows []string, width int) []string {
	const indent = "        "
	var out []string
	for _, r := range rows {
		for runes := []rune(r); ; runes = []rune(indent + string(runes[width:])) {
			if len(runes) <= width {
				out = append(out, string(runes))
				break
			}
			out = append(out, string(runes[:width]))
		}
	}
	return out
}

func at(rows []string, i int) string {
	if i < len(rows) {
		return rows[i]
	}
	return ""
}

// cell is a row as wide as its column, in the colour of its sign.
func cell(row string, width int, color bool) string {
	code := ""
	if color && len(row) > 6 {
		code = map[byte]string{'-': "\x1b[31m", '+': "\x1b[32m"}[row[6]]
	}
	if code == "" {
		return pad(row, width)
	}
	return code + row + "\x1b[0m" + pad("", width-utf8.RuneCountInString(row))
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}
