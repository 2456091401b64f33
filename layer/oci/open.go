package oci

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/ashlar-build/ashlar/layer"
)

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
