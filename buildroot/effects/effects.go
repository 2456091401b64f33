// Package effects runs the maintainer scripts of Debian packages over stacked
// package trees and returns what they changed, as data: the effects.
//
// It writes dpkg's database itself, runs preinst scripts as dpkg would, and has
// the real dpkg in the root configure the packages, one at a time, so that each
// changed path has the package and script that changed it. What a run leaves
// that is not for others to have is told by a table: noise, secrets, state.
// Owners leave this package as names, and times as those of the packages whose
// scripts wrote, whatever else is in the root.
//
// Most scripts make the same of a root whatever accounts it has: they look up root,
// or a user of Debian's. A blind run finds out which ([Options]): the container tells
// each name and number that was looked up, and ends when somebody opens a file of
// accounts, as who adds one does, or lists them. What it made can be had with other
// accounts as well ([Effects.Hold]).
//
// Dependency order inside a wave is found here; what the waves are, and what is
// kept in the store, is for the caller. The package starts no process: a
// [Runner] does.
package effects

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/deb"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer"
)

// A Runner runs jobs in containers and reads what they wrote; the container
// package's Keeper is one.
type Runner interface {
	Run(ctx context.Context, j job.Job, s job.Streams) (job.Result, error)
	// Scan lists what jobs changed below scratch. It may be called while a job
	// waits in its Checkpoint. base tells whose a path of the layers is.
	Scan(ctx context.Context, scratch string, base func(path string) (uid, gid uint32)) ([]job.Change, error)
}

// A Wave is packages that are unpacked and configured together, and the root
// that they are installed in.
type Wave struct {
	Packages []*deb.Package // of this wave, in any order
	Before   []*deb.Package // of earlier waves, as Layers is to stack them
	Earlier  []*Effects     // of earlier waves, the first one first

	// Users and Groups are lines as of passwd(5) and group(5) that are in the
	// root before any script runs, unless it has the names already. The wave's
	// root must have an /etc/passwd then: they cannot be in the first wave.
	Users, Groups []string

	// Debconf are answers as debconf-set-selections(1) takes them, one a line.
	Debconf []string

	// Early are changes that scripts are to find made, in this order.
	Early []Early

	// Epoch is the date of the root: of what is no package's. The scripts of a
	// package have its own date as SOURCE_DATE_EPOCH, and so have the files that
	// they write; but nothing is younger than the root.
	Epoch int64
}

// Options are choices for Run. The zero value works.
type Options struct {
	// Scratch is an empty directory for what is thrown away; Run needs it on
	// the file system of the result, and owns it. What is in it after an error
	// is the root as it then was ("upper"), for who wants to look.
	Scratch string

	// Log gets what the scripts print, with a line before each.
	Log io.Writer

	// Blind is for effects that waves with Users and Groups may have, too. A script
	// that looks at all accounts ends Run with a [*SightError].
	Blind bool
}

// Effects are what one wave's scripts changed.
//
//	Dir/root/    what lies on the trees of the wave and those before: an overlay
//	             layer with whiteouts and opaque directories, modes, and owners
//	             as user.ashlar.owner notes with the numbers that scripts got;
//	             and dpkg's database, with all packages so far installed
//	Dir/index    Index
//	Dir/lines    Lines, as JSON, one a line
//	Dir/reports  Reports, as JSON, one a line
//
// Index has every path that was changed, with owners' names, whiteouts and
// opaque directories; its Origin is the package whose script did it, with the
// script as What ("preinst", "postinst", "trigger"). Directories are in it only
// if they are new or have another mode or owner than below. An entry whose
// Origin is FromPackage is a package's own file that only had to be laid over
// something. dpkg's database is not in it: of that, Meta has a digest as
// "database". As "lines" it has the SHA-256 of that file: the index's digest stands
// for all of Dir but the reports.
type Effects struct {
	Dir     string
	Index   *layer.Index
	Lines   []Line
	Reports []Report
}

// A Report is something that somebody should know about a wave.
type Report struct {
	Kind    ReportKind `json:"kind"`
	Path    string     `json:"path,omitempty"` // or the glob of the rule
	Count   int        `json:"count,omitempty"`
	Package string     `json:"package,omitempty"`
	Script  string     `json:"script,omitempty"`
	Text    string     `json:"text"` // a clause that says what and why
}

// A ReportKind is a kind of Report.
type ReportKind string

// The kinds of Report.
const (
	Dropped   ReportKind = "dropped"   // noise, counted by rule
	Secret    ReportKind = "secret"    // a key that was made and is not kept
	State     ReportKind = "state"     // a database and the like: to be made by the recipe or at start
	Unstable  ReportKind = "unstable"  // kept, and other bytes in each run
	Suspect   ReportKind = "suspect"   // looks like a secret and no rule knows it
	HostName  ReportKind = "host name" // has the buildroot's host name in it: to be edited
	Refused   ReportKind = "refused"   // the container could not do what a script asked
	Overlap   ReportKind = "overlap"   // two packages ship it, and one says that it replaces the other
	Unhandled ReportKind = "unhandled" // cannot be in an image: a socket
)

// String is the report as a sentence's middle: "secret /etc/x: why (ssl-cert postinst)".
func (r Report) String() string {
	var b strings.Builder
	b.WriteString(string(r.Kind))
	if r.Path != "" {
		b.WriteString(" " + r.Path)
	}
	if r.Text != "" {
		b.WriteString(": " + r.Text)
	}
	if r.Count > 1 {
		fmt.Fprintf(&b, " (%d paths)", r.Count)
	}
	if r.Package != "" {
		fmt.Fprintf(&b, " (%s)", strings.TrimSpace(r.Package+" "+r.Script))
	}
	return b.String()
}

// A ScriptError is a maintainer script, or dpkg on its behalf, that failed.
type ScriptError struct {
	Package string
	Script  string   // "preinst", "postinst", "trigger"
	Exit    int      // the script's exit status, or 128 + the signal that ended it
	Tail    []string // the last lines it printed, at most 20
}

// Short is the error without what the script printed.
func (e *ScriptError) Short() string {
	return fmt.Sprintf("configure %s: its %s ended with status %d", e.Package, e.Script, e.Exit)
}

func (e *ScriptError) Error() string {
	s := e.Short()
	if len(e.Tail) == 0 {
		return s + " and printed nothing"
	}
	return s + ", the last it printed:\n\t" + strings.Join(e.Tail, "\n\t")
}
