package buildroot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/layer/sbom"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/giturl"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// What the result of an image action has, all of it blobs.
const (
	imageName  = "image"  // an Image, as JSON
	treeBlob   = "tree"   // the index of its tree
	reportName = "report" // an image.Report, as JSON
	billName   = "bill"   // sbom.Contents
	layerName  = "layer"  // and its number: a compressed archive
)

// An Image is what an image action made.
type Image struct {
	Config oci.Config
	Layers []ImageLayer
	Digest string // of the manifest
	Size   int64  // of all blobs
}

// An ImageLayer is one layer of an Image, the lowest first.
type ImageLayer struct {
	layer.Blob
	Name string
}

// image assembles an image and writes its layers. One that was written before
// is taken from the store, whatever image it was for.
func (b *Builder) image(ctx context.Context, a *plan.Action, do *plan.Image, inputs map[plan.ID]store.Result) (finisher, error) {
	in, err := b.imageInput(do, inputs)
	if err != nil {
		return nil, err
	}
	var below Image // whose layers lie lowest
	if base, ok := inputs[do.From]; ok {
		if below, err = ReadImage(b.Store, base); err != nil {
			return nil, err
		}
		if in.Base, err = ReadImageTree(b.Store, base); err != nil {
			return nil, err
		}
	}
	res, err := image.Assemble(ctx, in)
	if err != nil {
		return nil, err
	}
	bill := b.contents(do, res)
	return func(ctx context.Context) (store.Result, error) {
		return b.writeImage(ctx, res, below.Layers, bill, in.Open)
	}, nil
}

func (b *Builder) imageInput(do *plan.Image, inputs map[plan.ID]store.Result) (image.Input, error) {
	in := image.Input{Recipe: do.Recipe, Open: Opener{b.Store}}
	var err error
	if in.Runtime, err = b.imageRoot(do.Runtime, inputs); err != nil {
		return in, err
	}
	in.Runtime.Recommends = do.Recommends
	if in.Build, err = b.imageRoot(do.Build, inputs); err != nil {
		return in, err
	}
	var outputs []plan.Output
	for _, p := range do.Parts {
		part, err := b.part(p, inputs)
		if err != nil {
			return in, err
		}
		in.Parts = append(in.Parts, part)
		outputs = append(outputs, p.Outputs...)
	}
	libraries, err := b.libraries(outputs, inputs, packagesOf(in.Runtime, in.Build))
	if err != nil {
		return in, err
	}
	if err := b.addToImage(&in.Build, libraries); err != nil {
		return in, err
	}
	for _, n := range do.IDs {
		in.IDs = append(in.IDs, lock.ID{Name: n.Name, Number: n.Number})
	}
	return in, nil
}

func packagesOf(roots ...image.Root) []*deb.Package {
	var all []*deb.Package
	for _, r := range roots {
		for _, p := range r.Packages {
			all = append(all, p.Package)
		}
	}
	return all
}

// part reads what one recipe brings.
func (b *Builder) part(p plan.Part, inputs map[plan.ID]store.Result) (image.Part, error) {
	part := image.Part{Recipe: p.Recipe, Asks: p.Asks, Files: map[string][]byte{}, Image: p.Says.Image != nil, Spare: p.Spare}
	for _, o := range p.Outputs {
		digest := inputs[o.By].Trees[o.Set]
		if digest == "" { // nothing was stripped, and so there is no set of symbols
			continue
		}
		x, err := readTree(b.Store, digest)
		if err != nil {
			return part, err
		}
		part.Outputs = append(part.Outputs, image.Output{Recipe: o.Recipe, Set: o.Set, Tree: x.Tree()})
	}
	for _, f := range p.Files {
		part.Files[f.Name] = f.Data
	}
	return part, nil
}

func (b *Builder) imageRoot(r plan.Root, inputs map[plan.ID]store.Result) (image.Root, error) {
	var root image.Root
	pkgs, err := b.pkgs(r.Packages, inputs)
	if err != nil {
		return root, err
	}
	for i, p := range pkgs {
		root.Packages = append(root.Packages, image.Package{Package: p, Tree: inputs[r.Packages[i]].Trees[treeName]})
	}
	waves, err := b.effects(r.Waves, inputs)
	trees := waveTrees(r.Waves, inputs)
	for i, e := range waves {
		root.Waves = append(root.Waves, image.Wave{Effects: e, Tree: trees[i]})
	}
	return root, err
}

// contents are what a bill of materials says of an image.
func (b *Builder) contents(do *plan.Image, res *image.Result) sbom.Contents {
	r := do.Recipe
	c := sbom.Contents{
		Name: r.Name, Version: r.Version, Created: res.Created, Tool: "ashlar",
		Distro: "debian", Release: r.Suite, Packages: slices.Clone(res.Packages),
	}
	for i, p := range c.Packages {
		c.Packages[i].SHA256, c.Packages[i].URL = b.origin(p.Name, p.Version)
	}
	for _, r := range res.Recipes {
		c.Recipes = append(c.Recipes, b.billOf(r))
	}
	return c
}

// billOf is what a bill of materials says of one recipe.
func (b *Builder) billOf(r *recipe.Instance) sbom.Recipe {
	own := sbom.Recipe{Name: r.Name, Version: r.Version, License: r.License}
	for _, s := range r.Sources {
		d, ok := b.plan.Sources[lock.SourceName(s)]
		switch {
		case !ok:
		case d.Git == nil:
			own.Sources = append(own.Sources, sbom.Source{URL: s.URLs[0], SHA256: d.SHA256})
		default:
			own.Sources = append(own.Sources, repositories(d.Git)...)
		}
	}
	return own
}

// repositories are what a source of git was made of: its own, and its submodules.
func repositories(g *plan.Git) []sbom.Source {
	source := func(address, commit string) sbom.Source {
		u, err := giturl.Parse(address)
		if err != nil {
			return sbom.Source{URL: address, Commit: commit}
		}
		return sbom.Source{URL: u.VCS(), Commit: commit}
	}
	all := []sbom.Source{source(g.URLs[0], g.Commit)}
	for _, m := range g.Modules {
		all = append(all, source(m.URL, m.Commit))
	}
	return all
}

// origin tells which .deb a package was, and where it came from.
func (b *Builder) origin(name, version string) (digest, url string) {
	for _, d := range b.plan.Downloads {
		if d.Name == name+" "+version && len(d.URLs) > 0 {
			return d.SHA256, d.URLs[0]
		}
	}
	return "", ""
}

func (b *Builder) writeImage(ctx context.Context, res *image.Result, below []ImageLayer, bill sbom.Contents, open layer.Opener) (store.Result, error) {
	r := store.Result{Blobs: map[string]string{}}
	img := Image{Config: res.Config}
	var layers []oci.Layer
	options := layer.BlobOptions{TarOptions: layer.TarOptions{Epoch: res.Created, IDs: res.IDs}}
	img.Layers = slices.Clone(below)
	for _, l := range res.Layers {
		blob, err := b.writeLayer(ctx, l, options, open)
		if err != nil {
			return r, fmt.Errorf("layer %s: %w", l.Name, err)
		}
		img.Layers = append(img.Layers, ImageLayer{Blob: blob, Name: l.Name})
	}
	for i, l := range img.Layers {
		r.Blobs[fmt.Sprintf("%s %d", layerName, i)] = l.Digest
		layers = append(layers, oci.Layer{Blob: l.Blob, Name: l.Name, Open: oci.OpenFile(b.Store.BlobPath(l.Digest))})
	}
	made, err := oci.New(res.Config, layers)
	if err != nil {
		return r, err
	}
	digest, err := made.Digest()
	if err != nil {
		return r, err
	}
	img.Digest, img.Size = digest.Hex, made.Total()
	var index bytes.Buffer
	if err := layer.WriteIndex(&index, &layer.Index{Files: res.Tree.Files()}); err != nil {
		return r, err
	}
	r.Blobs[treeBlob], err = b.putBytes(ctx, index.Bytes(), err)
	r.Blobs[imageName], err = b.putJSON(ctx, img, err)
	r.Blobs[reportName], err = b.putJSON(ctx, res.Report, err)
	bill.Digest = img.Digest
	r.Blobs[billName], err = b.putJSON(ctx, bill, err)
	return r, err
}

// putBytes stores data, unless there was an error before.
func (b *Builder) putBytes(ctx context.Context, data []byte, before error) (string, error) {
	if before != nil {
		return "", before
	}
	digest, _, err := b.Store.Put(ctx, bytes.NewReader(data), "")
	return digest, err
}

func (b *Builder) putJSON(ctx context.Context, v any, before error) (string, error) {
	data, err := json.MarshalIndent(v, "", "\t")
	if before == nil {
		before = err
	}
	return b.putBytes(ctx, data, before)
}

// writeLayer returns the blob of a layer, from the store if any image had it.
func (b *Builder) writeLayer(ctx context.Context, l layer.Layer, o layer.BlobOptions, open layer.Opener) (layer.Blob, error) {
	var blob layer.Blob
	id, err := l.ID(o)
	if err != nil {
		return blob, err
	}
	unlock, err := b.Store.Lock(ctx, id)
	if err != nil {
		return blob, err
	}
	defer unlock()
	if r, ok, err := b.Store.Result(id); ok || err != nil {
		if err == nil {
			err = readJSON(b.Store, r.Blobs["description"], &blob)
		}
		return blob, err
	}
	if blob, err = b.packLayer(ctx, l, o, open); err != nil {
		return blob, err
	}
	description, err := b.putJSON(ctx, blob, nil)
	if err != nil {
		return blob, err
	}
	return blob, b.Store.PutResult(ctx, id, store.Result{Blobs: map[string]string{layerName: blob.Digest, "description": description}})
}

// packLayer writes a layer's archive into the store.
func (b *Builder) packLayer(ctx context.Context, l layer.Layer, o layer.BlobOptions, open layer.Opener) (layer.Blob, error) {
	r, w := io.Pipe()
	var blob layer.Blob
	packed := make(chan error, 1)
	go func() {
		var err error
		blob, err = layer.WriteBlob(w, l.Files, open, o)
		w.CloseWithError(err)
		packed <- err
	}()
	digest, _, err := b.Store.Put(ctx, r, "")
	r.CloseWithError(err)
	if packErr := <-packed; err == nil {
		err = packErr
	}
	if err == nil && digest != blob.Digest {
		err = fmt.Errorf("the store has %s for %s", digest, blob.Digest)
	}
	return blob, err
}

func readJSON(s *store.Store, digest string, v any) error {
	f, err := s.Blob(digest)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewDecoder(f).Decode(v)
}
