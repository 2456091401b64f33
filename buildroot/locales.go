package buildroot

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/store"
	"github.com/ashlar-build/ashlar/layer"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/plan"
)

// Package locales has a file for each locale that localedef(1) can generate.
const (
	localesPackage = "locales"
	localesDir     = "/usr/share/i18n/locales"
)

// localeFile is what such a file is called, as against what these files include.
var localeFile = regexp.MustCompile(`^([a-z]{2,3}(_[A-Z]{2})?)(@[a-z]+)?$`)

// knowLocales refuses locales that the root cannot generate, all of them together.
func (w *building) knowLocales(inputs map[plan.ID]store.Result) error {
	if len(w.do.Locales) == 0 {
		return nil
	}
	pkgs, err := w.pkgs(w.do.Root.Packages, inputs)
	if err != nil {
		return err
	}
	var known []string
	for _, p := range pkgs {
		if p.Control.Name == localesPackage {
			known = localesOf(p.Index)
		}
	}
	var mistakes diag.List
	for _, l := range w.do.Locales {
		if !slices.Contains(known, l.Name) {
			mistakes.Add(&diag.Error{Pos: l.Pos, Msg: fmt.Sprintf("locale %q: package %s has none of that name", l.Name, localesPackage), Hint: nearLocale(l.Name, known)})
		}
	}
	return mistakes.Err()
}

// localesOf lists the locales that a package has the source of, as recipes write them.
func localesOf(ix *layer.Index) []string {
	var all []string
	for _, f := range ix.Files {
		if m := localeFile.FindStringSubmatch(path.Base(f.Path)); m != nil && path.Dir(f.Path) == localesDir {
			all = append(all, m[1]+".UTF-8"+m[3])
		}
	}
	return all
}

// nearLocale proposes those of the same language, or the one that was mistyped.
func nearLocale(name string, known []string) string {
	language, _, _ := strings.Cut(name, "_")
	same := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return !strings.HasPrefix(k, language+"_") })
	if len(same) > 0 {
		return fmt.Sprintf("of the language %s there are %s", language, strings.Join(same, ", "))
	}
	if near := diag.Nearest(name, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return ""
}
