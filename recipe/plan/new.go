package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// Input is what a plan is made of.
type Input struct {
	Instances []*recipe.Instance // what is to be built, in this order
	Lock      *lock.Lock
	URLs      func(lock.Package) []string // where a package may be had, best first
	Files     fs.FS                       // the workspace, for the files that recipes name
	Dirs      Lister                      // the workspace, for sources that are directories
	Tests     bool                        // plan the roots of their tests, too
}

// New plans all instances together. Its mistakes are a lock that does not fit
// its recipes, and files that recipes name and nobody has.
func New(in Input) (*Plan, error) {
	p := &planner{
		Input:  in,
		plan:   &Plan{Downloads: map[string]Download{}, Roots: map[string]Root{}, byID: map[ID]*Action{}},
		index:  in.Lock.Index(),
		bases:  map[string]root{},
		unpack: map[string]ID{},
	}
	for _, r := range in.Instances {
		p.recipe(r)
	}
	if err := p.errs.Err(); err != nil {
		return nil, err
	}
	return p.plan, nil
}

type planner struct {
	Input
	plan   *Plan
	index  lock.Index
	bases  map[string]root
	unpack map[string]ID // by the package's digest
	errs   diag.List
}

// A root is a Root while it is being planned.
type root struct {
	Root
	last []ID // inputs of the next wave
}

func (p *planner) recipe(r *recipe.Instance) {
	name := lock.FullName(r)
	var collect ID
	var built Root
	if len(r.Steps)+len(r.Sources) > 0 {
		if len(r.Steps) > 0 {
			built = p.set(r, "build", r.Build)
		}
		collect = p.collect(r, built, p.build(r, built))
	}
	p.tests(r)
	if r.Image == nil {
		if collect != "" {
			p.plan.Goals = append(p.plan.Goals, Goal{Recipe: name, Action: collect})
		}
		return
	}
	img := &Image{Recipe: r, Says: says(r), Build: built, Runtime: p.set(r, "runtime", r.Runtime), Files: p.files(r)}
	if collect != "" {
		img.Outputs = []ID{collect}
	}
	for _, id := range p.Lock.IDs {
		img.IDs = append(img.IDs, Number{Name: id.Name, Number: id.Number})
	}
	inputs := slices.Concat(img.Runtime.all(), built.all(), img.Outputs)
	id := p.plan.add(KindImage, "image "+name, name, 0, inputs, nil, img)
	p.plan.Goals = append(p.plan.Goals, Goal{Recipe: name, Action: id})
}

// tests plans the roots that test scripts run in.
func (p *planner) tests(r *recipe.Instance) {
	for _, t := range r.Tests {
		if p.Tests && t.Run != "" {
			p.set(r, "test "+t.Name, t.Packages)
		}
	}
}

func (r Root) all() []ID { return slices.Concat(r.Packages, r.Waves) }

func says(r *recipe.Instance) Says {
	return Says{
		Name: r.Name, Version: r.Version, Summary: r.Summary, License: r.License, Homepage: r.Homepage,
		Arch: r.Arch, Suite: r.Suite, Variant: r.Variant,
		Runtime: r.Runtime, Vars: r.Vars, Content: imageContent(r.Content), Image: r.Image,
	}
}

// imageContent leaves out the edits of the source, which are the build's.
func imageContent(c recipe.Content) recipe.Content {
	c.Edits, _ = splitEdits(c.Edits)
	return c
}

func splitEdits(all []recipe.Edit) (image, source []recipe.Edit) {
	for _, e := range all {
		if strings.HasPrefix(e.Path, "/") {
			image = append(image, e)
		} else {
			source = append(source, e)
		}
	}
	return image, source
}

// set plans the root of one use of a recipe.
func (p *planner) set(r *recipe.Instance, use string, deps []recipe.Dep) Root {
	name := lock.FullName(r)
	set, ok := p.Lock.Set(name, use, r.Arch)
	if !ok {
		p.stale(r, deps, fmt.Sprintf("%s has nothing for the %s dependencies of %s on %s", lock.FileName, use, name, r.Arch))
		return Root{}
	}
	if asks := lock.Asks(deps); !slices.Equal(asks, set.Asks) || set.Suite != r.Suite {
		p.stale(r, deps, fmt.Sprintf("%s does not fit recipe %s: its %s dependencies are now %s, and were locked as %s", lock.FileName, name, use, words(asks, r.Suite), words(set.Asks, set.Suite)))
		return Root{}
	}
	base := p.base(r, set)
	waves, err := Waves(p.packages(set.Packages))
	if err != nil {
		p.errs.Add(&diag.Error{Pos: diag.Pos{File: r.File}, Msg: fmt.Sprintf("%s dependencies of %s: %v", use, name, err)})
	}
	for i, w := range waves {
		label := fmt.Sprintf("configure %d packages for %s", len(w), name)
		if len(w) == 0 && i > 0 || len(w)+len(r.Users)+len(r.Groups)+len(r.Debconf) == 0 {
			continue
		}
		base = p.wave(base, w, label, name, &Configure{Users: r.Users, Groups: r.Groups, Debconf: r.Debconf})
	}
	p.plan.Roots[name+" "+use] = base.Root
	return base.Root
}

func words(asks []string, suite string) string {
	return fmt.Sprintf("[%s] from %s", strings.Join(asks, ", "), suite)
}

// stale reports a lock that does not fit, at the first dependency if there is one.
func (p *planner) stale(r *recipe.Instance, deps []recipe.Dep, msg string) {
	e := &diag.Error{Pos: diag.Pos{File: r.File}, Msg: msg, Hint: "run `ashlar lock`, which pins what is not pinned yet and moves nothing else"}
	if len(deps) > 0 {
		e.Pos = deps[0].Pos
	}
	p.errs.Add(e)
}

// base plans the essential packages of a suite, once.
func (p *planner) base(r *recipe.Instance, set lock.Set) root {
	key := set.Base
	if b, ok := p.bases[key]; ok {
		return b
	}
	base, ok := p.Lock.Base(key)
	if !ok {
		p.stale(r, nil, fmt.Sprintf("%s has no base %q", lock.FileName, key))
		return root{}
	}
	b := p.wave(root{}, p.packages(base.Packages), "configure the base of "+key, "", &Configure{})
	p.bases[key] = b
	return b
}

func (p *planner) packages(refs []string) []lock.Package {
	packages := make([]lock.Package, len(refs))
	for i, ref := range refs {
		packages[i] = p.index[ref]
	}
	return packages
}

// wave plans one wave on top of before.
func (p *planner) wave(before root, packages []lock.Package, label, forRecipe string, c *Configure) root {
	for _, q := range packages {
		c.Packages = append(c.Packages, p.unpacked(q, forRecipe))
	}
	c.Before = before.Root
	id := p.plan.add(KindConfigure, label, forRecipe, 0, slices.Concat(c.Packages, c.Before.all()), nil, c)
	return root{Root: Root{
		Packages: slices.Concat(before.Packages, c.Packages),
		Waves:    append(slices.Clone(before.Waves), id),
	}}
}

func (p *planner) unpacked(q lock.Package, forRecipe string) ID {
	if id, ok := p.unpack[q.SHA256]; ok {
		return id
	}
	name := q.Name + " " + q.Version
	id := p.plan.add(KindUnpack, "unpack "+name, forRecipe, q.Size, nil, []string{q.SHA256}, &Unpack{SHA256: q.SHA256})
	p.unpack[q.SHA256] = id
	p.plan.Downloads[q.SHA256] = Download{SHA256: q.SHA256, Size: q.Size, Name: name, URLs: p.URLs(q)}
	return id
}

func (p *planner) build(r *recipe.Instance, in Root) ID {
	_, edits := splitEdits(r.Edits)
	b := &Build{
		Root: in, Arch: r.Arch, Vars: r.Vars, Edits: edits, Steps: r.Steps,
		Room: Room{Env: r.Room.Env, Workdir: r.Room.Workdir, Flags: r.Room.Flags},
	}
	var blobs []string
	for _, s := range r.Sources {
		src := p.source(r, s)
		b.Sources = append(b.Sources, src)
		if src.SHA256 != "" {
			blobs = append(blobs, src.SHA256)
		}
	}
	name := lock.FullName(r)
	return p.plan.add(KindBuild, "build "+name, name, 0, in.all(), blobs, b)
}

func (p *planner) collect(r *recipe.Instance, in Root, made ID) ID {
	c := &Collect{Made: made, Root: in, Sets: r.Sets, Discard: r.Room.Discard, NoSets: diag.Pos{File: r.File}}
	for _, f := range r.Files {
		c.Own = append(c.Own, f.Path)
	}
	for _, l := range r.Links {
		c.Own = append(c.Own, l.Path)
	}
	slices.Sort(c.Own)
	name := lock.FullName(r)
	return p.plan.add(KindCollect, "collect "+name, name, 0, append(in.all(), made), nil, c)
}

// files reads what the image's files come from.
func (p *planner) files(r *recipe.Instance) []File {
	var all []File
	for _, c := range []recipe.Content{r.Content, r.Image.Content} {
		for _, f := range c.Files {
			if f.From != "" && f.Place != recipe.InImage {
				all = append(all, p.file(r, f.Place, f.From, f.Pos)...)
			}
		}
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b File) bool { return a.Name == b.Name })
}

// file reads a file of the workspace, or all files below a directory.
func (p *planner) file(r *recipe.Instance, place recipe.Place, name string, at diag.Pos) []File {
	dir := "."
	if place == recipe.Beside {
		dir = path.Dir(r.File)
	}
	var files []File
	err := fs.WalkDir(p.Files, path.Join(dir, name), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(p.Files, file)
		sum := sha256.Sum256(data)
		rel := strings.TrimPrefix(strings.TrimPrefix(file, dir), "/")
		if place == recipe.InWorkspace {
			rel = "//" + file
		}
		files = append(files, File{Name: rel, SHA256: hex.EncodeToString(sum[:]), Data: data})
		return err
	})
	if err != nil {
		p.errs.Add(&diag.Error{Pos: at, Msg: fmt.Sprintf("cannot read %s: %v", path.Join(dir, name), err)})
	}
	return files
}
