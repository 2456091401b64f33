package image

import (
	"path"
	"slices"

	"github.com/ashlar-build/ashlar/layer"
)

// converters takes out glibc's tables for other character sets (gconv, 8 MB)
// where nothing can ask for them: no program or library calls iconv_open, and no
// locale but C.UTF-8 is there, whose tables are in libc itself.
func (a *assembly) converters(t *layer.Tree) {
	if a.image.Cut == "full" || len(a.languages()) > 0 {
		return
	}
	for _, f := range t.Files() {
		if f.Facts != nil && slices.Contains(f.Facts.Calls, layer.IconvOpen) {
			return
		}
	}
	t.DeleteFunc(func(f *layer.File) bool {
		dir := f.Path
		if f.Type != layer.Dir {
			dir = path.Dir(f.Path)
		}
		return path.Base(dir) == "gconv" && f.Origin.Kind == layer.FromPackage && !a.keeps(f.Path)
	})
}
