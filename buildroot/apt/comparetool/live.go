package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
)

// A class makes requests of one kind.
type class struct {
	name string
	next func(w *world, r *rand.Rand) []string
}

// classes are the kinds of requests.
func classes(o options) []class {
	if o.backports {
		return []class{{"name/trixie-backports", backported}}
	}
	return []class{
		{"random, 1 to 30 names", random},
		{"one virtual name", virtual},
		{"providers of one name, and others", rivals},
		{"conflicts and breaks", conflicts},
		{"name=version", versions},
	}
}

// live compares with apt-get.
func live(ctx context.Context, worlds map[string]*world, o options, t *tally) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, o.jobs))
	for _, name := range slices.Sorted(maps.Keys(worlds)) {
		w := worlds[name]
		for i, c := range classes(o) {
			r := rand.New(rand.NewPCG(o.seed, uint64(i)))
			for range o.n {
				request := c.next(w, r)
				if ctx.Err() != nil {
					break
				}
				g.Go(func() error { return compare(ctx, w, c.name, request, o, t) })
			}
		}
	}
	return g.Wait()
}

// compare asks both.
func compare(ctx context.Context, w *world, class string, request []string, o options, t *tally) error {
	want, refused, err := w.theirs(ctx, request, o.recommends)
	if err != nil {
		return err
	}
	got, why := w.ours(request, o.recommends)
	difference := ""
	switch {
	case (refused == "") != (why == ""):
		difference = fmt.Sprintf("apt: %s; we: %s", verdict(want, refused), verdict(got, why))
	case !slices.Equal(got, want):
		difference = fmt.Sprintf("only apt: %s; only we: %s", minus(want, got), minus(got, want))
	}
	t.add(w.name+": "+class, request, difference)
	return nil
}

func verdict(lines []string, why string) string {
	if why != "" {
		return "refused, " + why
	}
	return fmt.Sprintf("%d packages", len(lines))
}

// minus lists what is in a and not in b.
func minus(a, b []string) string {
	var only []string
	for _, line := range a {
		if !slices.Contains(b, line) {
			only = append(only, line)
		}
	}
	return "[" + strings.Join(only, ", ") + "]"
}

// pick returns the name of a random package.
func pick(w *world, r *rand.Rand) string {
	return w.NameOf(w.Versions[r.IntN(len(w.Versions))].Name)
}

func random(w *world, r *rand.Rand) []string {
	n := 1 + r.IntN(30)
	if r.IntN(2) == 0 {
		n = 1 + r.IntN(4)
	}
	var request []string
	for range n {
		request = append(request, pick(w, r))
	}
	return request
}

// virtual asks for a name that only Provides have.
func virtual(w *world, r *rand.Rand) []string {
	for {
		p := w.Provides[r.IntN(len(w.Provides))]
		if name := w.NameOf(p.Name); w.Names[p.Name].Versions.Count == 0 && !strings.Contains(name, ":") && !strings.HasPrefix(name, "$") {
			return []string{name}
		}
	}
}

// rivals asks for packages that provide the same name, or for one of them and
// packages that need any.
func rivals(w *world, r *rand.Rand) []string {
	for {
		id := w.Provides[r.IntN(len(w.Provides))].Name
		of := w.ProvidersOf(id)
		if len(of) < 2 {
			continue
		}
		var request []string
		for range 1 + r.IntN(2) {
			request = append(request, w.NameOf(w.Versions[w.Provides[of[r.IntN(len(of))]].Owner].Name))
		}
		for range r.IntN(6) {
			request = append(request, pick(w, r))
		}
		r.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
		return request
	}
}

// conflicts asks for a package and some that its conflicts and breaks name.
func conflicts(w *world, r *rand.Rand) []string {
	for {
		v := uint32(r.IntN(len(w.Versions)))
		request := []string{w.NameOf(w.Versions[v].Name)}
		for _, d := range w.DepsOf(v) {
			id := w.Constraints[d.Constraint()].Name
			if d.Type().Negative() && w.Names[id].Candidate != index.None && r.IntN(2) == 0 {
				request = append(request, w.NameOf(id))
			}
		}
		if len(request) == 1 {
			continue
		}
		for range r.IntN(5) {
			request = append(request, pick(w, r))
		}
		r.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
		return request
	}
}

// versions asks for versions by number, older ones too.
func versions(w *world, r *rand.Rand) []string {
	var request []string
	for range 1 + r.IntN(5) {
		v := r.IntN(len(w.Versions))
		request = append(request, w.NameOf(w.Versions[v].Name)+"="+w.VersionOf(uint32(v)))
	}
	return request
}

// backported asks for packages of backports, by suite and without.
func backported(w *world, r *rand.Rand) []string {
	var request []string
	for {
		v := uint32(r.IntN(len(w.Versions)))
		if !w.In(v, "trixie-backports") {
			continue
		}
		name := w.NameOf(w.Versions[v].Name)
		if r.IntN(4) > 0 {
			name += "/trixie-backports"
		}
		if request = append(request, name); r.IntN(2) == 0 {
			return request
		}
	}
}

// A tally counts by class.
type tally struct {
	mu      sync.Mutex
	out     io.Writer
	classes []string
	equal   map[string]int
	total   map[string]int
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, equal: map[string]int{}, total: map[string]int{}}
}

// add counts a request; difference is empty if the answers are equal.
func (t *tally) add(class string, request []string, difference string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total[class] == 0 {
		t.classes = append(t.classes, class)
	}
	t.total[class]++
	if difference == "" {
		t.equal[class]++
		return
	}
	fmt.Fprintf(t.out, "differs: %s: %s: %s\n", class, strings.Join(request, " "), difference)
}

// report prints the figures and reports whether all were equal.
func (t *tally) report() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	equal, total := 0, 0
	for _, c := range t.classes {
		fmt.Fprintf(t.out, "%6d of %6d equal: %s\n", t.equal[c], t.total[c], c)
		equal, total = equal+t.equal[c], total+t.total[c]
	}
	fmt.Fprintf(t.out, "%6d of %6d equal\n", equal, total)
	return equal == total
}
