package edit

import (
	"strings"
)

// yaml is YAML by its lines: mappings and sequences in block style are
// sections, an item of a sequence is an entry named `-`, and flow collections
// and block scalars are values. Anchors and tags before a value stay.
type yaml struct{}

func (yaml) style() *style {
	return &style{marks: "#", types: true, indent: "  ", byColumn: true}
}

func (yaml) parse(s string) *tree {
	p := &yamlParser{t: newTree(s), s: s}
	p.stack = []yamlLevel{{p.t.root, -1, noEntries}}
	at := 0
	if strings.HasPrefix(s, bom) {
		at = len(bom)
	}
	for at < len(s) {
		at = p.line(at)
	}
	p.lists(p.t.root)
	return p.t
}

// A yamlLevel is a section that is open, and the column that it stands in.
type yamlLevel struct {
	n       *node
	col     int
	entries int // the column that its entries stand in so far, comments aside
}

// What yamlLevel.entries is besides a column.
const (
	noEntries   = -1
	manyColumns = -2
)

type yamlParser struct {
	t     *tree
	s     string
	stack []yamlLevel // the root and what is open in it
	twins []yamlLevel // the same in comments
}

// line reads the line at offset at, and what its value goes on with.
func (p *yamlParser) line(at int) int {
	end := lineEnd(p.s, at)
	start := at + len(blanksAt(p.s, at))
	stop := trimRight(p.s, start, end)
	col := start - lineStart(p.s, start)
	if start < stop && p.s[start] == '#' {
		p.comment(start, stop, col)
		return end
	}
	p.twins = nil
	switch text := p.s[start:stop]; {
	case text == "":
		return end
	case col == 0 && (strings.HasPrefix(text, "---") || strings.HasPrefix(text, "...") || text[0] == '%'):
		p.stack = p.stack[:1]
		return end
	}
	item := isItem(p.s[start:stop])
	for top := p.top(); top.col > col || top.col == col && !(item && top.n.name != "-"); top = p.top() {
		p.stack = p.stack[:len(p.stack)-1]
	}
	return p.entry(start, stop, end, col)
}

// isItem reports whether text begins an item of a sequence.
func isItem(text string) bool {
	return text[0] == '-' && (len(text) == 1 || isBlank(text[1]))
}

func (p *yamlParser) top() yamlLevel { return p.stack[len(p.stack)-1] }

// entry reads a key or an item at [start, stop); end is the end of its line.
func (p *yamlParser) entry(start, stop, end, col int) int {
	parent := p.top().n
	n, at, ok := p.head(start, stop)
	if !ok || len(p.stack) > maxDepth {
		p.t.oddAt(start, "the line is neither a key nor an item")
		return end
	}
	k := p.t.add(parent, n)
	switch level := &p.stack[len(p.stack)-1]; level.entries {
	case noEntries:
		level.entries = col
	case col:
	default:
		level.entries = manyColumns
	}
	if parent.parent != nil {
		parent.block, parent.val, parent.words = true, span{-1, -1}, nil
	}
	p.stack = append(p.stack, yamlLevel{k, col, noEntries})
	if k.name == "-" && at < stop && (isItem(p.s[at:stop]) || p.isKey(at, stop)) {
		k.block, k.val = true, span{-1, -1}
		k.body = span{at, at}
		return p.entry(at, stop, end, at-lineStart(p.s, at))
	}
	next := p.value(k, at, stop, end, col)
	for up := k.parent; up.parent != nil; up = up.parent {
		up.whole.end = max(up.whole.end, k.whole.end)
		up.body.end = max(up.body.end, lineEnd(p.s, max(k.whole.end-1, k.whole.start)))
	}
	return next
}

// isKey reports whether a key stands at offset at.
func (p *yamlParser) isKey(at, stop int) bool {
	n, _, ok := p.head(at, stop)
	return ok && n.name != "-"
}

// head reads `key:` or `-`; at is where the value may begin.
func (p *yamlParser) head(start, stop int) (n node, at int, ok bool) {
	if isItem(p.s[start:stop]) {
		at = start + 1
		n = node{name: "-", nameAt: span{start, at}}
	} else {
		key, colon := yamlKey(p.s, start, stop)
		if colon < 0 {
			return n, 0, false
		}
		at = colon + 1
		n = node{name: key.text, nameAt: key.span}
	}
	n.whole = span{start, at}
	n.val = span{at, at}
	for at < stop && isBlank(p.s[at]) {
		at++
	}
	return n, at, true
}

// yamlKey reads a key; colon is where its colon stands, or -1.
func yamlKey(s string, start, stop int) (key word, colon int) {
	if start >= stop {
		return key, -1
	}
	if q := s[start]; q == '"' || q == '\'' {
		w, ok := yamlQuoted(s, start, stop)
		at := w.end
		for ok && at < stop && isBlank(s[at]) {
			at++
		}
		if ok && at < stop && s[at] == ':' && (at+1 == stop || isBlank(s[at+1])) {
			return w, at
		}
		return key, -1
	}
	if strings.IndexByte("[]{},&*!|>%@`?", s[start]) >= 0 {
		return key, -1
	}
	for i := start; i < stop; i++ {
		switch {
		case s[i] == ':' && (i+1 == stop || isBlank(s[i+1])):
			end := trimRight(s, start, i)
			return word{span: span{start, end}, text: s[start:end]}, i
		case s[i] == '#' && i > start && isBlank(s[i-1]):
			return key, -1
		}
	}
	return key, -1
}

// yamlQuoted reads a quoted string, which may go on over lines up to end.
func yamlQuoted(s string, at, end int) (word, bool) {
	q := s[at]
	for i := at + 1; i < end; i++ {
		switch {
		case s[i] == '\\' && q == '"':
			i++
		case s[i] == q && q == '\'' && i+1 < end && s[i+1] == q:
			i++
		case s[i] == q:
			return word{span{at, i + 1}, yamlUnquote(s[at : i+1]), q}, true
		}
	}
	return word{span: span{at, at}}, false
}

// yamlUnquote resolves quotes; lines are folded into blanks.
func yamlUnquote(s string) string {
	inner := s[1 : len(s)-1]
	if strings.Contains(inner, "\n") {
		parts := strings.Split(inner, "\n")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		inner = strings.Join(parts, " ")
	}
	if s[0] == '\'' {
		return strings.ReplaceAll(inner, "''", "'")
	}
	if strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	return yamlEscapes.Replace(inner)
}

// yamlEscapes resolves what stands for another byte in double quotes.
var yamlEscapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n", `\t`, "\t", `\r`, "\r", `\/`, "/")

// value reads the value of k at offset at; it returns where the next line begins.
func (p *yamlParser) value(k *node, at, stop, end, col int) int {
	for at < stop && (p.s[at] == '&' || p.s[at] == '!') { // anchors and tags
		for at < stop && !isBlank(p.s[at]) {
			at++
		}
		k.val, k.whole.end = span{at, at}, at
		for at < stop && isBlank(p.s[at]) {
			at++
		}
	}
	if at >= stop || p.s[at] == '#' {
		k.block, k.body = true, span{end, end}
		return end
	}
	switch c := p.s[at]; {
	case c == '|' || c == '>':
		return p.scalarBlock(k, at, end, col)
	case c == '"' || c == '\'':
		if w, ok := yamlQuoted(p.s, at, len(p.s)); ok {
			return p.is(k, w)
		}
	case c == '[' || c == '{':
		if ws, shut := yamlFlow(p.s, at); shut > 0 {
			k.words, k.val, k.whole.end = ws, span{at, shut}, shut
			return lineEnd(p.s, shut-1)
		}
	}
	last := trailing(p.s, span{at, stop}, "#")
	for next := end; next < len(p.s); { // a plain value goes on where lines are further in
		start := next + len(blanksAt(p.s, next))
		line := lineEnd(p.s, next)
		to := trimRight(p.s, start, line)
		if to == start || start-next <= col || p.s[start] == '#' {
			break
		}
		last, end, next = trailing(p.s, span{start, to}, "#"), line, line
	}
	text := strings.Join(strings.Fields(p.s[at:last]), " ")
	if !strings.Contains(p.s[at:last], "\n") {
		text = p.s[at:last]
	}
	p.is(k, word{span: span{at, last}, text: text})
	return end
}

// is makes w the value of k.
func (p *yamlParser) is(k *node, w word) int {
	k.words, k.val, k.whole.end = []word{w}, w.span, w.end
	return lineEnd(p.s, max(w.start, w.end-1))
}

// scalarBlock reads the lines behind `|` or `>`.
func (p *yamlParser) scalarBlock(k *node, at, end, col int) int {
	last := trimRight(p.s, at, end)
	next := end
	for next < len(p.s) {
		line := lineEnd(p.s, next)
		in := len(blanksAt(p.s, next))
		to := trimRight(p.s, next, line)
		if to > next+in || to > next {
			if in <= col {
				break
			}
			last, end = next+len(strings.TrimRight(p.s[next:line], "\r\n")), line // blanks at its end count
		}
		next = line
	}
	w := word{span: span{at, last}, text: p.s[at:last]}
	if b, ok := readYAMLBlock(w.text, col, strings.Count(p.s[end:next], "\n")); ok && p.s[end-1] == '\n' {
		w.text, w.quote = b.text(), p.s[at]
	}
	p.is(k, w)
	return end
}

// yamlFlow reads a flow collection at offset at; ws are a list's items. It
// returns where it ends, or 0.
func yamlFlow(s string, at int) (ws []word, shut int) {
	depth, item := 0, -1
	add := func(to int) {
		if item >= 0 && depth == 1 {
			if end := trimRight(s, item, to); end > item {
				w := word{span: span{item, end}, text: s[item:end]}
				if q, ok := yamlQuoted(s, item, end); strings.IndexByte(`"'`, s[item]) >= 0 && ok && q.end == end {
					w = q
				}
				ws = append(ws, w)
			}
			item = -1
		}
	}
	for i := at; i < len(s); i++ {
		c := s[i]
		note := c == '#' && i > at && strings.IndexByte(" \t\r\n,", s[i-1]) >= 0
		if depth == 1 && item < 0 && !note && !isBlank(c) && strings.IndexByte(",]}\n", c) < 0 {
			item = i
		}
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			add(i)
			if depth--; depth == 0 {
				if s[at] == '{' {
					return []word{{span: span{at, i + 1}, text: s[at : i+1]}}, i + 1
				}
				return ws, i + 1
			}
		case ',':
			add(i)
		case '"', '\'':
			if i == at || strings.IndexByte(" ,[{:\n\t", s[i-1]) >= 0 {
				w, ok := yamlQuoted(s, i, len(s))
				if !ok {
					return nil, 0
				}
				i = w.end - 1
			}
		case '#':
			if note {
				i = lineEnd(s, i) - 1
			}
		}
	}
	return nil, 0
}

// lists gives keys that hold plain items these as their values.
func (p *yamlParser) lists(n *node) {
	plain := len(n.kids) > 0
	var ws []word
	for _, k := range n.kids {
		p.lists(k)
		if k.twin {
			continue
		}
		plain = plain && k.name == "-" && !k.block && len(k.words) == 1
		ws = append(ws, k.words...)
	}
	if plain && len(ws) > 0 && n.parent != nil {
		act := n.active()
		n.words = ws
		n.val = span{act[0].whole.start, act[len(act)-1].whole.end}
	}
}
