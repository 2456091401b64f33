// Package layer has files as data: trees of them, with owners, modes, links,
// capabilities and where each came from, and what can be computed of trees
// without a root file system: archives, closures, differences, dumps.
//
// A Tree is a value. Nothing here runs a program, asks the network or knows a
// recipe. Equal trees give equal archives, byte for byte, on every machine;
// see [WriteTar] for what that takes.
package layer

import "io"

// A File is one path of a tree.
type File struct {
	Path string // absolute and clean; "/" is the tree's root
	Type Type
	Mode uint32 // permission, set-id and sticky bits: at most 07777

	// User and Group are the owner's names, as the archive or the script had
	// them, or decimal numbers where there was no name. Numbers are given to
	// names when an image is assembled, and written over them.
	User, Group string

	Size   int64  // of a Regular file, in bytes
	Digest string // of a Regular file: SHA-256 of its bytes, in hex
	Link   string // a Symlink's target as written; a Hardlink's first name, absolute
	MTime  int64  // seconds since 1970
	Caps   string // the bytes of security.capability, revision 2, or empty
	Dev    uint64 // of a Char or Block device: major<<32 | minor

	Facts  *Facts // of ELF files and scripts, what a closure asks; or nil
	Origin Origin

	// Data are the bytes themselves, if they are at hand. Otherwise they are in
	// the store's tree In at path At, and an [Opener] has them.
	Data []byte
	In   string
	At   string
}

// A Type is a file's type.
type Type byte

// The types of a File. A Hardlink is a further name of a Regular file.
const (
	Regular  Type = 'f'
	Dir      Type = 'd'
	Symlink  Type = 'l'
	Hardlink Type = 'h'
	Char     Type = 'c'
	Block    Type = 'b'
	Fifo     Type = 'p'
	Whiteout Type = '-' // in a tree that lies on others: the path is gone
	Opaque   Type = 'o' // a Dir through which nothing of the trees below shows
)

// Facts are what a file's first reader noted of its inside, so that nobody has
// to open it again: of an ELF file its links to others, of a script its
// interpreter.
type Facts struct {
	Machine string   // ELF: "x86_64", "aarch64"…; empty for a script
	Soname  string   // DT_SONAME
	Needed  []string // DT_NEEDED, in order
	Runpath []string // DT_RUNPATH or DT_RPATH, split at colons
	Interp  string   // PT_INTERP, or a script's #! program
	Args    string   // a script's argument behind the program: "-e", or env's "python3"
	Calls   []string // of popen, system, wordexp and iconv_open those that the ELF file imports
	Debug   bool     // the ELF file has sections that strip would take out
}

// An Origin says where a file came from.
type Origin struct {
	Kind Kind   // of the thing that brought it
	Name string // package or recipe: "libssl3t64", "nginx"
	What string // version, step, operation: "3.5.4-1~deb13u1", "compile"
}

// A Kind is a kind of Origin.
type Kind string

// The kinds of Origin.
const (
	FromPackage  Kind = "package"
	FromEffect   Kind = "effect" // of a package's maintainer script
	FromRecipe   Kind = "recipe" // a step's artefact, or a source put into place
	FromFile     Kind = "file"   // [file], [dir], [link], [sudo] of a recipe
	FromEdit     Kind = "edit"
	FromUser     Kind = "user"
	FromSkeleton Kind = "skeleton"
)

// An Opener opens the bytes of a file that has no Data.
type Opener interface {
	Open(f *File) (io.ReadCloser, error)
}
