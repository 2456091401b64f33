package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func graphCommand() *command {
	return &command{
		name: "graph", args: "[--format FORMAT] [NAME...]", short: "print which recipes need which, with times and sizes",
		long: `Prints the recipes, all of them or the named ones with what they need, each behind what
it needs: how long it took when it was last built here, the size of its image or of its
artefacts, and what it needs for its steps (build), in images that have it (runtime), as
the image that its own begins with (from) and for its tests (test).

The formats are text, dot (for Graphviz), svg (a picture) and json (a recipe a line).`,
		store: true, run: runGraph,
	}
}

// A graphNode is one recipe, as json has it.
type graphNode struct {
	Recipe  string      `json:"recipe"`
	Version string      `json:"version,omitempty"`
	Seconds float64     `json:"seconds,omitempty"` // of its steps and image, when they last ran
	Bytes   int64       `json:"bytes,omitempty"`   // of its image, compressed, or of its artefacts
	Stored  bool        `json:"stored"`            // the store has it as it is now
	Needs   []graphEdge `json:"needs,omitempty"`
}

type graphEdge struct {
	How    string   `json:"how"`
	Recipe string   `json:"recipe"`
	Sets   []string `json:"sets"`
}

func runGraph(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	format := flags.String("format", "text", "`FORMAT` is text, dot, svg or json")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	write, ok := map[string]func(io.Writer, []graphNode) error{"text": graphText, "dot": graphDOT, "svg": graphSVG, "json": graphJSON}[*format]
	if !ok {
		return usagef("there is no format %q: write text, dot, svg or json", *format)
	}
	p, err := env.planned(names...)
	if err != nil {
		return err
	}
	nodes, err := graphNodes(p.graph, p.plan, p.store)
	if err != nil {
		return err
	}
	return write(env.out, nodes)
}

func graphNodes(g *recipe.Graph, p *plan.Plan, s *store.Store) ([]graphNode, error) {
	last := map[string][]*plan.Action{} // of each recipe: its steps, what is collected, its image
	for _, a := range p.Actions {
		if a.Kind != plan.KindUnpack && a.Kind != plan.KindConfigure {
			last[a.Recipe] = append(last[a.Recipe], a)
		}
	}
	var nodes []graphNode
	for _, i := range g.All {
		n := graphNode{Recipe: lock.FullName(i), Version: i.Version}
		for _, a := range last[n.Recipe] {
			n.Seconds += buildroot.Past(s, a).Seconds()
			size, ok, err := buildroot.SizeOf(s, a)
			if err != nil {
				return nil, err
			}
			n.Stored = ok
			if size > 0 {
				n.Bytes = size
			}
		}
		for _, u := range g.Uses(i) {
			n.Needs = append(n.Needs, graphEdge{u.How, lock.FullName(u.Of), u.Sets})
		}
		nodes = append(nodes, n)
	}
	return nodes, nil
}

// facts is a node's time and size, as far as they are known.
func (n graphNode) facts() string {
	var facts []string
	if n.Seconds > 0 {
		facts = append(facts, (time.Duration(n.Seconds*1000) * time.Millisecond).Round(100*time.Millisecond).String())
	}
	if n.Bytes > 0 {
		facts = append(facts, bytesOf(n.Bytes))
	}
	if !n.Stored {
		facts = append(facts, "to be built")
	}
	return strings.Join(facts, ", ")
}

func graphJSON(w io.Writer, nodes []graphNode) error {
	enc := json.NewEncoder(w)
	for _, n := range nodes {
		if err := enc.Encode(n); err != nil {
			return err
		}
	}
	return nil
}

func graphText(w io.Writer, nodes []graphNode) error {
	for _, n := range nodes {
		line := strings.TrimSpace(n.Recipe + " " + n.Version)
		if facts := n.facts(); facts != "" {
			line += "  (" + facts + ")"
		}
		fmt.Fprintln(w, line)
		for _, e := range n.Needs {
			fmt.Fprintf(w, "  %-8s %s/%s\n", e.How, e.Recipe, strings.Join(e.Sets, ","))
		}
	}
	return nil
}

func graphDOT(w io.Writer, nodes []graphNode) error {
	fmt.Fprintln(w, "digraph recipes {\n\trankdir=LR\n\tnode [shape=box]")
	styles := map[string]string{"build": "solid", "runtime": "bold", "from": "bold", "test": "dotted"}
	for _, n := range nodes {
		fmt.Fprintf(w, "\t%q [label=%q]\n", n.Recipe, strings.TrimSpace(strings.TrimSpace(n.Recipe+" "+n.Version)+"\n"+n.facts()))
		for _, e := range n.Needs {
			fmt.Fprintf(w, "\t%q -> %q [label=%q style=%s]\n", e.Recipe, n.Recipe, e.How, styles[e.How])
		}
	}
	_, err := fmt.Fprintln(w, "}")
	return err
}
