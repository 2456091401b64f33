// Package plan turns recipes and a lock into actions: what is to be done, in
// which order, and an ID for each that holds all that can change its result.
//
// Planning is pure and cannot reach the network, the store or the clock: a plan
// of the same recipes, files and lock is the same everywhere. Actions have the
// shape of the Remote Execution API: inputs by digest, a description, declared
// outputs, no path of the host. What an action does is package buildroot's.
package plan

import (
	"github.com/ashlar-build/ashlar/recipe"
	"github.com/ashlar-build/ashlar/recipe/diag"
	"github.com/ashlar-build/ashlar/recipe/language"
	"github.com/ashlar-build/ashlar/recipe/lock"
)

// An ID names an action by its complete description: SHA-256, in hex. Equal ID,
// equal result.
type ID string

// A Kind is what sort of work an action is.
type Kind string

// The kinds, in the order in which an image needs them.
const (
	KindUnpack    Kind = "unpack"    // a .deb to a package tree
	KindConfigure Kind = "configure" // maintainer scripts of one wave to their effects
	KindVendor    Kind = "vendor"    // packages of languages to their offline caches
	KindBuild     Kind = "build"     // a recipe's steps to what they wrote
	KindCollect   Kind = "collect"   // what the steps wrote to declared outputs
	KindImage     Kind = "image"     // packages, effects, outputs and files to an image
)

// formats are part of each ID: raise one when this program makes something else
// of an equal description.
var formats = map[Kind]int{
	KindUnpack: 1, KindConfigure: 6, KindBuild: 3, KindCollect: 4, KindImage: 11,
}

// editFormat is part of the description of each edit: raise it when an equal
// operation makes something else of an equal file.
const editFormat = 3

// An Action is one thing to do.
type Action struct {
	ID     ID
	Kind   Kind
	Label  string // for people, not part of the ID: "unpack libssl-dev 3.5.1-1"
	Recipe string // for whom it is done first, "" for what many share; not part of the ID
	Weight int64  // a guess at its cost, in bytes: heavier ones begin first; not part of the ID
	Inputs []ID   // the actions whose results it reads
	Blobs  []string
	Do     any // *Unpack, *Configure, *Vendor, *Build, *Collect or *Image
}

// AddsAccounts reports whether a is likely to add accounts to what scripts did
// without them, and no more.
func (a *Action) AddsAccounts() bool {
	do, ok := a.Do.(*Configure)
	return ok && do.Shared != ""
}

// Unpack turns one .deb into a package tree.
type Unpack struct {
	SHA256 string
}

// A Root is a root file system as data: package trees, the effects of the waves
// in which they were configured, and recipes' outputs on top.
type Root struct {
	Packages []ID `plan:"implied"` // unpack actions, the base's first, then by name: those of the waves
	Waves    []ID // configure actions, the first one first
	Outputs  []Output
	Recipes  []Brings // what recipes bring besides, each behind those it depends on
}

// Brings is what one recipe brings into a root besides outputs, packages and
// accounts.
type Brings struct {
	Recipe *recipe.Instance `plan:"-"` // as it was read, with positions
	Name   string           // its full one
	Dirs   []recipe.Dir
	Files  []recipe.File
	Links  []recipe.Link
	Edits  []recipe.Edit // of files of the root
	Data   []File
	Vars   []recipe.Var // of files that are expanded
}

// An Output is one set of a recipe's artefacts. With it come the packages that
// the libraries of the recipe's sets need.
type Output struct {
	Recipe string `plan:"-"`
	Set    string
	By     ID `plan:"of Set"` // a collect action
}

// Configure runs the maintainer scripts of one wave of packages over those of
// the waves before.
type Configure struct {
	Before   Root // earlier waves
	Packages []ID // unpack actions of this wave, sorted by package name
	Users    []recipe.User
	Groups   []recipe.Group
	Debconf  []recipe.Var
	Skip     []string // packages whose scripts do not run, sorted
	Early    []Early  // changes that scripts are to find made

	// Blind says that the result is for roots with accounts, which are not in it:
	// nothing, if a script looks at all accounts. Shared is that of the same wave
	// without Users and Groups. If it can be had with them, the scripts do not run again.
	Blind  bool
	Shared ID

	// Asks are the dependencies that brought the packages in, of the recipe that
	// was planned first.
	Asks []recipe.Dep `plan:"-"`
}

// Early is what one recipe changes before maintainer scripts run.
type Early struct {
	Recipe *recipe.Instance `plan:"-"` // as it was read, with positions
	Image  bool             // what stands below its [image] counts, too
	Edits  []recipe.Edit
	Files  []recipe.File
	Remove []recipe.Ref
	Data   []File
	Vars   []recipe.Var // of files that are expanded
}

// Vendor makes the offline caches of a recipe's languages.
type Vendor struct {
	Files []language.File
	Texts []language.Text
}

// Build runs steps of a recipe in a fresh root. A step with inputs has a Build of
// its own, and so have those before it and behind it.
type Build struct {
	Root    Root
	Linked  bool // the linker's cache of the root knows the libraries of other recipes
	Earlier []ID // builds of the steps before, the first one first: what they changed lies on the source
	Stage   bool // steps follow, which see all that these changed, the source's files too
	Arch    string
	Vars    []recipe.Var
	Sources []Source
	Edits   []recipe.Edit // of files in the unpacked source
	Patches []File        // of these edits
	Room    Room
	Steps   []recipe.Step
	Caches  []recipe.Ref `plan:"-"` // they can make it faster, and nothing else
	Locales []recipe.Ref `plan:"-"` // what the steps generate, if it is that

	Vendor    ID              // the vendor action; empty: none
	Languages []language.Kind // whose caches it has
}

// A Room is what the steps have in common, without what only collecting asks.
type Room struct {
	Env     []recipe.Var
	Workdir string
	Flags   string
}

// A Source is what a build begins with.
type Source struct {
	Pos     diag.Pos
	SHA256  string
	File    string // the name at the end of its URL, which tells its format
	Include []string
	Except  []string
	Into    string
	Owner   string
	Unpack  bool
	Patches []File

	// A directory of the workspace has no SHA256 but a Tree, the digest of those
	// of its Entries that the steps see; Dir is where in the workspace their bytes
	// are. Seen are the same files, for people.
	Tree    string
	Dir     string  `plan:"-"`
	Entries []Entry `plan:"-"`
	Seen    []Seen  `plan:"implied"`
}

// Seen is one file that steps see.
type Seen struct {
	Path string // below the source's root
	Is   string // the beginning of a digest of what it is
}

// A File is a file of the workspace.
type File struct {
	Name   string // beside the recipe, or with // in front in the workspace
	SHA256 string
	Data   []byte `plan:"-"`
}

// Collect selects declared outputs from what the steps wrote.
type Collect struct {
	Made    ID   // the build action, the last if there are several
	Earlier []ID // the others, the first one first
	Root    Root // that its steps ran in: whose files are a package's own
	Spare   []ID // of Root's packages those that its base has not: where the libraries of the outputs may come from
	Sets    []recipe.Set
	Discard []string
	NoSets  diag.Pos // where a recipe with steps and without sets is wrong
	Own     []string // paths that the recipe's own files and links take
}

// Image assembles an image.
type Image struct {
	Recipe  *recipe.Instance `plan:"-"` // as it was read, with positions
	From    ID               // the image action that it begins with, or ""
	Runtime Root
	Build   Root   // candidates for the closure; empty without steps
	Parts   []Part // recipes that it has something of, each behind those it depends on, its own the last
	IDs     []Number

	Recommends bool // packages need what they recommend, too
}

// A Part is what one recipe brings into an image.
type Part struct {
	Recipe  *recipe.Instance `plan:"-"`
	Says    Says
	Asks    []recipe.Dep // packages
	Outputs []Output
	Files   []File // that the recipe names, by name
	Spare   bool   // it comes if another output needs a library of it
}

// Says is what of a recipe can change its image.
type Says struct {
	Name, Version, Summary, License, Homepage string
	Arch, Suite, Variant                      string
	Vars                                      []recipe.Var
	Content                                   recipe.Content
	Image                                     *recipe.Image // nil where what stands below [image] does not come
}

// A Number is a user's and group's number from the lock.
type Number struct {
	Name   string
	Number int
}

// A Download says how to get a blob that an action reads.
type Download struct {
	SHA256 string
	SHA512 string // for sources that say it
	Size   int64  // 0 if nobody knows
	Name   string // for people: "libssl-dev 3.5.1-1", "nginx-1.26.3.tar.gz"
	URLs   []string

	Git *Git // the repository that has it, in place of URLs
}

// Git is what to take from a git repository: a tar archive of what a commit holds.
type Git struct {
	URLs         []string // addresses, best first
	Tag, Branch  string   // that had the commit when it was locked; or empty
	Commit       string
	Modules      []lock.Module
	NoSubmodules bool
}

// A Goal is what a recipe's build ends with.
type Goal struct {
	Recipe string // "nginx", "haproxy@3.0"
	Action ID     // an image action, or a collect action for a recipe without image
}

// A Plan is actions in an order in which they can be done: each stands behind
// its inputs, and each ID stands once.
type Plan struct {
	Actions   []*Action
	Goals     []Goal
	Downloads map[string]Download // by SHA-256
	Sources   map[string]Download // those of recipes, by lock.SourceName
	Roots     map[string]Root     // by recipe and use: "nginx build", "nginx test serves"

	byID  map[ID]*Action
	names *namer
}

// Action returns the action of that ID, or nil.
func (p *Plan) Action(id ID) *Action { return p.byID[id] }

// add puts do into the plan, unless an equal action is there already.
func (p *Plan) add(kind Kind, label, forRecipe string, weight int64, inputs []ID, blobs []string, do any) ID {
	id := p.names.id(kind, do)
	if p.byID[id] != nil {
		return id
	}
	a := &Action{ID: id, Kind: kind, Label: label, Recipe: forRecipe, Weight: weight, Inputs: inputs, Blobs: blobs, Do: do}
	p.byID[id] = a
	p.Actions = append(p.Actions, a)
	return id
}
