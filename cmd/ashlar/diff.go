package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/recipe/edit"
)

func diffCommand() *command {
	return &command{
		name: "diff", args: "A B", short: "print in what the images of two recipes differ",
		long: `Compares the images of two recipes, or two variants of one: first the packages whose
versions differ, then the settings of the image's configuration, then the files, in the
form of ` + "`ashlar show`" + `. Below a configuration file whose format is known (` + "`ashlar edit\n--formats`" + `) stand the keys that differ.`,
		store: true, run: runDiff,
	}
}

// A compared is one of two images that are held against each other.
type compared struct {
	result   store.Result
	tree     *layer.Tree
	versions map[string]string // of the packages that it keeps
	settings map[string]string // of its configuration, as JSON, by key
}

func runDiff(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 {
		return usagef("diff takes two images")
	}
	var a, b compared
	for i, c := range []*compared{&a, &b} {
		if *c, err = env.compared(ctx, names[i]); err != nil {
			return err
		}
	}
	printChanged(env, "package", a.versions, b.versions)
	printChanged(env, "setting", a.settings, b.settings)
	changes := layer.Diff(a.tree, b.tree)
	keys, err := env.changedKeys(ctx, a.result, b.result, changes)
	if err != nil {
		return err
	}
	for _, c := range changes {
		fmt.Fprintln(env.out, c)
		for _, line := range keys[c.Path] {
			fmt.Fprintln(env.out, "    "+line)
		}
	}
	return nil
}

// compared reads what is compared of an image, which is built if need be.
func (e *env) compared(ctx context.Context, name string) (compared, error) {
	one, err := e.one(ctx, name)
	if err != nil {
		return compared{}, err
	}
	r, img := one.result, one.image
	c := compared{result: r, versions: map[string]string{}}
	if c.tree, err = buildroot.ReadImageTree(e.opened.store, r); err != nil {
		return c, err
	}
	rep, err := buildroot.ReadReport(e.opened.store, r)
	if err != nil {
		return c, err
	}
	for _, k := range rep.Kept {
		c.versions[k.Package] = k.Version
	}
	c.settings, err = settings(img.Config)
	return c, err
}

// settings are the fields of a configuration that are set, as JSON; those that
// are tables by their keys: "Env.PATH".
func settings(c oci.Config) (map[string]string, error) {
	all := map[string]string{}
	env := map[string]string{}
	for _, v := range c.Env {
		name, value, _ := strings.Cut(v, "=")
		env[name] = value
	}
	for name, table := range map[string]map[string]string{"Env": env, "Labels": c.Labels, "Annotations": c.Annotations} {
		for k, v := range table {
			all[name+"."+k] = v
		}
	}
	c.Env, c.Labels, c.Annotations = nil, nil, nil
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	for name, v := range fields {
		if text := string(v); text != "null" && text != `""` {
			all[name] = text
		}
	}
	return all, nil
}

// changedKeys says of each configuration file among the changes whose format is
// known which keys differ, a line each.
func (e *env) changedKeys(ctx context.Context, older, newer store.Result, changes []layer.Change) (map[string][]string, error) {
	var paths []string
	for _, c := range changes {
		if isConfiguration(c.Old) && isConfiguration(c.New) && c.Old.Digest != c.New.Digest {
			paths = append(paths, c.Path)
		}
	}
	was, err := buildroot.ReadFiles(ctx, e.opened.store, older, paths, maxShown)
	if err != nil {
		return nil, err
	}
	is, err := buildroot.ReadFiles(ctx, e.opened.store, newer, paths, maxShown)
	if err != nil {
		return nil, err
	}
	lines := map[string][]string{}
	for _, p := range paths {
		lines[p] = differentKeys(p, was[p], is[p])
	}
	return lines, nil
}

// maxConfiguration is how large a file is still read as a configuration file.
const maxConfiguration = 4 << 20

func isConfiguration(f *layer.File) bool {
	return f != nil && f.Type == layer.Regular && f.Size <= maxConfiguration && edit.FormatOf(f.Path) != "text"
}

// differentKeys are the keys of a file that went, came or have another value.
func differentKeys(path string, was, is []byte) []string {
	older, err := values(path, was)
	if err != nil {
		return nil // its format cannot name what is in it
	}
	newer, err := values(path, is)
	if err != nil {
		return nil
	}
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(union(older, newer))) {
		switch old, now := older[key], newer[key]; {
		case slices.Equal(old, now):
		case len(old) == 0:
			lines = append(lines, "+ "+key+" = "+strings.Join(now, ", "))
		case len(now) == 0:
			lines = append(lines, "- "+key+" = "+strings.Join(old, ", "))
		default:
			lines = append(lines, key+": "+strings.Join(old, ", ")+" → "+strings.Join(now, ", "))
		}
	}
	if lines == nil {
		return []string{"no key differs, only what stands between them"}
	}
	return lines
}

// values are the values of all active keys of a file, in its order.
func values(path string, data []byte) (map[string][]string, error) {
	entries, err := edit.Entries(edit.Input{Name: path, Bytes: data})
	if err != nil {
		return nil, err
	}
	all := map[string][]string{}
	for _, x := range entries {
		if !x.Commented && !x.Section {
			key := x.Path.String()
			all[key] = append(all[key], x.Value)
		}
	}
	return all, nil
}

func union[K comparable, V any](a, b map[K]V) map[K]V {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// printChanged prints what two images have in other versions or with other values.
func printChanged(env *env, what string, older, newer map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(union(older, newer))) {
		old, next := older[name], newer[name]
		switch {
		case old == next:
		case old == "":
			fmt.Fprintf(env.out, "%s %s new: %s\n", what, name, next)
		case next == "":
			fmt.Fprintf(env.out, "%s %s gone: %s\n", what, name, old)
		default:
			fmt.Fprintf(env.out, "%s %s %s → %s\n", what, name, old, next)
		}
	}
}
