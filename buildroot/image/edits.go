package image

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/edit"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// edit applies edits to files of t: those of the image, or the early ones.
func (a *assembly) edit(t *layer.Tree, early bool) {
	for _, c := range a.contents() {
		for _, e := range c.Edits {
			if e.Early != early || !strings.HasPrefix(e.Path, "/") {
				continue
			}
			if early && a.editedByScripts(t, c, e) {
				continue
			}
			known := a.mistakes.Len()
			files := a.edited(t, e)
			if len(files) == 0 {
				a.saw(e.Path, layer.Origin{}, nil, nil, a.mistakes.Since(known))
			}
			for _, f := range files {
				a.editFile(t, c, e, f)
			}
		}
	}
}

// edited returns the files that an edit is for. A link is followed: its target
// is what is edited.
func (a *assembly) edited(t *layer.Tree, e recipe.Edit) []*layer.File {
	if madeHere(e.Path) {
		a.mistake(e.Pos, "users and groups are declared as [user] and [group]", "edit %s: it is made for each image", e.Path)
		return nil
	}
	paths := []string{e.Path}
	if e.Files > 0 {
		paths = nil
		for _, f := range matching(t, e.Path) {
			if f.Type != layer.Dir {
				paths = append(paths, f.Path)
			}
		}
		if len(paths) != e.Files {
			a.mistake(e.Pos, fmt.Sprintf("write files = %d if these are meant: %s", len(paths), strings.Join(paths, ", ")),
				"edit %s: %d files match, not %d", e.Path, len(paths), e.Files)
			return nil
		}
	}
	var files []*layer.File
	for _, p := range paths {
		if f := a.target(t, e, p); f != nil {
			files = append(files, f)
		}
	}
	return files
}

// target finds the file that p leads to.
func (a *assembly) target(t *layer.Tree, e recipe.Edit, p string) *layer.File {
	_, f, err := t.Resolve(p)
	switch {
	case err != nil && a.removed[p]:
		a.mistake(e.Pos, "", "edit %s: [remove] takes that file away", p)
	case err != nil:
		what, hint := a.absent(t, p, "the image has no such file")
		a.mistake(e.Pos, hint, "edit %s: %s", p, what)
	case f == nil || f.Type == layer.Dir:
		a.mistake(e.Pos, "", "edit %s: it is a directory", p)
	case f.Type == layer.Hardlink:
		if first := t.Get(f.Link); first != nil {
			bytes := *first
			bytes.Path, bytes.Origin = f.Path, f.Origin
			if bytes.Data == nil && bytes.At == "" {
				bytes.At = first.Path
			}
			return &bytes
		}
	case f.Type != layer.Regular:
		a.mistake(e.Pos, "", "edit %s: it is a %s", p, f.Type)
	default:
		return f
	}
	return nil
}

// editFile applies one edit to one file, and puts the result in its place.
func (a *assembly) editFile(t *layer.Tree, c content, e recipe.Edit, f *layer.File) {
	data, err := a.read(f)
	if err != nil {
		a.fail(err)
		return
	}
	known := a.mistakes.Len()
	if e.Unmodified && f.Origin.Kind != layer.FromPackage {
		a.mistake(e.Pos, "leave out require, if that is meant", "edit %s: it is not as its package has it, but from %s", f.Path, f.Origin)
		a.saw(f.Path, f.Origin, data, nil, a.mistakes.Since(known))
		return
	}
	in := edit.Input{Name: f.Path, Bytes: data, Format: e.Format, Ops: e.Ops, Files: c.of.Files}
	res, err := edit.Apply(in)
	if err != nil {
		a.addError(err)
	}
	a.saw(f.Path, f.Origin, data, res.Bytes, a.mistakes.Since(known))
	if err != nil {
		return
	}
	report := Edited{Path: f.Path, Was: f.Origin, Already: res.Already}
	for _, d := range res.Done {
		says := d.Op.String()
		if d.Says != "" {
			says += ": " + d.Says
		}
		report.Done = append(report.Done, says)
		if d.New && d.Hint != "" {
			a.warning(f.Path, "%s adds a key: %s", d.Op, d.Hint)
		}
	}
	a.report.Edits = append(a.report.Edits, report)
	if res.Already {
		return
	}
	g := layer.Content(f.Path, f.Mode, res.Bytes, layer.Origin{Kind: layer.FromEdit, Name: lock.FullName(c.of.Recipe), What: "of " + f.Origin.String()})
	g.User, g.Group, g.Caps = f.User, f.Group, f.Caps
	if f.Facts != nil {
		g.Facts = layer.FactsOf(bytes.NewReader(res.Bytes), int64(len(res.Bytes)))
	}
	t.Put(g)
}
