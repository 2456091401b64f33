package edit

import (
	"strings"
)

// comment reads a comment line, which may hold a directive, the head of a
// block or its end.
func (p *nginxParser) comment() {
	mark := p.at
	end := lineEnd(p.s, p.at)
	p.at = end
	if len(p.args) > 0 || strings.TrimSpace(p.s[lineStart(p.s, mark):mark]) != "" {
		return
	}
	at := mark
	for at < end && (p.s[at] == '#' || p.slashes && p.s[at] == '/') {
		at++
	}
	ws, stop, ok := p.twinWords(&at, end)
	if !ok {
		return
	}
	parent := p.top
	if len(p.twin) > 0 {
		parent = p.twin[len(p.twin)-1]
	}
	switch stop {
	case '}':
		if len(p.twin) > 0 {
			parent.body.end, parent.whole.end = mark, at
			p.twin = p.twin[:len(p.twin)-1]
		}
		return
	case ';':
		n := p.node(parent, ws, at)
		n.twin, n.mark = true, mark
		p.at = lineEnd(p.s, at-1)
	case '{':
		n := p.node(parent, ws, at)
		n.twin, n.mark, n.block = true, mark, true
		n.body = span{at, at}
		p.twin = append(p.twin, n)
	}
}

// twinWords reads the words of a comment up to `;`, `{` or `}`, which must end
// the line but for a comment. A value may go on in quotes on the next comment
// lines, as log formats do.
func (p *nginxParser) twinWords(at *int, end int) (ws []word, stop byte, ok bool) {
	for i := *at; ; {
		for i < end && (isBlank(p.s[i]) || p.s[i] == '\n') {
			i++
		}
		if i >= end {
			next, more := p.goesOn(end)
			if len(ws) < 2 || !more {
				return nil, 0, false
			}
			i, end = next, lineEnd(p.s, next)
			continue
		}
		switch c := p.s[i]; {
		case c == '}' && len(ws) == 0, c == ';' && len(ws) > 0, c == '{' && len(ws) > 0:
			rest := strings.TrimSpace(p.s[i+1 : end])
			*at = i + 1
			return ws, c, rest == "" || rest[0] == '#' || p.slashes && (rest[0] == '/' || c == '}' && rest == ";")
		case c == ';' || c == '{' || c == '}' || c == '#':
			return nil, 0, false
		}
		w := nginxWord(p.s[:end], &i)
		if len(ws) == 0 && !isDirective(w.text) {
			return nil, 0, false
		}
		ws = append(ws, w)
	}
}

// goesOn returns where the text of the comment line at offset at begins if that
// is a quoted word.
func (p *nginxParser) goesOn(at int) (int, bool) {
	end := len(p.s)
	for at < end && (p.s[at] == ' ' || p.s[at] == '\t') {
		at++
	}
	if at == end || p.s[at] != '#' {
		return 0, false
	}
	for at < end && (p.s[at] == '#' || p.s[at] == ' ' || p.s[at] == '\t') {
		at++
	}
	return at, at < end && (p.s[at] == '\'' || p.s[at] == '"')
}

// isDirective reports whether a word may name a directive: letters, digits and
// underscores.
func isDirective(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return s != ""
}

// endTwins closes what is still open in comments when the comments end: a head
// without its end was prose.
func (p *nginxParser) endTwins() {
	for _, n := range p.twin {
		n.whole.end = n.body.start
		n.body.end = n.body.start
	}
	p.twin = p.twin[:0]
}
