package apt

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/release"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// maxPackages bounds a Packages file whose size its archive does not tell.
const maxPackages = 1 << 30

// A source is one Packages file that an index is made of.
type source struct {
	index.Input
	archive lock.Archive
	release *release.Release
	name    string // its path below the Release file, without ending
}

// sources lists the Packages files of an archive for an architecture.
func sources(a lock.Archive, k *kept, arch string) ([]source, error) {
	names, err := k.Release.Packages(a.Components, arch)
	if err != nil {
		return nil, &ArchiveError{a.Name, k.URL, fmt.Errorf("%w: correct the archive's components, or the architecture", err)}
	}
	pin := index.PinArchive
	switch {
	case k.Release.NotAutomatic && k.Release.ButAutomaticUpgrades:
		pin = index.PinUpgrade
	case k.Release.NotAutomatic:
		pin = index.PinManual
	}
	var all []source
	for _, name := range names {
		_, f, err := k.Release.Best(name)
		if err != nil {
			return nil, &ArchiveError{a.Name, k.URL, err}
		}
		digest := f.SHA256
		if plain, ok := k.Release.Files[name]; ok {
			digest = plain.SHA256
		}
		all = append(all, source{
			Input: index.Input{
				Archive: a.Name, Suite: k.Release.Suite, Codename: k.Release.Codename,
				Pin: pin, Include: a.Include, Digest: digest,
			},
			archive: a, release: k.Release, name: name,
		})
	}
	return all, nil
}

// open returns the index of Packages files, which it builds if it is not there.
func (c *Client) open(ctx context.Context, arch string, all []source) (*index.Index, error) {
	inputs := make([]index.Input, len(all))
	for i, s := range all {
		inputs[i] = s.Input
	}
	key := index.Key(arch, inputs)
	c.mu.Lock()
	o, ok := c.indexes[key]
	if !ok {
		o = &once[*index.Index]{}
		c.indexes[key] = o
	}
	c.mu.Unlock()
	return o.do(ctx, func(ctx context.Context) (*index.Index, error) {
		file := filepath.Join(c.dir, indexesDir, key)
		if ix, err := index.Open(file); err == nil {
			touch(file)
			return ix, nil
		}
		return c.build(ctx, file, arch, all)
	})
}

// touch notes that an index was used today.
func touch(file string) {
	if fi, err := os.Stat(file); err == nil && time.Since(fi.ModTime()) > 24*time.Hour {
		os.Chtimes(file, time.Time{}, time.Now()) // only keeps it from being removed
	}
}

// build fetches the Packages files and makes their index.
func (c *Client) build(ctx context.Context, file, arch string, all []source) (*index.Index, error) {
	inputs := make([]index.Input, len(all))
	g, gctx := errgroup.WithContext(ctx)
	for i, s := range all {
		g.Go(func() error {
			inputs[i] = s.Input
			var err error
			inputs[i].Data, err = c.packages(gctx, s)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	image, err := index.Build(arch, inputs)
	if err != nil {
		return nil, err
	}
	if err := WriteFile(file, image); err != nil {
		return nil, fmt.Errorf("keep index: %w", err)
	}
	forget(filepath.Dir(file))
	return index.Open(file)
}

// unused is how long an index stays that nobody opens.
const unused = 14 * 24 * time.Hour

// forget removes indexes that were not used for long, and what a killed process
// left. Those who have one mapped keep it.
func forget(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // nothing to tidy
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > unused {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// packages fetches one Packages file and returns it unpacked.
func (c *Client) packages(ctx context.Context, s source) ([]byte, error) {
	ending, f, err := s.release.Best(s.name)
	if err != nil {
		return nil, &ArchiveError{s.Archive, root(s.archive), err}
	}
	url := root(s.archive) + "/" + s.name + ending
	var urls []string
	for _, root := range roots(s.archive) {
		if s.release.ByHash {
			urls = append(urls, root+"/"+path.Dir(s.name)+"/by-hash/SHA256/"+f.SHA256)
		}
		urls = append(urls, root+"/"+s.name+ending)
	}
	_, err = c.fetch.Fetch(ctx, fetch.Request{
		Name: fmt.Sprintf("archive %s: %s", s.Archive, s.name+ending),
		URLs: urls, SHA256: f.SHA256, Size: f.Size, MaxSize: maxPackages,
	})
	if err != nil {
		return nil, err
	}
	blob, err := c.blobs.Blob(f.SHA256)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	plain, known := s.release.Files[s.name]
	data, err := unpack(ctx, blob, ending, plain, known)
	if err != nil {
		return nil, &ArchiveError{s.Archive, url, fmt.Errorf("%w: the archive itself is wrong, use another mirror or tell its makers", err)}
	}
	return data, nil
}

// unpack decompresses a Packages file and holds it to what the Release file says
// of the plain one.
func unpack(ctx context.Context, r io.Reader, ending string, plain release.File, known bool) ([]byte, error) {
	limit := int64(maxPackages)
	if known {
		limit = plain.Size
	}
	d, err := decompress(r, ending)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var data bytes.Buffer
	data.Grow(int(min(limit, 256<<20)) + bytes.MinRead)
	switch n, err := io.Copy(&data, io.LimitReader(cancelled{ctx, d}, limit+1)); {
	case err != nil:
		return nil, fmt.Errorf("it cannot be unpacked: %w", err)
	case n > limit:
		return nil, fmt.Errorf("it unpacks to more than %d bytes", limit)
	}
	if sum := sha256.Sum256(data.Bytes()); known && hex.EncodeToString(sum[:]) != plain.SHA256 {
		return nil, errors.New("it unpacks to other bytes than the Release file says")
	}
	return data.Bytes(), nil
}

// decompress reads the compression that an ending means.
func decompress(r io.Reader, ending string) (io.ReadCloser, error) {
	switch ending {
	case ".xz":
		x, err := xz.NewReader(r, 0)
		return io.NopCloser(x), err
	case ".gz":
		return gzip.NewReader(r)
	case ".zst":
		z, err := zstd.NewReader(r)
		if err != nil {
			return nil, err
		}
		return z.IOReadCloser(), nil
	}
	return io.NopCloser(r), nil
}

// A cancelled reader ends with its context. It lives for one copy.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.Reader.Read(p)
}
