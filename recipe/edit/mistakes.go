package edit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// missing says why no entry is what op's path names: the nearest lines, what is
// commented out, or the section that is not there.
func (e *editor) missing(op Op) error {
	p := op.Path
	for i := range p {
		if i == len(p)-1 {
			break
		}
		if secs, _ := e.t.find(p[:i+1], e.st); len(secs) == 0 {
			return e.noSection(op, i)
		}
	}
	_, twins := e.t.find(p, e.st)
	if twin := e.bestTwin(twins); twin != nil {
		hint := "`set` writes there, `uncomment` does too"
		if op.Verb == Set || twin.block {
			hint = "`uncomment` takes it out of the comment"
		}
		return e.bad(op, twin.mark, hint+e.quoted(twins), "%s is commented out", p)
	}
	near := e.elsewhere(p.last().Name)
	if tests := len(p.last().Tests); tests > 0 && len(near) > 0 {
		return e.bad(op, near[0].whole.start, "there is"+e.quoted(near), "%s is not there, but `%s` is", p, p.last().Name)
	}
	if len(near) > 0 {
		return e.bad(op, near[0].whole.start, e.elsewhereHint(near), "%s is not there; `%s` stands in %s", p, p.last().Name, place(near[0].section()))
	}
	names := e.namesIn(p.parent())
	hint := "no line of the file looks like it"
	if near := diag.Nearest(p.last().Name, names); near != "" {
		hint = fmt.Sprintf("did you mean `%s`?%s", near, e.quoted(e.elsewhere(near)))
	} else if at := e.remarks(p.last().Name); len(at) > 0 {
		hint = "only comments speak of it:" + quoteLines(e.t.src, at)
	}
	return e.bad(op, -1, hint, "%s is not there", p)
}

// remarks returns where comments begin with a word, but do not read as entries.
func (e *editor) remarks(word string) []int {
	var at []int
	for i, src := 0, e.t.src; i < len(src); i = lineEnd(src, i) {
		line := strings.TrimLeft(src[i:lineEnd(src, i)], " \t")
		said := strings.TrimLeft(line, "#;/!- \t")
		rest, ok := strings.CutPrefix(said, word)
		if ok && len(said) < len(line) && (rest == "" || !isKey(rest[:1])) {
			at = append(at, i)
		}
	}
	return at
}

// noSection says that step i of op's path names nothing.
func (e *editor) noSection(op Op, i int) error {
	p := op.Path
	want := p[i].Name
	_, twins := e.t.find(p[:i+1], e.st)
	if twin := e.bestTwin(twins); twin != nil {
		return e.bad(op, twin.mark, "`uncomment` it first"+e.quoted([]*node{twin}), "section `%s` is commented out", p[:i+1])
	}
	names := e.sectionsIn(p[:i])
	hint := "there are no sections " + inside(p[:i])
	if len(names) > 0 {
		hint = fmt.Sprintf("the sections %s are %s", inside(p[:i]), strings.Join(first(names, 12), ", "))
	}
	if near := diag.Nearest(want, names); near != "" && near != want {
		hint = fmt.Sprintf("did you mean `%s`? %s", near, hint)
	}
	if len(p[i].Tests) > 0 && slices.Contains(names, want) {
		all, _ := e.t.find(append(slices.Clone(p[:i]), Step{Name: want}), e.st)
		hint = "there is" + e.quoted(all)
	} else if near := e.elsewhere(p.last().Name); len(near) > 0 {
		hint += "; " + e.elsewhereHint(near)
	} else if e.st.heading != nil {
		hint += fmt.Sprintf("; { section = %q, body = \"…\" } makes a new one", p[:i+1].String())
	}
	return e.bad(op, -1, hint, "there is no section `%s`", p[:i+1])
}

// inside names the inside of a section in a message.
func inside(p Path) string {
	if len(p) == 0 {
		return "of the file"
	}
	return "in `" + p.String() + "`"
}

// elsewhere returns the entries of that name anywhere, active ones first.
func (e *editor) elsewhere(name string) []*node {
	var active, twins []*node
	e.t.root.walk(func(n *node) {
		switch {
		case !strings.EqualFold(n.name, name):
		case n.commented():
			twins = append(twins, n)
		default:
			active = append(active, n)
		}
	})
	return append(active, twins...)
}

// elsewhereHint says how to name entries that stand in other sections.
func (e *editor) elsewhereHint(near []*node) string {
	full := near[0].name
	if sec := near[0].section(); sec != "" {
		full = sec + "/" + full
	}
	if near[0].commented() {
		return fmt.Sprintf("`%s` is there in a comment:%s", full, e.quoted(near))
	}
	return fmt.Sprintf("its path is `%s`:%s", full, e.quoted(near))
}

// namesIn returns the names of all entries of the sections that p names.
func (e *editor) namesIn(p Path) []string {
	secs, _ := e.t.find(p, e.st)
	var names []string
	for _, s := range secs {
		for _, k := range s.kids {
			names = append(names, k.name)
		}
	}
	return uniq(names)
}

// sectionsIn returns the names of the active sections right below p.
func (e *editor) sectionsIn(p Path) []string {
	secs, _ := e.t.find(p, e.st)
	var names []string
	for _, s := range secs {
		for _, k := range s.kids {
			if k.block && !k.twin {
				names = append(names, k.name)
			}
		}
	}
	return uniq(names)
}

// uniq drops repeated names, keeping the order.
func uniq(names []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(s string) bool {
		was := seen[s]
		seen[s] = true
		return was
	})
}

// first returns at most n names, and says when there are more.
func first(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(slices.Clone(names[:n]), "…")
}

// quoted shows the lines of entries, a line each, with their numbers.
func (e *editor) quoted(ns []*node) string {
	var at []int
	for _, n := range ns {
		at = append(at, n.whole.start)
	}
	return quoteLines(e.t.src, at)
}

// quoteLines shows the lines of src that hold the offsets, at most five.
func quoteLines(src string, at []int) string {
	var b strings.Builder
	for i, a := range at {
		if i == 5 {
			fmt.Fprintf(&b, "\n      … and %d more", len(at)-i)
			break
		}
		line := strings.TrimRight(src[lineStart(src, a):lineEnd(src, a)], "\r\n")
		fmt.Fprintf(&b, "\n%5d | %s", 1+strings.Count(src[:a], "\n"), clip(line))
	}
	return b.String()
}

// clip keeps a line of a message short.
func clip(line string) string {
	const most = 120
	if len(line) > most {
		return line[:most] + "…"
	}
	return line
}

// tellApart proposes how to choose one of several entries.
func (e *editor) tellApart(ns []*node) string {
	hint := "say `count`, or choose by a value"
	if n := ns[0]; n.block {
		if len(n.words) > 0 {
			hint += fmt.Sprintf(", as in `%s[args=%s]`", n.name, quote(n.text()))
		} else if kids := n.active(); len(kids) > 0 {
			hint += fmt.Sprintf(", as in `%s[%s=%s]`", n.name, kids[0].name, quote(kids[0].text()))
		}
	} else if ns[0].parent != ns[len(ns)-1].parent {
		if sec := ns[0].parent; sec.parent != nil {
			if words := sec.text(); words != "" {
				hint += fmt.Sprintf(" of the section, as in `%s[args=%s]/%s`", sec.name, quote(words), n.name)
			} else {
				hint += fmt.Sprintf(" of the section, as in `%s[%s=%s]/%s`", sec.name, sec.active()[0].name, quote(sec.active()[0].text()), n.name)
			}
		}
	} else if e.st.phrases && apart(ns) {
		hint = fmt.Sprintf("say `count`, or choose by the first argument, as in `%s %s`", n.name, n.words[0].text)
	} else {
		hint += fmt.Sprintf(", as in `%s[.=%s]`", n.name, quote(n.text()))
	}
	return hint + e.quoted(ns)
}

// shown returns what n says, as it is written.
func (t *tree) shown(n *node) string {
	if len(n.words) == 1 {
		return n.words[0].text
	}
	if n.val.start < 0 {
		return ""
	}
	return n.val.of(t.src)
}

// lineList names the lines of entries: "lines 3, 7 and 12".
func (e *editor) lineList(ns []*node) string {
	var nums []string
	for _, n := range ns {
		nums = append(nums, fmt.Sprint(e.t.line(n.whole.start)))
	}
	nums = first(nums, 8)
	if len(nums) == 1 {
		return "line " + nums[0]
	}
	return "lines " + strings.Join(nums[:len(nums)-1], ", ") + " and " + nums[len(nums)-1]
}

// times says how often: "once", "3 times".
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// plural returns "no arguments", "1 argument", "2 arguments".
func plural(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
