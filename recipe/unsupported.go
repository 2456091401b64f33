package recipe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
)

// Unsupported lists what the recipe asks for that this program can read and not
// do yet, in the order of the file. A recipe that has any must not be built.
func (r *Recipe) Unsupported() []*diag.Error {
	errs := &diag.List{}
	rd := r.reader(errs, Target{})
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
	if image.get("user") == nil && image.get("from") == nil && !ownUsers(image.get("service")) {
		rd.badKey(image, `write user = "NAME"; user = "root" says that it is meant`, "the image runs as root")
	}
	for _, n := range tableKids(image.get("env")) {
		if !image.get("env").inline && hasWord(imageKeys, n.key) {
			rd.badKey(n, fmt.Sprintf("a key of [image] stands above [image.env]; %s is a variable here", n.key), "%q looks like a key of [image]", n.key)
		}
	}
	return errs.Errors()
}

// ownUsers reports whether there are services, and each says whose it is.
func ownUsers(services *node) bool {
	all := tableKids(services)
	return len(all) > 0 && !slices.ContainsFunc(all, func(s *node) bool { return s.get("user") == nil })
}
