package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"path"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

func showCommand() *command {
	return &command{
		name: "show", args: "IMAGE [PATH]", short: "print an image's files, a line each, with their origin; or one",
		long: `Prints every file of the image that the recipe IMAGE makes: path, type, mode, owner
and group, the first digits of its digest or where it leads, and where it comes from.
With the PATH of a directory, what is below it; with that of a file, its bytes.
The image is built first if it is not in the store.`,
		store: true, run: runShow,
	}
}

func runShow(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	documents := map[string]*bool{
		"spdx":       flags.Bool("spdx", false, "print the bill of materials instead, as SPDX JSON"),
		"cyclonedx":  flags.Bool("cyclonedx", false, "print the bill of materials instead, as CycloneDX JSON"),
		"provenance": flags.Bool("provenance", false, "print what the image was made of and how instead, as SLSA JSON"),
	}
	config := flags.Bool("config", false, "print the image's configuration instead, as JSON")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 && (len(names) != 2 || !strings.HasPrefix(names[1], "/")) {
		return usagef("show takes one image, and perhaps an absolute path")
	}
	one, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	for kind, asked := range documents {
		if *asked {
			data, err := env.document(one, kind)
			if err != nil {
				return err
			}
			_, err = env.out.Write(data)
			return err
		}
	}
	if *config {
		enc := json.NewEncoder(env.out)
		enc.SetIndent("", "  ")
		return enc.Encode(one.image)
	}
	tree, err := buildroot.ReadImageTree(env.opened.store, one.result)
	if err != nil {
		return err
	}
	if len(names) == 2 {
		return env.showPath(ctx, one.name, one.result, tree, names[1])
	}
	return layer.Dump(env.out, tree)
}

// maxShown is how many bytes of files are read from an image to be shown or compared.
const maxShown = 1 << 30

// showPath prints what path of an image leads to.
func (e *env) showPath(ctx context.Context, full string, r store.Result, t *layer.Tree, path string) error {
	at, f, err := t.Resolve(path)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w; the nearest that it has is %s", full, err, nearestPath(t, path))
	case f == nil || f.Type == layer.Dir:
		return layer.Dump(e.out, below(t, at))
	case f.Type == layer.Hardlink:
		at = f.Link
	case f.Type != layer.Regular:
		_, err := fmt.Fprintln(e.out, f)
		return err
	}
	found, err := buildroot.ReadFiles(ctx, e.opened.store, r, []string{at}, maxShown)
	if err != nil {
		return fmt.Errorf("%s: %w", full, err)
	}
	_, err = e.out.Write(found[at])
	return err
}

// below is a directory of t and what is in it.
func below(t *layer.Tree, dir string) *layer.Tree {
	part := layer.New()
	for _, f := range t.Files() {
		if f.Path == dir || dir == "/" || strings.HasPrefix(f.Path, dir+"/") {
			part.Put(f)
		}
	}
	return part
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
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 || !strings.HasPrefix(names[1], "/") {
		return usagef("why takes an image and an absolute path")
	}
	one, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	full, r := one.name, one.result
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

// nearestPath is what was most likely meant by a path that the tree has not, or else
// the deepest directory above it that it has.
func nearestPath(t *layer.Tree, file string) string {
	dir, below := path.Dir(path.Clean(file)), path.Clean(file)
	for dir != "/" && t.Get(dir) == nil {
		dir, below = path.Dir(dir), dir
	}
	var all []string
	for f := range t.Under(dir) {
		if path.Dir(f.Path) == dir {
			all = append(all, path.Base(f.Path))
		}
	}
	return path.Join(dir, diag.Nearest(path.Base(below), all))
}
