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
)

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
		all = append(all, p.patches(r, c.Edits)...)
	}
	slices.SortFunc(all, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(all, func(a, b File) bool { return a.Name == b.Name })
}

// patches reads the differences that edits apply.
func (p *planner) patches(r *recipe.Instance, edits []recipe.Edit) []File {
	var all []File
	for _, e := range edits {
		for _, ref := range e.Patches() {
			name, there := strings.CutPrefix(ref.Name, "//")
			place := recipe.Beside
			if there {
				place = recipe.InWorkspace
			}
			all = append(all, p.file(r, place, name, ref.Pos)...)
		}
	}
	return all
}

// LocalFiles are the files of the workspace that r brings into images, with what
// stands below its [image] or without.
func LocalFiles(fsys fs.FS, r *recipe.Instance, image bool) ([]File, error) {
	p := &planner{Input: Input{Files: fsys}}
	return p.files(r, image), p.errs.Err()
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
