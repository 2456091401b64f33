// Package language reads the lock files of languages' own package managers:
// which files they ask for, by which digests, and where in an offline cache a
// package manager looks for each.
//
// There is one adapter a file. None runs anything or asks anybody: what only a
// registry can tell, such as where a Python package's files are, is for [Item] to
// say and for whoever pins it to ask. What cannot be had by a digest is a
// mistake, at its place in the lock file.
package language

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Kind is a package manager.
type Kind string

// The kinds, and the lock files that they are known by.
const (
	NPM   Kind = "npm"   // package-lock.json, npm-shrinkwrap.json
	Go    Kind = "go"    // go.sum
	Pip   Kind = "pip"   // requirements.txt, or another .txt
	Cargo Kind = "cargo" // Cargo.lock
)

// KindOf tells whose lock file a path is, and whether it is one.
func KindOf(file string) (Kind, bool) {
	switch base := path.Base(file); {
	case base == "package-lock.json", base == "npm-shrinkwrap.json":
		return NPM, true
	case base == "go.sum":
		return Go, true
	case base == "Cargo.lock":
		return Cargo, true
	case path.Ext(base) == ".txt":
		return Pip, true
	}
	return "", false
}

// Registries are where packages come from that a lock file names without saying
// where they are. An empty one is the public one.
type Registries struct {
	NPM   string
	Go    string // as GOPROXY has it, one of them
	Pip   string // a simple index (PEP 503)
	Cargo string // below it are NAME/NAME-VERSION.crate
}

// The public registries.
const (
	publicNPM   = "https://registry.npmjs.org"
	publicGo    = "https://proxy.golang.org"
	publicPip   = "https://pypi.org/simple"
	publicCargo = "https://static.crates.io/crates"
)

// Input is one lock file.
type Input struct {
	File       string // for messages
	Data       []byte
	Arch       string // Debian's name; what is for others is left out
	Registries Registries
}

// An Item is one thing that a lock file asks for: a file with a URL, or, with a
// Page instead, those of Choices that a page of a registry lists.
type Item struct {
	Name string // for people: "bcrypt 5.1.1"
	URL  string
	At   string // in the cache: "npm/_cacache/content-v2/sha512/…"

	// One of them is set. H1 is Go's, of a module's zip or go.mod file
	// (golang.org/x/mod/sumdb/dirhash); the others are lower-case hex.
	SHA256, SHA512, SHA1, H1 string

	Page    string   // URL of a simple index's page (PEP 503)
	Choices []string // SHA-256 of the files that may be taken from it
	arch    string
}

// Read returns what a lock file asks for, in a fixed order. The error has all
// mistakes, each a *diag.Error with its place in the file.
func Read(kind Kind, in Input) ([]Item, error) {
	r := &reading{Input: in}
	switch kind {
	case NPM:
		r.npm()
	case Go:
		r.gosum()
	case Pip:
		r.requirements()
	case Cargo:
		r.cargo()
	default:
		return nil, fmt.Errorf("%s: no package manager has such a lock file", in.File)
	}
	slices.SortFunc(r.items, func(a, b Item) int { return strings.Compare(a.key(), b.key()) })
	return slices.CompactFunc(r.items, func(a, b Item) bool { return a.key() == b.key() }), r.errs.Err()
}

func (i Item) key() string { return i.At + " " + i.Page + " " + strings.Join(i.Choices, " ") }

// A reading is one lock file while it is read.
type reading struct {
	Input
	items []Item
	errs  diag.List
}

func (r *reading) add(i Item) { r.items = append(r.items, i) }

// bad notes a mistake at a line, counted from 1.
func (r *reading) bad(line int, hint, format string, args ...any) {
	e := &diag.Error{Pos: diag.Pos{File: r.File, Line: line, Col: 1}, Msg: fmt.Sprintf(format, args...), Hint: hint}
	for l := range bytes.Lines(r.Data) {
		if line--; line == 0 {
			e.Line = strings.TrimRight(string(l), "\r\n")
		}
	}
	r.errs.Add(e)
}

// badAt notes a mistake at the first line that holds needle.
func (r *reading) badAt(needle, hint, format string, args ...any) {
	line := 1
	if at := bytes.Index(r.Data, []byte(needle)); at >= 0 {
		line += bytes.Count(r.Data[:at], []byte("\n"))
	}
	r.bad(line, hint, format, args...)
}

// or is a registry without its final slash, or the public one.
func or(registry, public string) string {
	if registry == "" {
		return public
	}
	return strings.TrimSuffix(registry, "/")
}
