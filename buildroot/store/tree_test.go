package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTree(t *testing.T) {
	s := temp(t)
	d := tree(t, s, "one")
	dir, ok := s.Tree(d)
	if !ok {
		t.Fatal("no tree")
	}
	if got, err := os.ReadFile(filepath.Join(dir, "root/file")); string(got) != "one" {
		t.Error(string(got), err)
	}
	tree(t, s, "one") // again, which drops the draft
	draft, err := s.NewTree()
	if err != nil {
		t.Fatal(err)
	}
	fill(t, draft.Dir(), "bad name")
	if err := draft.Commit(t.Context(), "../x"); err == nil {
		t.Error("a bad digest was taken")
	}
	draft, err = s.NewTree()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := draft.Commit(ctx, sum("two")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, ok := s.Tree(sum("two")); ok {
		t.Error("a cancelled tree is there")
	}
	if got := unfinished(t, s); got != "lock\n" {
		t.Errorf("left behind:\n%s", got)
	}
}

// What fails because the disk is full says what to do; the draft is gone.
func TestDraftFails(t *testing.T) {
	s := temp(t)
	for _, tt := range []struct {
		err    error
		remedy bool
	}{{&os.PathError{Op: "write", Path: "file", Err: syscall.ENOSPC}, true}, {syscall.EDQUOT, true}, {syscall.EIO, false}} {
		draft, err := s.NewTree()
		if err != nil {
			t.Fatal(err)
		}
		fill(t, draft.Dir(), "half")
		got := draft.Fail(tt.err)
		if !errors.Is(got, tt.err) || strings.Contains(got.Error(), "ashlar gc") != tt.remedy {
			t.Errorf("%v became %v", tt.err, got)
		}
		if _, err := os.Stat(draft.Dir()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%v: the draft is still there: %v", tt.err, err)
		}
	}
}

// Many commits at once, of equal and of different trees, all come out whole.
func TestCommitTogether(t *testing.T) {
	s := temp(t)
	const n = 64
	errs := make(chan error, n)
	for i := range n {
		go func() {
			d, err := s.NewTree()
			if err == nil {
				err = os.WriteFile(filepath.Join(d.Dir(), "index"), fmt.Append(nil, i/2), 0o600)
			}
			if err == nil {
				err = d.Commit(t.Context(), sum(fmt.Sprint(i/2)))
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	for i := range n / 2 {
		dir, ok := s.Tree(sum(fmt.Sprint(i)))
		if got, err := os.ReadFile(filepath.Join(dir, "index")); !ok || string(got) != fmt.Sprint(i) {
			t.Errorf("tree %d: %v %q %v", i, ok, got, err)
		}
	}
	if got := unfinished(t, s); got != "lock\n" {
		t.Errorf("left behind:\n%s", got)
	}
}

func TestPartial(t *testing.T) {
	s := temp(t)
	p, err := s.Partial(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(p, "first, ")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := open(t, s.Dir()).Partial(ctx, "file"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("two have it: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	other := sha256.New()
	p, err = open(t, s.Dir()).Partial(t.Context(), "file", other)
	if err != nil {
		t.Fatal(err)
	}
	if p.Size() != 7 || p.Digest() != sum("first, ") {
		t.Errorf("went on with %d bytes", p.Size())
	}
	fmt.Fprint(p, "second")
	const whole = "first, second"
	if _, err := p.Commit(t.Context(), sum("else")); err == nil || s.HasBlob(sum(whole)) {
		t.Errorf("wrong digest: %v", err)
	}
	d, err := p.Commit(t.Context(), sum(whole))
	if err != nil || d != sum(whole) || hex.EncodeToString(other.Sum(nil)) != d {
		t.Fatalf("Commit = %s, %v", d, err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Verify(t.Context(), d); err != nil {
		t.Error(err)
	}
	if got := list(t, s); strings.Contains(got, "partial/") {
		t.Error(got)
	}
}

func TestPartialReset(t *testing.T) {
	s := temp(t)
	p, err := s.Partial(t.Context(), "file")
	if err != nil {
		t.Fatal(err)
	}
	p.Write(bytes.Repeat([]byte("x"), 1000))
	if err := p.Reset(); err != nil || p.Size() != 0 {
		t.Error(p.Size(), err)
	}
	fmt.Fprint(p, "right")
	if d, err := p.Commit(t.Context(), ""); d != sum("right") || err != nil {
		t.Error(d, err)
	}
	p.Close()
	if err := s.Verify(t.Context(), sum("right")); err != nil {
		t.Error(err)
	}
}
