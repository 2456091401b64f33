package image

import (
	"context"
	"fmt"
	"io"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
)

// An assembly is one call of Assemble.
type assembly struct {
	in       Input
	image    *recipe.Image
	parts    []*Part // that the image has, its own the last
	cuts     map[string]cut
	runtime  *universe
	build    *universe       // nil until something is looked for in it
	static   [2][]byte       // base-passwd's passwd and group
	provided map[string]*pkg // what provider found

	// What follows is of one round: a package that the closure finds lies below
	// what was laid already, so all is laid again.
	kept     *selection
	accounts *accounts
	closure  *layer.Closure
	removed  map[string]bool        // paths that [remove] took away
	links    map[string]recipe.Link // the recipe's own, by where they are
	anyway   bool                   // files take the place of packages' without replace
	seen     []EditedFile           // by the edits of this round
	report   Report
	mistakes diag.List
	err      error // the first that is no mistake of the recipe
}

func newAssembly(in Input) (*assembly, error) {
	a := &assembly{in: in, image: in.Recipe.Image, provided: map[string]*pkg{}}
	a.parts = present(in.Parts)
	var err error
	if a.cuts, err = cutTable(); err != nil {
		return nil, err
	}
	if a.runtime, err = newUniverse("runtime", in.Runtime); err != nil {
		return nil, err
	}
	return a, a.readStatic()
}

// readStatic reads the tables of the accounts that Debian numbers itself.
func (a *assembly) readStatic() error {
	base := a.runtime.get("base-passwd")
	if base == nil {
		return nil
	}
	for _, f := range base.located() {
		var err error
		switch f.Path {
		case "/usr/share/base-passwd/passwd.master":
			a.static[0], err = a.read(f)
		case "/usr/share/base-passwd/group.master":
			a.static[1], err = a.read(f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settle lays everything, as often as the closure finds packages to add.
func (a *assembly) settle(ctx context.Context) (*layer.Tree, []root, error) {
	roots, err := a.asked()
	if err != nil {
		return nil, nil, err
	}
	for {
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		tree, more, err := a.round(roots)
		if err != nil {
			return nil, nil, err
		}
		if len(more) == 0 {
			return tree, roots, nil
		}
		roots = append(roots, more...)
	}
}

// round lays the packages of roots and what lies on them. It returns the tree,
// or the packages that are missing in it.
func (a *assembly) round(roots []root) (*layer.Tree, []root, error) {
	a.kept = a.keep(roots, a.image.Cut != "full")
	a.removed, a.links = map[string]bool{}, map[string]recipe.Link{}
	a.report, a.mistakes, a.seen = Report{}, diag.List{}, nil
	a.gather()
	tree := a.upper(a.lower())
	if a.err != nil {
		return nil, nil, a.err
	}
	more := a.close(tree)
	return tree, more, a.err
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// fail notes an error that is no mistake of the recipe.
func (a *assembly) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// addError notes mistakes that another package found, or an error.
func (a *assembly) addError(err error) {
	found := diag.Of(err)
	if len(found) == 0 {
		a.fail(err)
	}
	a.mistakes.Add(found...)
}

// asked finds the packages that the recipe asks for.
func (a *assembly) asked() ([]root, error) {
	var roots []root
	var mistakes diag.List
	for _, d := range a.asks() {
		var found *pkg
		for _, alternative := range d.Any {
			if list := a.runtime.satisfy(alternative.Relation); found == nil && len(list) > 0 {
				found = list[0]
			}
		}
		if found == nil {
			mistakes.Add(&diag.Error{
				Pos: d.Pos, Msg: fmt.Sprintf("%q: no package of the lock is that", d.Text), Hint: "run `ashlar lock`",
			})
			continue
		}
		roots = append(roots, root{found, Reason{Kind: Asked, What: d.Text}})
	}
	return roots, mistakes.Err()
}

// asks are the packages that the image's recipes depend on, each once.
func (a *assembly) asks() []recipe.Dep {
	own := a.parts[len(a.parts)-1]
	var all []recipe.Part
	for _, p := range a.parts {
		all = append(all, recipe.Part{Packages: p.Asks})
	}
	return recipe.Asks(own.Asks, all...)
}

// most is the most bytes that a file may have of which this package has to read
// all: configuration, scripts, tables. It is far above any that is real.
const most = 64 << 20

// read returns the bytes of a regular file.
func (a *assembly) read(f *layer.File) ([]byte, error) {
	if f.Data != nil || f.Size == 0 {
		return f.Data, nil
	}
	if f.Size > most {
		return nil, fmt.Errorf("read %s: %d bytes are more than a text has", f.Path, f.Size)
	}
	r, err := a.in.Open.Open(f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, f.Size+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Path, err)
	}
	if int64(len(data)) != f.Size {
		return nil, fmt.Errorf("read %s: its size is not %d", f.Path, f.Size)
	}
	return data, nil
}
