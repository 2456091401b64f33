package effects

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/container"
	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// epoch is SOURCE_DATE_EPOCH of the tests' roots: younger than the packages were
// when this was written, and past.
const epoch = 1_790_000_000

// skip skips a test for what a laptop may lack. Where nothing may be skipped it
// fails.
func skip(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("ASHLAR_NO_SKIP") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// archiveTests says whether tests may use Debian's archive.
func archiveTests(t testing.TB) {
	t.Helper()
	if os.Getenv("ASHLAR_ARCHIVE_TESTS") == "" && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skip("ASHLAR_ARCHIVE_TESTS is not set")
	}
}

// tempDir is t.TempDir for what a build leaves: it goes whatever its modes are.
func tempDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ashlar-effects-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rmtree.Remove(dir); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return dir
}

func keeper(t testing.TB) *container.Keeper {
	t.Helper()
	k, err := container.Start(context.Background(), container.Options{Dir: filepath.Join(tempDir(t), "k")})
	if err != nil {
		skip(t, "no containers on this host: "+err.Error())
	}
	t.Cleanup(func() { k.Close() })
	return k
}

// A world is an archive, its packages unpacked, and a keeper.
type world struct {
	t       testing.TB
	archive *debtest.Archive
	keeper  *container.Keeper
	dir     string
	trees   map[string]*deb.Package
	base    []*deb.Package
	tier    *Effects // the base's
}

func newWorld(t testing.TB) *world {
	t.Helper()
	archiveTests(t)
	a, err := debtest.OpenArchive(t.Context(), "http://deb.debian.org/debian", "trixie", "amd64", cacheDir(), maxAge)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, archive: a, keeper: keeper(t), dir: tempDir(t), trees: map[string]*deb.Package{}}
	w.base = w.packages(w.closure(a.Essential()...)...)
	return w
}

func (w *world) closure(names ...string) []string {
	w.t.Helper()
	list, err := w.archive.Closure(names...)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// packages unpacks what is not unpacked yet.
func (w *world) packages(names ...string) []*deb.Package {
	w.t.Helper()
	files, err := w.archive.Fetch(w.t.Context(), names)
	if err != nil {
		w.t.Fatal(err)
	}
	out := make([]*deb.Package, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.NumCPU())
	for i, name := range names {
		if out[i] = w.trees[name]; out[i] != nil {
			continue
		}
		g.Go(func() error {
			f, err := os.Open(files[i])
			if err != nil {
				return err
			}
			defer f.Close()
			out[i], err = deb.Unpack(w.t.Context(), f, filepath.Join(w.dir, "trees", name), deb.Options{Name: name})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		w.t.Fatal(err)
	}
	for i, name := range names {
		w.trees[name] = out[i]
	}
	return out
}

// run runs one wave in directories of its own.
func (w *world) run(v Wave) (*Effects, string, error) {
	w.t.Helper()
	return runWave(w.t, w.keeper, v)
}

func runWave(t testing.TB, k *container.Keeper, v Wave) (*Effects, string, error) {
	t.Helper()
	dir := tempDir(t)
	out := filepath.Join(dir, "out")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if v.Epoch == 0 {
		v.Epoch = epoch
	}
	var log strings.Builder
	began := time.Now()
	defer func() { t.Logf("%d packages in %v", len(v.Packages), time.Since(began).Round(time.Millisecond)) }()
	e, err := Run(t.Context(), k, v, out, Options{Scratch: filepath.Join(dir, "scratch"), Log: &log})
	return e, log.String(), err
}

// essential is the base's effects, made once.
func (w *world) essential() *Effects {
	w.t.Helper()
	if w.tier == nil {
		e, log, err := w.run(Wave{Packages: w.base})
		if err != nil {
			w.t.Fatalf("%v\n%s", err, log)
		}
		w.tier = e
	}
	return w.tier
}

// waves splits names into what some package of the set pre-depends on, with what
// that needs, and the rest; names of the base are left out.
func (w *world) waves(names ...string) [][]*deb.Package {
	all := w.closure(append(w.archive.Essential(), names...)...)
	done := map[string]bool{}
	for _, p := range w.base {
		done[p.Control.Name] = true
	}
	var out [][]*deb.Package
	for range 10 {
		early := map[string]bool{}
		for _, p := range w.packages(all...) {
			if done[p.Control.Name] || !p.Has("preinst") {
				continue
			}
			list, err := relation.Parse(p.Control.Get("Pre-Depends"))
			if err != nil {
				w.t.Fatal(err)
			}
			for _, r := range list {
				if slices.Contains(all, r.Name) && !done[r.Name] {
					for _, n := range w.closure(r.Name) {
						early[n] = !done[n] && slices.Contains(all, n)
					}
				}
			}
		}
		var wave []string
		for _, n := range all {
			if early[n] {
				wave = append(wave, n)
			}
		}
		if len(wave) == 0 {
			break
		}
		for _, n := range wave {
			done[n] = true
		}
		out = append(out, w.packages(wave...))
	}
	var rest []string
	for _, n := range all {
		if !done[n] {
			rest = append(rest, n)
		}
	}
	return append(out, w.packages(rest...))
}

// install runs all waves of a set and returns their effects, the base's first,
// and all packages.
func (w *world) install(names ...string) ([]*Effects, []*deb.Package, string) {
	w.t.Helper()
	earlier, before := []*Effects{w.essential()}, w.base
	var logs strings.Builder
	for _, wave := range w.waves(names...) {
		e, log, err := w.run(Wave{Packages: wave, Before: before, Earlier: earlier})
		logs.WriteString(log)
		if err != nil {
			w.t.Fatalf("%v\n%s", err, log)
		}
		earlier = append(slices.Clone(earlier), e)
		before = slices.Concat(before, wave)
	}
	return earlier, before, logs.String()
}
