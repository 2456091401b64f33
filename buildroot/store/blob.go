package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
)

// copySize is the size of one read: large enough that a digest is computed at
// full speed, small enough that a cancelled context is seen at once.
const copySize = 256 << 10

// Put stores what r yields and returns its SHA-256 and its size in bytes. If want
// is not empty, it is the digest to come, other bytes are a [*DigestError], and r
// is not read when the store has the blob. On error nothing is stored. When Put
// returns, the blob is on the disk.
func (s *Store) Put(ctx context.Context, r io.Reader, want string) (digest string, size int64, err error) {
	if want != "" {
		if err := checkDigest(want); err != nil {
			return "", 0, fmt.Errorf("put blob: %w", err)
		}
		if size, ok, err := s.statBlob(want); ok || err != nil {
			return want, size, err
		}
	}
	digest, size, err = s.put(ctx, r, want)
	if err != nil {
		return "", 0, fmt.Errorf("put blob: %w", err)
	}
	return digest, size, nil
}

func (s *Store) put(ctx context.Context, r io.Reader, want string) (string, int64, error) {
	ses, err := s.begin()
	if err != nil {
		return "", 0, err
	}
	tmp := ses.temp("blob")
	f, err := s.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o400)
	if err != nil {
		return "", 0, Full(err)
	}
	defer s.root.Remove(tmp) // fails after the rename, and may
	defer f.Close()          // is read by nobody: its data are synced before it has a name
	h := sha256.New()
	size, err := s.copyAll(ctx, io.MultiWriter(f, h), r)
	if err != nil {
		return "", 0, Full(err)
	}
	digest := hex.EncodeToString(h.Sum(nil))
	if want != "" && digest != want {
		return "", 0, &DigestError{Want: want, Got: digest, Size: size}
	}
	if ok, err := s.use(s.blobs, digest); ok || err != nil {
		return digest, size, err
	}
	return digest, size, s.commit(&pending{from: tmp, dir: blobsDir, name: digest, file: f})
}

// copyAll copies r to w until r ends or ctx does.
func (s *Store) copyAll(ctx context.Context, w io.Writer, r io.Reader) (int64, error) {
	buf, ok := s.buffers.Get().(*[copySize]byte)
	if !ok {
		buf = new([copySize]byte)
	}
	defer s.buffers.Put(buf)
	// The wrappers hide ReadFrom and WriteTo, which would not ask ctx.
	return io.CopyBuffer(struct{ io.Writer }{w}, reader{ctx, r}, buf[:])
}

// A reader ends with its context. It lives for one copy.
type reader struct {
	ctx context.Context
	io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}

// HasBlob reports whether the store has a blob, and notes that it was used: it
// stays as long as this Store is open. A store that cannot be read has none.
func (s *Store) HasBlob(digest string) bool {
	_, ok, err := s.statBlob(digest)
	return ok && err == nil
}

func (s *Store) statBlob(digest string) (size int64, ok bool, err error) {
	if err := checkDigest(digest); err != nil {
		return 0, false, err
	}
	fi, err := s.useInfo(s.blobs, digest)
	if fi == nil || err != nil {
		return 0, false, err
	}
	return fi.Size(), true, nil
}

// Blob opens a blob for reading; the caller closes it. The error of one that is
// not there is an fs.ErrNotExist. Its bytes were right when they were stored:
// [Store.Verify] looks again.
func (s *Store) Blob(digest string) (*os.File, error) {
	if err := checkDigest(digest); err != nil {
		return nil, err
	}
	if _, err := s.use(s.blobs, digest); err != nil {
		return nil, fmt.Errorf("open blob %s: %w", digest, err)
	}
	f, err := s.blobs.Open(digest)
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return f, nil
}

// BlobPath is where the bytes of a blob are, if the store has it. The file is
// never to be written.
func (s *Store) BlobPath(digest string) string { return s.path(blobsDir, digest) }

// Verify reads a blob and compares it with its digest. A damaged one is removed,
// so that it is made or fetched again, and the error is a [*DigestError].
func (s *Store) Verify(ctx context.Context, digest string) error {
	f, err := s.Blob(digest)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	size, err := s.copyAll(ctx, h, f)
	if err != nil {
		return fmt.Errorf("verify blob %s: %w", digest, err)
	}
	got := hex.EncodeToString(h.Sum(nil))
	if got == digest {
		return nil
	}
	bad, err := f.Stat()
	if err == nil {
		_, err = s.drop(path.Join(blobsDir, digest), bad)
	}
	if err != nil {
		return fmt.Errorf("verify blob %s: %w", digest, err)
	}
	return fmt.Errorf("verify blob: %w", &DigestError{Want: digest, Got: got, Size: size})
}
