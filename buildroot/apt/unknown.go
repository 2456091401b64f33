package apt

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/apt/index"
	"github.com/ashlar-build/ashlar/buildroot/apt/solve"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/lock"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// unknown explains a want of which there is no package, and looks for what may
// have been meant.
func unknown(s set, w lock.Want, err error) *diag.Error {
	return mistake(w.Pos, err.Error(), meant(s, w.Relation, err))
}

// meant is the hint of a relation of which there is no package.
func meant(s set, text string, err error) string {
	name := text
	if i := strings.IndexAny(name, " (=/[<|"); i >= 0 {
		name = name[:i]
	}
	name, arch, _ := strings.Cut(name, ":")
	var suite *solve.SuiteError
	switch id := s.Find(name); {
	case errors.As(err, &suite):
		return fmt.Sprintf("name the archive that has it in ashlar.toml: [archive.NAME] with suite = %q", suite.Suite)
	case arch != "" && arch != "any" && arch != "native" && !slices.Contains(s.known, arch):
		if near := diag.Nearest(arch, s.known); near != "" {
			return fmt.Sprintf("did you mean %q?", name+":"+near)
		}
		return "the archives have packages for " + strings.Join(s.known, ", ")
	case !strings.Contains(text, "(") && (strings.ContainsAny(text, "<>") || strings.Contains(text, " =")) && parseError(text) != nil:
		return `write the version in brackets: "name (>= 1.0)"`
	case id != index.None && (s.Name(id).Versions.Count > 0 || s.Name(id).Providers.Count > 0) || name == "":
		return ""
	}
	if n := nearName(s.Index, name); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "`apt-cache search` or https://packages.debian.org finds names; another archive may have it"
}

func parseError(text string) error {
	_, err := relation.Parse(text)
	return err
}

// numbers are what changes in the name of a package when its software is released
// anew, with what Debian wrote behind some of them in 2024.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)*(t64)?`)

// shortName is how long a name is of which two letters are a third.
const shortName = 8

// nearName returns the package that a name was most likely meant to be, or "": one with
// other numbers in it, the highest of them, one that was mistyped, or one that says more.
func nearName(ix *index.Index, asked string) string {
	name := strings.ToLower(asked) // as all packages of Debian are called
	var all, alike, longer []string
	skeleton := numbers.ReplaceAllString(name, "0")
	for id := range ix.NameCount() {
		n := ix.NameOf(id)
		switch {
		case ix.Name(id).Versions.Count == 0:
		case n == name && n != asked:
			return n
		case skeleton != name && n[0] == name[0] && numbers.ReplaceAllString(n, "0") == skeleton:
			alike = append(alike, n)
		case strings.HasSuffix(n, "-"+name), strings.HasPrefix(n, name+"-"):
			longer = append(longer, n)
		case n[0] == name[0] && max(len(n)-len(name), len(name)-len(n)) <= 2:
			all = append(all, n)
		}
	}
	slices.Sort(all)
	dots := func(n string) int { return strings.Count(n, ".") - strings.Count(name, ".") }
	switch {
	case len(alike) > 0:
		return slices.MaxFunc(alike, func(a, b string) int {
			return cmp.Or(-cmp.Compare(dots(a)*dots(a), dots(b)*dots(b)), relation.Compare(a, b))
		})
	case diag.Slip(name, all) != "":
		return diag.Slip(name, all)
	case len(longer) > 0:
		return slices.MinFunc(longer, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	case len(name) <= shortName:
		return diag.Nearest(name, all)
	}
	return ""
}
