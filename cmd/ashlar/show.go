package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/layer"
)

func showCommand() *command {
	return &command{
		name: "show", args: "IMAGE", short: "print an image's tree, a file a line, with owner, mode, digest and origin",
		long: `Prints every file of the image that the recipe IMAGE makes: path, type, mode, owner
and group, the first digits of its digest or where it leads, and where it comes from.
The image is built first if it is not in the store.`,
		store: true, run: runShow,
	}
}

func runShow(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	spdx := flags.Bool("spdx", false, "print the bill of materials instead, as SPDX JSON")
	config := flags.Bool("config", false, "print the image's configuration instead, as JSON")
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		return usagef("show takes one image")
	}
	_, r, img, _, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	s := env.opened.store
	switch {
	case *spdx:
		data, err := buildroot.ReadSPDX(s, r)
		if err != nil {
			return err
		}
		_, err = env.out.Write(data)
		return err
	case *config:
		enc := json.NewEncoder(env.out)
		enc.SetIndent("", "  ")
		return enc.Encode(img)
	}
	tree, err := buildroot.ReadImageTree(s, r)
	if err != nil {
		return err
	}
	return layer.Dump(env.out, tree)
}

func whyCommand() *command {
	return &command{
		name: "why", args: "IMAGE PATH", short: "print the chain that brought a file into an image",
		long: `Says where PATH of the image comes from, and why that is in it: the package, who
depends on it or needs a library of it, up to the recipe's own line.`,
		store: true, run: runWhy,
	}
}

func runWhy(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 || !strings.HasPrefix(names[1], "/") {
		return usagef("why takes an image and an absolute path")
	}
	full, r, _, _, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	s := env.opened.store
	tree, err := buildroot.ReadImageTree(s, r)
	if err != nil {
		return err
	}
	rep, err := buildroot.ReadReport(s, r)
	if err != nil {
		return err
	}
	lines, err := image.Why(tree, &rep, names[1])
	if err != nil {
		return fmt.Errorf("%s: %w; the nearest that it has is %s", full, err, nearestPath(tree, names[1]))
	}
	for _, line := range lines {
		fmt.Fprintln(env.out, line)
	}
	return nil
}

// nearestPath is the deepest directory above path that the tree has.
func nearestPath(t *layer.Tree, path string) string {
	for path != "/" && path != "" {
		path = path[:max(strings.LastIndexByte(path, '/'), 0)]
		if t.Get(path) != nil {
			return path
		}
	}
	return "/"
}

func diffCommand() *command {
	return &command{
		name: "diff", args: "A B", short: "print packages and files that differ between two images",
		long: `Compares the images of two recipes, or two variants of one: first the packages whose
versions differ, then the files, in the form of ` + "`ashlar show`" + `.`,
		store: true, run: runDiff,
	}
}

func runDiff(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, _, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 {
		return usagef("diff takes two images")
	}
	var trees [2]*layer.Tree
	var versions [2]map[string]string
	for i, n := range names {
		_, r, _, _, err := env.one(ctx, n)
		if err != nil {
			return err
		}
		if trees[i], err = buildroot.ReadImageTree(env.opened.store, r); err != nil {
			return err
		}
		rep, err := buildroot.ReadReport(env.opened.store, r)
		if err != nil {
			return err
		}
		versions[i] = map[string]string{}
		for _, k := range rep.Kept {
			versions[i][k.Package] = k.Version
		}
	}
	printVersions(env, versions)
	for _, c := range layer.Diff(trees[0], trees[1]) {
		fmt.Fprintln(env.out, c)
	}
	return nil
}
