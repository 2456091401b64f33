package image

import (
	"github.com/ashlar-build/ashlar/layer"
)

// A Report is what a person may want to know of how an image came about. All
// its lists are sorted.
type Report struct {
	Kept     []Kept
	Cut      []Cut
	Edits    []Edited
	Secrets  []string // paths that scripts made and that no image may share: keys, cookies
	ToEdit   []string // files with the buildroot's host name in them, which the recipe should edit
	Dropped  []Dropped
	Notes    []string // what is as Debian has it and might surprise
	Warnings []Warning
	Needs    []Need // in path order: why the closure wants a file
}

// A Need is the first reason that the closure found for a file: By, or the
// recipe if it is empty, asks for Want, which led to Path.
type Need struct {
	Path string
	By   string
	Kind string // as layer.NeedKind
	Want string
}

// Kept is a package in the image.
type Kept struct {
	Package string
	Version string
	Arch    string
	Files   int
	Size    int64 // of its files in the image, in bytes
	Why     Reason
}

// A Reason is why a package is in an image.
type Reason struct {
	Kind Cause
	By   string // the package or the path that wants it; empty if the recipe asks
	What string // the relation, library or file that is wanted
}

// A Cause is a kind of Reason.
type Cause string

// The causes.
const (
	Asked   Cause = "asked"   // depends.runtime of the recipe
	Depends Cause = "depends" // a kept package depends on it
	Library Cause = "library" // By needs the shared library What
	Needed  Cause = "needed"  // By needs the file What
)

// A Cut is a package that the image does without, though one of its packages
// depends on it.
type Cut struct {
	Package string
	Version string
	Rule    string   // of the cut table: "drop", "effects", "of nginx"…
	With    []string // packages that only it needs
	Saved   int64    // bytes of files, theirs included
}

// An Edited file is one that an edit was asked for.
type Edited struct {
	Path    string
	Was     layer.Origin
	Already bool // everything was as the edit wants it
	Done    []string
}

// Dropped is a file that was left out for another cause than its kind.
type Dropped struct {
	Path string
	Why  string
}

// A Warning is something that is allowed and perhaps not meant.
type Warning struct {
	Path string // what it is about, or empty
	Text string
}
