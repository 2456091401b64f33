package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

//go:embed sets.toml
var setsText string

// A set is packages that are installed together.
type set struct {
	Name     string
	Packages []string
	Debconf  map[string]string // answers, by question
}

// chosen are the sets with these names, or all.
func chosen(names []string) ([]set, error) {
	var file struct{ Set []set }
	if _, err := toml.Decode(setsText, &file); err != nil {
		return nil, fmt.Errorf("read sets.toml: %w", err)
	}
	if len(names) == 0 {
		return file.Set, nil
	}
	var sets []set
	for _, name := range names {
		i := slices.IndexFunc(file.Set, func(s set) bool { return s.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no set %q in sets.toml", name)
		}
		sets = append(sets, file.Set[i])
	}
	return sets, nil
}

// A workspace is ashlar's, with a recipe for each set, and what was made of it.
type workspace struct {
	options
	stores []string // one, or two to be compared with each other
}

// newWorkspace writes the recipes, and locks those that are new.
func newWorkspace(ctx context.Context, o options, sets []set) (*workspace, error) {
	w := &workspace{options: o, stores: []string{filepath.Join(o.dir, "store")}}
	if o.twice {
		w.stores = append(w.stores, filepath.Join(o.dir, "store2"))
	}
	for _, s := range sets {
		file := filepath.Join(o.dir, "recipes", s.Name, "recipe.toml")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, s.recipe(), 0o644); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(filepath.Join(o.dir, "ashlar.toml"), nil, 0o644); err != nil {
		return nil, err
	}
	_, err := w.run(ctx, w.stores[0], "lock")
	return w, err
}

// recipe has a buildroot of the set.
func (s set) recipe() []byte {
	var b bytes.Buffer
	// Errors of a bytes.Buffer and of plain values do not come up.
	_ = toml.NewEncoder(&b).Encode(map[string]any{
		"depends": map[string]any{"build": s.Packages},
		"scripts": map[string]any{"debconf": s.Debconf},
		"step":    []map[string]any{{"run": "true"}},
	})
	return b.Bytes()
}

// run runs ashlar and returns what it printed.
func (w *workspace) run(ctx context.Context, store string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, w.ashlar, slices.Concat([]string{args[0], "-C", w.dir, "--store", store}, args[1:])...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ashlar %s: %w\n%s", strings.Join(args, " "), err, errs.Bytes())
	}
	return out, nil
}

// make makes what of a set is not there yet, and notes what ashlar's plan has.
func (w *workspace) make(ctx context.Context, s set) error {
	for _, store := range w.stores {
		if _, err := w.run(ctx, store, "shell", s.Name, "--", "true"); err != nil {
			return err
		}
	}
	plan, err := w.run(ctx, w.stores[0], "plan", "--json", s.Name)
	if err == nil {
		err = os.WriteFile(w.planFile(s), plan, 0o644)
	}
	if err != nil || w.twice {
		return err
	}
	packages, err := w.run(ctx, w.stores[0], slices.Concat([]string{"resolve", "--base"}, s.Packages)...)
	if err != nil {
		return err
	}
	return w.oracle(ctx, s, packages)
}

func (w *workspace) planFile(s set) string { return filepath.Join(w.dir, "recipes", s.Name, "plan") }

// An action is one of the plan, as ashlar prints it.
type action struct{ ID, Kind, Label string }

func (w *workspace) plan(s set) ([]action, error) {
	data, err := os.ReadFile(w.planFile(s))
	if err != nil {
		return nil, err
	}
	var list []action
	for dec := json.NewDecoder(bytes.NewReader(data)); dec.More(); {
		var a action
		if err := dec.Decode(&a); err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

// trees are the digests of the trees that actions of one kind made, in order.
func (w *workspace) trees(st *store.Store, s set, kind string) ([]string, error) {
	plan, err := w.plan(s)
	if err != nil {
		return nil, err
	}
	var trees []string
	for _, a := range plan {
		if a.Kind != kind {
			continue
		}
		r, ok, err := st.Result(a.ID)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, errors.New("the store has no result of " + a.Label)
		}
		trees = append(trees, r.Trees["tree"])
	}
	return trees, nil
}
