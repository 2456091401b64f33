package edit

import (
	"fmt"
	"strings"
)

// section adds a section with its body at the end of what it is part of.
func (e *editor) section(op Op) (change, error) {
	if e.st.heading == nil {
		return change{}, e.bad(op, -1, "`line` and `insert` put lines into it", "%s: this format has no sections", op)
	}
	sec, err := e.container(op)
	if err != nil {
		return change{}, err
	}
	last := op.Path.last()
	var args []string
	for _, t := range last.Tests {
		if t.Key != "args" {
			return change{}, e.bad(op, -1, "its arguments are written `[args='…']`", "%s: a new section cannot be chosen by `%s`", op, t.Key)
		}
		args = append(args, t.Value)
	}
	open, shut := e.st.heading(last.Name, args)
	text := open + "\n" + indented(op.Body, e.bodyIndent(), "\n")
	if shut != "" {
		text += "\n" + shut
	}
	alone := e.sy.parse(text)
	if len(alone.root.kids) == 0 || !alone.root.kids[0].block {
		return change{}, e.bad(op, -1, "choose a name without brackets, quotes and line ends", "%s: %q is not read as the head of a section", op, open)
	}
	if there := e.twinSection(sec, alone.root.kids[0]); there != nil {
		if sameKids(there, alone.root.kids[0]) {
			return change{says: fmt.Sprintf("already so: it begins in line %d", e.t.line(there.whole.start))}, nil
		}
		return change{}, e.bad(op, there.whole.start, "`set` changes its keys, `insert` with last-in adds to it", "section `%s` is there already, with other contents", op.Path)
	}
	cut := e.sectionAt(sec, text)
	ch := e.proveInsert(text, sec, change{cuts: []splice{cut}, says: "new section"})
	return ch, nil
}

// bodyIndent is the indent of a new section's body.
func (e *editor) bodyIndent() string {
	if e.st.indent == "" {
		return ""
	}
	return e.unit()
}

// sectionAt returns the splice that puts a section last into sec.
func (e *editor) sectionAt(sec *node, text string) splice {
	src, nl := e.t.src, eol(e.t.src)
	if sec.parent != nil && e.isShut(sec) {
		at := e.t.lineStart(sec.body.end)
		return e.newLines(max(at, sec.body.start), text, e.inside(sec))
	}
	cut := e.newLines(len(src), text, "")
	if trimmed := strings.TrimRight(src, " \t\r\n"); trimmed != "" && !strings.HasSuffix(src, "\n"+nl) && !strings.HasSuffix(src, "\n\n") {
		cut.text = nl + cut.text
	}
	return cut
}

// twinSection returns the section of sec with the head of want.
func (e *editor) twinSection(sec, want *node) *node {
	for _, k := range sec.kids {
		if k.block && !k.twin && e.st.same(k.name, want.name) && k.text() == want.text() {
			return k
		}
	}
	return nil
}

// sameKids reports whether two sections have equal entries.
func sameKids(a, b *node) bool {
	as, bs := a.active(), b.active()
	if len(as) != len(bs) {
		return false
	}
	for i := range as {
		if as[i].name != bs[i].name || as[i].text() != bs[i].text() || !sameKids(as[i], bs[i]) {
			return false
		}
	}
	return true
}
