package image

import (
	"fmt"

	"github.com/ashlar-build/ashlar/layer"
)

// Why says how a file came into an image: a sentence for each step, the file
// first and what the recipe asks for last. The tree and the report are the
// image's.
func Why(t *layer.Tree, r *Report, path string) ([]string, error) {
	at, f, err := t.Resolve(path)
	if link := t.Get(path); link != nil {
		at, f, err = path, link, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: not in the image: %w", path, err)
	}
	if f == nil {
		return []string{fmt.Sprintf("%s is a directory for what is in it", at)}, nil
	}
	w := whys{tree: t, report: r, packages: map[string]bool{}, files: map[string]bool{}}
	w.file(f)
	return w.lines, nil
}

// A whys follows reasons until it has been everywhere.
type whys struct {
	tree     *layer.Tree
	report   *Report
	packages map[string]bool
	files    map[string]bool
	lines    []string
}

func (w *whys) say(format string, args ...any) {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
}

func (w *whys) file(f *layer.File) {
	if w.files[f.Path] {
		return
	}
	w.files[f.Path] = true
	w.say("%s %s", f.Path, comesFrom(f.Origin))
	for _, n := range w.report.Needs {
		if n.Path == f.Path && n.By != f.Path {
			w.need(n)
		}
	}
	switch f.Origin.Kind {
	case layer.FromPackage, layer.FromEffect:
		w.pkg(f.Origin.Name)
	}
}

// comesFrom says where a file comes from, as the end of a sentence.
func comesFrom(o layer.Origin) string {
	switch o.Kind {
	case layer.FromSkeleton:
		return "is in every image"
	case layer.FromUser:
		return "has the users and groups of the image"
	case layer.FromRecipe:
		return fmt.Sprintf("was made by recipe %s in step %q", o.Name, o.What)
	case layer.FromFile:
		return fmt.Sprintf("is what recipe %s declares in [%s]", o.Name, o.What)
	case layer.FromEdit:
		return fmt.Sprintf("was edited by recipe %s, and is %s", o.Name, o.What)
	case layer.FromEffect:
		return fmt.Sprintf("was made by the %s of package %s", o.What, o.Name)
	}
	return "is from " + o.String()
}

func (w *whys) need(n Need) {
	if n.By == "" {
		w.say("%s is what the recipe starts as %q", n.Path, n.Want)
		return
	}
	w.say("%s needs the %s %s", n.By, n.Kind, n.Want)
	if by := w.tree.Get(n.By); by != nil {
		w.file(by)
	}
}

// pkg says why a package is there.
func (w *whys) pkg(name string) {
	if w.packages[name] {
		return
	}
	w.packages[name] = true
	for _, k := range w.report.Kept {
		if k.Package != name {
			continue
		}
		switch k.Why.Kind {
		case Asked:
			w.say("package %s is asked for in depends.runtime: %q", name, k.Why.What)
		case Depends:
			w.say("package %s is there because %s depends on it (%s)", name, k.Why.By, k.Why.What)
			w.pkg(k.Why.By)
		default:
			w.say("package %s is there because %s needs %s", name, k.Why.By, k.Why.What)
			if by := w.tree.Get(k.Why.By); by != nil {
				w.file(by)
			}
		}
		return
	}
	w.say("package %s is not in the image; only this of it is", name)
}
