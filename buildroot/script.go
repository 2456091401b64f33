package buildroot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/effects"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// A ScriptError is a package's script that failed, and why the package is there.
type ScriptError struct {
	*effects.ScriptError
	Pos   diag.Pos // of the dependency that brought the package in; zero for the base's
	Asked string   // the dependency as it is written: "php-fpm"
	Chain []string // the package that it names, and so on to the one whose script failed
}

func (e *ScriptError) Unwrap() error { return e.ScriptError }

// Because says in words why the package is there.
func (e *ScriptError) Because() string {
	if len(e.Chain) == 0 {
		return e.Package + " is of the base, which every root begins with"
	}
	return fmt.Sprintf("it is there because of %q: %s", e.Asked, strings.Join(e.Chain, " → "))
}

// whyThere finds the shortest way from what asks name to a package.
func whyThere(err *effects.ScriptError, asks []recipe.Dep, packages []*deb.Package) *ScriptError {
	e := &ScriptError{ScriptError: err}
	byName := map[string][]*deb.Package{}
	for _, p := range packages {
		for _, name := range namesOf(p) {
			byName[name] = append(byName[name], p)
		}
	}
	for _, ask := range asks {
		var first []*deb.Package
		for _, any := range ask.Any {
			first = append(first, byName[any.Relation.Name]...)
		}
		chain := shortest(first, err.Package, byName)
		if chain != nil && (e.Chain == nil || len(chain) < len(e.Chain)) {
			e.Pos, e.Asked, e.Chain = ask.Pos, ask.Text, chain
		}
	}
	return e
}

// namesOf are the names by which others may depend on p.
func namesOf(p *deb.Package) []string {
	names := []string{p.Control.Name}
	list, _ := relation.Parse(p.Control.Get("Provides")) // unreadable: nobody depends on it
	for _, r := range list {
		names = append(names, r.Name)
	}
	return names
}

// shortest is the shortest chain of dependencies from one of first to the package
// of a name, or nil.
func shortest(first []*deb.Package, to string, byName map[string][]*deb.Package) []string {
	from := map[*deb.Package]*deb.Package{}
	queue := slices.Clone(first)
	for _, p := range first {
		from[p] = nil
	}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p.Control.Name == to {
			var chain []string
			for ; p != nil; p = from[p] {
				chain = append(chain, p.Control.Name)
			}
			slices.Reverse(chain)
			return chain
		}
		for _, field := range []string{"Pre-Depends", "Depends", "Recommends"} {
			list, _ := relation.Parse(p.Control.Get(field)) // unreadable: nothing hangs on it
			for _, r := range list {
				for _, q := range byName[r.Name] {
					if _, seen := from[q]; !seen {
						from[q] = p
						queue = append(queue, q)
					}
				}
			}
		}
	}
	return nil
}
