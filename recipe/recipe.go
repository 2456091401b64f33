package recipe

import (
	"time"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A Recipe is one checked recipe file. What it says depends on the variant, the
// architecture and the suite it is built for: [Recipe.Instance] tells.
// A Recipe is not changed after it was read, and may be used by many.
type Recipe struct {
	File string // as it was given: "recipes/nginx/recipe.toml"
	Name string // recipe.name, or the directory's

	Variants []string // in the order of the file, the default first; empty if there are none
	Arches   []string // recipe.arch; empty: the workspace's
	Suite    string   // recipe.suite; empty: the workspace's

	body *node                // the whole file, with positions
	src  *source              // its bytes, for messages
	made map[Target]*Instance // what it says for the targets it was checked for
}

// A Target is what a recipe is built for.
type Target struct {
	Variant string // "" is the recipe's first one, if it has any
	Arch    string // Debian's name: "amd64", "arm64"
	Suite   string // "trixie"; "" is the recipe's own, else DefaultSuite
}

// DefaultSuite and DefaultArch are meant where neither recipe nor workspace
// says anything.
const (
	DefaultSuite = "trixie"
	DefaultArch  = "amd64"
)

// An Instance is what a recipe says for one Target: variables are expanded,
// entries whose `only` or condition leaves this target out are gone, defaults
// are filled in. It is plain data. Lists keep the order of the file; tables
// become lists in the order of the file.
type Instance struct {
	File   string
	Name   string
	Target // Variant, Arch and Suite are never empty, but for a recipe without variants

	Version  string // or empty
	Summary  string
	License  string // an SPDX expression
	Homepage string

	// Vars are the variables of scripts, sorted by name: name, version, major,
	// minor, variant, arch, triplet and suite as far as they are known, and the
	// recipe's own.
	Vars []Var

	Build      []Dep // depends.build
	Runtime    []Dep // depends.runtime
	Recommends bool  // depends.recommends: what they recommend comes, too
	Archives   []Archive
	Debconf    []Var // scripts.debconf: "postfix/main_mailer_type" and the answer
	NoScripts  []Ref // scripts.skip: packages

	Sources []Source
	Secrets []Secret
	Room    Room  // [build]
	Caches  []Ref // that steps find filled by earlier builds: of [CacheNames], sorted
	Steps   []Step

	// Sets are the outputs, main last. Without [artefacts] it is empty; then
	// main is what the sources put into the image.
	Sets []Set

	Content        // what the recipe brings into each image that has it
	Image   *Image // or nil: the recipe has none
	Tests   []Test
}

// A Ref is a word that later stages look up, and where it was written.
type Ref struct {
	Name string
	Pos  diag.Pos
}

// A Var is a name and a value: a variable, a label, an answer.
type Var struct {
	Name  string
	Value string
	Pos   diag.Pos // of the value; none for the variables that every recipe has
}

// An Archive is a signed apt repository besides the ordinary ones.
type Archive struct {
	Name       string
	URI        string // without a final slash
	Suite      string // ends in "/" for a flat archive
	Components []string
	SignedBy   Ref      // path of the key beside the recipe; empty: Debian's own keys
	Include    []string // globs of package names; all if empty
	Mirrors    []string // where the same archive is, too, asked before URI; without a final slash
	Pos        diag.Pos
}

// A Source is bytes that a build begins with. Exactly one of URLs, Git and Dir
// is set.
type Source struct {
	Pos  diag.Pos
	URLs []string // the same bytes at each; tried in this order

	// Git are the addresses of a git repository, the same commits at each; tried in
	// this order. What is built of it is what Tag or Branch was when the lock was
	// written, or Commit: 40 or 64 hexadecimal digits.
	Git          []string
	GitPos       diag.Pos
	Tag, Branch  string
	Commit       string
	NoSubmodules bool

	// Dir is a path in the workspace, without leading slashes ("app"; "." is
	// the workspace itself), or, if FromRecipe, beside the recipe.
	Dir        string
	DirPos     diag.Pos
	FromRecipe bool

	SHA256, SHA512 string // lower case hex, or empty: the lock's
	Signature      string // URL
	SignedBy       Ref    // path beside the recipe

	Include []string // globs; empty: all
	Except  []string // globs
	Into    string   // absolute: into the image; relative: below the source's root; "": the root
	Owner   string   // of files with an absolute Into: "root"
	Unpack  bool     // it is an archive to be unpacked
	Patches []Ref    // paths beside the recipe
	Vendor  []Ref    // lock files inside the source
}

// A Secret is sent by the fetcher to Host, or given to the steps that name it.
type Secret struct {
	Name string
	Host string
	Pos  diag.Pos
}

// A Room is what all steps have in common, [build].
type Room struct {
	Env     []Var
	Workdir string   // relative to the source's root, or absolute; "" is the root
	Flags   string   // "debian" or "none"
	Strip   bool     // true unless said otherwise
	Discard []string // globs, besides those that artefact.DefaultDiscard has
}

// A Step is one script.
type Step struct {
	Pos     diag.Pos
	Name    string // as written, or its number in the file: "1"
	Run     string // the script as it stands in the file
	RunPos  diag.Pos
	Lines   []diag.Pos `plan:"-"` // where each line of Run begins in the file
	Env     []Var      // over those of [Room]
	Workdir string     // as Room.Workdir; Room's if empty
	User    string     // "root" unless said otherwise
	Inputs  []Ref      // globs of the files of the source that it sees, or `!` and one of those it does not; empty: all
	Secrets []Ref
	Limits  Limits `plan:"-"` // they can make a step fail, and never make it do something else
}

// Limits bound what a step may take of the machine; zero is no limit of the
// recipe's.
type Limits struct {
	Timeout   time.Duration
	Memory    int64 // bytes, of each of its processes
	Processes int   // at once, threads included
}

// A Set is one output.
type Set struct {
	Name    string
	Pos     diag.Pos
	Files   []Artefact
	Depends []Dep // what it needs besides what its files need
}

// An Artefact is one entry of a Set.
type Artefact struct {
	Pos   diag.Pos
	Glob  string // absolute, unless Not; or empty if Usual is set
	Not   bool   // written with `!`: what matches is left out of all sets
	Usual string // "dev", "doc", "debug" or "locale", written `@dev`
	Mode  Mode
	Owner string // or empty: as the steps left it
	Caps  string // as setcap(8) reads it: "cap_net_raw=ep"
	Strip bool   // Room.Strip unless said otherwise
}

// A Mode is permission bits and whether they were given: the zero value means
// that they were not.
type Mode struct {
	Bits  uint32
	Given bool
}

// Or returns the bits, or the default if none were given.
func (m Mode) Or(bits uint32) uint32 {
	if m.Given {
		return m.Bits
	}
	return bits
}

// Content is what lies in an image besides packages and artefacts. At the top of
// a recipe it comes into every image that has the recipe, below [image] only
// into the recipe's own.
type Content struct {
	Users  []User
	Groups []Group
	Dirs   []Dir
	Files  []File
	Links  []Link
	Remove Remove
	Sudo   []Var // name of the file in /etc/sudoers.d, and its line
	Edits  []Edit
}

// A User is an account.
type User struct {
	Pos      diag.Pos
	Name     string
	UID      ID
	GID      ID       // the UID's, unless said otherwise
	Home     string   // "/nonexistent"
	Shell    string   // "/usr/sbin/nologin"
	Groups   []string // supplementary
	Comment  string
	Password string // as shadow(5) has it: "*"
}

// A Group is a group of accounts.
type Group struct {
	Pos     diag.Pos
	Name    string
	GID     ID
	Members []string
}

// An ID is a user's or group's number, if it was given; else the lock gives one.
type ID struct {
	Number uint32
	Given  bool
}

// A Dir is a directory.
type Dir struct {
	Pos   diag.Pos
	Path  string // absolute and clean
	Owner string // "user" or "user:group": "root"
	Mode  uint32
}

// A File is a file, or a whole directory if Path ends in "/".
type File struct {
	Pos  diag.Pos
	Path string // absolute; clean but for a final slash
	// From is "x.conf" beside the recipe, "//x.conf" in the workspace,
	// "/usr/share/x" in the image; or "" with Content. See [Instance.Locate].
	From    string
	FromPos diag.Pos
	Place   Place // where From is
	// Content is the text, expanded if the recipe says so.
	Content    string
	ContentPos diag.Pos
	Owner      string // "root"
	Mode       Mode   // not given: 0755 if the bytes begin with #! or are ELF, else 0644
	Expand     bool   // the text that From names is to be expanded with Vars
	Replace    bool   // a package has this file
	Early      bool   // before the maintainer scripts
}

// A Place says where a path begins.
type Place byte

// The places.
const (
	Beside      Place = iota // beside the recipe, in its directory
	InWorkspace              // in the workspace: written with `//`
	InImage                  // in the image; absolute
)

// A Link is a symbolic link.
type Link struct {
	Pos     diag.Pos
	Path    string // absolute and clean
	To      string // as it is to be written into the link
	Replace bool
}

// A Remove takes files of packages and artefacts away.
type Remove struct {
	Paths []Ref // absolute globs
	Early []Ref // the same, before the maintainer scripts
}
