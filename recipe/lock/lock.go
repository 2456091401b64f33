// Package lock pins what recipes leave open: which packages satisfy their
// dependencies and which bytes their sources are, all by digest.
//
// A [Lock] is read and written as ashlar.lock, which people review: sorted, a
// package a line, shared between recipes. It is enforced always: what is not in
// the lock cannot reach a build. Only [Make] asks what to use, and it asks a
// [Resolver]; package apt has the one for Debian's archives. This package opens
// no file and no connection.
package lock

import (
	"context"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Lock is what builds may use. All its lists are sorted.
type Lock struct {
	Archives []Archive
	Packages []Package
	Bases    []Base
	Sets     []Set
	Sources  []Source
	Vendors  []Vendor
	IDs      []ID
	Edited   []Edited
}

// An Archive is where packages come from, and the state in which it was asked.
type Archive struct {
	Name       string   // as recipes and the workspace call it: "trixie-security"
	URI        string   // of the archive's root, without a final slash
	Suite      string   // "trixie-security"; ending in "/" for a flat archive
	Components []string // none for a flat archive
	SignedBy   []string // armoured or binary OpenPGP keys, the bytes; none: Debian's own
	Include    []string // globs of the packages that come from here and from nowhere else; all if none
	Mirrors    []string // where the same is, too, asked before URI; not in a lock
	Date       string   // of its Release file, RFC 3339 in UTC; of a lock the oldest that a package is of
}

// A Package is one .deb.
type Package struct {
	Name    string
	Version string
	Arch    string // "amd64", "all"
	SHA256  string
	Size    int64
	From    string // the Archive's name
	Path    string // of the file below the archive's root
	Date    string // of the archive's Release file that named it first, if that is not the lock's Date of the archive

	// Only an answer has these: the archives that have it, and its source package
	// with the version of that.
	In                    []string
	Source, SourceVersion string

	// Pre are the packages that must be configured before it is unpacked (Debian
	// Policy 7.2): those that satisfy its Pre-Depends, and all that these depend on
	// in turn, without those of the base. One for another architecture than its own
	// has that behind a colon, as in "perl-base:amd64". Sorted.
	Pre []string
}

// Label is how people name it among those of a set for an architecture: "libc6",
// "libc6:arm64" if it is foreign there.
func (p Package) Label(arch string) string {
	if p.Arch == arch || p.Arch == "all" {
		return p.Name
	}
	return p.Name + ":" + p.Arch
}

// A Base is the set that roots of a suite and architecture begin with: its
// essential packages and what they need (Debian Policy 3.8). A lock has more
// than one for a suite while some of its recipes stay with older packages.
type Base struct {
	Name     string   // "trixie amd64", "trixie amd64 2"
	Packages []string // as Index names them
}

// A Set is what one use of a recipe asked for and got.
type Set struct {
	Recipe   string // "nginx", "haproxy@3.0"
	Use      string // "build", "runtime", "test serves"
	Arch     string
	Suite    string
	Base     string   // the Name of the Base it stands on
	Asks     []string // the recipe's relations, in its order
	Packages []string // beyond the base, as Index names them
}

// A Source is bytes that a recipe names by URL, or what a git repository had when
// the lock was written.
type Source struct {
	Name   string // as [SourceName] has it
	SHA256 string // of a repository: of the tar archive of what the commit holds
	Size   int64

	Commit  string // of a git repository, in hexadecimal; else empty
	Modules []Module
}

// A Module is a submodule of a git repository, or of one of its submodules.
type Module struct {
	Path   string // in the source
	URL    string
	Commit string
}

// A Vendor is what the lock file of a language's package manager asks for.
type Vendor struct {
	Name  string // as [VendorName] has it
	Of    string // SHA-256 of what was read: that lock file, or the source that holds it
	Files []VendorFile
}

// A VendorFile is one file of a registry.
type VendorFile struct {
	At     string // in the offline cache that the package manager uses
	URL    string
	SHA256 string
	Size   int64 // 0 if nobody knows
}

// An ID is the number of a user and group that a maintainer script made: given
// once, never changed, never given away.
type ID struct {
	Name   string
	Number int // from 100
}

// An Edited is a file that a recipe edits, as its package had it when the lock
// was written. A package that brings another one changes the lock, and so
// somebody looks.
type Edited struct {
	Recipe string // its full name
	Arch   string
	Path   string // absolute
	SHA256 string // of the file before the edit
}

// A Resolver says which packages satisfy relations. It may use the network.
type Resolver interface {
	// Resolve answers each request. The error holds the mistakes of all of them,
	// each a *diag.Error at its relation's place with the chain that led to it.
	Resolve(ctx context.Context, reqs []Request) ([]Answer, error)
}

// A Request asks for one set.
type Request struct {
	Archives   []Archive // preferred as apt would: by version, not by order
	Arch       string
	Base       bool   // begin with the essential packages
	Want       []Want // in the recipe's order, which matters (apt's does too)
	Recommends bool   // what packages recommend comes, too, where it can be had

	// Hold are packages that are to stay as they are, of those that an answer would
	// otherwise have in another version: unless the archives have dropped them, or
	// what does not stay cannot do with them.
	Hold []Package
}

// A Want is one relation in Debian's syntax ("libssl-dev (>= 3.5)",
// "a | b", "nginx=1.26.3-3", "curl/trixie-backports") and where it is written.
type Want struct {
	Relation string
	Pos      diag.Pos
}

// An Answer is what a request brings in.
type Answer struct {
	Base     []Package // sorted by name; empty unless asked for
	Packages []Package // beyond the base, sorted by name
	Archives []Archive // as asked, with Date
}
