package lock

import (
	"slices"
	"strings"
)

// An Index finds a lock's packages by the names that sets use: "bash", or
// "bash=5.2.37-2+b5:amd64" if the lock has more than one package of that name.
type Index map[string]Package

// Index returns l's packages by name.
func (l *Lock) Index() Index {
	count := make(map[string]int, len(l.Packages))
	for _, p := range l.Packages {
		count[p.Name]++
	}
	index := make(Index, len(l.Packages))
	for _, p := range l.Packages {
		index[ref(p, count[p.Name] > 1)] = p
	}
	return index
}

func ref(p Package, ambiguous bool) string {
	if !ambiguous {
		return p.Name
	}
	return fullName(p)
}

func fullName(p Package) string { return p.Name + "=" + p.Version + ":" + p.Arch }

// Base returns the base of that name, and whether there is one.
func (l *Lock) Base(name string) (Base, bool) {
	for _, b := range l.Bases {
		if b.Name == name {
			return b, true
		}
	}
	return Base{}, false
}

// Set returns what a use of a recipe got, and whether it is locked.
func (l *Lock) Set(recipe, use, arch string) (Set, bool) {
	at, ok := slices.BinarySearchFunc(l.Sets, Set{Recipe: recipe, Use: use, Arch: arch}, compareSets)
	if !ok {
		return Set{}, false
	}
	return l.Sets[at], true
}

// Source returns the pin of that [SourceName], and whether there is one.
func (l *Lock) Source(name string) (Source, bool) {
	at, ok := slices.BinarySearchFunc(l.Sources, name, func(s Source, name string) int { return strings.Compare(s.Name, name) })
	if !ok {
		return Source{}, false
	}
	return l.Sources[at], true
}

// Vendor returns what a lock file of a language asks for, and whether the lock
// has it.
func (l *Lock) Vendor(name string) (Vendor, bool) {
	for _, v := range l.Vendors {
		if v.Name == name {
			return v, true
		}
	}
	return Vendor{}, false
}

// Archive returns the archive of that name, and whether there is one.
func (l *Lock) Archive(name string) (Archive, bool) {
	for _, a := range l.Archives {
		if a.Name == name {
			return a, true
		}
	}
	return Archive{}, false
}
