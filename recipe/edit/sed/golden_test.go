//go:build compare

package sed

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/recipe/edit"
)

// An example is one sed edit of the corpus golden.jsonl below EDITS_DATA, run
// on the file of the package below EDITS_ROOT/PACKAGE.
type example struct {
	Package, File, Sed, Op, Result string
	Ext                            bool
	N                              int
	Hunks                          [][]any
}

// examples reads the corpus, with the file of each; those without are left out.
func examples(t *testing.T) (all []example, files map[string]string) {
	f, err := os.Open(filepath.Join(os.Getenv("EDITS_DATA"), "golden.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	files = map[string]string{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<22)
	for in.Scan() {
		var x example
		if err := json.Unmarshal(in.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		x.Sed = strings.ReplaceAll(x.Sed, "␟", "\x01")
		if _, ok := files[x.File]; !ok {
			name := strings.TrimSuffix(x.File, ` with "# " put before each line`)
			src, err := os.ReadFile(filepath.Join(os.Getenv("EDITS_ROOT"), x.Package, name))
			if err != nil {
				continue
			}
			text := string(src)
			if name != x.File {
				text = "# " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n# ") + "\n"
			}
			files[x.File] = text
		}
		all = append(all, x)
	}
	return all, files
}

// TestGoldenRun compares what the script does here with what GNU sed did.
func TestGoldenRun(t *testing.T) {
	all, files := examples(t)
	same, refused, other := 0, map[string]int{}, 0
	for _, x := range all {
		s, err := Parse(x.Sed, x.Ext)
		if err != nil {
			refused[err.Error()]++
			continue
		}
		bad := ""
		got := Join(s.Lines(files[x.File]))
		if want := x.output(files[x.File]); got != want {
			bad = fmt.Sprintf("%q: %s", x.Sed, firstDifference(got, want))
		}
		if bad == "" {
			same++
		} else if other++; other < 15 {
			fmt.Println(x.File, bad)
		}
	}
	fmt.Println("same", same, "other", other, "of", len(all), "refused", refused)
}

// output is the file as GNU sed left it.
func (x example) output(src string) string {
	lines := strings.SplitAfter(src, "\n")
	var b strings.Builder
	at := 0
	for _, h := range x.Hunks {
		line, before, after := int(h[0].(float64))-1, h[1].(string), h[2].(string)
		for at < line && at < len(lines) {
			b.WriteString(lines[at])
			at++
		}
		b.WriteString(after)
		at += len(strings.SplitAfter(before, "\n")) - 1
		if before != "" && !strings.HasSuffix(before, "\n") {
			at++
		}
	}
	b.WriteString(strings.Join(lines[min(at, len(lines)):], ""))
	return b.String()
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range as {
		if i >= len(bs) || as[i] != bs[i] {
			return fmt.Sprintf("line %d: %q, not %q", i+1, as[i], append(bs, "", "")[min(i, len(bs))])
		}
	}
	return fmt.Sprintf("%d lines more", len(bs)-len(as))
}

// TestGoldenTranslate turns each example into operations and prints how they fare.
func TestGoldenTranslate(t *testing.T) {
	all, files := examples(t)
	count := map[string]int{}
	shown := map[string]int{}
	for _, x := range all {
		s, err := Parse(x.Sed, x.Ext)
		if err != nil {
			count["no sed"]++
			continue
		}
		src := files[x.File]
		name := "/" + strings.TrimSuffix(x.File, ` with "# " put before each line`)
		if name != "/"+x.File {
			name = "/etc/locale.gen"
		}
		p, err := Translate(edit.Input{Name: name, Bytes: []byte(src)}, s)
		if err != nil {
			t.Fatal(err)
		}
		kind := x.kind(s, src)
		verdict := "other"
		switch {
		case p.Err != nil:
			verdict = "stops"
		case p.Result.Already:
			verdict = "already"
		case p.Same():
			verdict = "same"
		case p.Meant:
			verdict = "as meant"
		case (&translation{in: edit.Input{Name: name}, after: must(edit.Entries(edit.Input{Name: name, Bytes: []byte(p.Sed)}))}).better(p):
			verdict = "same but for blanks and comments"
		}
		if kind == "changes nothing" && verdict == "same" {
			verdict = "SILENT"
		}
		count[kind+": "+verdict]++
		if key := kind + verdict; verdict != "same" && shown[key] < 12 && os.Getenv("EDITS_SHOW") != "" {
			shown[key]++
			fmt.Printf("%s, %s: %s %q\n", kind, verdict, x.File, x.Sed)
			for _, op := range p.Ops {
				fmt.Println("     ", op.TOML())
			}
			if p.Err != nil {
				fmt.Println("     ", p.Err)
			} else {
				fmt.Println("     ", firstDifference(string(p.Result.Bytes), p.Sed))
			}
		}
	}
	keys := slices.Sorted(maps.Keys(count))
	for _, k := range keys {
		fmt.Printf("%6d  %s\n", count[k], k)
	}
}

// TestGoldenGuess turns each example into operations without its file, and prints how
// they fare on it. What neither stops nor leaves what sed leaves must be what
// was meant: sed changed comments or nothing.
func TestGoldenGuess(t *testing.T) {
	all, files := examples(t)
	count := map[string]int{}
	for _, x := range all {
		s, err := Parse(x.Sed, x.Ext)
		if err != nil {
			count["no sed"]++
			continue
		}
		src := files[x.File]
		in := edit.Input{Name: "/" + strings.TrimSuffix(x.File, ` with "# " put before each line`), Bytes: []byte(src)}
		kind := x.kind(s, src)
		ops, err := Guess(in.Name, "", s)
		if err != nil {
			count[kind+": no operation"]++
			continue
		}
		in.Ops = ops
		res, err := edit.Apply(in)
		now := Plan{Ops: ops, Sed: Join(s.Lines(src)), Result: res, Err: err}
		verdict := "other"
		switch {
		case err != nil:
			verdict = "stops"
		case now.Same():
			verdict = "same"
		case (&translation{in: edit.Input{Name: in.Name}, after: must(edit.Entries(edit.Input{Name: in.Name, Bytes: []byte(now.Sed)}))}).better(now):
			verdict = "same but for blanks and comments"
		}
		count[kind+": "+verdict]++
		if verdict == "other" && os.Getenv("EDITS_SHOW") != "" {
			fmt.Printf("%s: %s %q\n", kind, x.File, x.Sed)
			for _, op := range ops {
				fmt.Println("     ", op.TOML())
			}
			fmt.Println("     ", firstDifference(string(res.Bytes), now.Sed))
		}
		if verdict == "stops" && os.Getenv("EDITS_SHOW") == "2" {
			fmt.Printf("%s, stops: %s %q\n", kind, x.File, x.Sed)
			for _, op := range ops {
				fmt.Println("     ", op.TOML())
			}
			fmt.Println("     ", err)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(count)) {
		fmt.Printf("%6d  %s\n", count[k], k)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// kind says what sed does to the file.
func (x example) kind(s Script, src string) string {
	n, comment := 0, 0
	for _, l := range s.Lines(src) {
		if l.Changed() {
			n++
			after := strings.TrimSpace(strings.Join(append(l.After, l.Below...), " "))
			if b := strings.TrimSpace(l.Before); b != "" && strings.IndexByte("#;", b[0]) >= 0 && (after == "" || strings.IndexByte("#;", after[0]) >= 0) {
				comment++
			}
		}
	}
	switch {
	case n == 0:
		return "changes nothing"
	case n == comment:
		return "changes comments only"
	case n == 1:
		return "changes one line"
	}
	return "changes several lines"
}
