//go:build compare

package shell

import (
	"bufio"
	"cmp"
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

// A row is one edit of the corpus: a command of a Dockerfile, and the one file
// and expression of it that are meant.
type row struct {
	Target, Format, Tool, Decl, Expr, Cmd string
	N                                     int
}

// inPlace reports whether the edit changes a file that is there.
func (r row) inPlace() bool {
	switch r.Tool {
	case "sed -i", "sed > file", "sed | tee", "perl -i", "patch", "awk >", "go-replace", "rpl", "ex":
		return true
	}
	return false
}

// command is the command with what a pipe would have handed to it.
func (r row) command() string {
	if r.Tool == "echo|tee" || r.Tool == "echo|sed>" {
		text := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`").Replace(r.Expr)
		return `echo "` + text + `" | ` + r.Cmd
	}
	if r.Tool == "sed | tee" {
		return r.Cmd + " | tee " + r.Target
	}
	return r.Cmd
}

// shortened writes the command anew from its expression: the corpus keeps the
// first few hundred bytes of a command only.
func (r row) shortened() string {
	single := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
	switch {
	case r.Tool == "sed -i" || r.Tool == "sed > file":
		e := ""
		if strings.Contains(r.Cmd, " -E") || strings.Contains(r.Cmd, " -r") || strings.Contains(r.Cmd, "-ri") {
			e = "-E "
		}
		return "sed -i " + e + single(strings.ReplaceAll(r.Expr, "␟", "\x01")) + " " + r.Target
	case r.Tool == "go-replace":
		search, with, _ := strings.Cut(r.Expr, " => ")
		head, _, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(r.Cmd, "\\\n", " "), "\t", " "), " -s")
		return head + " -s " + single(search) + " -r " + single(with) + " -- " + r.Target
	case strings.HasSuffix(r.Tool, ">>"):
		return "cat >>" + single(r.Target) + " <<'EOF'\n" + r.Expr + "\nEOF\n"
	}
	return "cat >" + single(r.Target) + " <<'EOF'\n" + r.Expr + "\nEOF\n"
}

// verdict says what the edit becomes, and of a class that it does not.
func (r row) verdict() (string, bool) {
	all, err := Read(r.command(), Options{})
	if err != nil || len(all) == 0 && r.Tool == "go-replace" {
		r.Cmd = r.shortened()
		if all, err = Read(r.Cmd, Options{}); err != nil {
			return "the shell does not parse", false
		}
	}
	if len(all) == 0 {
		return "unknown command: " + r.Tool, false
	}
	why := ""
	for _, ch := range all {
		switch {
		case ch.Err != nil:
			if why == "" {
				why, _, _ = strings.Cut(strings.SplitN(ch.Err.Error(), "\n", 2)[0], ":")
			}
		case len(ch.Keys) > 0 && len(ch.Ops) == 0:
			table, _, _ := strings.Cut(ch.Keys[0].Name, ".")
			if table == "image" {
				table = strings.Join(strings.SplitN(ch.Keys[0].Name, ".", 3)[:2], ".")
			}
			return "key " + table, true
		case len(ch.Ops) > 0:
			return "op " + string(ch.Ops[0].Verb), true
		}
	}
	if len(all[0].Sed) > 1 && why != "" { // one of several commands: this one by itself
		one := r
		one.Cmd = fmt.Sprintf("sed -i -E '%s' f", strings.ReplaceAll(r.Expr, "␟", "\x01"))
		if !strings.Contains(r.Cmd, "-E") && !strings.Contains(r.Cmd, "-r") {
			one.Cmd = strings.Replace(one.Cmd, "-E ", "", 1)
		}
		if one.Cmd != r.Cmd && !strings.Contains(r.Expr, "'") && !strings.Contains(r.Expr, "$") {
			return one.verdict()
		}
	}
	return why, false
}

// TestCorpus turns each edit of edits.jsonl below EDITS_DATA into operations or
// keys, and prints how many do and the classes of the others.
func TestCorpus(t *testing.T) {
	f, err := os.Open(filepath.Join(os.Getenv("EDITS_DATA"), "edits.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type count struct{ unique, seen int }
	into, classes, examples := map[string]count{}, map[string]count{}, map[string][]string{}
	var all, good, inPlace, inPlaceGood count
	text := 0
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		var r row
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		what, ok := r.verdict()
		add := func(c *count) { c.unique, c.seen = c.unique+1, c.seen+r.N }
		table := into
		add(&all)
		if r.inPlace() {
			add(&inPlace)
		}
		if !ok {
			table = classes
			examples[what] = append(examples[what], fmt.Sprintf("%s: %s", r.Tool, r.Cmd))
		} else {
			add(&good)
			if r.inPlace() {
				add(&inPlaceGood)
			}
			if edit.FormatOf(r.Target) == "text" {
				text++
			}
		}
		c := table[what]
		add(&c)
		table[what] = c
	}
	share := func(a, b int) float64 { return 100 * float64(a) / float64(b) }
	fmt.Printf("all edits, by times seen    %6d of %6d  %.1f %%\n", good.seen, all.seen, share(good.seen, all.seen))
	fmt.Printf("all edits, unique           %6d of %6d  %.1f %%\n", good.unique, all.unique, share(good.unique, all.unique))
	fmt.Printf("in place, by times seen     %6d of %6d  %.1f %%\n", inPlaceGood.seen, inPlace.seen, share(inPlaceGood.seen, inPlace.seen))
	fmt.Printf("in place, unique            %6d of %6d  %.1f %%\n", inPlaceGood.unique, inPlace.unique, share(inPlaceGood.unique, inPlace.unique))
	for _, m := range []map[string]count{into, classes} {
		fmt.Printf("\n%8s %8s\n", "unique", "seen")
		for _, k := range slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(m[b].seen-m[a].seen, strings.Compare(a, b)) }) {
			fmt.Printf("%8d %8d  %s\n", m[k].unique, m[k].seen, k)
		}
	}
	if os.Getenv("EDITS_SHOW") != "" {
		for k, all := range examples {
			fmt.Println("==", k)
			for _, x := range all[:min(25, len(all))] {
				fmt.Printf("    %q\n", x)
			}
		}
	}
}
