//go:build compare

package edit

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// eachFile calls f with each file of text below EDITS_ROOT/PACKAGE that a
// package has in /etc or that is named in EDITS_FILES, by its path in a system.
func eachFile(t *testing.T, f func(name, src string)) {
	root := os.Getenv("EDITS_ROOT")
	if root == "" {
		t.Skip("EDITS_ROOT names no unpacked packages")
	}
	named := strings.Fields(os.Getenv("EDITS_FILES"))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		_, name, _ := strings.Cut(rel, "/")
		if !strings.HasPrefix(name, "etc/") && !slices.Contains(named, name) {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || len(src) > 1<<20 || strings.Contains(string(src), "\x00") {
			return err
		}
		f("/"+name, string(src))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestFiles reads every such file, as the format that its path names or its
// text suggests. What is read must cover the bytes in order. Each key that its
// path names alone, and that has a value, is set to another one: the file, read
// again, must say it, and be otherwise as it was; set back, the bytes must be
// the first ones, or say the same. It prints a table by format, and how many
// entries without a value went into a comment and came out of it as they were.
func TestFiles(t *testing.T) {
	table := map[string]*tally{}
	all := &tally{}
	eachFile(t, func(name, src string) {
		format := FormatOf(name)
		if format == "text" {
			format = guess(name, src)
		}
		if table[format] == nil {
			table[format] = &tally{}
		}
		table[format].file(t, format, name, src)
	})
	fmt.Printf("%-12s %6s %6s %8s %8s %8s %8s %8s %8s %8s\n", "format", "files", "odd", "keys", "held", "back", "alike", "refused", "flags", "back")
	for _, n := range append(slices.Sorted(maps.Keys(table)), "all") {
		c := table[n]
		if n == "all" {
			c = all
		}
		fmt.Printf("%-12s %6d %6d %8d %8d %8d %8d %8d %8d %8d\n", n, c.files, c.odd, c.keys, c.held, c.back, c.alike, c.refused, c.flags, c.flagsBack)
		if n == "all" {
			break
		}
		all.add(c)
		for _, m := range c.notes {
			fmt.Println("   ", m)
		}
	}
}

// A tally counts what became of the keys of a format: held: the new value was
// read back; back: the first bytes were; alike: not they, but a file that says
// the same.
type tally struct {
	files, odd, keys, held, back, alike, refused int
	flags, flagsBack                             int
	notes                                        []string
}

func (c *tally) add(d *tally) {
	c.files, c.odd, c.keys, c.held = c.files+d.files, c.odd+d.odd, c.keys+d.keys, c.held+d.held
	c.back, c.alike, c.refused = c.back+d.back, c.alike+d.alike, c.refused+d.refused
	c.flags, c.flagsBack = c.flags+d.flags, c.flagsBack+d.flagsBack
}

func (c *tally) note(format string, args ...any) {
	if len(c.notes) < 12 && os.Getenv("EDITS_SHOW") != "" {
		c.notes = append(c.notes, strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", "\n      "))
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
	const most = 200 // of one file's keys
	for i, n := range tr.entries() {
		p := pathOf(n)
		if active, _ := tr.find(p, f.style()); i > most || n.val.start < 0 || n.block || len(active) != 1 {
			continue
		}
		apply := func(src string, op Op) (string, error) {
			op.Path = p
			res, err := Apply(Input{Name: name, Format: format, Bytes: []byte(src), Ops: []Op{op}})
			return string(res.Bytes), err
		}
		if n.val.empty() {
			c.flag(src, apply)
			continue
		}
		c.keys++
		c.key(name, src, p, n, f, apply)
	}
}

// flag puts a key without a value into a comment and takes it out again.
func (c *tally) flag(src string, apply func(string, Op) (string, error)) {
	c.flags++
	hidden, err := apply(src, Op{Verb: Comment})
	if err != nil {
		return
	}
	if shown, err := apply(hidden, Op{Verb: Uncomment}); err == nil && shown == src {
		c.flagsBack++
	}
}

// key sets a key to another value and back.
func (c *tally) key(name, src string, p Path, n *node, f Format, apply func(string, Op) (string, error)) {
	value := "v7654"
	if isNumber(n.text()) {
		value = "7654"
	}
	if n.text() == value {
		value += "1"
	}
	now, err := apply(src, Op{Verb: Set, To: []Value{{Text: value}}})
	if err != nil {
		c.refused++
		c.note("refused %s: %s", name, explain(err))
		return
	}
	c.held++
	old := n.text()
	if len(n.words) != 1 || strings.Contains(n.val.of(src), "\n") {
		old = n.val.of(src)
	}
	back, err := apply(now, Op{Verb: Set, To: []Value{{Text: old}}})
	after := f.parse(back)
	there, _ := after.find(p, f.style())
	switch {
	case err != nil:
		c.note("not back %s: %s", name, explain(err))
	case back == src:
		c.back++
	case len(there) == 1 && there[0].text() == n.text():
		c.alike++
		c.note("alike %s: %s", name, p)
	default:
		c.note("not back %s: %s", name, p)
	}
}
