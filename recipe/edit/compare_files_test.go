//go:build compare

package edit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFiles reads every regular file below the directories of EDIT_FILES
// (separated by colons), as the format that its path names: each must be read
// without a panic, and each key that its path names alone is set to another
// value and back, after which the bytes must be the first ones. It prints a
// table by format.
func TestFiles(t *testing.T) {
	table := map[string]*tally{}
	for _, dir := range strings.Split(os.Getenv("EDIT_FILES"), ":") {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			name := strings.TrimPrefix(path, dir)
			if i := strings.Index(path, "/etc/"); i >= 0 {
				name = path[i:]
			}
			src, err := os.ReadFile(path)
			if err != nil || len(src) > 1<<20 || strings.Contains(string(src[:min(len(src), 8000)]), "\x00") {
				return nil
			}
			format := FormatOf(name)
			if table[format] == nil {
				table[format] = &tally{}
			}
			table[format].file(t, format, name, string(src))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for n := range table {
		names = append(names, n)
	}
	slices.Sort(names)
	fmt.Printf("%-12s %6s %6s %8s %8s %8s %8s\n", "format", "files", "odd", "keys", "held", "back", "refused")
	for _, n := range names {
		c := table[n]
		fmt.Printf("%-12s %6d %6d %8d %8d %8d %8d\n", n, c.files, c.odd, c.keys, c.held, c.back, c.refused)
		for _, m := range c.notes {
			fmt.Println("   ", m)
		}
	}
}

type tally struct {
	files, odd, keys, held, back, refused int
	notes                                 []string
}

func (c *tally) note(format string, args ...any) {
	if len(c.notes) < 12 {
		c.notes = append(c.notes, fmt.Sprintf(format, args...))
	}
}

func (c *tally) file(t *testing.T, format, name, src string) {
	f, _ := formatOf(Input{Format: format})
	tr := f.parse(src)
	checkTree(t, tr)
	c.files++
	if len(tr.odd) > 0 {
		c.odd++
		c.note("odd %s:%d: %s", name, tr.line(tr.odd[0].at), tr.odd[0].msg)
	}
	for i, n := range tr.entries() {
		if n.val.start < 0 || n.block || i > 300 {
			continue
		}
		p := pathOf(n)
		if active, _ := tr.find(p, f.style()); len(active) != 1 {
			continue
		}
		c.keys++
		value := "7654"
		if n.text() == value {
			value = "7655"
		}
		res, err := Apply(Input{Name: name, Format: format, Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: value}}}}})
		if err != nil {
			c.refused++
			c.note("refused %s: %s", name, explain(err))
			continue
		}
		c.held++
		old := n.text()
		if len(n.words) != 1 {
			old = n.val.of(src)
		}
		back, err := Apply(Input{Name: name, Format: format, Bytes: res.Bytes, Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: old}}}}})
		if err != nil {
			c.note("not back %s: %s", name, explain(err))
			continue
		}
		if string(back.Bytes) != src {
			c.note("not back %s: %s: %v", name, p, back.Spans)
			continue
		}
		c.back++
	}
}
