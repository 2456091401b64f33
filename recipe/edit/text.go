package edit

import "errors"

// text is any text: it has lines and no entries.
type text struct{}

// errLines says that an operation on keys met a file of which only lines are known.
var errLines = errors.New("the file is plain text to this program: use line, delete-line, replace, regex, insert with a pattern, or say its `format`")

func (text) parse(s string) *tree { return newTree(s) }
func (text) value(*tree, *node, Value) (string, error) {
	return "", errLines
}
func (text) arg(*tree, *node, int, Value) (string, error) {
	return "", errLines
}
func (text) entry(*tree, *node, string, Value) (string, error) {
	return "", errLines
}
func (text) style() *style { return &style{} }
