// Package pin finds out, for `ashlar lock`, what sources are: which bytes their
// URLs have now, whether those who made them signed them, and which files of
// which digests the lock files of languages ask for.
//
// It is the one place where bytes are taken that nobody named by digest before;
// whatever it returns stands in the lock, and from then on in the way of
// anything else.
package pin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/release"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/source"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// A Pinner implements lock.Pinner.
type Pinner struct {
	Fetch      *fetch.Fetcher
	Store      *store.Store
	Files      fs.FS // the workspace
	Registries language.Registries
	Git        Repositories

	// Warn, if set, is told what is not wrong and may not be meant.
	Warn func(pos diag.Pos, format string, args ...any)
}

// Sizes beyond which something is not what it should be.
const (
	maxSource    = 4 << 30
	maxSignature = 1 << 20
	maxLockFile  = 64 << 20
	maxContents  = 64 << 30
)

// Pin fetches a source, and checks its signature if the recipe has one.
func (p *Pinner) Pin(ctx context.Context, i *recipe.Instance, s recipe.Source, old lock.Source) (lock.Source, error) {
	if len(s.Git) > 0 {
		return p.pinGit(ctx, s, old)
	}
	pin := lock.Source{Name: lock.SourceName(s), SHA256: s.SHA256}
	var err error
	if s.SHA256 != "" || s.SHA512 != "" {
		pin.SHA256, err = p.Fetch.Fetch(ctx, fetch.Request{Name: path.Base(s.URLs[0]), URLs: s.URLs, SHA256: s.SHA256, SHA512: s.SHA512})
	} else {
		pin.SHA256, err = p.now(ctx, s.URLs)
		if unknown := (*fetch.Error)(nil); old.SHA256 != "" && errors.As(err, &unknown) && ctx.Err() == nil {
			p.warn(s.Pos, "%s stays as it is locked: %s", s.URLs[0], unknown.What())
			return old, nil
		}
	}
	if err != nil {
		return pin, err
	}
	f, err := p.Store.Blob(pin.SHA256)
	if err != nil {
		return pin, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return pin, err
	}
	pin.Size = info.Size()
	if s.Signature == "" {
		return pin, nil
	}
	return pin, p.signed(ctx, i, s, f)
}

func (p *Pinner) warn(pos diag.Pos, format string, args ...any) {
	if p.Warn != nil {
		p.Warn(pos, format, args...)
	}
}

// now fetches what URLs have now, unless the first of them says that it is what the
// store has of it.
func (p *Pinner) now(ctx context.Context, urls []string) (digest string, err error) {
	const file = "file"
	key := fmt.Sprintf("url-%x", sha256.Sum256([]byte(urls[0])))
	req := fetch.IndexRequest{Name: path.Base(urls[0]), URLs: urls, MaxSize: maxSource}
	known, ok, err := p.Store.Result(key)
	if err != nil {
		return "", err
	}
	if ok && len(known.Notes) == 2 {
		req.ETag, req.LastModified = known.Notes[0], known.Notes[1]
	}
	got, err := p.Fetch.Get(ctx, req)
	switch {
	case err != nil:
		return "", err
	case got.NotModified:
		return known.Blobs[file], nil
	case got.URL == urls[0] && got.ETag+got.LastModified != "":
		err = p.Store.PutResult(ctx, key, store.Result{Blobs: map[string]string{file: got.Digest}, Notes: []string{got.ETag, got.LastModified}})
	}
	return got.Digest, err
}

// signed checks that a source is what the owner of a key beside the recipe
// signed.
func (p *Pinner) signed(ctx context.Context, i *recipe.Instance, s recipe.Source, f *os.File) error {
	key, err := fs.ReadFile(p.Files, i.Locate(s.SignedBy.Name))
	if err != nil {
		return err
	}
	keys, err := release.ReadKeys([][]byte{key})
	if err != nil {
		return &diag.Error{Pos: s.SignedBy.Pos, Msg: fmt.Sprintf("%s: %v", s.SignedBy.Name, err)}
	}
	got, err := p.Fetch.Get(ctx, fetch.IndexRequest{Name: path.Base(s.Signature), URLs: []string{s.Signature}, MaxSize: maxSignature})
	if err != nil {
		return err
	}
	signature, err := p.read(got.Digest, maxSignature)
	if err != nil {
		return err
	}
	open := func() (io.ReadCloser, error) {
		if signsContents(s.URLs[0], s.Signature) {
			return contents(f)
		}
		_, err := f.Seek(0, io.SeekStart)
		return io.NopCloser(f), err
	}
	if err := release.VerifyFile(open, signature, keys); err != nil {
		return &diag.Error{Pos: s.SignedBy.Pos, Msg: fmt.Sprintf("%s is not signed by %s: %v", path.Base(s.URLs[0]), s.SignedBy.Name, err), Hint: "compare the key's fingerprint with the one that the authors publish"}
	}
	return nil
}

// contents are what a compressed file holds, as far as anybody signs.
func contents(f *os.File) (io.ReadCloser, error) {
	r, err := source.Decompress(f)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(r, maxContents), r}, nil
}

// signsContents reports whether a signature is over what a compressed file holds, as
// kernel.org has it: linux-6.12.tar.sign of linux-6.12.tar.xz.
func signsContents(source, signature string) bool {
	file, sig := baseOf(source), baseOf(signature)
	ext := path.Ext(file)
	return slices.Contains([]string{".gz", ".bz2", ".xz", ".zst"}, ext) && strings.TrimSuffix(sig, path.Ext(sig)) == strings.TrimSuffix(file, ext)
}

// baseOf is the last part of a URL's path.
func baseOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return path.Base(u.Path)
}

// read returns a blob.
func (p *Pinner) read(digest string, limit int64) ([]byte, error) {
	f, err := p.Store.Blob(digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit))
}

// Read returns a file of a source.
func (p *Pinner) Read(ctx context.Context, i *recipe.Instance, s recipe.Source, pin lock.Source, name string) ([]byte, error) {
	if s.Dir != "" {
		return fs.ReadFile(p.Files, path.Join(i.SourceDir(s), name))
	}
	req := fetch.Request{URLs: s.URLs, SHA256: pin.SHA256, SHA512: s.SHA512, Size: pin.Size}
	if len(s.Git) > 0 {
		req.Name, req.URLs, req.Git = gitName(s), s.Git, gitTree(s, pin.Commit)
	} else {
		req.Name = path.Base(s.URLs[0])
	}
	if _, err := p.Fetch.Fetch(ctx, req); err != nil {
		return nil, err
	}
	f, err := p.Store.Blob(pin.SHA256)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return source.ReadFile(f, name, maxLockFile)
}
