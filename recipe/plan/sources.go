package plan

import (
	"fmt"
	"path"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// source plans one source of a recipe.
func (p *planner) source(r *recipe.Instance, s recipe.Source) Source {
	src := Source{Pos: s.Pos, SHA256: s.SHA256, Include: s.Include, Except: s.Except, Into: s.Into, Owner: s.Owner, Unpack: s.Unpack}
	switch {
	case len(s.URLs) > 0:
		p.download(s, &src)
	case s.Dir != "":
		p.local(r, s, &src)
	default:
		p.errs.Add(&diag.Error{Pos: s.Pos, Msg: "a source from git is not supported yet"})
	}
	for _, patch := range s.Patches {
		src.Patches = append(src.Patches, p.file(r, recipe.Beside, patch.Name, patch.Pos)...)
	}
	return src
}

// download plans a source that is fetched from a URL.
func (p *planner) download(s recipe.Source, src *Source) {
	src.File = path.Base(s.URLs[0])
	d := Download{SHA256: s.SHA256, SHA512: s.SHA512, Name: src.File, URLs: s.URLs}
	if pin, ok := p.Lock.Source(s.URLs[0]); ok {
		d.Size = pin.Size
		if src.SHA256 == "" {
			src.SHA256 = pin.SHA256
		}
	}
	if src.SHA256 == "" {
		p.errs.Add(&diag.Error{Pos: s.Pos, Msg: fmt.Sprintf("%s has no sha256, neither here nor in %s", s.URLs[0], lock.FileName), Hint: "run `ashlar lock`, which fetches it once and pins it"})
		return
	}
	d.SHA256 = src.SHA256
	p.plan.Downloads[src.SHA256] = d
}
