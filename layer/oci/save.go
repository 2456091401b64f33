package oci

import (
	"archive/tar"
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// containerdName is the annotation by which containerd, and docker with its
// image store, name what they load.
const containerdName = "io.containerd.image.name"

// Save writes an archive that is an OCI layout and what docker load and podman
// load take, in one: the same blobs, named by index.json and by docker's
// manifest.json. tag is a name such as "nginx:1.26"; ":latest" is added where
// there is none. Equal images give equal archives.
func Save(ctx context.Context, w io.Writer, img *Image, tag string) error {
	tag = withTag(tag)
	index, err := saveIndex(img, tag)
	if err != nil {
		return fmt.Errorf("save image: %w", err)
	}
	docker, err := dockerManifest(img, tag)
	if err != nil {
		return fmt.Errorf("save image: %w", err)
	}
	b := bufio.NewWriterSize(w, 256<<10)
	s := saver{tw: tar.NewWriter(b)}
	s.dir("blobs/")
	s.dir("blobs/sha256/")
	blobs := img.blobs()
	slices.SortFunc(blobs, func(a, b blob) int { return strings.Compare(a.Descriptor.Digest.Hex, b.Descriptor.Digest.Hex) })
	blobs = slices.CompactFunc(blobs, func(a, b blob) bool { return a.Descriptor.Digest == b.Descriptor.Digest })
	for _, b := range blobs {
		s.blob(ctx, b)
	}
	s.file(indexFile, index)
	s.file("manifest.json", docker)
	s.file(layoutFile, []byte(layoutText))
	if s.err == nil {
		s.err = s.tw.Close()
	}
	if s.err == nil {
		s.err = b.Flush()
	}
	if s.err != nil {
		return fmt.Errorf("save image: %w", s.err)
	}
	return nil
}

func withTag(name string) string {
	if name == "" || strings.Contains(path.Base(name), ":") {
		return name
	}
	return name + ":latest"
}

func saveIndex(img *Image, tag string) ([]byte, error) {
	d := img.Descriptor()
	if tag != "" {
		d = annotated(d, refName, tag[strings.LastIndexByte(tag, ':')+1:])
		d = annotated(d, containerdName, fullName(tag))
	}
	return json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
}

// fullName is a name as docker understands it: "nginx:1" is
// docker.io/library/nginx:1.
func fullName(tag string) string {
	host, rest, ok := strings.Cut(tag, "/")
	switch {
	case !ok:
		return "docker.io/library/" + tag
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		return "docker.io/" + host + "/" + rest
	}
	return tag
}

// dockerManifest is manifest.json, as docker save writes it.
func dockerManifest(img *Image, tag string) ([]byte, error) {
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	e := entry{Config: blobName(img.manifest.Config.Digest.Hex), Layers: []string{}}
	if tag != "" {
		e.RepoTags = []string{tag}
	}
	for _, l := range img.layers {
		e.Layers = append(e.Layers, blobName(l.Descriptor.Digest.Hex))
	}
	return json.Marshal([]entry{e})
}

// A saver writes an archive. The first error stays.
type saver struct {
	tw  *tar.Writer
	err error
}

func (s *saver) header(h tar.Header) {
	if s.err == nil {
		h.ModTime = time.Unix(0, 0)
		s.err = s.tw.WriteHeader(&h)
	}
}

func (s *saver) dir(name string) {
	s.header(tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755})
}

func (s *saver) file(name string, data []byte) {
	s.header(tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(data))})
	if s.err == nil {
		_, s.err = s.tw.Write(data)
	}
}

func (s *saver) blob(ctx context.Context, b blob) {
	s.header(tar.Header{Typeflag: tar.TypeReg, Name: blobName(b.Descriptor.Digest.Hex), Mode: 0o644, Size: b.Descriptor.Size})
	if s.err != nil {
		return
	}
	r, err := b.open()
	if err != nil {
		s.err = err
		return
	}
	defer r.Close() // it was only read
	if err := copyChecked(ctx, s.tw, r, b.Descriptor); err != nil {
		s.err = fmt.Errorf("blob %s: %w", b.Descriptor.Digest, err)
	}
}
