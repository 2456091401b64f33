package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

func buildCommand() *command {
	return &command{
		name: "build", args: "[-o DIR] [NAME...]", short: "build recipes; print name, digest and size of each image",
		long: `Builds all recipes, or the named ones (NAME, or NAME@VARIANT), as far as the store
has not got their results. It uses what ashlar.lock names and nothing else. The
working directory stays as it is. What does not need each other is done at the same
time, the longest way first. A recipe that fails does not stop those that do not need
it; the end lists what was built, what failed, and what was skipped because of it.
With --fail-fast it does: what is at work is stopped, nothing else begins, and the
end lists these, too.

Secrets that recipes name come from ashlar/secrets.toml in the user's directory of
configurations (~/.config), a table for each with file, env or command, or else from
the variable ASHLAR_SECRET_NAME.

For each image it prints a line: the recipe's name, the image's digest, and the size
of its compressed layers in bytes. On standard error it tells what images are made of
that were made now: all of it for four at most, else a line each.`,
		store: true, run: runBuild,
		outputs: func(args []string) []string {
			if dir := flagValue(args, "o", ""); dir != "" {
				return []string{dir + "/"}
			}
			return nil
		},
	}
}

// builtImage is a line of output, as --json prints it.
type builtImage struct {
	Recipe string `json:"recipe"`
	Digest string `json:"digest"`
	Size   int64  `json:"size"`
}

func runBuild(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	out := flags.String("o", "", "also write an OCI layout to `DIR`")
	asJSON := flags.Bool("json", false, "print JSON, an image a line")
	quiet := flags.Bool("q", false, "print nothing but the results and what is wrong")
	flags.BoolVar(&env.failFast, "fail-fast", false, "stop everything when something fails")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	b, buildErr := env.build(ctx, names, *quiet)
	if b == nil {
		return buildErr
	}
	for _, g := range b.goals {
		img, ok := b.images[g.Recipe]
		if !ok {
			continue
		}
		if *asJSON {
			if err := json.NewEncoder(env.out).Encode(builtImage{g.Recipe, "sha256:" + img.Digest, img.Size}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(env.out, "%s sha256:%s %d\n", g.Recipe, img.Digest, img.Size)
	}
	if *out != "" && buildErr == nil {
		buildErr = env.writeLayout(ctx, *out, b)
	}
	return buildErr
}

// built is what a build came to.
type built struct {
	builder   *buildroot.Builder
	plan      *plan.Plan
	goals     []plan.Goal
	graph     *recipe.Graph
	instances []*recipe.Instance         // the graph's goals
	results   map[string]store.Result    // by the recipe's full name
	images    map[string]buildroot.Image // likewise
}

// build builds the named recipes. With an error it returns what was built all
// the same, unless nothing was tried.
func (e *env) build(ctx context.Context, names []string, quiet bool) (*built, error) {
	of, err := e.planned(names...)
	if err != nil {
		return nil, err
	}
	if err := of.numbered(); err != nil {
		return nil, err
	}
	p := of.plan
	progress := newProgress(e, quiet)
	builder, err := e.builder(of, progress)
	if err != nil {
		return nil, err
	}
	results, buildErr := builder.Build(ctx)
	progress.end()
	b := &built{builder: builder, plan: p, goals: p.Goals, graph: of.graph, instances: of.graph.Goals, results: map[string]store.Result{}, images: map[string]buildroot.Image{}}
	for _, g := range p.Goals {
		r, ok := results.ByAction[g.Action]
		if !ok {
			continue
		}
		b.results[g.Recipe] = r
		if p.Action(g.Action).Kind != plan.KindImage {
			continue
		}
		if b.images[g.Recipe], err = buildroot.ReadImage(of.store, r); err != nil {
			return nil, err
		}
	}
	if progress.worked() && !quiet && e.progress != jsonView {
		e.summaries(b, results.Made)
	}
	if len(results.Failed) > 0 && ctx.Err() == nil && e.progress != jsonView {
		e.account(p, results)
	}
	return b, e.explain(buildErr)
}

// explain turns failures into what a person can act on.
func (e *env) explain(err error) error {
	if _, whole := err.(*fetch.Error); whole { // its causes say less than it does
		return err
	}
	if all, ok := err.(interface{ Unwrap() []error }); ok {
		var explained []error
		for _, err := range all.Unwrap() {
			explained = append(explained, e.explain(err))
		}
		return errors.Join(explained...)
	}
	var step *buildroot.StepError
	if errors.As(err, &step) {
		for _, line := range step.Tail {
			fmt.Fprintf(e.err, "  | %s\n", harmless(line))
		}
		hint := fmt.Sprintf("`ashlar log %s` prints the whole log, `ashlar shell %[1]s` enters the root that the step left", step.Recipe)
		if more := step.Hint(); more != "" {
			hint = more + "; " + hint
		}
		return &diag.Error{Pos: step.Pos, Line: e.lineAt(step.Pos), Msg: fmt.Sprintf("%s: %v", step.Recipe, step), Hint: hint}
	}
	var script *buildroot.ScriptError
	if errors.As(err, &script) {
		for _, line := range script.Tail {
			fmt.Fprintf(e.err, "  | %s\n", harmless(line))
		}
		return &diag.Error{Pos: script.Pos, Line: e.lineAt(script.Pos), Msg: script.Short(), Hint: script.Because()}
	}
	return err
}

// An only is the one image that a build was for.
type only struct {
	*built
	name     string // the recipe's full one
	result   store.Result
	image    buildroot.Image
	instance *recipe.Instance
}

// one builds one recipe, which must have an image.
func (e *env) one(ctx context.Context, name string) (only, error) {
	b, err := e.build(ctx, []string{name}, false)
	if err != nil {
		return only{}, err
	}
	full := b.goals[0].Recipe
	img, ok := b.images[full]
	if !ok {
		return only{}, fmt.Errorf("recipe %s has no [image]", full)
	}
	return only{b, full, b.results[full], img, b.instances[0]}, nil
}
