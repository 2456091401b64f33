package oci

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/ashlar-build/ashlar/layer"
)

// A Layer is a blob with a way to read it.
type Layer struct {
	layer.Blob
	Name string // for the image's history: "packages: libc6, zlib1g"

	// Open reads the compressed bytes. Who reads checks them against Digest.
	Open func() (io.ReadCloser, error)
}

// An Image is a configuration and layers, and the manifest that ties them
// together. It is a [v1.Image] for go-containerregistry's functions.
type Image struct {
	manifest    v1.Manifest
	config      v1.ConfigFile
	rawManifest []byte
	rawConfig   []byte
	layers      []blob
}

var _ v1.Image = (*Image)(nil)

// New makes an image of layers, the lowest first.
func New(c Config, layers []Layer) (*Image, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	raw, err := c.file(layers)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Annotations: c.Annotations,
		Config: descriptor(types.OCIConfigJSON, raw), Layers: []v1.Descriptor{},
	}
	img := &Image{rawConfig: raw}
	for _, l := range layers {
		if !layer.IsDigest(l.Digest) || !layer.IsDigest(l.DiffID) || l.Open == nil {
			return nil, fmt.Errorf("layer %s: no blob", l.Name)
		}
		b := blob{
			Descriptor: v1.Descriptor{MediaType: types.MediaType(l.Compression.MediaType()), Digest: sha(l.Digest), Size: l.Size},
			diffID:     sha(l.DiffID), open: l.Open,
		}
		m.Layers = append(m.Layers, b.Descriptor)
		img.layers = append(img.layers, b)
	}
	return img.finish(m)
}

// finish gives an image its manifest.
func (i *Image) finish(m v1.Manifest) (*Image, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	i.manifest, i.rawManifest = m, raw
	if err := json.Unmarshal(i.rawConfig, &i.config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return i, nil
}

// The media type of a manifest's configuration that says nothing, from the OCI
// image specification, "Guidance for an Empty Descriptor".
const emptyConfig = "application/vnd.oci.empty.v1+json"

// NewArtifact makes something that is said of an image, such as its bill of
// materials: a manifest that names the image as its subject, with data as its
// one layer.
func NewArtifact(subject *Image, mediaType string, data []byte, annotations map[string]string) (*Image, error) {
	about := descriptor(types.OCIManifestSchema1, subject.rawManifest)
	content := descriptor(types.MediaType(mediaType), data)
	a := &Image{rawConfig: []byte("{}")}
	a.layers = []blob{{Descriptor: content, diffID: content.Digest, open: reader(data)}}
	return a.finish(v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: mediaType,
		Config: descriptor(emptyConfig, a.rawConfig), Layers: []v1.Descriptor{content},
		Subject: &about, Annotations: annotations,
	})
}

// A File is one file of [NewFiles].
type File struct {
	Name   string
	Digest string // SHA-256 in hex
	Size   int64
	Type   string // media type; "application/octet-stream" if empty
	Open   func() (io.ReadCloser, error)
}

// fileTitle is the annotation that names a layer which is one file: OCI image
// specification, "Pre-Defined Annotation Keys". Tools that fetch artefacts call
// files by it.
const fileTitle = "org.opencontainers.image.title"

// NewFiles makes an artefact of files as they are, each a layer of its own.
func NewFiles(artifactType string, files []File) (*Image, error) {
	a := &Image{rawConfig: []byte("{}")}
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, ArtifactType: artifactType,
		Config: descriptor(emptyConfig, a.rawConfig), Layers: []v1.Descriptor{},
	}
	for _, f := range files {
		if !layer.IsDigest(f.Digest) || f.Open == nil {
			return nil, fmt.Errorf("file %s: no blob", f.Name)
		}
		if f.Type == "" {
			f.Type = "application/octet-stream"
		}
		d := v1.Descriptor{MediaType: types.MediaType(f.Type), Digest: sha(f.Digest), Size: f.Size, Annotations: map[string]string{fileTitle: f.Name}}
		m.Layers = append(m.Layers, d)
		a.layers = append(a.layers, blob{Descriptor: d, diffID: d.Digest, open: f.Open})
	}
	return a.finish(m)
}

// Entries are the files of an image layout that has this image alone, in the
// order in which they are to be written: who finds the last one has them all.
func (i *Image) Entries() ([]File, error) {
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{i.Descriptor()}})
	if err != nil {
		return nil, err
	}
	var all []File
	for _, b := range i.blobs() {
		all = append(all, File{Name: blobName(b.Descriptor.Digest.Hex), Digest: b.Descriptor.Digest.Hex, Size: b.Descriptor.Size, Open: b.open})
	}
	text := func(name string, data []byte) File {
		return File{Name: name, Digest: digestOf(data), Size: int64(len(data)), Open: reader(data)}
	}
	return append(all, text(layoutFile, []byte(layoutText)), text(indexFile, index)), nil
}

func reader(data []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }
}

func sha(digest string) v1.Hash { return v1.Hash{Algorithm: "sha256", Hex: digest} }

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func descriptor(t types.MediaType, data []byte) v1.Descriptor {
	return v1.Descriptor{MediaType: t, Digest: sha(digestOf(data)), Size: int64(len(data))}
}

// Descriptor names the image in an index.
func (i *Image) Descriptor() v1.Descriptor {
	d := descriptor(i.manifest.MediaType, i.rawManifest)
	d.ArtifactType = i.manifest.ArtifactType
	if i.config.OS != "" {
		d.Platform = &v1.Platform{OS: i.config.OS, Architecture: i.config.Architecture, Variant: i.config.Variant}
	}
	return d
}

// blobs are all that an image is made of, the manifest last.
func (i *Image) blobs() []blob {
	config := blob{Descriptor: i.manifest.Config, open: reader(i.rawConfig)}
	manifest := blob{Descriptor: i.Descriptor(), open: reader(i.rawManifest)}
	all := append([]blob{}, i.layers...)
	return append(all, config, manifest)
}

// Total is the size of all blobs together, as a registry counts it.
func (i *Image) Total() int64 {
	var n int64
	for _, b := range i.blobs() {
		n += b.Descriptor.Size
	}
	return n
}

// The methods of a [v1.Image].

// Layers are the layers, the lowest first.
func (i *Image) Layers() ([]v1.Layer, error) {
	out := make([]v1.Layer, len(i.layers))
	for n, b := range i.layers {
		out[n] = b
	}
	return out, nil
}

// MediaType is that of the manifest.
func (i *Image) MediaType() (types.MediaType, error) { return i.manifest.MediaType, nil }

// Size is that of the manifest.
func (i *Image) Size() (int64, error) { return int64(len(i.rawManifest)), nil }

// ConfigName is the digest of the configuration, which docker calls image ID.
func (i *Image) ConfigName() (v1.Hash, error) { return i.manifest.Config.Digest, nil }

// ConfigFile is the configuration.
func (i *Image) ConfigFile() (*v1.ConfigFile, error) { return i.config.DeepCopy(), nil }

// RawConfigFile is the configuration as it is stored.
func (i *Image) RawConfigFile() ([]byte, error) { return i.rawConfig, nil }

// Digest is that of the manifest: the image's name.
func (i *Image) Digest() (v1.Hash, error) { return sha(digestOf(i.rawManifest)), nil }

// Manifest is the manifest.
func (i *Image) Manifest() (*v1.Manifest, error) { return i.manifest.DeepCopy(), nil }

// RawManifest is the manifest as it is stored.
func (i *Image) RawManifest() ([]byte, error) { return i.rawManifest, nil }

// LayerByDigest finds a layer, or the configuration, by the digest of its blob.
func (i *Image) LayerByDigest(h v1.Hash) (v1.Layer, error) {
	for _, b := range i.blobs() {
		if b.Descriptor.Digest == h {
			return b, nil
		}
	}
	return nil, fmt.Errorf("layer %s: not in the image", h)
}

// LayerByDiffID finds a layer by the digest of its archive.
func (i *Image) LayerByDiffID(h v1.Hash) (v1.Layer, error) {
	for _, b := range i.layers {
		if b.diffID == h {
			return b, nil
		}
	}
	return nil, fmt.Errorf("layer with archive %s: not in the image", h)
}

// A blob is one of an image's blobs, as a [v1.Layer].
type blob struct {
	v1.Descriptor
	diffID v1.Hash
	open   func() (io.ReadCloser, error)
}

func (b blob) Digest() (v1.Hash, error)             { return b.Descriptor.Digest, nil }
func (b blob) DiffID() (v1.Hash, error)             { return b.diffID, nil }
func (b blob) Compressed() (io.ReadCloser, error)   { return b.open() }
func (b blob) Size() (int64, error)                 { return b.Descriptor.Size, nil }
func (b blob) MediaType() (types.MediaType, error)  { return b.Descriptor.MediaType, nil }
func (b blob) Uncompressed() (io.ReadCloser, error) { return unpack(b) }

// unpack reads a layer's archive.
func unpack(b blob) (io.ReadCloser, error) {
	rc, err := b.open()
	if err != nil {
		return nil, err
	}
	switch string(b.Descriptor.MediaType) {
	case layer.Gzip.MediaType(), string(types.DockerLayer):
		z, err := gzip.NewReader(rc)
		if err != nil {
			rc.Close()
			return nil, fmt.Errorf("layer %s: %w", b.Descriptor.Digest, err)
		}
		return both{z, rc}, nil
	case layer.Zstd.MediaType():
		z, err := zstd.NewReader(rc)
		if err != nil {
			rc.Close()
			return nil, fmt.Errorf("layer %s: %w", b.Descriptor.Digest, err)
		}
		return both{z.IOReadCloser(), rc}, nil
	}
	return rc, nil
}

// both closes the decompressor and what is below it.
type both struct {
	io.ReadCloser
	below io.Closer
}

func (b both) Close() error {
	err := b.ReadCloser.Close()
	if e := b.below.Close(); err == nil {
		err = e
	}
	return err
}
