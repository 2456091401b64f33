package oci

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// A checked reader gives io.EOF only behind bytes of the right size and digest.
type checked struct {
	io.ReadCloser
	d v1.Descriptor
	h hash.Hash
	n int64
}

func newChecked(r io.ReadCloser, d v1.Descriptor) *checked {
	return &checked{ReadCloser: r, d: d, h: sha256.New()}
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.h.Write(p[:n])
	c.n += int64(n)
	if c.n > c.d.Size || errors.Is(err, io.EOF) && c.n < c.d.Size {
		return n, fmt.Errorf("blob %s: size is not %d", c.d.Digest, c.d.Size)
	}
	if errors.Is(err, io.EOF) {
		if got := hex.EncodeToString(c.h.Sum(nil)); got != c.d.Digest.Hex {
			return n, fmt.Errorf("blob %s: digest is %s", c.d.Digest, got)
		}
	}
	return n, err
}
