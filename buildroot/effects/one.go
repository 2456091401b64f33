package effects

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ashlar-build/ashlar/layer"
)

// Keys of Meta in an index that [Of] makes: lists as JSON.
const (
	metaOwnLines   = "own lines"
	metaOwnReports = "own reports"
)

// Of returns what the scripts of one package changed in waves, as the last wave
// left it: an index from which [Kept] makes effects again, whose files know where
// their bytes are, if those of the waves do. It is nil if they changed nothing.
func Of(pkg string, waves []*Effects) (*layer.Index, error) {
	files := map[string]*layer.File{}
	all := map[string]*layer.File{} // the files of all packages
	var own Effects
	for _, w := range waves {
		for _, f := range w.Index.Files {
			all[f.Path] = f
			if f.Origin.Name == pkg && !SharedByLine(f.Path) {
				files[f.Path] = f
			}
		}
		for _, line := range w.Lines {
			if line, ok := line.of(pkg); ok {
				own.Lines = append(own.Lines, line)
			}
		}
		for _, r := range w.Reports {
			if r.Package == pkg && r.Kind != Dropped {
				own.Reports = append(own.Reports, r)
			}
		}
	}
	if len(files)+len(own.Lines)+len(own.Reports) == 0 {
		return nil, nil
	}
	lines, err := json.Marshal(own.Lines)
	if err != nil {
		return nil, err
	}
	reports, err := json.Marshal(own.Reports)
	if err != nil {
		return nil, err
	}
	x := &layer.Index{Meta: map[string]string{metaOwnLines: string(lines), metaOwnReports: string(reports)}}
	for _, f := range files {
		if first := all[f.Link]; f.Type == layer.Hardlink && files[f.Link] == nil && first != nil {
			g := *first // the other name of the file is another package's
			g.Path, g.Origin = f.Path, f.Origin
			f = &g
		}
		x.Files = append(x.Files, f)
	}
	slices.SortFunc(x.Files, func(a, b *layer.File) int { return layer.Compare(a.Path, b.Path) })
	return x, nil
}

// of is what of a line is the package's: all of it, or members that it put there.
func (l Line) of(pkg string) (Line, bool) {
	if l.Package == pkg {
		return l, true
	}
	l.Members = slices.DeleteFunc(slices.Clone(l.Members), func(m Member) bool { return m.Package != pkg })
	l.Text = ""
	return l, len(l.Members) > 0
}

// Kept are the effects of an index that [Of] made.
func Kept(x *layer.Index) (*Effects, error) {
	e := &Effects{Index: x}
	for key, list := range map[string]any{metaOwnLines: &e.Lines, metaOwnReports: &e.Reports} {
		if err := json.Unmarshal([]byte(x.Meta[key]), list); err != nil {
			return nil, fmt.Errorf("effects of one package: %s: %w", key, err)
		}
	}
	return e, nil
}
