package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/aptget"
)

// A header is the first line of a file of cases.
type header struct {
	Suites map[string][]struct {
		Digest string `json:"packages_sha256"`
	} `json:"suites"`
}

// A testCase is any other line. Digest is of the sorted lines "name version".
type testCase struct {
	Suite   string   `json:"suite"`
	Class   string   `json:"class"`
	Request []string `json:"request"`
	OK      bool     `json:"ok"`
	Digest  string   `json:"sha256"`
	N       int      `json:"n"`
	Error   string   `json:"error"`
}

// replay compares with answers that were written down, or, where the archive has
// moved on since, with what apt-get says today.
func replay(ctx context.Context, worlds []*world, name string, o options, t *tally) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	var h header
	if !lines.Scan() {
		return fmt.Errorf("%s is empty", name)
	}
	if err := json.Unmarshal(lines.Bytes(), &h); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	here, moved := map[string]*world{}, map[string]bool{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.jobs))
	for _, w := range worlds {
		var want []string
		for _, s := range h.Suites[w.name] {
			want = append(want, s.Digest)
		}
		if !slices.Equal(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(w.digests))) {
			fmt.Fprintf(t.out, "%s: the archive has moved on since the cases were written; apt-get is asked again\n", w.name)
			moved[w.name] = true
		}
		here[w.name] = w
	}
	for lines.Scan() {
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		w := here[c.Suite]
		if w == nil || !strings.Contains(c.Class, o.class) {
			continue
		}
		if moved[c.Suite] {
			g.Go(func() error { return compare(ctx, w, class{name: c.Class}, c.Request, o, t) })
			continue
		}
		got := w.ours(c.Request, false)
		difference := ""
		sum := sha256.Sum256([]byte(strings.Join(append(got.Packages, ""), "\n")))
		switch {
		case c.OK && got.Refused != "":
			difference = fmt.Sprintf("apt installs %d packages, we refuse: %s", c.N, got.Refused)
		case !c.OK && got.Refused == "":
			difference = fmt.Sprintf("apt refuses (%s), we install %d packages", c.Error, len(got.Packages))
		case c.OK && hex.EncodeToString(sum[:]) != c.Digest:
			difference = fmt.Sprintf("apt installs %d packages, we %d others", c.N, len(got.Packages))
		}
		t.add(w, c.Class, c.Request, aptget.Answer{Refused: c.Error}, difference)
	}
	return errors.Join(g.Wait(), lines.Err())
}
