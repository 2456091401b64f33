package buildroot

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
)

// CheckTree reads a tree of the store, in dir, and compares its index with its
// digest and its files with the index. The error says what is damaged.
func CheckTree(ctx context.Context, dir, digest string) error {
	data, err := os.ReadFile(filepath.Join(dir, "index"))
	if err != nil {
		return err
	}
	if err := same(bytes.NewReader(data), digest); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	x, err := layer.ReadIndex(bytes.NewReader(data))
	if err != nil {
		return err
	}
	for _, f := range x.Files {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if f.Type != layer.Regular {
			continue
		}
		if err := checkFile(dir, f); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return nil
}

func checkFile(dir string, f *layer.File) error {
	at := f.At
	if at == "" {
		at = f.Path
	}
	r, err := openOwn(filepath.Join(dir, "root", at))
	if err != nil {
		return err
	}
	defer r.Close()
	return same(r, f.Digest)
}

// same reads r to its end and compares its digest.
func same(r io.Reader, digest string) error {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != digest {
		return &store.DigestError{Want: digest, Got: got, Size: n}
	}
	return nil
}
