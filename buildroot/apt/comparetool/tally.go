package main

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/apt/aptget"
)

// A tally counts by class.
type tally struct {
	mu      sync.Mutex
	out     io.Writer
	order   []string
	classes map[string]*count
}

// A count is of one class.
type count struct{ total, equal, refused, unordered int }

func newTally(out io.Writer) *tally {
	return &tally{out: out, classes: map[string]*count{}}
}

// add counts a request; difference is empty if the answers are equal.
func (t *tally) add(w *world, class string, request []string, want aptget.Answer, difference string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	class = w.name + ": " + class
	c := t.classes[class]
	if c == nil {
		c = &count{}
		t.classes[class] = c
		t.order = append(t.order, class)
	}
	c.total++
	if want.Refused != "" {
		c.refused++
	}
	if want.Unordered != "" {
		c.unordered++
	}
	if difference == "" {
		c.equal++
		return
	}
	where := ""
	if w.apt != nil {
		where = " (" + w.apt.Dir + ")"
	}
	fmt.Fprintf(t.out, "differs: %s%s: %q: %s\n", class, where, strings.Join(request, "  "), difference)
}

// differences is how many requests differed so far.
func (t *tally) differences() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, c := range t.classes {
		n += c.total - c.equal
	}
	return n
}

// report prints the figures and reports whether all were equal.
func (t *tally) report() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	var sum count
	for _, name := range t.order {
		c := t.classes[name]
		c.print(t.out, name)
		sum.equal, sum.total = sum.equal+c.equal, sum.total+c.total
		sum.refused, sum.unordered = sum.refused+c.refused, sum.unordered+c.unordered
	}
	sum.print(t.out, "all")
	return sum.equal == sum.total
}

func (c *count) print(out io.Writer, name string) {
	fmt.Fprintf(out, "%6d of %6d equal, %5d refused by apt, %4d that it finds no order for: %s\n", c.equal, c.total, c.refused, c.unordered, name)
}
