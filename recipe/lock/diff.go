package lock

import (
	"slices"
	"strings"
)

// A Move is what became of the packages of one name between two locks. Those that are
// for another architecture than what uses them have it in the name: "zlib1g:arm64".
type Move struct {
	Name     string
	Old, New []Package // of one lock alone; none: it came, or it left
	Uses     []Use     // that had or have them, sorted
}

// A Use is what a recipe uses packages for: "build", "runtime", "test serves".
type Use struct{ Recipe, Use string }

// For are the recipes whose sets of a use the move is in.
func (m Move) For(use string) []string {
	var recipes []string
	for _, u := range m.Uses {
		if u.Use == use {
			recipes = append(recipes, u.Recipe)
		}
	}
	return recipes
}

// Diff lists the packages that two locks do not use alike, by name: those that one
// of them alone has, and those that some use has in one of them alone.
func Diff(old, next *Lock) []Move {
	before, after := old.uses(), next.uses()
	byName := map[string]*Move{}
	note := func(p Package, u archUse, to func(*Move) *[]Package) {
		name := p.Name
		if p.Arch != u.arch && p.Arch != "all" {
			name += ":" + p.Arch
		}
		m := byName[name]
		if m == nil {
			m = &Move{Name: name}
			byName[name] = m
		}
		if list := to(m); !slices.ContainsFunc(*list, func(q Package) bool { return fullName(p) == fullName(q) && p.SHA256 == q.SHA256 }) {
			*list = append(*list, p)
		}
		if !slices.Contains(m.Uses, u.Use) {
			m.Uses = append(m.Uses, u.Use)
		}
	}
	for u, packages := range before {
		for _, p := range packages {
			if !after.has(u, p) {
				note(p, u, func(m *Move) *[]Package { return &m.Old })
			}
		}
	}
	for u, packages := range after {
		for _, p := range packages {
			if !before.has(u, p) {
				note(p, u, func(m *Move) *[]Package { return &m.New })
			}
		}
	}
	var moves []Move
	for _, m := range byName {
		slices.SortFunc(m.Old, comparePackages)
		slices.SortFunc(m.New, comparePackages)
		slices.SortFunc(m.Uses, func(a, b Use) int { return strings.Compare(a.Recipe+" "+a.Use, b.Recipe+" "+b.Use) })
		moves = append(moves, *m)
	}
	slices.SortFunc(moves, func(a, b Move) int { return strings.Compare(a.Name, b.Name) })
	return moves
}

// Unpinned are the uses that next has packages for, and old has not yet.
func Unpinned(old, next *Lock) []Use {
	known := map[Use]bool{}
	for _, s := range old.Sets {
		known[Use{s.Recipe, s.Use}] = true
	}
	var all []Use
	for _, s := range next.Sets {
		if use := (Use{s.Recipe, s.Use}); !known[use] {
			known[use] = true
			all = append(all, use)
		}
	}
	return all
}

// uses are the packages of each use on each architecture, by name and architecture.
type uses map[archUse]map[string]Package

type archUse struct {
	Use
	arch string
}

func (all uses) has(u archUse, p Package) bool {
	q, ok := all[u][p.Name+":"+p.Arch]
	return ok && q.SHA256 == p.SHA256
}

func (l *Lock) uses() uses {
	index, all := l.Index(), uses{}
	for _, s := range l.Sets {
		base, _ := l.Base(s.Base)
		packages := map[string]Package{}
		for _, ref := range slices.Concat(base.Packages, s.Packages) {
			p := index[ref]
			packages[p.Name+":"+p.Arch] = p
		}
		all[archUse{Use{s.Recipe, s.Use}, s.Arch}] = packages
	}
	return all
}

// A SourceMove is what became of one source between two locks.
type SourceMove struct {
	Name     string
	Old, New Source // the zero value: it came, or it left
}

// DiffSources lists the sources that two locks do not have alike, by name.
func DiffSources(old, next *Lock) []SourceMove {
	var moves []SourceMove
	for _, s := range old.Sources {
		now, _ := next.Source(s.Name)
		if now.SHA256 != s.SHA256 || now.Commit != s.Commit {
			moves = append(moves, SourceMove{s.Name, s, now})
		}
	}
	for _, s := range next.Sources {
		if _, was := old.Source(s.Name); !was {
			moves = append(moves, SourceMove{s.Name, Source{}, s})
		}
	}
	slices.SortFunc(moves, func(a, b SourceMove) int { return strings.Compare(a.Name, b.Name) })
	return moves
}
