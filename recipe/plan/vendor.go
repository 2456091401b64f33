package plan

import (
	"fmt"
	"path"
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// vendor plans the offline caches for the lock files that a recipe's sources
// name. b has these sources, planned.
func (p *planner) vendor(r *recipe.Instance, b *Build) {
	var do Vendor
	var blobs []string
	var weight int64
	for i, s := range r.Sources {
		for _, ref := range s.Vendor {
			kind, _ := language.KindOf(ref.Name) // the recipe was checked
			if !slices.Contains(b.Languages, kind) {
				b.Languages = append(b.Languages, kind)
			}
			for _, f := range p.vendored(r, s, b.Sources[i], ref) {
				file := language.File{At: f.At, SHA256: f.SHA256, Unpack: language.Unpacks(f.At)}
				if slices.Contains(do.Files, file) {
					continue
				}
				do.Files = append(do.Files, file)
				blobs = append(blobs, f.SHA256)
				weight += f.Size
				p.plan.Downloads[f.SHA256] = Download{SHA256: f.SHA256, Size: f.Size, Name: path.Base(f.URL), URLs: []string{f.URL}}
			}
		}
	}
	if len(b.Languages) == 0 {
		return
	}
	do.Texts = language.Texts(do.Files)
	name := lock.FullName(r)
	b.Vendor = p.plan.add(KindVendor, "vendor "+name, name, weight, nil, blobs, &do)
}

// vendored is what the lock has for one lock file, which must be the one that
// was read when it was written.
func (p *planner) vendored(r *recipe.Instance, s recipe.Source, src Source, ref recipe.Ref) []lock.VendorFile {
	of := src.SHA256
	if of == "" && src.Dir == "" {
		return nil // the source is not locked, which was said
	}
	if src.Dir != "" {
		at := slices.IndexFunc(src.Entries, func(e Entry) bool { return e.Path == ref.Name })
		if at < 0 || src.Entries[at].SHA256 == "" {
			p.errs.Add(&diag.Error{Pos: ref.Pos, Msg: fmt.Sprintf("the source has no file %s", ref.Name), Hint: "what `include` does not choose, or .gitignore leaves out, is not part of it"})
			return nil
		}
		of = src.Entries[at].SHA256
	}
	name := lock.VendorName(r, s, ref.Name)
	v, ok := p.Lock.Vendor(name)
	switch {
	case !ok:
		p.errs.Add(&diag.Error{Pos: ref.Pos, Msg: fmt.Sprintf("%s has nothing for %s", lock.FileName, name), Hint: "run `ashlar lock`, which reads it and pins what it names"})
	case v.Of != of && of != "":
		p.errs.Add(&diag.Error{Pos: ref.Pos, Msg: fmt.Sprintf("%s was written for another %s", lock.FileName, ref.Name), Hint: "run `ashlar lock`, which reads it again and moves nothing else"})
	}
	return v.Files
}
