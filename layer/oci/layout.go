package oci

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/layer"
)

// refName is the annotation by which an index names an image: OCI image
// specification, "Pre-Defined Annotation Keys".
const refName = "org.opencontainers.image.ref.name"

const (
	layoutFile = "oci-layout"
	layoutText = `{"imageLayoutVersion":"1.0.0"}`
	indexFile  = "index.json"
	blobDir    = "blobs/sha256"
)

// maxManifest bounds manifests, configurations and indexes that are read, as
// registries do.
const maxManifest = 4 << 20

// A Layout is an OCI image layout: a directory with blobs by digest, and an
// index that names images.
type Layout struct {
	root *os.Root
}

// Create opens the layout in dir, and makes one where there is none. A
// directory that holds something else is refused.
func Create(dir string) (*Layout, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create layout: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("create layout: %w", err)
	}
	l := &Layout{root}
	if err := l.init(dir); err != nil {
		root.Close()
		return nil, fmt.Errorf("create layout: %w", err)
	}
	return l, nil
}

func (l *Layout) init(dir string) error {
	if _, err := l.root.Stat(layoutFile); err == nil {
		if err := l.check(dir); err != nil {
			return err
		}
		return l.root.MkdirAll(blobDir, 0o755) // an index may have come without its blobs
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != "blobs" && name != indexFile {
			return fmt.Errorf("%s holds %s, and is no image layout", dir, name)
		}
	}
	if err := l.root.MkdirAll(blobDir, 0o755); err != nil {
		return err
	}
	if err := l.replace(indexFile, []byte(`{"schemaVersion":2,"mediaType":"`+string(types.OCIImageIndex)+`","manifests":[]}`)); err != nil {
		return err
	}
	return l.replace(layoutFile, []byte(layoutText))
}

func (l *Layout) check(dir string) error {
	text, err := l.root.ReadFile(layoutFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no image layout, it has no file %s", dir, layoutFile)
	}
	if err != nil {
		return err
	}
	var version struct {
		Version string `json:"imageLayoutVersion"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return fmt.Errorf("%s: %w", layoutFile, err)
	}
	if version.Version != "1.0.0" {
		return fmt.Errorf("%s: version %q, not 1.0.0", layoutFile, version.Version)
	}
	return nil
}

// Close lets the directory go.
func (l *Layout) Close() error { return l.root.Close() }

// Append stores an image and names it ref in the index; an image of that name
// and platform before loses the name, though not its blobs. The index names
// the image only when all is on the disk. Layouts may be appended to by several
// processes at once.
func (l *Layout) Append(ctx context.Context, img *Image, ref string) error {
	for _, b := range img.blobs() {
		if err := l.put(ctx, b); err != nil {
			return fmt.Errorf("append image: %w", err)
		}
	}
	if err := l.sync(blobDir); err != nil {
		return fmt.Errorf("append image: %w", err)
	}
	unlock, err := l.lock()
	if err != nil {
		return fmt.Errorf("append image: %w", err)
	}
	defer unlock()
	index, err := l.index()
	if err != nil {
		return fmt.Errorf("append image: %w", err)
	}
	d := img.Descriptor()
	if ref != "" {
		d.Annotations = map[string]string{refName: ref}
	}
	index.Manifests = slices.DeleteFunc(index.Manifests, func(m v1.Descriptor) bool {
		return m.Annotations[refName] == ref && (ref == "" || samePlatform(m, d)) && (ref != "" || m.Digest == d.Digest)
	})
	index.Manifests = append(index.Manifests, d)
	text, err := json.Marshal(index)
	if err != nil {
		return fmt.Errorf("append image: %w", err)
	}
	if err := errors.Join(l.replace(indexFile, text), l.sync(".")); err != nil {
		return fmt.Errorf("append image: %w", err)
	}
	return nil
}

// sync waits until the names in a directory are on the disk.
func (l *Layout) sync(dir string) error {
	d, err := l.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func samePlatform(a, b v1.Descriptor) bool {
	return a.Platform == nil || b.Platform == nil || a.Platform.Equals(*b.Platform)
}

// lock keeps other processes from changing the index meanwhile.
func (l *Layout) lock() (func(), error) {
	dir, err := l.root.Open(".")
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(dir.Fd()), unix.LOCK_EX)
		if err == nil {
			return func() { dir.Close() }, nil
		}
		if !errors.Is(err, unix.EINTR) {
			dir.Close()
			return nil, fmt.Errorf("lock layout: %w", err)
		}
	}
}

func (l *Layout) index() (*v1.IndexManifest, error) {
	text, err := l.read(indexFile)
	if err != nil {
		return nil, err
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", indexFile, err)
	}
	return &index, nil
}

// read reads a small file.
func (l *Layout) read(name string) ([]byte, error) {
	f, err := l.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err == nil && len(text) > maxManifest {
		err = fmt.Errorf("%s: larger than %d bytes", name, maxManifest)
	}
	return text, err
}

func blobName(digest string) string { return blobDir + "/" + digest }

// put stores a blob. One that is there already is read and compared: another
// program may have left half of it under its name.
func (l *Layout) put(ctx context.Context, b blob) error {
	digest := b.Descriptor.Digest.Hex
	if b.Descriptor.Digest.Algorithm != "sha256" || !layer.IsDigest(digest) {
		return fmt.Errorf("blob %s: not a SHA-256", b.Descriptor.Digest)
	}
	if l.verify(ctx, b.Descriptor) == nil {
		return nil
	}
	r, err := b.open()
	if err != nil {
		return fmt.Errorf("blob %.12s: %w", digest, err)
	}
	defer r.Close() // it was only read
	err = l.write(blobName(digest), func(w io.Writer) error {
		return copyChecked(ctx, w, r, b.Descriptor)
	})
	if err != nil {
		return fmt.Errorf("blob %.12s: %w", digest, err)
	}
	return nil
}

// verify reads a stored blob to its end.
func (l *Layout) verify(ctx context.Context, d v1.Descriptor) error {
	f, err := l.root.Open(blobName(d.Digest.Hex))
	if err != nil {
		return err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() != d.Size {
		return errors.Join(err, errors.New("other size"))
	}
	return copyChecked(ctx, io.Discard, f, d)
}

// copyChecked copies what must have the descriptor's size and digest.
func copyChecked(ctx context.Context, w io.Writer, r io.Reader, d v1.Descriptor) error {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(w, h), io.LimitReader(contextReader{ctx, r}, d.Size+1))
	if err != nil {
		return err
	}
	if n != d.Size {
		return fmt.Errorf("size is not %d", d.Size)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != d.Digest.Hex {
		return fmt.Errorf("digest is %.12s, should be %.12s", got, d.Digest.Hex)
	}
	return nil
}

// replace puts a whole file in place of the one with that name.
func (l *Layout) replace(name string, text []byte) error {
	return l.write(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// write lets fill write a file that gets its name only when it is complete and
// on the disk.
func (l *Layout) write(name string, fill func(io.Writer) error) (err error) {
	tmp := ".tmp-" + rand.Text()
	f, err := l.root.OpenFile(tmp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			l.root.Remove(tmp)
		}
	}()
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return l.root.Rename(tmp, name)
}

// A contextReader ends when its context does. It lives for one copy.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
