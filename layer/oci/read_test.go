package oci_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/ashlar-build/ashlar/layer"
)

// refName is the annotation of an image's name in an index (OCI image
// specification, annotations.md).
const refName = "org.opencontainers.image.ref.name"

// indexOf reads the lines of a layout's index, as others do.
func indexOf(t *testing.T, dir string) []v1.Descriptor {
	t.Helper()
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	return m.Manifests
}

// readBack reads the image of a name from a layout, and holds all that it has
// against its digests and sizes.
func readBack(t *testing.T, dir, ref string) v1.Image {
	t.Helper()
	index := indexOf(t, dir)
	at := slices.IndexFunc(index, func(d v1.Descriptor) bool { return d.Annotations[refName] == ref })
	if at < 0 {
		t.Fatalf("the index has no %q: %+v", ref, index)
	}
	img, err := layout.Path(dir).Image(index[at].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	return img
}

// dumpOf is an image's tree as text.
func dumpOf(t *testing.T, img v1.Image) string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	trees := make([]*layer.Tree, len(layers))
	for i, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if trees[i], err = layer.ReadTar(r, 1<<20); err != nil {
			t.Fatal(err)
		}
	}
	var dump strings.Builder
	layer.Dump(&dump, layer.Merge(trees...))
	return dump.String()
}
