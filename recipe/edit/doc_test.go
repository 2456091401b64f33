package edit

import (
	"os"
	"strings"
	"testing"
)

// docExamples takes the examples out of the package comment: a format, an
// operation, and the lines of a file before (`-`) and after (`+`).
func docExamples(t *testing.T) (all []docExample) {
	verbs, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	formats, err := os.ReadFile("docformats.go")
	if err != nil {
		t.Fatal(err)
	}
	_, examples, ok := strings.Cut(string(verbs), "// # Examples\n")
	if !ok {
		t.Fatal("doc.go has no examples")
	}
	examples = strings.TrimSuffix(examples, "package edit\n") + "//\n" + strings.TrimSuffix(string(formats), "package edit\n")
	for block := range strings.SplitSeq(examples, "//\n") {
		lines := strings.Split(strings.TrimRight(block, "\n"), "\n")
		if !strings.HasPrefix(lines[0], "//\t") || len(lines) < 3 {
			continue
		}
		x := docExample{format: strings.TrimPrefix(lines[0], "//\t"), op: strings.TrimPrefix(lines[1], "//\t")}
		for _, l := range lines[2:] {
			l, _ = strings.CutPrefix(l, "//\t")
			text := strings.TrimPrefix(l[min(1, len(l)):], " ") + "\n"
			if l[0] != '+' {
				x.before += text
			}
			if l[0] != '-' {
				x.after += text
			}
		}
		all = append(all, x)
	}
	return all
}

type docExample struct{ format, op, before, after string }

// What the package comment shows is so, and it shows every format and operation.
func TestDocExamples(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range docExamples(t) {
		if !KnowsFormat(x.format) {
			continue // the list of operations above
		}
		in := Input{Name: "f", Format: x.format, Bytes: []byte(x.before), Ops: readOps(t, x.op),
			Files: map[string][]byte{"a.patch": []byte("@@ -1,2 +1,2 @@\n-one\n+1\n two\n")}}
		seen[x.format], seen[string(in.Ops[0].Verb)] = true, true
		res, err := Apply(in)
		switch {
		case err != nil:
			t.Errorf("%s %s: %s", x.format, x.op, explain(err))
		case string(res.Bytes) != x.after:
			t.Errorf("%s %s:\n%swant\n%s", x.format, x.op, res.Bytes, x.after)
		}
	}
	for _, f := range Formats() {
		if !seen[f.Name] {
			t.Errorf("no example of the format %s", f.Name)
		}
	}
	for _, v := range verbs {
		if !seen[v] {
			t.Errorf("no example of %s", v)
		}
	}
}
