package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
)

func cacheCommand() *command {
	return &command{
		name: "cache", args: "[export [RECIPE...] >FILE | import <FILE]", short: "list the caches of [cache]; carry them to another store",
		long: `Lists the caches that recipes' steps have filled: RECIPE:CACHE, and its size. export
writes those of the recipes, all without names, to standard output, as a tar archive
compressed by zstd, and says its digest: equal caches give equal archives. import adds
what such an archive has to the caches here; what is here stays.

A cache is no part of what makes a result another one, and ` + "`ashlar verify --cold`" + ` shows
that. But a compiler believes it: import none whose origin you do not trust.`,
		store: true, run: runCache,
	}
}

func runCache(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	words, err := parse(flags, args)
	if err != nil {
		return err
	}
	s, err := env.store()
	if err != nil {
		return err
	}
	switch {
	case len(words) == 0:
		return env.listCaches(s)
	case words[0] == "export":
		return env.exportCaches(ctx, s, words[1:])
	case words[0] == "import" && len(words) == 1:
		return env.importCaches(ctx, s)
	}
	return usagef("cache takes nothing, export with recipes, or import")
}

func (e *env) listCaches(s *store.Store) error {
	names, err := s.Caches()
	if err != nil {
		return err
	}
	for _, n := range names {
		var size counter
		if err := s.ExportCaches(context.Background(), &size, []string{n}); err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s %d\n", n, size)
	}
	return nil
}

// A counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (e *env) exportCaches(ctx context.Context, s *store.Store, recipes []string) error {
	all, err := s.Caches()
	if err != nil {
		return err
	}
	names := slices.DeleteFunc(slices.Clone(all), func(n string) bool {
		of, _, _ := strings.Cut(n, ":")
		return len(recipes) > 0 && !slices.Contains(recipes, of)
	})
	if len(names) == 0 {
		return fmt.Errorf("there is no such cache: `ashlar cache` lists those there are")
	}
	if f, ok := e.out.(*os.File); ok && isTerminal(f) {
		return usagef("write it to a file: ashlar cache export >FILE")
	}
	sum := sha256.New()
	var size counter
	out := bufio.NewWriterSize(e.out, 1<<20)
	z, err := zstd.NewWriter(io.MultiWriter(out, sum, &size), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return err
	}
	if err := s.ExportCaches(ctx, z, names); err != nil {
		z.Close()
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(e.err, "%s, %s, sha256:%x\n", plural(len(names), "cache"), bytesOf(int64(size)), sum.Sum(nil))
	return nil
}

func (e *env) importCaches(ctx context.Context, s *store.Store) error {
	z, err := zstd.NewReader(bufio.NewReader(e.in))
	if err != nil {
		return err
	}
	defer z.Close()
	came, had, err := s.ImportCaches(ctx, z, isCacheName)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.err, "%s came, %d were here\n", plural(came, "file"), had)
	return nil
}

// isCacheName reports whether a name is that of a recipe's cache.
func isCacheName(name string) bool {
	_, cache, ok := strings.Cut(name, ":")
	return ok && slices.Contains(strings.Fields(recipe.CacheNames), cache)
}
