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
	Graph *recipe.Graph // its goals are to be built, in their order
	Lock  *lock.Lock
	URLs  func(lock.Package) []string // where a package may be had, best first
	Files fs.FS                       // the workspace, for the files that recipes name
	Dirs  Lister                      // the workspace, for sources that are directories
	Tests bool                        // plan the roots of the goals' tests, too
}

// New plans all goals together, and what they need. Its mistakes are a lock that
// does not fit its recipes, and files that recipes name and nobody has.
func New(in Input) (*Plan, error) {
	p := &planner{
		Input:  in,
		plan:   &Plan{Downloads: map[string]Download{}, Sources: map[string]Download{}, Roots: map[string]Root{}, byID: map[ID]*Action{}, names: newNamer()},
		index:  in.Lock.Index(),
		bases:  map[string]root{},
		unpack: map[string]ID{},
		roots:  map[rootKey]root{},
		made:   map[*recipe.Instance]*made{},
	}
	for _, r := range in.Graph.Goals {
		p.goal(r)
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
	roots  map[rootKey]root
	made   map[*recipe.Instance]*made
	errs   diag.List
}

// A root is a Root while it is being planned.
type root struct {
	Root
	base   int  // how many of its packages are the base's
	inputs []ID // see Root.Inputs
}

// A rootKey is a list of packages of the lock, which sets with equal ones share.
type rootKey struct {
	base  string
	first *string
	count int
}

// A made is what was planned of an instance.
type made struct {
	wishes  map[string]lock.Wish // by use
	build   root                 // that its steps run in
	collect ID                   // or "": it has neither sources nor steps
	image   ID                   // or "": it was not asked for
}

func (p *planner) goal(r *recipe.Instance) {
	name := lock.FullName(r)
	m := p.recipe(r)
	for _, t := range r.Tests {
		if p.Tests && t.Run != "" {
			root := p.set(r, "test "+t.Name, m.wishes)
			root.Outputs = p.outputs(p.Graph.ForTest(r, t))
			p.plan.Roots[name+" test "+t.Name] = root.Root
		}
	}
	goal := Goal{Recipe: name, Action: m.collect}
	if r.Image != nil {
		goal.Action = p.image(r)
	}
	if goal.Action != "" {
		p.plan.Goals = append(p.plan.Goals, goal)
	}
}

// recipe plans what an instance's steps make, once.
func (p *planner) recipe(r *recipe.Instance) *made {
	if m := p.made[r]; m != nil {
		return m
	}
	m := &made{wishes: map[string]lock.Wish{}}
	p.made[r] = m
	p.checkSkips(r)
	for _, w := range lock.Wishes(p.Graph, r) {
		m.wishes[w.Use] = w
	}
	if len(r.Steps)+len(r.Sources) == 0 {
		return m
	}
	if len(r.Steps) > 0 {
		m.build = p.set(r, lock.UseBuild, m.wishes)
		m.build.Outputs = p.outputs(p.Graph.ForSteps(r))
		p.plan.Roots[lock.FullName(r)+" build"] = m.build.Root
	}
	m.collect = p.collect(r, m.build, p.build(r, m.build))
	return m
}

// outputs are the sets of parts that have any.
func (p *planner) outputs(parts []recipe.Part) []Output {
	var all []Output
	for _, part := range parts {
		by := p.recipe(part.Recipe).collect
		for _, set := range part.Sets {
			if by != "" {
				all = append(all, Output{Recipe: lock.FullName(part.Recipe), Set: set, By: by})
			}
		}
	}
	return all
}

// image plans an instance's image, once.
func (p *planner) image(r *recipe.Instance) ID {
	m := p.recipe(r)
	if m.image != "" {
		return m.image
	}
	name := lock.FullName(r)
	img := &Image{Recipe: r, Recommends: r.Recommends, Runtime: p.set(r, lock.UseRuntime, m.wishes).Root, Build: m.build.Root}
	img.Build.Outputs = nil // they are parts
	if base := p.Graph.Find(r.Image.From, r); base != nil {
		img.From = p.image(base)
	}
	for _, part := range p.Graph.Spare(r) {
		img.Parts = append(img.Parts, p.part(part, true))
	}
	for _, part := range p.Graph.ForImage(r) {
		img.Parts = append(img.Parts, p.part(part, false))
	}
	if own := &img.Parts[len(img.Parts)-1]; len(r.Image.Languages()) > 0 {
		own.Outputs = append(own.Outputs, p.locales(r, m.wishes))
	}
	for _, id := range p.Lock.IDs {
		img.IDs = append(img.IDs, Number{Name: id.Name, Number: id.Number})
	}
	m.image = p.plan.add(KindImage, "image "+name, name, 0, img.inputs(), nil, img)
	return m.image
}

func (img *Image) inputs() []ID {
	inputs := slices.Concat(img.Runtime.Packages, img.Runtime.Waves)
	has := make(map[ID]bool, len(inputs))
	for _, id := range inputs {
		has[id] = true
	}
	for _, id := range slices.Concat(img.Build.Packages, img.Build.Waves) {
		if !has[id] {
			inputs = append(inputs, id)
		}
	}
	if img.From != "" {
		inputs = append(inputs, img.From)
	}
	var outputs []Output
	for _, part := range img.Parts {
		outputs = append(outputs, part.Outputs...)
	}
	return withOutputs(inputs, outputs)
}

// part plans what another recipe brings into an image, or its own.
func (p *planner) part(of recipe.Part, spare bool) Part {
	r := of.Recipe
	part := Part{
		Recipe: r, Says: says(r), Asks: of.Packages, Outputs: p.outputs([]recipe.Part{of}),
		Files: p.files(r, of.Image), Spare: spare,
	}
	if !of.Image {
		part.Says.Image = nil
	}
	return part
}

// Inputs are the actions whose results the root is made of.
func (r Root) Inputs() []ID { return withOutputs(slices.Concat(r.Packages, r.Waves), r.Outputs) }

// withOutputs adds the actions that outputs come from, each once.
func withOutputs(ids []ID, outputs []Output) []ID {
	var by []ID
	for _, o := range outputs {
		if !slices.Contains(by, o.By) {
			by = append(by, o.By)
		}
	}
	return append(slices.Clip(ids), by...)
}

func says(r *recipe.Instance) Says {
	return Says{
		Name: r.Name, Version: r.Version, Summary: r.Summary, License: r.License, Homepage: r.Homepage,
		Arch: r.Arch, Suite: r.Suite, Variant: r.Variant,
		Vars: r.Vars, Content: imageContent(r.Content), Image: r.Image,
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

// set plans the packages of one use of a recipe.
func (p *planner) set(r *recipe.Instance, use string, wishes map[string]lock.Wish) root {
	name, deps := lock.FullName(r), wishes[use].Asks
	set, ok := p.Lock.Set(name, use, r.Arch)
	if !ok {
		p.stale(r, deps, fmt.Sprintf("%s has nothing for the %s dependencies of %s on %s", lock.FileName, use, name, r.Arch))
		return root{}
	}
	if asks := wishes[use].Lines(); !slices.Equal(asks, set.Asks) || set.Suite != r.Suite {
		p.stale(r, deps, fmt.Sprintf("%s does not fit recipe %s: its %s dependencies are now %s, and were locked as %s", lock.FileName, name, use, words(asks, r.Suite), words(set.Asks, set.Suite)))
		return root{}
	}
	base := p.base(r, set)
	users, groups := r.Users, r.Groups
	var early []Early
	if use == lock.UseRuntime {
		users, groups = p.accounts(r)
		early = p.early(r)
	}
	var key rootKey // of a root that others may have, too
	if len(users)+len(groups)+len(r.Debconf) == 0 && len(set.Packages) > 0 {
		key = rootKey{set.Base, &set.Packages[0], len(set.Packages)}
		if known, ok := p.roots[key]; ok {
			return known
		}
	}
	waves, err := Waves(p.packages(set.Packages))
	if err != nil {
		p.errs.Add(&diag.Error{Pos: diag.Pos{File: r.File}, Msg: fmt.Sprintf("%s dependencies of %s: %v", use, name, err)})
	}
	for i, w := range waves {
		label := fmt.Sprintf("configure %d packages for %s", len(w), name)
		if len(w) == 0 && i > 0 || len(w)+len(users)+len(groups)+len(r.Debconf) == 0 {
			continue
		}
		base = p.wave(base, w, label, name, &Configure{Asks: deps, Users: users, Groups: groups, Debconf: r.Debconf, Skip: p.skip(r, set), Early: early})
	}
	if base.inputs == nil {
		base.inputs = base.Inputs()
	}
	if key.first != nil {
		p.roots[key] = base
	}
	return base
}

// accounts are those of all recipes that an image has: they are made before any
// maintainer script runs.
func (p *planner) accounts(r *recipe.Instance) (users []recipe.User, groups []recipe.Group) {
	for _, part := range p.Graph.ForImage(r) {
		for _, u := range part.Recipe.Users {
			if !slices.ContainsFunc(users, func(v recipe.User) bool { return v.Name == u.Name }) {
				users = append(users, u)
			}
		}
		for _, g := range part.Recipe.Groups {
			if !slices.ContainsFunc(groups, func(h recipe.Group) bool { return h.Name == g.Name }) {
				groups = append(groups, g)
			}
		}
	}
	return users, groups
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
	b.base = len(b.Packages)
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
	id := p.plan.add(KindConfigure, label, forRecipe, 0, slices.Concat(c.Packages, c.Before.Packages, c.Before.Waves), nil, c)
	return root{base: before.base, Root: Root{
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

func (p *planner) build(r *recipe.Instance, in root) ID {
	_, edits := splitEdits(r.Edits)
	b := &Build{
		Root: in.Root, Arch: r.Arch, Vars: r.Vars, Edits: edits, Steps: r.Steps, Caches: r.Caches,
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
	inputs := withOutputs(in.inputs, in.Outputs)
	if p.vendor(r, b); b.Vendor != "" {
		inputs = append(inputs, b.Vendor)
	}
	name := lock.FullName(r)
	return p.plan.add(KindBuild, "build "+name, name, 0, inputs, blobs, b)
}

func (p *planner) collect(r *recipe.Instance, in root, made ID) ID {
	c := &Collect{Made: made, Root: in.Root, Spare: in.Packages[in.base:], Sets: r.Sets, Discard: r.Room.Discard, NoSets: diag.Pos{File: r.File}}
	for _, f := range r.Files {
		c.Own = append(c.Own, f.Path)
	}
	for _, l := range r.Links {
		c.Own = append(c.Own, l.Path)
	}
	slices.Sort(c.Own)
	name := lock.FullName(r)
	return p.plan.add(KindCollect, "collect "+name, name, 0, append(withOutputs(in.inputs, in.Outputs), made), nil, c)
}

// files reads what the files come from that a recipe brings.
func (p *planner) files(r *recipe.Instance, image bool) []File {
	var all []File
	contents := []recipe.Content{r.Content}
	if image {
		contents = append(contents, r.Image.Content)
	}
	for _, c := range contents {
		for _, f := range c.Files {
			if f.From != "" && f.Place != recipe.InImage {
				files := p.file(r, f.Place, f.From, f.Pos)
				p.public(files, f.FromPos)
				all = append(all, files...)
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
