package recipe

import (
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
)

// unsupported are the keys that are read and checked, but that nothing is done
// with yet: where they stand (`*` is any key or entry), and what they are for.
// A row goes when its work is done.
const unsupported = `
image.service       an image of several services
`

// Unsupported lists what the recipe asks for that this program can read and not
// do yet, in the order of the file. A recipe that has any must not be built.
func (r *Recipe) Unsupported() []*diag.Error {
	errs := &diag.List{}
	rd := r.reader(errs, Target{})
	for row := range strings.Lines(unsupported) {
		path, what, ok := strings.Cut(strings.TrimSpace(row), " ")
		if !ok {
			continue
		}
		for _, n := range find(r.body, strings.Split(path, ".")) {
			rd.badKey(n, "", "%s is not supported yet", strings.TrimSpace(what))
		}
	}
	for _, n := range find(r.body, strings.Fields("source * vendor")) {
		for _, file := range rd.entries(n, true) {
			if name, _ := file.value.(string); name != "" {
				if _, ok := language.KindOf(name); !ok {
					rd.badValue(file, "", "a lock file of this name is not supported yet")
				}
			}
		}
	}
	return errs.Errors()
}

// find returns the nodes at a path; `*` is any key or entry.
func find(n *node, path []string) []*node {
	if n == nil {
		return nil
	}
	if len(path) == 0 {
		return []*node{n}
	}
	if path[0] != "*" {
		return find(n.get(path[0]), path[1:])
	}
	var out []*node
	for _, kid := range n.kids {
		out = append(out, find(kid, path[1:])...)
	}
	return out
}

// Warnings lists what is allowed and perhaps not meant, in the order of the file.
func (r *Recipe) Warnings() []*diag.Error {
	errs := &diag.List{}
	rd := r.reader(errs, Target{})
	image := r.body.get("image")
	if image == nil {
		return nil
	}
	if image.get("user") == nil && image.get("from") == nil {
		rd.badKey(image, `write user = "NAME"; user = "root" says that it is meant`, "the image runs as root")
	}
	for _, n := range tableKids(image.get("env")) {
		if !image.get("env").inline && hasWord(imageKeys, n.key) {
			rd.badKey(n, fmt.Sprintf("a key of [image] stands above [image.env]; %s is a variable here", n.key), "%q looks like a key of [image]", n.key)
		}
	}
	return errs.Errors()
}
