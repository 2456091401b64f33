package edit

import (
	"strings"
	"testing"
)

// checkTree fails if a tree's spans do not lie in order in its text.
func checkTree(t *testing.T, tr *tree) {
	t.Helper()
	var check func(n *node, in span)
	check = func(n *node, in span) {
		at := in.start
		for _, k := range n.kids {
			if k.twin {
				in.end = len(tr.src)
			}
			if k.whole.start < at && !k.twin || k.whole.end < k.whole.start || k.whole.end > in.end {
				t.Fatalf("%q at %v lies outside of %v, or before the entry above it", k.name, k.whole, in)
			}
			if k.parent != n {
				t.Fatalf("%q has another parent", k.name)
			}
			if k.val.start >= 0 && (k.val.start < k.whole.start || k.val.end > len(tr.src) || k.val.end < k.val.start) {
				t.Fatalf("%q has its value at %v", k.name, k.val)
			}
			for i, w := range k.words {
				if w.start < k.val.start && k.val.start >= 0 || w.end < w.start || w.end > len(tr.src) || i > 0 && w.start < k.words[i-1].end {
					t.Fatalf("%q has word %d at %v", k.name, i, w.span)
				}
			}
			if !k.twin {
				at = k.whole.start
			}
			if k.block {
				if k.body.end < k.body.start {
					t.Fatalf("%q has its body at %v", k.name, k.body)
				}
				if !k.twin {
					check(k, span{k.whole.start, max(k.body.end, k.whole.end)})
				}
			}
		}
	}
	check(tr.root, span{0, len(tr.src)})
}

// pathOf returns the path of names that leads to n.
func pathOf(n *node) Path {
	var p Path
	for ; n.parent != nil; n = n.parent {
		p = append(Path{{Name: n.name}}, p...)
	}
	return p
}

// setThenRead sets one entry of src and reads it again; where that worked it
// must say the value, and set back, everything is as it was.
func setThenRead(t *testing.T, format, src, value string, pick int) {
	f, err := formatOf(Input{Format: format})
	if err != nil {
		t.Fatal(err)
	}
	tr := f.parse(src)
	checkTree(t, tr)
	all := tr.entries()
	if len(all) == 0 {
		return
	}
	n := all[pick%len(all)]
	if n.name == "" {
		return
	}
	p := pathOf(n)
	active, _ := tr.find(p, f.style())
	if len(active) != 1 {
		return
	}
	res, err := Apply(Input{Name: "f", Format: format, Bytes: []byte(src), Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: value}}}}})
	if err != nil {
		return
	}
	after := f.parse(string(res.Bytes))
	now, _ := after.find(p, f.style())
	if len(now) != 1 || !after.says(now[0], value) {
		t.Fatalf("set %s to %q in\n%s\nmakes\n%s", p, value, src, res.Bytes)
	}
	old := n.val.of(src)
	if n.text() != "" && len(n.words) == 1 {
		old = n.words[0].text
	}
	back, err := Apply(Input{Name: "f", Format: format, Bytes: res.Bytes, Ops: []Op{{Verb: Set, Path: p, To: []Value{{Text: old}}}}})
	if err != nil {
		return
	}
	again := f.parse(string(back.Bytes))
	if now, _ := again.find(p, f.style()); len(now) != 1 || !again.says(now[0], old) {
		t.Fatalf("set %s back to %q in\n%s\nmakes\n%s", p, old, res.Bytes, back.Bytes)
	}
}

func FuzzPatch(f *testing.F) {
	f.Add("a\nb\n", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n")
	f.Add("a", "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n")
	f.Fuzz(func(t *testing.T, src, diff string) {
		res, err := Apply(Input{Name: "x", Bytes: []byte(src), Files: map[string][]byte{"p": []byte(diff)}, Ops: []Op{{Verb: Patch, Text: "p"}}})
		if err == nil {
			checkSpans(t, src, res)
		}
	})
}

// Text operations never touch anything else, whatever they are given.
func FuzzText(f *testing.F) {
	f.Add("a\r\nb\r\n", "b\n", "c")
	f.Add("main\n", "main", "main contrib")
	f.Fuzz(func(t *testing.T, src, old, with string) {
		if old == "" {
			return
		}
		op := Op{Verb: Replace, Text: old, With: with, Count: Count{N: 1, OrMore: true}}
		res, err := Apply(Input{Name: "x", Bytes: []byte(src), Ops: []Op{op}})
		if err != nil {
			return
		}
		checkSpans(t, src, res)
		if old != with && !strings.Contains(with, old) && !strings.Contains(src, "\r\n") && !res.Already && len(res.Spans) > 0 && !strings.Contains(string(res.Bytes), with) {
			t.Fatalf("%q is not in %q", with, res.Bytes)
		}
	})
}
