package lock

import (
	"fmt"
	"slices"
	"strings"
)

// A Move is what became of the versions of one package between two locks.
type Move struct {
	Name     string
	Old, New []string // versions; none: it came, or it left
	Recipes  []string // whose sets have it, in the new lock, or in the old one if it left
}

// String is "libssl3t64 3.5.1-1 → 3.5.4-1 (nginx)".
func (m Move) String() string {
	s := m.Name + " "
	switch {
	case len(m.Old) == 0:
		s += "new: " + strings.Join(m.New, ", ")
	case len(m.New) == 0:
		s += "gone: " + strings.Join(m.Old, ", ")
	default:
		s += strings.Join(m.Old, ", ") + " → " + strings.Join(m.New, ", ")
	}
	return fmt.Sprintf("%s (%s)", s, strings.Join(m.Recipes, ", "))
}

// Diff lists the packages that are not the same in two locks, by name.
func Diff(old, next *Lock) []Move {
	before, after := old.versions(), next.versions()
	var moves []Move
	for name := range union(before, after) {
		if slices.Equal(before[name], after[name]) {
			continue
		}
		m := Move{Name: name, Old: before[name], New: after[name], Recipes: next.users(name)}
		if len(m.New) == 0 {
			m.Recipes = old.users(name)
		}
		moves = append(moves, m)
	}
	slices.SortFunc(moves, func(a, b Move) int { return strings.Compare(a.Name, b.Name) })
	return moves
}

func union(a, b map[string][]string) map[string]bool {
	all := map[string]bool{}
	for name := range a {
		all[name] = true
	}
	for name := range b {
		all[name] = true
	}
	return all
}

func (l *Lock) versions() map[string][]string {
	versions := map[string][]string{}
	for _, p := range l.Packages {
		versions[p.Name] = append(versions[p.Name], p.Version)
	}
	return versions
}

// users are the recipes whose sets have a package of that name.
func (l *Lock) users(name string) []string {
	has := func(refs []string) bool {
		return slices.ContainsFunc(refs, func(r string) bool { return r == name || strings.HasPrefix(r, name+"=") })
	}
	var recipes []string
	for _, s := range l.Sets {
		base, _ := l.Base(s.Base)
		if (has(s.Packages) || has(base.Packages)) && !slices.Contains(recipes, s.Recipe) {
			recipes = append(recipes, s.Recipe)
		}
	}
	return recipes
}
