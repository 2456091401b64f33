package edit

import "errors"

// linelist is a list of lines, such as locale.gen and shells. A line is an
// entry whose name is all it says, so that a path can comment and uncomment it.
type linelist struct{ marks string }

func (l linelist) style() *style { return &style{marks: l.marks} }

func (l linelist) parse(s string) *tree {
	return lineReader{marks: l.marks, entry: l.read, twinOf: func(n *node, gap int, _ string) bool { return gap < 2 }}.read(s)
}

func (l linelist) read(s string, sp span) (node, bool) {
	return node{name: sp.of(s), nameAt: sp, whole: sp, val: span{-1, -1}}, true
}

func (linelist) value(*tree, *node, Value) (string, error) { return "", errNoKeys }

func (linelist) arg(*tree, *node, int, Value) (string, error) { return "", errNoKeys }

func (linelist) entry(*tree, *node, string, Value) (string, error) { return "", errNoKeys }

// errNoKeys says that a list of lines was taken for keys.
var errNoKeys = errors.New("the file is a list of lines without values: use line, comment, uncomment or unset")
