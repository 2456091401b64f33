package edit

import "strings"

// dovecot's blocks have a line for their head, which ends in a brace, a line
// for their end, and `key = value` between.
type braced struct{ assignment }

func dovecot() braced {
	return braced{assignment{sep: "=", marks: "#", inline: "#", quotes: `"`, escape: true, look: style{indent: "  ", quiet: []string{"!include", "!include_try"}, list: " "}}}
}

// freeradius joins lines as a shell does, in strings, too.
func freeradius() braced {
	b := dovecot()
	b.cont, b.glue, b.ops = '\\', " ", ":+-!<>^*"
	return b
}

// lighttpd's values are numbers, strings in quotes, or lists in parentheses that
// may go over several lines.
func lighttpd() braced {
	return braced{assignment{sep: "=", marks: "#", inline: "#", cont: '(', glue: " ", spaced: true, quotes: `"`, escape: true,
		quoteNew: func(v string) bool { return strings.Trim(v, "0123456789") != "" && !strings.HasPrefix(v, "(") }, look: style{indent: "  ", quiet: []string{"include", "include_shell"}}}}
}

func (b braced) style() *style {
	st := b.assignment.style()
	st.heading = braceHeading
	return st
}

// braceHeading returns what stands around a block's body.
func braceHeading(name string, args []string) (string, string) {
	return strings.Join(append([]string{name}, args...), " ") + " {", "}"
}

func (b braced) parse(s string) *tree {
	r := lineReader{marks: b.marks, entry: b.line, twinOf: b.isTwin, nested: true, head: braceHead}
	switch b.cont {
	case '(':
		r.until = untilParens
	case '\\':
		r.cont, r.extend = b.cont, b.extend
	}
	return r.read(s)
}

// line reads an assignment, or a directive such as `!include conf.d/*.conf`.
func (b braced) line(s string, sp span) (node, bool) {
	if n, ok := b.assignment.read(s, sp); ok {
		return n, ok
	}
	n, ok := b.words().read(s, sp)
	return n, ok && !strings.Contains(n.name, b.sep[:1])
}

// words reads and spells lines that are no assignments.
func (b braced) words() directives {
	d := directives{quotes: `"`, inline: "#"}
	if b.cont == '\\' {
		d.cont = b.cont
	}
	return d
}

// isTwin wants a separator: prose has none.
func (b braced) isTwin(n *node, gap int, s string) bool {
	return strings.Contains(s[n.nameAt.end:max(n.nameAt.end, n.val.start)], b.sep[:1]) && b.assignment.isTwin(n, gap, s)
}

// braceHead reads `name args {` and `}`.
func braceHead(s string, sp span) (node, headKind) {
	text := sp.of(s)
	if text[0] == '}' {
		rest := strings.TrimSpace(text[1:])
		if rest == "" || rest[0] == '#' || rest == ";" {
			return node{}, closes
		}
		return node{}, noHead
	}
	end := trailing(s, sp, "#")
	if end-sp.start < 2 || s[end-1] != '{' || s[end-2] == '$' {
		return node{}, noHead
	}
	inner := span{sp.start, trimRight(s, sp.start, end-1)}
	if inner.empty() {
		return node{}, noHead
	}
	n, _ := directives{quotes: `"`}.read(s, inner)
	n.whole = span{sp.start, end}
	return n, opens
}

// logrotate's blocks are named by the files they are for; their entries are
// words, and scripts up to endscript.
func logrotate() directives {
	return directives{marks: "#", inline: "#", nested: true, heads: braceHead, heading: braceHeading,
		look: style{indent: "\t", quiet: []string{"include"}}}
}

// colon is `key: value` without nesting.
func colon() assignment {
	return assignment{sep: ":", marks: "#", inline: "#", quotes: `"'`, escape: true, look: style{}}
}

func (b braced) value(t *tree, n *node, v Value) (string, error) {
	if n.block || !strings.Contains(t.src[n.nameAt.end:max(n.nameAt.end, n.val.start)], b.sep[:1]) && len(n.words) > 0 {
		return b.words().value(t, n, v)
	}
	if b.cont == '(' && strings.HasPrefix(v.Text, "(") && isWhole(b.parse("k = "+v.Text+"\n"), v.Text) {
		return v.Text, nil // a list, whatever stood there
	}
	return b.assignment.value(t, n, v)
}
