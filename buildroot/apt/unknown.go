package apt

import (
	"errors"
	"fmt"
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
	if near := nearNames(s.Index, name); len(near) > 0 {
		return "did you mean " + orList(near) + "?"
	}
	return "`apt-cache search` or https://packages.debian.org finds names; another archive may have it"
}

// orList writes names as a sentence has them: "a", "b" or "c".
func orList(names []string) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", n)
	}
	return b.String()
}

func parseError(text string) error {
	_, err := relation.Parse(text)
	return err
}
