package recipe

import "github.com/ashlar-build/ashlar/recipe/diag"

// ParseOps reads a file of operations for `ashlar edit`: what a recipe has below
// [edit.PATH], as a file of its own or below that one table, without what only
// recipes mean. Path of the result is empty.
func ParseOps(file string, src []byte) (Edit, error) {
	var errs diag.List
	s := newSource(file, src)
	root, syntax := parseTOML(s)
	if syntax != nil {
		errs.Add(syntax)
		return Edit{}, errs.Err()
	}
	r := &reader{src: s, errs: &errs, keys: map[*node]string{}, target: Target{Suite: DefaultSuite, Arch: DefaultArch}}
	r.vars = workspaceVariables(DefaultSuite, DefaultArch)
	var e Edit
	if edits := root.get("edit"); edits != nil && len(root.kids) == 1 && len(edits.kids) == 1 {
		root = edits.kids[0]
	}
	r.table(root, "set unset comment uncomment lines ops format")
	e.Format = r.format(root.get("format"))
	r.ops(root, &e)
	return e, errs.Err()
}
