package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

func sample(t testing.TB, s *store.Store) store.Result {
	return store.Result{
		Trees: map[string]string{"main": tree(t, s, "t1"), "a \"strange\"\nname": tree(t, s, "t2")},
		Blobs: map[string]string{"log": put(t, s, "log")},
		Notes: []string{"one\ntwo", "", "end", "\xff"},
		Took:  1234567 * time.Microsecond,
	}
}

func TestResult(t *testing.T) {
	s := temp(t)
	want := sample(t, s)
	if _, ok, err := s.Result("id"); ok || err != nil {
		t.Fatalf("before: %v, %v", ok, err)
	}
	if err := s.PutResult(t.Context(), "id", want); err != nil {
		t.Fatal(err)
	}
	got, ok, err := open(t, s.Dir()).Result("id")
	if !ok || err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, %v", got, ok, err)
	}
	if err := s.PutResult(t.Context(), "id", store.Result{}); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := s.Result("id"); !ok || err != nil || !reflect.DeepEqual(got, store.Result{}) {
		t.Errorf("put again: %+v, %v, %v", got, ok, err)
	}
}

func TestResultRefuses(t *testing.T) {
	s := temp(t)
	for name, r := range map[string]store.Result{
		"absent tree": {Trees: map[string]string{"x": sum("none")}},
		"absent blob": {Blobs: map[string]string{"x": sum("none")}},
		"no digest":   {Blobs: map[string]string{"x": "../version"}},
		"time":        {Took: -1},
	} {
		if err := s.PutResult(t.Context(), "id", r); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	for _, id := range []string{"", ".", "..", "../x", "a/b", "a~b", strings.Repeat("a", 300), "a\x00"} {
		if err := s.PutResult(t.Context(), id, store.Result{}); err == nil {
			t.Errorf("id %q was taken", id)
		}
		if _, _, err := s.Result(id); err == nil {
			t.Errorf("id %q was looked up", id)
		}
	}
}

// A result counts only while all that it names is there, and it is whole.
func TestResultAbsent(t *testing.T) {
	for name, damage := range map[string]func(s *store.Store) error{
		"tree gone": func(s *store.Store) error { return os.RemoveAll(filepath.Join(s.Dir(), "trees", sum("t1"))) },
		"blob gone": func(s *store.Store) error { return os.Remove(s.BlobPath(sum("log"))) },
		"empty":     func(s *store.Store) error { return os.Truncate(filepath.Join(s.Dir(), "results/id"), 0) },
		"cut":       func(s *store.Store) error { return os.Truncate(filepath.Join(s.Dir(), "results/id"), 100) },
		"garbage": func(s *store.Store) error {
			return os.WriteFile(filepath.Join(s.Dir(), "results/id"), []byte("ashlar result 1\nblub\nend\n"), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := temp(t)
			r := sample(t, s)
			if err := s.PutResult(t.Context(), "id", r); err != nil {
				t.Fatal(err)
			}
			if err := damage(s); err != nil {
				t.Fatal(err)
			}
			if got, ok, err := s.Result("id"); ok || err != nil {
				t.Errorf("got %+v, %v, %v", got, ok, err)
			}
			if err := s.PutResult(t.Context(), "id", sample(t, s)); err != nil {
				t.Errorf("made again: %v", err)
			}
			if _, ok, _ := s.Result("id"); !ok {
				t.Error("made again, and still absent")
			}
		})
	}
}

func TestLockExcludes(t *testing.T) {
	s := temp(t)
	stores := []*store.Store{s, open(t, s.Dir()), open(t, s.Dir())}
	var wg sync.WaitGroup
	var inside atomic.Int32
	for i := range 30 {
		wg.Go(func() {
			unlock, err := stores[i%3].Lock(t.Context(), "action")
			if err != nil {
				t.Error(err)
				return
			}
			if n := inside.Add(1); n != 1 {
				t.Errorf("%d inside", n)
			}
			time.Sleep(time.Millisecond)
			inside.Add(-1)
			unlock()
		})
	}
	wg.Wait()
	if got := list(t, s); strings.Contains(got, "locks/") {
		t.Errorf("left:\n%s", got)
	}
}

func TestLockWaitEnds(t *testing.T) {
	s := temp(t)
	unlock, err := s.Lock(t.Context(), "action")
	if err != nil {
		t.Fatal(err)
	}
	why := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(why) })
	if _, err := s.Lock(ctx, "action"); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	other, err := s.Lock(t.Context(), "another")
	if err != nil {
		t.Fatal(err)
	}
	other()
	unlock()
	again, err := s.Lock(t.Context(), "action")
	if err != nil {
		t.Fatal(err)
	}
	again()
}

func TestScratch(t *testing.T) {
	s := temp(t)
	c, err := s.Scratch("build")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.Dir(), "work"), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(c.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	open, err := s.Scratch("left")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(open.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("still there after the store's Close: %v", err)
	}
}

func keep(t *testing.T, s *store.Store, text string) {
	t.Helper()
	c, err := s.Scratch("step")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir(), "what"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Keep("nginx"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestKeep(t *testing.T) {
	s := temp(t)
	if _, err := s.Kept("nginx"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	keep(t, s, "first")
	shell := open(t, s.Dir())
	in, err := shell.Kept("nginx")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Kept("nginx"); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("two shells: %v", err)
	}
	// A further failure leaves the shell what it is in, and later ones its own.
	keep(t, s, "second")
	keep(t, s, "third")
	names, err := os.ReadDir(filepath.Join(s.Dir(), "kept"))
	if err != nil || len(names) != 2 {
		t.Errorf("kept: %v, %v", names, err)
	}
	in.Close()
	again, err := s.Kept("nginx")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if got, err := os.ReadFile(filepath.Join(again.Dir(), "what")); string(got) != "third" {
		t.Errorf("kept %q, %v", got, err)
	}
	f, err := s.OpenKept("nginx", "what")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if r, err := s.GC(t.Context(), store.GCOptions{}); r.Unfinished != 1 || err != nil {
		t.Errorf("GC: %+v, %v", r, err)
	}
	if names, _ := os.ReadDir(filepath.Join(s.Dir(), "kept")); len(names) != 1 {
		t.Errorf("after GC: %v", names)
	}
	again.Close()
	for range 2 {
		if err := s.Forget("nginx"); err != nil {
			t.Error(err)
		}
		if _, err := s.Kept("nginx"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("forgotten: %v", err)
		}
	}
}
