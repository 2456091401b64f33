package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/store"
)

func TestCheck(t *testing.T) {
	s := temp(t)
	var blobs [2]string
	for i, text := range []string{"good", "bad"} {
		var err error
		if blobs[i], _, err = s.Put(t.Context(), strings.NewReader(text), ""); err != nil {
			t.Fatal(err)
		}
	}
	trees := [2]string{strings.Repeat("a", 64), strings.Repeat("b", 64)}
	for _, digest := range trees {
		d, err := s.NewTree()
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Commit(t.Context(), digest); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(s.BlobPath(blobs[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.BlobPath(blobs[1]), []byte("sad"), 0); err != nil {
		t.Fatal(err)
	}
	rotten := errors.New("rotten")
	c, err := s.Check(t.Context(), func(_ context.Context, dir, digest string) error {
		if filepath.Base(dir) != digest {
			t.Errorf("tree %s is in %s", digest, dir)
		}
		if digest == trees[1] {
			return rotten
		}
		return nil
	})
	if err != nil || c.Blobs != 2 || c.Trees != 2 || len(c.Damaged) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if d := c.Damaged[0]; d.Name != "blobs/"+blobs[1] || !errors.As(d.Cause, new(*store.DigestError)) {
		t.Errorf("damaged: %+v", d)
	}
	if d := c.Damaged[1]; d.Name != "trees/"+trees[1] || d.Cause != rotten {
		t.Errorf("damaged: %+v", d)
	}
	for i, want := range []bool{true, false} {
		if _, ok := s.Tree(trees[i]); ok != want || s.HasBlob(blobs[i]) != want {
			t.Errorf("entries %d: %v, want %v", i, ok, want)
		}
	}
}

// A cache stays while somebody uses it, and goes by its age like all else.
func TestCache(t *testing.T) {
	s := temp(t)
	c, err := s.Cache("nginx:ccache")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Dir(), "object"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	second, err := open(t, s.Dir()).Cache("nginx:ccache")
	if err != nil {
		t.Fatal(err) // two builds at once
	}
	c.Close()
	for _, tt := range []struct {
		opts store.GCOptions
		gone bool
		then func() error
	}{
		{store.GCOptions{All: true}, false, second.Close},
		{store.GCOptions{}, false, nil},
		{store.GCOptions{All: true}, true, nil},
	} {
		if _, err := s.GC(t.Context(), tt.opts); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(c.Dir(), "object")); (err != nil) != tt.gone {
			t.Errorf("%+v: %v, want gone = %v", tt.opts, err, tt.gone)
		}
		if tt.then != nil {
			if err := tt.then(); err != nil {
				t.Error(err)
			}
		}
	}
}
