package oci

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ashlar-build/ashlar/layer"
)

// An Entry is one line of a layout's index.
type Entry struct {
	Ref string // its name, or empty
	v1.Descriptor
}

// Entries are the layout's images and whatever else its index names, in its order.
func (l *Layout) Entries() ([]Entry, error) {
	index, err := l.index()
	if err != nil {
		return nil, fmt.Errorf("read layout: %w", err)
	}
	entries := make([]Entry, len(index.Manifests))
	for i, d := range index.Manifests {
		entries[i] = Entry{Ref: d.Annotations[refName], Descriptor: d}
	}
	return entries, nil
}

// Image reads the image that the index calls ref, or that has the digest ref,
// with or without "sha256:" before it. With an empty ref it is the only one.
// Manifest and configuration are checked against their digests now, layers
// while they are read.
func (l *Layout) Image(ref string) (*Image, error) {
	entries, err := l.Entries()
	if err != nil {
		return nil, err
	}
	var found []Entry
	digest := strings.TrimPrefix(ref, "sha256:")
	for _, e := range entries {
		if e.MediaType.IsImage() && e.ArtifactType == "" && (ref == "" || e.Ref == ref || e.Digest.Hex == digest) {
			found = append(found, e)
		}
	}
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("read layout: there is no image %q", ref)
	case len(found) > 1 && found[0].Digest != found[len(found)-1].Digest:
		return nil, fmt.Errorf("read layout: there are %d images %q", len(found), ref)
	}
	img, err := l.image(found[0].Descriptor)
	if err != nil {
		return nil, fmt.Errorf("read image %s: %w", found[0].Digest, err)
	}
	return img, nil
}

func (l *Layout) image(d v1.Descriptor) (*Image, error) {
	img := &Image{}
	var err error
	if img.rawManifest, err = l.small(d); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if err := json.Unmarshal(img.rawManifest, &img.manifest); err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if img.manifest.MediaType == "" {
		img.manifest.MediaType = d.MediaType
	}
	if img.rawConfig, err = l.small(img.manifest.Config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if err := json.Unmarshal(img.rawConfig, &img.config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	diffIDs := img.config.RootFS.DiffIDs
	if len(diffIDs) != len(img.manifest.Layers) {
		return nil, fmt.Errorf("configuration: %d archives for %d layers", len(diffIDs), len(img.manifest.Layers))
	}
	for i, d := range img.manifest.Layers {
		img.layers = append(img.layers, blob{Descriptor: d, diffID: diffIDs[i], open: l.opener(d)})
	}
	return img, nil
}

// small reads a manifest or a configuration.
func (l *Layout) small(d v1.Descriptor) ([]byte, error) {
	if !layer.IsDigest(d.Digest.Hex) {
		return nil, fmt.Errorf("digest %s: not a SHA-256", d.Digest)
	}
	text, err := l.read(blobName(d.Digest.Hex))
	if err != nil {
		return nil, err
	}
	if got := digestOf(text); got != d.Digest.Hex {
		return nil, fmt.Errorf("digest is %.12s, should be %.12s", got, d.Digest.Hex)
	}
	return text, nil
}

// opener reads a blob and fails at its end if it is another.
func (l *Layout) opener(d v1.Descriptor) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		if !layer.IsDigest(d.Digest.Hex) {
			return nil, fmt.Errorf("digest %s: not a SHA-256", d.Digest)
		}
		f, err := l.root.Open(blobName(d.Digest.Hex))
		if err != nil {
			return nil, err
		}
		return newChecked(f, d), nil
	}
}

// OpenFile is an opener for a [Layer] whose blob is a file of that name.
func OpenFile(name string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(name) }
}

// Files reads the image's tree: its layers, merged. It is for images of foreign
// make and for tests; what ashlar built has its tree, with origins, in the
// store. At most limit bytes of content are read.
func (i *Image) Files(ctx context.Context, limit int64) (*layer.Tree, error) {
	trees := make([]*layer.Tree, len(i.layers))
	for n, b := range i.layers {
		err := b.read(ctx, func(r io.Reader) (err error) {
			trees[n], err = layer.ReadTar(r, limit)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return layer.Merge(trees...), nil
}

// Contents reads the bytes of regular files of the image by their paths, each as
// the topmost layer that has it says. At most limit bytes are read.
func (i *Image) Contents(ctx context.Context, paths []string, limit int64) (map[string][]byte, error) {
	all, wanted := map[string][]byte{}, map[string]bool{}
	for _, p := range paths {
		wanted[p] = true
	}
	for _, b := range slices.Backward(i.layers) {
		if len(wanted) == 0 {
			break
		}
		err := b.read(ctx, func(r io.Reader) error {
			found, err := layer.ReadContents(r, wanted, limit)
			for p, data := range found {
				all[p] = data
				limit -= int64(len(data))
				delete(wanted, p)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, p := range paths {
		if wanted[p] {
			return nil, fmt.Errorf("no layer has a file %s", p)
		}
	}
	return all, nil
}

// read hands the layer's archive to f.
func (b blob) read(ctx context.Context, f func(io.Reader) error) error {
	r, err := unpack(b)
	if err != nil {
		return err
	}
	err = f(contextReader{ctx, r})
	if e := r.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("layer %s: %w", b.Descriptor.Digest, err)
	}
	return nil
}

// annotated is d with one more annotation.
func annotated(d v1.Descriptor, key, value string) v1.Descriptor {
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	d.Annotations[key] = value
	return d
}
