package buildroot

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/sbom"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// ReadImage returns what an image action made.
func ReadImage(s *store.Store, r store.Result) (Image, error) {
	var img Image
	if r.Blobs[imageName] == "" {
		return img, fmt.Errorf("this result is no image")
	}
	return img, readJSON(s, r.Blobs[imageName], &img)
}

// OCI returns the image with its layers, which the store has.
func (i Image) OCI(s *store.Store) (*oci.Image, error) {
	layers := make([]oci.Layer, len(i.Layers))
	for n, l := range i.Layers {
		layers[n] = oci.Layer{Blob: l.Blob, Name: l.Name, Open: oci.OpenFile(s.BlobPath(l.Digest))}
	}
	return oci.New(i.Config, layers)
}

// SizeOf is the size in bytes of what the store has as a's result: of an image
// its compressed layers, of a recipe's artefacts their files, of all else 0. It
// reports whether there is one.
func SizeOf(s *store.Store, a *plan.Action) (int64, bool, error) {
	r, ok, err := s.Result(string(a.ID))
	if !ok || err != nil {
		return 0, false, err
	}
	switch a.Kind {
	case plan.KindImage:
		img, err := ReadImage(s, r)
		return img.Size, true, err
	case plan.KindCollect:
		var size int64
		for name, digest := range r.Trees {
			if isLibrary(name) {
				continue
			}
			x, err := readTree(s, digest)
			if err != nil {
				return 0, false, err
			}
			for _, f := range x.Files {
				size += f.Size
			}
		}
		return size, true, nil
	}
	return 0, true, nil
}

// ReadReport returns how an image came about.
func ReadReport(s *store.Store, r store.Result) (image.Report, error) {
	var rep image.Report
	return rep, readJSON(s, r.Blobs[reportName], &rep)
}

// ReadImageTree returns an image's tree, with the origin of each file.
func ReadImageTree(s *store.Store, r store.Result) (*layer.Tree, error) {
	f, err := s.Blob(r.Blobs[treeBlob])
	if err != nil {
		return nil, err
	}
	defer f.Close()
	x, err := layer.ReadIndex(f)
	if err != nil {
		return nil, err
	}
	return x.Tree(), nil
}

// ReadFiles returns the bytes of regular files of an image, by path, from its
// layers. Together they may have limit bytes.
func ReadFiles(ctx context.Context, s *store.Store, r store.Result, paths []string, limit int64) (map[string][]byte, error) {
	img, err := ReadImage(s, r)
	if err != nil {
		return nil, err
	}
	made, err := img.OCI(s)
	if err != nil {
		return nil, err
	}
	return made.Contents(ctx, paths, limit)
}

// ReadBill returns what an image was made of.
func ReadBill(s *store.Store, r store.Result) (sbom.Contents, error) {
	var c sbom.Contents
	return c, readJSON(s, r.Blobs[billName], &c)
}

// Unpack returns a directory that holds an image's tree, to run it from. It is
// made from the layers when it is first asked for, and kept.
func Unpack(ctx context.Context, s *store.Store, r store.Result) (string, error) {
	key := "unpacked " + r.Blobs[imageName]
	id := hashText(key)
	unlock, err := s.Lock(ctx, id)
	if err != nil {
		return "", err
	}
	defer unlock()
	if done, ok, err := s.Result(id); err != nil {
		return "", err
	} else if ok {
		dir, _ := s.Tree(done.Trees[treeName])
		return filepath.Join(dir, "root"), nil
	}
	digest, err := unpackImage(ctx, s, r)
	if err != nil {
		return "", err
	}
	if err := s.PutResult(ctx, id, store.Result{Trees: map[string]string{treeName: digest}}); err != nil {
		return "", err
	}
	dir, _ := s.Tree(digest)
	return filepath.Join(dir, "root"), nil
}

func unpackImage(ctx context.Context, s *store.Store, r store.Result) (string, error) {
	img, err := ReadImage(s, r)
	if err != nil {
		return "", err
	}
	made, err := img.OCI(s)
	if err != nil {
		return "", err
	}
	tree, err := made.Files(ctx, maxUnpacked)
	if err != nil {
		return "", err
	}
	draft, digest, err := writeTree(s, Opener{s}, tree.Files(), nil)
	if err != nil {
		return "", err
	}
	return digest, draft.Commit(ctx, digest)
}

// maxUnpacked is how large an image may be to be run from here.
const maxUnpacked = 64 << 30
