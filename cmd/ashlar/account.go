package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// account lists what became of recipes in a build that did not do all: what was
// built, what failed, and what was skipped because of that.
func (e *env) account(p *plan.Plan, r *buildroot.Results) {
	var built, failed, skipped []string
	unable := map[string]bool{} // recipes of which something failed
	note := func(list *[]string, line string) {
		if line != "" && !slices.Contains(*list, line) {
			*list = append(*list, line)
		}
	}
	for _, a := range p.Actions {
		var input *buildroot.InputError
		switch err := r.Failed[a.ID]; {
		case r.Made[a.ID] && (a.Kind == plan.KindCollect || a.Kind == plan.KindImage):
			note(&built, a.Recipe)
		case err != nil && !errors.As(err, &input):
			note(&failed, a.Label)
			unable[a.Recipe] = true
		}
	}
	for _, g := range p.Goals {
		var input *buildroot.InputError
		if errors.As(r.Failed[g.Action], &input) && input.Cause.Recipe != g.Recipe {
			note(&skipped, g.Recipe+", which needs "+cmp.Or(input.Cause.Recipe, input.Cause.Label))
		}
	}
	built = slices.DeleteFunc(built, func(name string) bool { return unable[name] })
	if len(built)+len(skipped) == 0 && len(failed) == 1 {
		return // the error says all
	}
	if len(built) > 0 {
		fmt.Fprintln(e.err, "built   ", strings.Join(slices.Sorted(slices.Values(built)), ", "))
	}
	for _, line := range failed {
		fmt.Fprintln(e.err, "failed  ", line)
	}
	for _, line := range skipped {
		fmt.Fprintln(e.err, "skipped ", line)
	}
}
