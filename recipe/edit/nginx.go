package edit

import (
	"fmt"
	"strings"
)

// nginx is the configuration of nginx: directives that end with a semicolon
// and blocks in braces, both with arguments. Its grammar is that of nginx's own
// ngx_conf_read_token: a brace belongs to a word behind a `$` only, a `#`
// begins a comment only where a word could begin, and quotes are quotes only
// there, too.
//
// With slashes it is the kin of it that bind and syslog-ng speak: comments are
// C's, too, and a semicolon follows a block's brace. As UCL has it, `name = value`
// and `.macro(…) value` end with their line where no semicolon stands, as do
// syslog-ng's `@version: 3.38` and its kin.
type nginx struct{ slashes bool }

func (x nginx) style() *style {
	shut, long := "}", ""
	if x.slashes {
		shut, long = "};", "//"
	}
	return &style{marks: "#", long: long, indent: "    ", quiet: []string{"include"}, words: true, phrases: true,
		heading: func(name string, args []string) (string, string) {
			return strings.Join(append([]string{name}, args...), " ") + " {", shut
		}}
}

func (x nginx) parse(s string) *tree {
	p := &nginxParser{t: newTree(s), s: s, slashes: x.slashes}
	p.top = p.t.root
	if strings.HasPrefix(s, bom) {
		p.at = len(bom)
	}
	p.run()
	return p.t
}

// An nginxParser is what has been read of one file.
type nginxParser struct {
	t    *tree
	s    string
	at   int
	top  *node   // the innermost open block
	twin []*node // blocks that are open within comments
	args []word  // of the directive that is being read

	slashes bool // C's comments are comments
}

func (p *nginxParser) run() {
	for p.at < len(p.s) {
		switch c := p.s[p.at]; {
		case c == '\n' && p.endsHere():
			p.endLine()
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			p.at++
		case (c == '.' || c == '@') && p.slashes && len(p.args) == 0:
			p.macro()
		case c == '#' || p.slashes && strings.HasPrefix(p.s[p.at:], "//"):
			p.comment()
		case p.slashes && strings.HasPrefix(p.s[p.at:], "/*"):
			end := strings.Index(p.s[p.at+2:], "*/")
			if end < 0 {
				end = len(p.s) - p.at - 4
			}
			p.at = max(p.at+2, p.at+end+4)
		case c == ';':
			p.directive()
		case c == '{':
			p.open()
		case c == '}':
			p.close()
		default:
			p.args = append(p.args, nginxWord(p.s, &p.at))
			p.endTwins()
		}
	}
	if len(p.args) > 0 {
		p.t.oddAt(p.args[0].start, fmt.Sprintf("`%s` has no `;`", p.args[0].text))
	}
	for n := p.top; n.parent != nil; n = n.parent {
		p.t.oddAt(n.whole.start, fmt.Sprintf("the block `%s` has no `}`", n.name))
		n.whole.end, n.body.end = len(p.s), len(p.s)
	}
	p.endTwins()
}

// node makes an entry of the words read so far.
func (p *nginxParser) node(parent *node, ws []word, end int) *node {
	ws = p.t.keep(ws)
	n := node{name: ws[0].text, nameAt: ws[0].span, words: ws[1:], whole: span{ws[0].start, end}}
	n.val = span{ws[0].end, ws[0].end}
	if p.slashes && len(ws) > 2 && ws[1].text == "=" && ws[1].quote == 0 { // name = value;
		n.words = ws[2:]
	}
	if len(n.words) > 0 {
		n.val = span{n.words[0].start, ws[len(ws)-1].end}
	}
	return p.t.add(parent, n)
}

// endsHere reports whether the line's end at p.at ends what is being read: an
// assignment in which no bracket is open.
func (p *nginxParser) endsHere() bool {
	if !p.slashes || len(p.args) < 3 || p.args[1].text != "=" || p.args[1].quote != 0 {
		return false
	}
	depth := 0
	for _, w := range p.args[2:] {
		if w.quote == 0 {
			depth += strings.Count(w.text, "[") + strings.Count(w.text, "(") - strings.Count(w.text, "]") - strings.Count(w.text, ")")
		}
	}
	last := p.args[len(p.args)-1]
	return depth <= 0 && (last.quote != 0 || !strings.HasSuffix(last.text, ","))
}

// endLine ends an entry where its line does.
func (p *nginxParser) endLine() {
	p.node(p.top, p.args, p.args[len(p.args)-1].end)
	p.args = p.args[:0]
}

// macro reads `.include(try=true; priority=1) "file"` or `@version: 3.38`, to the end of its line or
// to its semicolon.
func (p *nginxParser) macro() {
	end := lineEnd(p.s, p.at)
	for p.at < end && !(p.s[p.at] == ';' && len(p.args) > 0) && p.s[p.at] != '}' {
		switch c := p.s[p.at]; {
		case isBlank(c) || c == '\n':
			p.at++
			continue
		case len(p.args) == 0:
			word := span{p.at, p.at}
			for word.end < end && !isBlank(p.s[word.end]) && p.s[word.end] != '\n' && p.s[word.end] != '(' {
				word.end++
			}
			if word.end < end && p.s[word.end] == '(' {
				if i := strings.IndexByte(p.s[word.end:end], ')'); i > 0 {
					word.end += i + 1
				}
			}
			p.args = append(p.args, word0(p.s, word))
			p.at = word.end
		default:
			p.args = append(p.args, nginxWord(p.s[:end], &p.at))
		}
	}
	if p.at < end && p.s[p.at] == ';' {
		p.directive()
		return
	}
	p.endLine()
}

// word0 returns the word that stands at sp as it is written.
func word0(s string, sp span) word { return word{span: sp, text: sp.of(s)} }

func (p *nginxParser) directive() {
	p.at++
	if len(p.args) == 0 {
		if !p.slashes {
			p.t.oddAt(p.at-1, "a `;` stands alone")
		} else if kids := p.top.kids; len(kids) > 0 && kids[len(kids)-1].block && strings.TrimSpace(p.s[kids[len(kids)-1].whole.end:p.at-1]) == "" {
			kids[len(kids)-1].whole.end = p.at
		}
		return
	}
	p.node(p.top, p.args, p.at)
	p.args = p.args[:0]
}

func (p *nginxParser) open() {
	if len(p.args) == 0 {
		p.t.oddAt(p.at, "a `{` has no name before it")
		p.args = []word{{span: span{p.at, p.at}}}
	}
	n := p.node(p.top, p.args, p.at)
	p.args = p.args[:0]
	p.at++
	if strings.HasSuffix(n.name, "_by_lua_block") {
		p.lua(n)
		return
	}
	n.block = true
	n.body = span{p.at, p.at}
	p.top = n
}

func (p *nginxParser) close() {
	if len(p.args) > 0 {
		p.t.oddAt(p.args[0].start, fmt.Sprintf("`%s` has no `;`", p.args[0].text))
		p.args = p.args[:0]
	}
	p.endTwins()
	if p.top.parent == nil {
		p.t.oddAt(p.at, "a `}` closes nothing")
		p.at++
		return
	}
	p.top.body.end = p.at
	p.at++
	p.top.whole.end = p.at
	p.top = p.top.parent
}

// lua skips a block of Lua: to its brace, past strings and comments.
func (p *nginxParser) lua(n *node) {
	n.val = span{-1, -1}
	depth := 1
	for p.at < len(p.s) {
		switch rest := p.s[p.at:]; {
		case rest[0] == '{':
			depth++
		case rest[0] == '}':
			depth--
		case rest[0] == '"' || rest[0] == '\'':
			p.at += luaString(rest) - 1
		case strings.HasPrefix(rest, "--[[") || strings.HasPrefix(rest, "[["):
			end := strings.Index(rest, "]]")
			if end < 0 {
				end = len(rest) - 2
			}
			p.at += end + 1
		case strings.HasPrefix(rest, "--"):
			p.at = lineEnd(p.s, p.at) - 1
		}
		p.at++
		if depth == 0 {
			n.whole.end = p.at
			return
		}
	}
	p.at = len(p.s)
	n.whole.end = p.at
	p.t.oddAt(n.whole.start, fmt.Sprintf("the block `%s` has no `}`", n.name))
}

// luaString returns the length of the string at the start of s; it ends with
// its line at the latest.
func luaString(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[0]:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(s)
}

// nginxWord reads one word at *at and moves behind it.
func nginxWord(s string, at *int) word {
	start := *at
	if q := s[start]; q == '"' || q == '\'' {
		for i := start + 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case q:
				*at = i + 1
				return word{span{start, i + 1}, nginxUnescape(s[start+1 : i]), q}
			}
		}
		*at = len(s)
		return word{span{start, len(s)}, s[start:], 0}
	}
	i := start
	for ; i < len(s); i++ {
		c := s[i]
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';' || c == '{' && (i == start || s[i-1] != '$') {
			break
		}
		if c == '\\' {
			i++
		}
	}
	*at = max(min(i, len(s)), start+1)
	return word{span{start, *at}, nginxUnescape(s[start:*at]), 0}
}

// nginxUnescape resolves the escapes that nginx knows; other backslashes stay,
// for regular expressions.
func nginxUnescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		switch c := s[i+1]; c {
		case '"', '\'', '\\':
			b.WriteByte(c)
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'n':
			b.WriteByte('\n')
		default:
			b.WriteString(s[i : i+2])
		}
		i++
	}
	return b.String()
}
