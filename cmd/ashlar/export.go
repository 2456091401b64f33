package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/oci/registry"
)

// writeLayout writes all images of a build to an OCI layout, named by recipe.
func (e *env) writeLayout(ctx context.Context, dir string, b *built) error {
	return e.outputDir(dir, func(dir string) error {
		layout, err := oci.Create(dir)
		if err != nil {
			return err
		}
		defer layout.Close()
		for _, g := range b.goals {
			img, ok := b.images[g.Recipe]
			if !ok {
				continue
			}
			made, err := img.OCI(e.opened.store)
			if err != nil {
				return err
			}
			if err := layout.Append(ctx, made, tagOf(g.Recipe)); err != nil {
				return err
			}
		}
		return nil
	})
}

// tagOf is how a recipe's image is named where a name has a tag: variants are
// tags.
func tagOf(recipe string) string {
	name, variant, ok := strings.Cut(recipe, "@")
	if !ok {
		return name
	}
	return name + ":" + variant
}

func saveCommand() *command {
	return &command{
		name: "save", args: "IMAGE FILE", short: "write an image for docker load and podman load",
		long: `Writes the image that the recipe IMAGE makes to FILE: a tar archive that is an OCI
layout and what ` + "`docker load`" + ` takes, in one. FILE - is standard output.`,
		store: true, outputs: lastOperand, run: runSave,
	}
}

func runSave(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	tag := flags.String("tag", "", "`NAME:TAG` of the image; the recipe's name if empty")
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 {
		return usagef("save takes an image and a file")
	}
	one, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	full, img := one.name, one.image
	made, err := img.OCI(env.opened.store)
	if err != nil {
		return err
	}
	if *tag == "" {
		*tag = tagOf(full)
	}
	if names[1] == "-" {
		return oci.Save(ctx, env.out, made, *tag)
	}
	w, err := env.create(names[1])
	if err != nil {
		return err
	}
	defer w.Abort()
	if err := oci.Save(ctx, w, made, *tag); err != nil {
		return fmt.Errorf("save %s: %w", names[1], err)
	}
	return w.Close()
}

func pushCommand() *command {
	return &command{
		name: "push", args: "IMAGE REF", short: "send an image to a registry, with its bill of materials",
		long: `Sends the image that the recipe IMAGE makes to REF, such as
registry.example.com/team/nginx:1.26. What the registry has is not sent again. The bill
of materials (SPDX) and the provenance (SLSA), as ` + "`ashlar show`" + ` prints them, are attached
to the image. Credentials come from where docker and podman keep them. Prints the
reference with its digest.`,
		store: true, run: runPush,
	}
}

func runPush(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	names, err := parse(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 2 {
		return usagef("push takes an image and a reference")
	}
	if err := registry.Check(names[1]); err != nil { // before anything is built
		return err
	}
	one, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	made, err := one.image.OCI(env.opened.store)
	if err != nil {
		return err
	}
	o, err := env.registryOptions()
	if err != nil {
		return err
	}
	if o.Attach, err = env.documents(one, made); err != nil {
		return err
	}
	digest, err := registry.Push(ctx, made, names[1], o)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.out, "%s@sha256:%s\n", names[1], strings.TrimPrefix(digest, "sha256:"))
	return nil
}
