package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// A Partial is a download that may go on where an earlier one, or an earlier
// process, stopped. What is in it is worth nothing until Commit has compared its
// digest: after a crash it may be anything.
type Partial struct {
	store *Store
	name  string
	file  *os.File
	sha   hash.Hash
	also  []hash.Hash
	size  int64
}

// Partial opens the unfinished download of a name, or begins one, and waits while
// another process has it; waiting ends with ctx. What it holds and gets is also
// written to the hashes given. The caller ends it with Close, after Commit too.
func (s *Store) Partial(ctx context.Context, name string, also ...hash.Hash) (*Partial, error) {
	if err := checkName(name); err != nil {
		return nil, fmt.Errorf("partial: %w", err)
	}
	if _, err := s.begin(); err != nil {
		return nil, fmt.Errorf("partial: %w", err)
	}
	p := &Partial{store: s, name: partialDir + "/" + name, sha: sha256.New(), also: also}
	f, err := s.waitLock(ctx, p.name)
	if err != nil {
		return nil, fmt.Errorf("partial %s: %w", name, err)
	}
	p.file = f
	if p.size, err = s.copyAll(ctx, p.hashes(), f); err != nil {
		f.Close()
		return nil, fmt.Errorf("partial %s: %w", name, err)
	}
	return p, nil
}

func (p *Partial) hashes() io.Writer {
	all := []io.Writer{p.sha}
	for _, h := range p.also {
		all = append(all, h)
	}
	return io.MultiWriter(all...)
}

// Size is how many bytes there are.
func (p *Partial) Size() int64 { return p.size }

// Digest is the SHA-256 of the bytes that are there.
func (p *Partial) Digest() string { return hex.EncodeToString(p.sha.Sum(nil)) }

// Write appends to what is there.
func (p *Partial) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.hashes().Write(b[:n])
	p.size += int64(n)
	return n, Full(err)
}

// Reset forgets what is there.
func (p *Partial) Reset() error {
	if err := p.file.Truncate(0); err != nil {
		return fmt.Errorf("reset partial: %w", err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reset partial: %w", err)
	}
	for _, h := range append(p.also, p.sha) {
		h.Reset()
	}
	p.size = 0
	return nil
}

// Commit makes a blob of what is there, as [Store.Put] does. If want is not empty
// and another digest, the error is a [*DigestError] and nothing changes.
func (p *Partial) Commit(ctx context.Context, want string) (digest string, err error) {
	digest = p.Digest()
	if want != "" && digest != want {
		return "", &DigestError{Want: want, Got: digest, Size: p.size}
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if ok, err := p.store.use(p.store.blobs, digest); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", digest, err)
	} else if ok {
		return digest, p.Discard()
	}
	e := &pending{from: p.name, dir: blobsDir, name: digest, file: p.file}
	if err := p.store.commit(e); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", digest, err)
	}
	// Not before: whoever waits for the name must be able to open it for writing.
	if err := p.file.Chmod(0o400); err != nil {
		return "", fmt.Errorf("commit blob %s: %w", digest, err)
	}
	// The file may have waited for days with all its bytes.
	_, err = p.store.use(p.store.blobs, digest)
	return digest, err
}

// Discard removes what is there. Close is still to be called.
func (p *Partial) Discard() error {
	if err := p.store.root.Remove(p.name); err != nil {
		return fmt.Errorf("discard partial: %w", err)
	}
	return nil
}

// Close ends the use. What is there stays for the next one, unless it is nothing.
func (p *Partial) Close() error {
	same, err := p.store.isFile(p.file, p.name)
	if err == nil && same && p.size == 0 {
		p.store.root.Remove(p.name)
	}
	return p.file.Close()
}
