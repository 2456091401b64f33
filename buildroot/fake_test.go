package buildroot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/deb/debtest"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// A world has all that a build touches, pretended but for the disk: one package
// is every root, and steps do what the test says.
type world struct {
	t     *testing.T
	store *store.Store
	files fstest.MapFS
	debs  map[string][]byte // by digest
	lock  *lock.Lock
	steps map[string]func(upper string) job.Result // by recipe and step: "tool: 1"
	wait  func(ctx context.Context, name string) error
	extra []string   // packages of each recipe
	blind job.Result // of a blind wave

	mu      sync.Mutex
	starts  int // of the runner
	fetched int
	blinds  int // jobs of blind waves
	working int
	most    int // steps that worked at once
	ran     []string
	jobs    map[string]job.Job // by name
	events  []Event
}

// The accounts of the base, which its script lays over the package's.
const (
	basePasswd = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n"
	baseGroup  = "root:x:0:\ndaemon:x:1:\nstaff:x:50:\n"
)

// newWorld is a world with these recipes, of which each has steps that write to
// /out; none has an image.
func newWorld(t *testing.T, recipes map[string]string) *world {
	t.Helper()
	w := &world{t: t, files: fstest.MapFS{}, debs: map[string][]byte{}, steps: map[string]func(string) job.Result{}, jobs: map[string]job.Job{}}
	dir := filepath.Join(t.TempDir(), "store")
	s, err := store.Open(dir, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Close(), rmtree.RemoveAll(dir)); err != nil {
			t.Error(err)
		}
	})
	w.store = s
	for name, text := range recipes {
		w.write(name, text)
	}
	base := debtest.Deb{Name: "base", Version: "1", Arch: "amd64", Fields: "Essential: yes\n", Files: []debtest.File{
		{Path: "./etc/"}, {Path: "./etc/passwd", Data: basePasswd}, {Path: "./etc/group", Data: baseGroup},
	}}.Bytes()
	digest := w.put(base)
	w.lock = &lock.Lock{
		Packages: []lock.Package{{Name: "base", Version: "1", Arch: "amd64", SHA256: digest, Size: int64(len(base)), From: "debian", Path: "pool/base.deb"}},
		Bases:    []lock.Base{{Name: "trixie amd64", Packages: []string{"base"}}},
	}
	return w
}

func (w *world) put(data []byte) (digest string) {
	sum := sha256.Sum256(data)
	digest = hex.EncodeToString(sum[:])
	w.debs[digest] = data
	return digest
}

func (w *world) write(name, text string) {
	w.files["recipes/"+name+"/recipe.toml"] = &fstest.MapFile{Data: []byte(text)}
}

// plan plans all recipes by a lock that fits them.
func (w *world) plan() *plan.Plan {
	w.t.Helper()
	ws, err := recipe.Load(w.files)
	if err != nil {
		w.t.Fatal(err)
	}
	g := ws.Graph()
	w.lock.Sets = nil
	for _, i := range g.All {
		for _, wish := range lock.Wishes(g, i) {
			w.lock.Sets = append(w.lock.Sets, lock.Set{Recipe: lock.FullName(i), Use: wish.Use, Arch: i.Arch, Suite: i.Suite, Base: "trixie amd64", Asks: wish.Lines(), Packages: slices.Clone(w.extra)})
		}
	}
	l, err := lock.Decode(lock.FileName, lock.Encode(w.lock)) // sorted, as all are
	if err != nil {
		w.t.Fatal(err)
	}
	p, err := plan.New(plan.Input{Graph: g, Lock: l, Files: w.files, URLs: func(lock.Package) []string { return nil }})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// build builds all recipes.
func (w *world) build(ctx context.Context, o Options) (*plan.Plan, *Results, error) {
	w.t.Helper()
	p := w.plan()
	w.events, w.ran, w.most = nil, nil, 0
	o.Report = func(e Event) { w.events = append(w.events, e) }
	b := New(p, Env{Store: w.store, Fetch: w, Start: w.start, Workspace: w.files}, o)
	defer b.Close()
	r, err := b.Build(ctx)
	return p, r, err
}

func (w *world) start(context.Context) (Runner, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.starts++
	return w, nil
}

// Fetch is Fetcher's.
func (w *world) Fetch(ctx context.Context, r fetch.Request) (string, error) {
	w.mu.Lock()
	w.fetched++
	data := w.debs[r.SHA256]
	w.mu.Unlock()
	if data == nil {
		return "", fmt.Errorf("fetch %s: nobody has it", r.Name)
	}
	digest, _, err := w.store.Put(ctx, strings.NewReader(string(data)), r.SHA256)
	return digest, err
}

// Run is Runner's.
func (w *world) Run(ctx context.Context, j job.Job, s job.Streams) (job.Result, error) {
	if s.Checkpoint != nil {
		return w.scripts(j), w.configure(j, s)
	}
	w.mu.Lock()
	w.ran, w.jobs[j.Name] = append(w.ran, j.Name), j
	w.working++
	w.most = max(w.most, w.working)
	step := w.steps[j.Name]
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.working--
	}()
	if w.wait != nil {
		if err := w.wait(ctx, j.Name); err != nil {
			return job.Result{}, err
		}
	}
	if step == nil {
		return job.Result{}, fmt.Errorf("no such step: %s", j.Name)
	}
	return step(filepath.Join(j.Scratch, "upper")), nil
}

// scripts is what comes of the scripts.
func (w *world) scripts(j job.Job) job.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	if j.Accounts == nil {
		return job.Result{}
	}
	w.blinds++
	return w.blind
}

// passwd is that of a job's root.
func (w *world) passwd(j job.Job) string {
	for _, l := range j.Layers {
		if text, err := os.ReadFile(filepath.Join(l, "etc/passwd")); err == nil {
			return string(text)
		}
	}
	return ""
}

// configure does what dpkg does in a root whose packages have no scripts.
func (w *world) configure(j job.Job, s job.Streams) error {
	const status = "var/lib/dpkg/status"
	text, err := os.ReadFile(filepath.Join(j.Layers[0], status))
	if err != nil {
		return err
	}
	for _, label := range []string{"start", "base", "done"} {
		if label == "base" && j.Name == "configure base" {
			w.file(filepath.Join(j.Scratch, "upper/etc/passwd"), basePasswd, 0o644)
			w.file(filepath.Join(j.Scratch, "upper/etc/group"), baseGroup, 0o644)
		}
		if label == "base" {
			name := filepath.Join(j.Scratch, "upper", status)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), " unpacked\n", " installed\n")), 0o644); err != nil {
				return err
			}
		}
		if err := s.Checkpoint(label); err != nil {
			return err
		}
	}
	return nil
}

// Scan is Runner's: all that is in the upper directory. What has the sticky bit
// was given to daemon and the group staff.
func (w *world) Scan(_ context.Context, scratch string, _ func(string) (uint32, uint32)) ([]job.Change, error) {
	upper := filepath.Join(scratch, "upper")
	all, err := plainChanges(upper)
	for i := range all {
		c := &all[i]
		info, statErr := os.Lstat(filepath.Join(upper, c.Path))
		if statErr != nil {
			return nil, statErr
		}
		st := info.Sys().(*syscall.Stat_t)
		c.Ino, c.Nlink, c.CTime = st.Ino, uint64(st.Nlink), time.Unix(st.Ctim.Unix())
		if info.Mode()&fs.ModeSticky != 0 && c.Kind == job.Regular {
			c.UID, c.GID = 1, 50
		}
	}
	return all, err
}

// does says what a step writes below ${out}, by path; the step succeeds.
func (w *world) does(step string, files map[string]string) {
	w.steps[step] = func(upper string) job.Result {
		for _, path := range slices.Sorted(maps.Keys(files)) {
			w.file(filepath.Join(upper, "out", path), files[path], 0o644)
		}
		return job.Result{}
	}
}

func (w *world) file(name, data string, mode os.FileMode) {
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(data), 0o600)
	}
	if err == nil {
		err = os.Chmod(name, mode)
	}
	if err != nil {
		w.t.Error(err)
	}
}

// states are what became of the actions of a kind: "build tool: done".
func (w *world) states(kinds ...plan.Kind) string {
	var lines []string
	for _, e := range w.events {
		names := map[State]string{Stored: "stored", Done: "done", Failed: "failed"}
		if name := names[e.State]; name != "" && slices.Contains(kinds, e.Action.Kind) {
			lines = append(lines, e.Action.Label+": "+name)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// tree is what a goal came to, as layer.Dump has it, without directories.
func (w *world) tree(p *plan.Plan, r *Results, goal, set string) string {
	w.t.Helper()
	for _, g := range p.Goals {
		if g.Recipe != goal {
			continue
		}
		x, err := readTree(w.store, r.ByAction[g.Action].Trees[set])
		if err != nil {
			w.t.Fatal(err)
		}
		var b strings.Builder
		for _, f := range x.Files {
			if f.Type != layer.Dir {
				fmt.Fprintln(&b, f)
			}
		}
		return b.String()
	}
	w.t.Fatalf("no goal %s", goal)
	return ""
}
