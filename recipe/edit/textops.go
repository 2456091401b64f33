package edit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A lineAt is one line of the text: its bytes without the line end.
type lineAt struct {
	span
	text string
}

// allLines takes the text apart.
func allLines(s string) []lineAt {
	all := make([]lineAt, 0, 1+strings.Count(s, "\n"))
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		text := strings.TrimSuffix(strings.TrimSuffix(s[at:end], "\n"), "\r")
		start := at
		if at == 0 && strings.HasPrefix(text, bom) {
			text, start = text[len(bom):], len(bom)
		}
		all = append(all, lineAt{span{start, start + len(text)}, text})
		at = end
	}
	return all
}

// uncommented returns what a comment line says, without blanks around it.
// Files whose comments are not known may have any usual ones.
func (e *editor) uncommented(line string) (string, bool) {
	st := e.st
	if !st.hasComments() {
		st = &style{marks: "#;"}
	}
	mark := st.commentMark(line)
	return strings.TrimSpace(line[len(mark):]), mark != ""
}

// line makes sure that a line is there, once: it stands there already, or in a
// comment, whose place it then takes, or it is added.
func (e *editor) line(op Op) (change, error) {
	var twin *splice
	for _, l := range allLines(e.t.src) {
		if strings.TrimRight(l.text, " \t") == strings.TrimRight(op.Text, " \t") {
			return change{says: fmt.Sprintf("already so: line %d", e.t.line(l.start))}, nil
		}
		body := strings.TrimLeft(l.text, " \t")
		if said, ok := e.uncommented(body); ok && twin == nil && said == strings.TrimSpace(op.Text) {
			start := l.start + len(l.text) - len(body)
			twin = &splice{span{start, start + strings.Index(body, said)}, ""}
		}
	}
	ch := change{loose: true}
	if twin != nil {
		ch.cuts = []splice{*twin}
		ch.says = fmt.Sprintf("taken out of the comment in line %d", e.t.line(twin.start))
	} else {
		cut, err := e.lineCut(op)
		if err != nil {
			return change{}, err
		}
		ch.cuts = []splice{cut}
	}
	ch.hold = func(after *tree, cuts []splice) error { return e.liveLine(op, after, cuts) }
	return ch, nil
}

// lineCut returns the splice that adds a line where op says.
func (e *editor) lineCut(op Op) (splice, error) {
	switch op.Place {
	case Start:
		at := 0
		if strings.HasPrefix(e.t.src, bom) {
			at = len(bom)
		}
		if strings.HasPrefix(e.t.src[at:], "#!") {
			at = e.t.lineEnd(at)
		}
		return e.newLines(at, op.Text, ""), nil
	case End:
		return e.newLines(len(e.t.src), op.Text, ""), nil
	}
	found, err := e.anchors(op, func(l lineAt) bool {
		return strings.TrimSpace(l.text) == strings.TrimSpace(op.At)
	})
	if err != nil {
		return splice{}, err
	}
	return e.besideLine(op, found[0], ""), nil
}

// anchors returns the lines that op's anchor names: those its pattern matches,
// or those that literal says. Their number must be the expected one.
func (e *editor) anchors(op Op, literal func(lineAt) bool) ([]lineAt, error) {
	if pattern, ok := anchorPattern(op.At); ok {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, err
		}
		literal = func(l lineAt) bool { return re.MatchString(l.text) }
	}
	var found []lineAt
	for _, l := range allLines(e.t.src) {
		if literal(l) {
			found = append(found, l)
		}
	}
	if op.Count.holds(len(found)) {
		return found, nil
	}
	if len(found) == 0 {
		return nil, e.bad(op, -1, e.nearest(op.At), "%s: no line is the anchor %q", op, op.At)
	}
	return nil, e.bad(op, found[0].start, "make the anchor say more, or say `count`"+quoteLines(e.t.src, starts(found)), "%s: the anchor %q is on %d lines; expected %s", op, op.At, len(found), op.Count)
}

// starts returns where lines begin.
func starts(ls []lineAt) []int {
	at := make([]int, len(ls))
	for i, l := range ls {
		at[i] = l.start
	}
	return at
}

// besideLine returns the splice that puts op's text beside a line.
func (e *editor) besideLine(op Op, l lineAt, indent string) splice {
	if op.Place == Before {
		return e.newLines(l.start, op.Text, indent)
	}
	return e.newLines(e.t.lineEnd(l.end), op.Text, indent)
}

// insertAtLine puts text beside the lines that a pattern matches.
func (e *editor) insertAtLine(op Op, pattern string) (change, error) {
	found, err := e.anchors(op, nil)
	if err != nil {
		return change{}, err
	}
	all := allLines(e.t.src)
	want := trimmedLines(op.Text)
	ch := change{}
	for _, l := range found {
		i := e.t.line(l.start) - 1
		near := all[i+1 : min(len(all), i+1+len(want))]
		if op.Place == Before {
			near = all[max(0, i-len(want)):i]
		}
		var have []string
		for _, n := range near {
			have = append(have, strings.TrimSpace(n.text))
		}
		if !slices.Equal(have, want) {
			ch.cuts = append(ch.cuts, e.besideLine(op, l, e.t.indentAt(l.start)))
		}
	}
	return e.proveInsert(op.Text, e.t.root, ch), nil
}

// insertAtEdge puts text first or last in the file, unless its lines stand
// somewhere in it one after the other.
func (e *editor) insertAtEdge(op Op) (change, error) {
	if containsLines(trimmedLines(e.t.src), trimmedLines(op.Text)) {
		return change{}, nil
	}
	cut, err := e.lineCut(op)
	if err != nil {
		return change{}, err
	}
	ch := change{cuts: []splice{cut}, loose: true}
	ch.hold = func(after *tree, cuts []splice) error { return e.liveLine(op, after, cuts) }
	return ch, nil
}

// liveLine refuses a new line that belongs to a section nobody named, or that
// has no effect where it stands.
func (e *editor) liveLine(op Op, after *tree, cuts []splice) error {
	if e.st.firstWins {
		if err := e.liveInsert(after, cuts); err != nil {
			return err
		}
	}
	if op.At != "" {
		return nil
	}
	fresh := freshNodes(after, cuts)
	for _, n := range fresh {
		if sec := n.section(); sec != "" && len(cuts[0].text) > 0 && n.parent.whole.start < fresh[0].whole.start {
			return fmt.Errorf("the line would belong to `%s`; `set` puts a key into its section, `insert` with last-in puts a line into this one", sec)
		}
	}
	return nil
}

// deleteLine takes the lines away that a pattern matches.
func (e *editor) deleteLine(op Op) (change, error) {
	re, err := regexp.Compile(op.Text)
	if err != nil {
		return change{}, err
	}
	var hits, hidden []int
	var ch change
	for _, l := range allLines(e.t.src) {
		m := re.FindStringIndex(l.text)
		switch {
		case m == nil:
		case e.inComment(l.start + m[0]):
			hidden = append(hidden, l.start)
		default:
			hits = append(hits, l.start)
			ch.cuts = append(ch.cuts, splice{span{l.start, e.t.lineEnd(l.end)}, ""})
		}
	}
	ch.loose = true
	return ch, e.countText(op, hits, hidden)
}

// inComment reports whether offset at is in a comment line, behind its mark. A
// match that has the mark in it means the comment itself.
func (e *editor) inComment(at int) bool {
	start := e.t.lineStart(at)
	before := strings.TrimLeft(e.t.src[start:at], " \t")
	return e.st.commentMark(before) != ""
}

// countText checks the number of matches in a text; those in comments do not count.
func (e *editor) countText(op Op, hits, hidden []int) error {
	if op.Count.holds(len(hits)) {
		return nil
	}
	switch {
	case len(hits) > 0:
		return e.bad(op, hits[0], fmt.Sprintf("say `count = %d` if all are meant, or make the text say more%s", len(hits), quoteLines(e.t.src, hits)), "%s matches %s; expected %s", op, times(len(hits)), op.Count)
	case len(hidden) > 0:
		return e.bad(op, hidden[0], fmt.Sprintf("`set` and `uncomment` work on comments; a text that begins with the mark of the comment is looked for in them%s", quoteLines(e.t.src, hidden)), "%s matches in comments only, %s", op, times(len(hidden)))
	}
	return e.bad(op, -1, e.nearest(op.Text), "%s matches nothing", op)
}

// replace replaces a literal text.
func (e *editor) replace(op Op) (change, error) {
	nl := eol(e.t.src)
	old := strings.ReplaceAll(op.Text, "\n", nl)
	with := strings.ReplaceAll(op.With, "\n", nl)
	done := occurrences(e.t.src, with)
	var hits, hidden []int
	ready := 0
	ch := change{loose: true}
	for _, at := range occurrences(e.t.src, old) {
		switch {
		case inside2(done, len(with), at, len(old)):
			ready++
		case e.inComment(at):
			hidden = append(hidden, at)
		default:
			hits = append(hits, at)
			ch.cuts = append(ch.cuts, splice{span{at, at + len(old)}, with})
		}
	}
	if len(hits) == 0 && op.With != "" && (ready > 0 || len(done) > 0) && op.Count.holds(max(ready, len(done))) {
		return change{says: fmt.Sprintf("already so: line %d", e.t.line(done[0]))}, nil
	}
	return ch, e.countText(op, hits, hidden)
}

// occurrences returns where text stands in s, without overlaps.
func occurrences(s, text string) []int {
	if text == "" {
		return nil
	}
	var at []int
	for from := 0; ; {
		i := strings.Index(s[from:], text)
		if i < 0 {
			return at
		}
		at = append(at, from+i)
		from += i + len(text)
	}
}

// inside2 reports whether [at, at+n) lies in one of the texts of length size
// that begin at starts.
func inside2(starts []int, size, at, n int) bool {
	i, found := slices.BinarySearch(starts, at)
	if !found {
		i--
	}
	return i >= 0 && starts[i] <= at && at+n <= starts[i]+size
}

// nearest shows the lines of the file that are most like a text that was not found.
func (e *editor) nearest(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return r != '_' && r < 0x80 && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
	words = uniq(slices.DeleteFunc(words, func(w string) bool { return len(w) < 2 }))
	type scored struct{ at, score int }
	var best []scored
	total := 0
	for _, w := range words {
		total += len(w)
	}
	for _, l := range allLines(e.t.src) {
		low, score := strings.ToLower(l.text), 0
		for _, w := range words {
			if strings.Contains(low, w) {
				score += len(w)
			}
		}
		if score > 0 && score*5 >= total*2 {
			best = append(best, scored{l.start, score})
		}
	}
	if len(best) == 0 {
		return "no line of the file is like it"
	}
	slices.SortStableFunc(best, func(a, b scored) int { return b.score - a.score })
	best = best[:min(3, len(best))]
	slices.SortFunc(best, func(a, b scored) int { return a.at - b.at })
	var at []int
	for _, b := range best {
		at = append(at, b.at)
	}
	return "the nearest lines are" + quoteLines(e.t.src, at)
}
