package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

// filled is the directory of a closed store with results 1 to n, each with a tree
// and a blob of its own, all unused for as many days.
func filled(t *testing.T, n int) string {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := 1; i <= n; i++ {
		r := store.Result{
			Trees: map[string]string{"main": tree(t, s, fmt.Sprint("tree", i))},
			Blobs: map[string]string{"log": put(t, s, strings.Repeat(fmt.Sprint("blob", i), 1000))},
		}
		if err := s.PutResult(t.Context(), fmt.Sprint(i), r); err != nil {
			t.Fatal(err)
		}
		old := time.Duration(i) * day
		age(t, s, "trees/"+r.Trees["main"], old)
		age(t, s, "blobs/"+r.Blobs["log"], old)
		age(t, s, "results/"+fmt.Sprint(i), old)
	}
	return s.Dir()
}

// results lists the results that are there, by looking at them.
func results(t *testing.T, dir string, n int) string {
	t.Helper()
	s := open(t, dir)
	defer s.Close()
	var have []string
	for i := 1; i <= n; i++ {
		_, ok, err := s.Result(fmt.Sprint(i))
		if err != nil {
			t.Error(err)
		}
		if ok {
			have = append(have, fmt.Sprint(i))
		}
	}
	return strings.Join(have, " ")
}

func TestGC(t *testing.T) {
	tests := []struct {
		name string
		opts store.GCOptions
		want string // of results 1 to 5 and 40
		gone int    // results
	}{
		{"default", store.GCOptions{}, "1 2 3 4 5", 1},
		{"age", store.GCOptions{MaxAge: 3*day + time.Hour}, "1 2 3", 3},
		{"dry", store.GCOptions{All: true, DryRun: true}, "1 2 3 4 5 40", 6},
		{"all", store.GCOptions{All: true}, "", 6},
		{"keep", store.GCOptions{All: true, Keep: []string{"2", "40", "nothing"}}, "2 40", 4},
		{"one tree kept", store.GCOptions{All: true, Keep: []string{sum("tree2")}}, "", 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filled(t, 5)
			s := open(t, dir)
			r := store.Result{Trees: map[string]string{"x": tree(t, s, "t40")}, Blobs: map[string]string{"x": put(t, s, "b40")}}
			if err := s.PutResult(t.Context(), "40", r); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"results/40", "trees/" + sum("t40"), "blobs/" + sum("b40")} {
				age(t, s, name, 40*day)
			}
			s.Close()
			s = open(t, dir)
			before, err := s.Usage()
			if err != nil {
				t.Fatal(err)
			}
			report, err := s.GC(t.Context(), tt.opts)
			if err != nil {
				t.Fatal(err)
			}
			after, err := s.Usage()
			if err != nil {
				t.Fatal(err)
			}
			if report.Results != tt.gone || report.Spared != 0 {
				t.Errorf("report %+v", report)
			}
			if freed := before.Bytes() - after.Bytes(); !tt.opts.DryRun && (freed != report.Freed || report.Left < after.Bytes()-16<<10) {
				t.Errorf("freed %d, report %+v, left %d", freed, report, after.Bytes())
			}
			if got := results(t, dir, 40); got != tt.want {
				t.Errorf("left %q, want %q", got, tt.want)
			}
		})
	}
}

func TestGCBytes(t *testing.T) {
	dir := filled(t, 6)
	s := open(t, dir)
	u, err := s.Usage()
	if err != nil {
		t.Fatal(err)
	}
	report, err := s.GC(t.Context(), store.GCOptions{MaxBytes: u.Bytes() / 2})
	if err != nil || report.Left > u.Bytes()/2 {
		t.Errorf("%+v, %v", report, err)
	}
	if got := results(t, dir, 6); got != "1 2 3" && got != "1 2" {
		t.Errorf("left %q of %d bytes", got, u.Bytes())
	}
}

// What a living process used, or could have used without touching it, stays.
func TestGCSparesLiving(t *testing.T) {
	dir := filled(t, 5)
	user := open(t, dir)
	if _, ok, _ := user.Result("4"); !ok {
		t.Fatal("no result")
	}
	report, err := open(t, dir).GC(t.Context(), store.GCOptions{All: true})
	if err != nil || report.Spared == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if got := results(t, dir, 5); got != "1 4" && got != "4" {
		t.Errorf("left %q", got)
	}
	draft, err := user.NewTree()
	if err != nil {
		t.Fatal(err)
	}
	scratch, err := user.Scratch("step")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).GC(t.Context(), store.GCOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{draft.Dir(), scratch.Dir()} {
		if _, err := os.Stat(d); err != nil {
			t.Error(err)
		}
	}
	user.Close()
	if _, err := open(t, dir).GC(t.Context(), store.GCOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	if got := results(t, dir, 5); got != "" {
		t.Errorf("left %q when nobody lives", got)
	}
}

// A use keeps an old entry young, and a young one costs no write.
func TestTouch(t *testing.T) {
	s := temp(t)
	d := put(t, s, "x")
	for _, tt := range []struct {
		age     time.Duration
		touched bool
	}{{time.Hour, false}, {25 * time.Hour, true}, {-48 * time.Hour, true}} {
		age(t, s, "blobs/"+d, tt.age)
		before, _ := os.Stat(s.BlobPath(d))
		s.HasBlob(d)
		after, _ := os.Stat(s.BlobPath(d))
		if got := !before.ModTime().Equal(after.ModTime()); got != tt.touched {
			t.Errorf("age %v: touched %v", tt.age, got)
		}
		if tt.touched && time.Since(after.ModTime()).Abs() > time.Minute {
			t.Errorf("age %v: now %v", tt.age, after.ModTime())
		}
	}
}

// Users and collectors at once: what a user was told to be there is there until
// it closes its store.
func TestGCRaces(t *testing.T) {
	for range 5 {
		dir := filled(t, 30)
		ctx, cancel := context.WithCancel(t.Context())
		var gcs, users sync.WaitGroup
		for range 2 {
			gcs.Go(func() { collect(ctx, t, dir) })
		}
		for range 3 {
			users.Go(func() { useAll(t, dir, 30) })
		}
		users.Wait()
		cancel()
		gcs.Wait()
	}
}

func collect(ctx context.Context, t *testing.T, dir string) {
	s, err := store.Open(dir, store.Options{NoSync: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	for ctx.Err() == nil {
		if _, err := s.GC(ctx, store.GCOptions{All: true}); err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func useAll(t *testing.T, dir string, n int) {
	s, err := store.Open(dir, store.Options{NoSync: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	var told []string
	for i := n; i > 0; i-- {
		if d, ok := s.Tree(sum(fmt.Sprint("tree", i))); ok {
			told = append(told, d)
		}
		if r, ok, err := s.Result(fmt.Sprint(i)); err != nil {
			t.Error(err)
		} else if ok {
			told = append(told, filepath.Join(dir, "trees", r.Trees["main"]))
		}
	}
	for range 3 {
		for _, d := range told {
			if _, err := os.ReadFile(filepath.Join(d, "index")); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Millisecond)
	}
}

func TestGCPartial(t *testing.T) {
	s := temp(t)
	for name, old := range map[string]time.Duration{"young": day, "old": 8 * day, "busy": 8 * day} {
		p, err := s.Partial(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(p, name)
		age(t, s, "partial/"+name, old)
		if name == "busy" {
			defer p.Close()
			continue
		}
		p.Close()
	}
	if _, err := s.GC(t.Context(), store.GCOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := list(t, s); !strings.HasPrefix(got, "partial/busy\npartial/young\n") {
		t.Errorf("left:\n%s", got)
	}
}
