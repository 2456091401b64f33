package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionCommand() *command {
	return &command{
		name: "version", short: "print which ashlar this is",
		long: `
Prints the version of ashlar, the version of Go that compiled it, and what it runs on.
"ashlar --version" does the same.
`,
		run: runVersion,
	}
}

func runVersion(_ context.Context, env *env, flags *flag.FlagSet, args []string) error {
	if err := parseNone(flags, args); err != nil {
		return err
	}
	version := "(unknown version)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(env.out, "ashlar %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
