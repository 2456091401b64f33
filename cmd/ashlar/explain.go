package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func explainCommand() *command {
	return &command{
		name: "explain", args: "[--json] NAME", short: "say which input changed, and so what is to be built again",
		long: `Compares what the recipe and those that it needs are made of now with what they were
made of when they were last built, and prints each difference with its old and new
value and the line of the recipe. What is in the store already is not mentioned.
What only reads what is made anew may be spared: if that comes to the same as
before, nothing is done again.`,
		store: true, run: runExplain,
	}
}

// explained is an action that is to be done, as --json prints it.
type explained struct {
	Action  string          `json:"action"`
	Recipe  string          `json:"recipe"`
	New     bool            `json:"new,omitempty"`   // none like it was done before
	Maybe   bool            `json:"maybe,omitempty"` // done only if something that it reads comes out otherwise
	Changes []explainChange `json:"changes,omitempty"`
}

type explainChange struct {
	What string `json:"what"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
	At   string `json:"at,omitempty"`
	made bool   // by another action, of which Old and New are IDs
}

// maybe reports whether nothing may have changed after all.
func (c explainChange) maybe() bool { return c.made && c.Old != "" && c.New != "" }

func runExplain(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	asJSON := flags.Bool("json", false, "print JSON, an action a line")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("explain takes one recipe")
	}
	p, err := env.planned(names...)
	if err != nil {
		return err
	}
	needed, err := p.missing()
	if err != nil {
		return err
	}
	told := 0
	for _, a := range p.plan.Actions {
		if !needed[a.ID] || a.Kind == plan.KindUnpack || a.Kind == plan.KindConfigure {
			continue
		}
		e, err := p.explain(a)
		if err != nil {
			return err
		}
		told++
		if *asJSON {
			if err := json.NewEncoder(env.out).Encode(e); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(env.out, e.title())
		e.print(env.out, "  ")
	}
	if told == 0 && !*asJSON {
		fmt.Fprintf(env.out, "%s is up to date\n", names[0])
	}
	return nil
}

// missing are the actions that a build would look into: those whose results the
// store lacks, of the goals and of what these read.
func (p *planned) missing() (map[plan.ID]bool, error) {
	needed := map[plan.ID]bool{}
	var queue []plan.ID
	for _, g := range p.plan.Goals {
		queue = append(queue, g.Action)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		id := queue[0]
		if needed[id] {
			continue
		}
		_, ok, err := p.store.Result(string(id))
		if err != nil {
			return nil, err
		}
		if !ok {
			needed[id] = true
			queue = append(queue, p.plan.Action(id).Inputs...)
		}
	}
	return needed, nil
}

// explain says how an action differs from the last one like it.
func (p *planned) explain(a *plan.Action) (explained, error) {
	e := explained{Action: a.Label, Recipe: a.Recipe}
	old, err := buildroot.LastDescription(p.store, a)
	if err != nil {
		return e, err
	}
	if old == nil {
		e.New = true
		return e, nil
	}
	for _, c := range plan.Changes(old, p.plan.Said(a)) {
		at := ""
		if !c.Pos.IsZero() {
			at = c.Pos.String()
		}
		e.Changes = append(e.Changes, explainChange{c.What, c.Old, c.New, at, c.Made})
	}
	e.Maybe = len(e.Changes) > 0 && !slices.ContainsFunc(e.Changes, func(c explainChange) bool { return !c.maybe() })
	return e, nil
}

// title is the action, and on what it depends that it is done.
func (e explained) title() string {
	if e.Maybe {
		return e.Action + ", if what it reads comes out otherwise"
	}
	return e.Action
}

func (e explained) print(w io.Writer, indent string) {
	switch {
	case e.New:
		fmt.Fprintf(w, "%snone like it was done here before\n", indent)
	case len(e.Changes) == 0:
		fmt.Fprintf(w, "%snothing changed; its result is gone from the store\n", indent)
	}
	for _, c := range e.Changes {
		at := ""
		if c.At != "" {
			at = "  (" + c.At + ")"
		}
		if !strings.Contains(c.Old+c.New, "\n") {
			fmt.Fprintf(w, "%s%s %s%s\n", indent, c.What, valuesOf(c), at)
			continue
		}
		fmt.Fprintf(w, "%s%s%s\n", indent, c.What, at)
		diff, _ := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{A: difflib.SplitLines(c.Old), B: difflib.SplitLines(c.New), Context: 1})
		for line := range strings.Lines(diff) {
			fmt.Fprintf(w, "%s  %s\n", indent, strings.TrimRight(line, "\n"))
		}
	}
}

// valuesOf is a change of one line: "3.5.1-1 → 3.5.4-1".
func valuesOf(c explainChange) string {
	switch {
	case c.maybe():
		return "may come out otherwise"
	case c.made && c.Old == "":
		return "is new"
	case c.made:
		return "is gone"
	case strings.HasPrefix(c.What, "source file "):
		return map[[2]bool]string{{false, false}: "changed", {true, false}: "is new", {false, true}: "is gone"}[[2]bool{c.Old == "", c.New == ""}]
	case c.Old == "" && c.New == "":
		return "changed"
	case c.Old == "":
		return "is new: " + c.New
	case c.New == "":
		return "is gone: " + c.Old
	}
	return c.Old + " → " + c.New
}
