package lock

import (
	"slices"

	"github.com/ashlar-build/ashlar/recipe"
)

// FullName is how a recipe's instance is named: "nginx", "haproxy@3.0".
func FullName(r *recipe.Instance) string {
	if r.Variant == "" {
		return r.Name
	}
	return r.Name + "@" + r.Variant
}

// Asks is how a lock records what a list of dependencies asks archives for.
func Asks(deps []recipe.Dep) []string {
	var asks []string
	for _, d := range deps {
		if d.Recipe == "" {
			asks = append(asks, d.Text)
		}
	}
	return asks
}

// The uses of packages that an instance has, besides "test NAME".
const (
	UseBuild   = "build"
	UseRuntime = "runtime"
	UseLocales = "locales" // in which those of its image are generated
)

// A Wish is what one use of an instance asks archives for: what it says itself,
// and what the recipes depend on that it uses there.
type Wish struct {
	Use        string
	Asks       []recipe.Dep
	Recommends bool // what the packages recommend is asked for, too
}

// withRecommends stands in a lock's asks for depends.recommends. No package can be
// called so.
const withRecommends = "+recommends"

// Lines is how a lock records the wish.
func (w Wish) Lines() []string {
	asks := Asks(w.Asks)
	if w.Recommends {
		asks = append([]string{withRecommends}, asks...)
	}
	return asks
}

// Wishes are those of an instance: for its steps, its image, and each of its
// tests that is a script.
func Wishes(g *recipe.Graph, i *recipe.Instance) []Wish {
	var all []Wish
	if len(i.Steps) > 0 {
		all = append(all, Wish{UseBuild, recipe.Asks(i.Build, g.ForSteps(i)...), i.Recommends})
	}
	if i.Image != nil {
		all = append(all, Wish{UseRuntime, recipe.Asks(i.Runtime, slices.Concat(g.ForImage(i), g.Spare(i))...), i.Recommends})
		if tools := i.Image.LocaleTools(); len(tools) > 0 {
			all = append(all, Wish{Use: UseLocales, Asks: tools})
		}
	}
	for _, t := range i.Tests {
		if t.Run != "" {
			all = append(all, Wish{Use: "test " + t.Name, Asks: recipe.Asks(t.Packages, g.ForTest(i, t)...)})
		}
	}
	return all
}
