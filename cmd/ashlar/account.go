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

// An account says what became of each recipe in a build that did not do all.
type account struct {
	built   []string
	failed  []string // labels of actions
	skipped []string // with what they need
	stopped []string // that were at work
	unbegun []string
}

// accountOf sorts what came of a plan.
func accountOf(p *plan.Plan, r *buildroot.Results) account {
	var a account
	unable := map[string]bool{} // recipes of which something failed
	atWork := map[string]bool{} // recipes of which something was stopped
	var lost []string           // unpackings that failed
	for _, x := range p.Actions {
		var input *buildroot.InputError
		switch err := r.Failed[x.ID]; {
		case r.Made[x.ID] && (x.Kind == plan.KindCollect || x.Kind == plan.KindImage):
			a.built = append(a.built, x.Recipe)
		case r.Stopped[x.ID]:
			atWork[x.Recipe] = true
		case err != nil && !errors.As(err, &input):
			unable[x.Recipe] = true
			if x.Kind == plan.KindUnpack {
				lost = append(lost, x.Label)
				break
			}
			a.failed = append(a.failed, x.Label)
		}
	}
	if len(lost) > 0 {
		a.failed = append([]string{someOf(lost)}, a.failed...)
	}
	for _, g := range p.Goals {
		var input *buildroot.InputError
		_, stopped := r.Stopped[g.Action]
		switch {
		case stopped && atWork[g.Recipe]:
			a.stopped = append(a.stopped, g.Recipe)
		case stopped:
			a.unbegun = append(a.unbegun, g.Recipe)
		case errors.As(r.Failed[g.Action], &input) && input.Cause.Recipe != g.Recipe:
			a.skipped = append(a.skipped, g.Recipe+", which needs "+cmp.Or(input.Cause.Recipe, strings.TrimPrefix(input.Cause.Label, "unpack ")))
		}
		unable[g.Recipe] = unable[g.Recipe] || stopped
	}
	a.built = slices.DeleteFunc(a.built, func(name string) bool { return unable[name] })
	for _, list := range []*[]string{&a.built, &a.stopped, &a.unbegun} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return a
}

// manyLabels are as many unpackings as are told by their names.
const manyLabels = 3

// someOf names actions of one kind, by their labels: of many the first few.
func someOf(labels []string) string {
	named := slices.Clone(labels[:min(len(labels), manyLabels)])
	for i := range named[1:] {
		_, named[i+1], _ = strings.Cut(named[i+1], " ") // the kind is said once
	}
	text := strings.Join(named, ", ")
	if more := len(labels) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// account prints one, unless the error says all.
func (e *env) account(p *plan.Plan, r *buildroot.Results) {
	a := accountOf(p, r)
	if len(a.built)+len(a.skipped)+len(a.stopped)+len(a.unbegun) == 0 && len(a.failed) == 1 {
		return
	}
	tell := func(word string, lines ...string) {
		for _, line := range lines {
			if line != "" {
				fmt.Fprintf(e.err, "%-8s %s\n", word, line)
			}
		}
	}
	tell("built", strings.Join(a.built, ", "))
	tell("failed", a.failed...)
	tell("skipped", a.skipped...)
	tell("stopped", strings.Join(a.stopped, ", "))
	tell("unbegun", strings.Join(a.unbegun, ", "))
}
