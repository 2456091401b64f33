package plan

import (
	"fmt"
	"path"

	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/giturl"
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
		p.repository(s, &src)
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
	p.plan.Downloads[src.SHA256], p.plan.Sources[s.URLs[0]] = d, d
}

// shortCommit is how many digits of a commit are enough for people.
const shortCommit = 12

// repository plans a source of git. A build sees what the commit holds, and not how
// it was got: its digest alone is part of an ID.
func (p *planner) repository(s recipe.Source, src *Source) {
	name := lock.SourceName(s)
	pin, ok := p.Lock.Source(name)
	switch {
	case !ok:
		p.errs.Add(&diag.Error{Pos: s.GitPos, Msg: fmt.Sprintf("%s has no commit in %s", name, lock.FileName), Hint: "run `ashlar lock`, which asks the repository and pins it"})
		return
	case s.Commit != "" && pin.Commit != s.Commit:
		p.errs.Add(&diag.Error{Pos: s.GitPos, Msg: fmt.Sprintf("%s is at commit %s in %s, and at %s here", name, pin.Commit, lock.FileName, s.Commit), Hint: "run `ashlar lock`, which takes the recipe's"})
		return
	}
	u, _ := giturl.Parse(s.Git[0]) // the recipe was checked
	src.File, src.SHA256, src.Unpack = u.Name(), pin.SHA256, true
	d := Download{
		SHA256: pin.SHA256, Size: pin.Size,
		Name: fmt.Sprintf("%s-%.*s.tar", u.Name(), shortCommit, pin.Commit),
		Git:  &Git{URLs: s.Git, Tag: s.Tag, Branch: s.Branch, Commit: pin.Commit, Modules: pin.Modules, NoSubmodules: s.NoSubmodules},
	}
	p.plan.Downloads[pin.SHA256], p.plan.Sources[name] = d, d
}
