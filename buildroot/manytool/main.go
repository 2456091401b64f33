// Manytool makes a workspace of many made-up recipes, with a lock, and a store
// that has the results of all of them: what `ashlar build` finds when there is
// nothing to do.
//
// Usage: manytool -n 1000 -store STORE DIR
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/plan"
	"github.com/ashlar-build/ashlar/recipe/plan/plantest"
)

func main() {
	log.SetFlags(0)
	n := flag.Int("n", 1000, "how many recipes")
	dir := flag.String("store", "", "the store to fill; none if empty")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: manytool -n N [-store STORE] DIR")
	}
	if err := run(flag.Arg(0), *dir, *n); err != nil {
		log.Fatal(err)
	}
}

func run(dir, storeDir string, n int) error {
	for name, text := range plantest.Files(n) {
		if err := write(filepath.Join(dir, name), []byte(text)); err != nil {
			return err
		}
	}
	w, err := recipe.Load(os.DirFS(dir))
	if err != nil {
		return err
	}
	g := w.Graph()
	l := plantest.Lock(g)
	if err := write(filepath.Join(dir, lock.FileName), lock.Encode(l)); err != nil || storeDir == "" {
		return err
	}
	if l, err = lock.Decode(lock.FileName, lock.Encode(l)); err != nil {
		return err
	}
	p, err := plan.New(plan.Input{Graph: g, Lock: l, Files: os.DirFS(dir), URLs: func(lock.Package) []string { return nil }})
	if err != nil {
		return err
	}
	s, err := store.Open(storeDir, store.Options{NoSync: true})
	if err != nil {
		return err
	}
	defer s.Close()
	for _, goal := range p.Goals {
		f := filler{store: s, name: goal.Recipe}
		if p.Action(goal.Action).Kind == plan.KindImage {
			f.image()
		} else {
			f.tree("dev")
			f.tree("main")
		}
		if f.err == nil {
			f.err = s.PutResult(context.Background(), string(goal.Action), f.result)
		}
		if f.err != nil {
			return f.err
		}
	}
	return nil
}

func write(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

// A filler puts what one goal came to into the store.
type filler struct {
	store  *store.Store
	name   string
	result store.Result
	err    error
}

func (f *filler) blob(name, text string) string {
	digest, _, err := f.store.Put(context.Background(), bytes.NewReader([]byte(text)), "")
	if err != nil {
		f.err = err
	}
	if f.result.Blobs == nil {
		f.result.Blobs = map[string]string{}
	}
	f.result.Blobs[name] = digest
	return digest
}

// layers is how many an image has; two are its own.
const layers = 7

func (f *filler) image() {
	var img buildroot.Image
	for i := range layers {
		text := fmt.Sprint("layer ", i)
		if i >= layers-2 {
			text += " of " + f.name
		}
		img.Layers = append(img.Layers, buildroot.ImageLayer{Blob: layer.Blob{Digest: f.blob(fmt.Sprint("layer ", i), text)}, Name: text})
	}
	img.Digest, img.Size = f.result.Blobs["layer 0"], 1
	data, err := json.Marshal(img)
	if err != nil {
		f.err = err
	}
	f.blob("image", string(data))
	for _, name := range []string{"tree", "report", "bill"} {
		f.blob(name, name+" of "+f.name)
	}
}

func (f *filler) tree(name string) {
	draft, err := f.store.NewTree()
	if err != nil {
		f.err = err
		return
	}
	digest := fmt.Sprintf("%064x", f.name+name)[:64]
	if f.err = draft.Commit(context.Background(), digest); f.err != nil {
		return
	}
	if f.result.Trees == nil {
		f.result.Trees = map[string]string{}
	}
	f.result.Trees[name] = digest
}
