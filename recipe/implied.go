package recipe

import (
	"slices"

	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/relation"
)

// packages are those that the image's settings bring in without being asked for.
func (m *Image) packages() []Dep {
	var all []Dep
	if m.Timezone != "UTC" && m.Timezone != "Etc/UTC" && m.Timezone != "" {
		all = append(all, named("tzdata", m.ZonePos))
	}
	if len(m.Services) > 0 {
		pos := m.Services[0].Pos
		all = append(all, named("execline", pos), named("s6", pos))
	}
	return all
}

// Languages are the locales that have to be generated for the image, sorted:
// glibc knows C and C.UTF-8 alone.
func (m *Image) Languages() []string {
	all := append([]string{m.Locale}, m.Locales...)
	all = slices.DeleteFunc(all, func(l string) bool { return l == "" || l == "C.UTF-8" })
	slices.Sort(all)
	return slices.Compact(all)
}

// LanguagePos is where the recipe asks for one of its languages.
func (m *Image) LanguagePos(name string) diag.Pos {
	if name != m.Locale {
		return m.LocalesPos
	}
	return m.LocalePos
}

// LocaleTools are the packages of the root in which locales are generated; none
// if there are none to generate.
func (m *Image) LocaleTools() []Dep {
	if len(m.Languages()) == 0 {
		return nil
	}
	return []Dep{named("locales", m.LocalePos)}
}

// named is the dependency on a package of any version.
func named(name string, pos diag.Pos) Dep {
	return Dep{Pos: pos, Text: name, Any: []Package{{Relation: relation.Relation{Name: name}}}}
}
