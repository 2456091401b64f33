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
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/release"
	"github.com/ashlar-build/ashlar/buildroot/fetch"
	"github.com/ashlar-build/ashlar/buildroot/xz"
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

// sources lists the Packages files of an archive for architectures, the first of
// which it must have. What is for all architectures in a file of its own is read
// once.
func sources(a lock.Archive, k *kept, arches []string) ([]source, error) {
	var all []source
	for i, arch := range arches {
		names, err := k.Release.Packages(a.Components, arch)
		if lacks := new(release.MissingError); i > 0 && errors.As(err, &lacks) {
			continue
		}
		if err != nil {
			return nil, &ArchiveError{a.Name, k.URL, fmt.Errorf("%w: correct the archive's components, or the architecture", err)}
		}
		for _, name := range names {
			if slices.ContainsFunc(all, func(s source) bool { return s.name == name }) {
				continue
			}
			s, err := newSource(a, k, name)
			if err != nil {
				return nil, err
			}
			s.Arch = arch
			all = append(all, s)
		}
	}
	return all, nil
}

// newSource is the Packages file of that name.
func newSource(a lock.Archive, k *kept, name string) (source, error) {
	_, f, err := k.Release.Best(name)
	if err != nil {
		return source{}, &ArchiveError{a.Name, k.URL, err}
	}
	digest := f.SHA256
	if plain, ok := k.Release.Files[name]; ok {
		digest = plain.SHA256
	}
	pin := index.PinArchive
	switch {
	case k.Release.NotAutomatic && k.Release.ButAutomaticUpgrades:
		pin = index.PinUpgrade
	case k.Release.NotAutomatic:
		pin = index.PinManual
	}
	return source{
		Input: index.Input{
			Archive: a.Name, Suite: k.Release.Suite, Codename: k.Release.Codename,
			Pin: pin, Include: a.Include, Digest: digest,
		},
		archive: a, release: k.Release, name: name,
	}, nil
}

// open returns the index of Packages files, which it builds if it is not there.
func (c *Client) open(ctx context.Context, arches []string, all []source) (*index.Index, error) {
	inputs := make([]index.Input, len(all))
	for i, s := range all {
		inputs[i] = s.Input
	}
	key := index.Key(arches, inputs)
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
		return c.build(ctx, file, arches, all)
	})
}

// touch notes that an index was used today.
func touch(file string) {
	if fi, err := os.Stat(file); err == nil && time.Since(fi.ModTime()) > 24*time.Hour {
		os.Chtimes(file, time.Time{}, time.Now()) // only keeps it from being removed
	}
}

// build fetches the Packages files and makes their index.
func (c *Client) build(ctx context.Context, file string, arches []string, all []source) (*index.Index, error) {
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
	image, err := index.Build(arches, inputs)
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
		Remedy: "try again in a few minutes, as the archive may be changing just now, or use another mirror",
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
		return xz.NewReader(r), nil
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
