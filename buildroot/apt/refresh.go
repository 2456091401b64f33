package apt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/apt/release"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// maxRelease bounds a Release file. Debian's largest has 400 kB.
const maxRelease = 32 << 20

// places are where an archive is: its mirrors, then itself.
func places(a lock.Archive) []string { return append(slices.Clone(a.Mirrors), a.URI) }

// root is the URL below which a Release file's paths are, in the archive itself.
func root(a lock.Archive) string { return below(a.URI, a.Suite) }

// roots are the same of all its places.
func roots(a lock.Archive) []string {
	var all []string
	for _, uri := range places(a) {
		all = append(all, below(uri, a.Suite))
	}
	return all
}

func below(uri, suite string) string {
	uri = strings.TrimRight(uri, "/")
	if dir, flat := strings.CutSuffix(suite, "/"); flat {
		if dir = strings.Trim(dir, "/"); dir == "" || dir == "." {
			return uri
		}
		return uri + "/" + dir
	}
	return uri + "/dists/" + suite
}

// refreshed returns what an archive's Release file says, asking the archive if
// that is due or if force says so.
func (c *Client) refreshed(ctx context.Context, a lock.Archive, force bool) (*kept, error) {
	if !strings.HasSuffix(a.Suite, "/") && len(a.Components) == 0 {
		return nil, &ArchiveError{a.Name, root(a), errors.New("no component is named: add components = [\"main\"], or end the suite in / if the archive is flat")}
	}
	free, err := c.hold(a)
	if err != nil {
		return nil, err
	}
	defer free()
	k, err := c.load(a)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	known := k != nil && k.Keys == keysDigest(a)
	switch {
	case c.opts.Offline && known:
		return k, nil
	case c.opts.Offline:
		return nil, &ArchiveError{a.Name, root(a), errors.New("it was not asked yet, and offline: run it once without --offline")}
	case known && !force && k.fresh(now, c.opts.MaxAge) && k.Release.Check(a.Suite, now) == nil:
		return k, nil
	}
	next, err := c.ask(ctx, a, k, known)
	if err != nil {
		return nil, err
	}
	next.Asked = now
	return next, c.save(a, next)
}

// fresh reports whether an archive was asked recently.
func (k *kept) fresh(now time.Time, maxAge time.Duration) bool {
	age := now.Sub(k.Asked)
	return age >= 0 && age < maxAge
}

// ask fetches and judges an archive's Release file: that of the first of its places
// which has a good one. old is what was kept, or nil; known says that it was
// checked with the same keys.
func (c *Client) ask(ctx context.Context, a lock.Archive, old *kept, known bool) (*kept, error) {
	var errs []error
	for _, root := range roots(a) {
		next, err := c.askAt(ctx, a, root, old, known)
		if err == nil {
			return next, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		errs = append(errs, err)
	}
	return nil, joinDistinct(errs)
}

func (c *Client) askAt(ctx context.Context, a lock.Archive, root string, old *kept, known bool) (*kept, error) {
	url := root + "/InRelease"
	req := fetch.IndexRequest{Name: "archive " + a.Name, URLs: []string{url}, MaxSize: maxRelease}
	if known && old.URL == url {
		req.ETag, req.LastModified = old.ETag, old.LastMod
	}
	got, err := c.fetch.Get(ctx, req)
	if gone(err) {
		return c.askDetached(ctx, a, root, old)
	}
	if err != nil {
		return nil, err
	}
	next := &kept{Format: stateFormat, URL: url, ETag: got.ETag, LastMod: got.LastModified, Keys: keysDigest(a)}
	if got.NotModified {
		next.ETag, next.LastMod, next.Release = old.ETag, old.LastMod, old.Release
	} else if next.Release, err = c.verified(ctx, a, got.Digest); err != nil {
		return nil, &ArchiveError{a.Name, url, err}
	}
	if err := judge(next, old, a.Suite); err != nil {
		return nil, &ArchiveError{a.Name, url, err}
	}
	return next, nil
}

// gone reports whether a server said that it has no such file.
func gone(err error) bool {
	var status *fetch.StatusError
	return errors.As(err, &status) && (status.Code == http.StatusNotFound || status.Code == http.StatusGone)
}

// verified reads an InRelease file.
func (c *Client) verified(ctx context.Context, a lock.Archive, digest string) (*release.Release, error) {
	data, err := c.read(ctx, digest)
	if err != nil {
		return nil, err
	}
	keys, err := keysOf(a)
	if err != nil {
		return nil, err
	}
	text, err := release.VerifyInline(data, keys)
	if err != nil {
		return nil, err
	}
	return release.Parse(text)
}

// askDetached is ask for archives that have only Release and Release.gpg.
func (c *Client) askDetached(ctx context.Context, a lock.Archive, root string, old *kept) (*kept, error) {
	url := root + "/Release"
	var parts [2][]byte
	for i, u := range []string{url, url + ".gpg"} {
		got, err := c.fetch.Get(ctx, fetch.IndexRequest{Name: "archive " + a.Name, URLs: []string{u}, MaxSize: maxRelease})
		switch {
		case gone(err) && i == 0:
			return nil, &ArchiveError{a.Name, root, errors.New("there is neither InRelease nor Release: correct the URI and the suite")}
		case gone(err):
			return nil, &ArchiveError{a.Name, u, errors.New("the Release file is not signed: ask its makers to sign it, nothing unsigned is used")}
		case err != nil:
			return nil, err
		}
		if parts[i], err = c.read(ctx, got.Digest); err != nil {
			return nil, &ArchiveError{a.Name, u, err}
		}
	}
	keys, err := keysOf(a)
	if err == nil {
		err = release.VerifyDetached(parts[0], parts[1], keys)
	}
	if err != nil {
		return nil, &ArchiveError{a.Name, url, err}
	}
	rel, err := release.Parse(parts[0])
	if err != nil {
		return nil, &ArchiveError{a.Name, url, err}
	}
	next := &kept{Format: stateFormat, URL: url, Keys: keysDigest(a), Release: rel}
	if err := judge(next, old, a.Suite); err != nil {
		return nil, &ArchiveError{a.Name, url, err}
	}
	return next, nil
}

// judge refuses a Release file that is not of its suite and time, or older than
// one that was seen.
func judge(next, old *kept, suite string) error {
	if err := next.Release.Check(suite, time.Now()); err != nil {
		return err
	}
	if old != nil && next.Release.Date.Before(old.Release.Date) {
		return fmt.Errorf("it is of %s, and one of %s was seen before: the mirror is behind or replays old files, ask again later or use another one",
			next.Release.Date.Format(time.RFC3339), old.Release.Date.Format(time.RFC3339))
	}
	return nil
}

// keysOf returns the keys of an archive: those it names, or Debian's.
func keysOf(a lock.Archive) (*release.Keys, error) {
	if len(a.SignedBy) == 0 {
		return release.Debian()
	}
	files := make([][]byte, len(a.SignedBy))
	for i, k := range a.SignedBy {
		files[i] = []byte(k)
	}
	keys, err := release.ReadKeys(files)
	if err != nil {
		return nil, fmt.Errorf("signed-by: %w: name a file that holds OpenPGP public keys", err)
	}
	return keys, nil
}

// read returns the bytes of a blob.
func (c *Client) read(ctx context.Context, digest string) ([]byte, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	f, err := c.blobs.Blob(digest)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxRelease))
}
