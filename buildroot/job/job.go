// Package job says what one command in one fresh container is to see, to run
// and to leave behind. It is plain data: package buildroot writes jobs, package
// container carries them out, and neither needs to know the other.
//
// A job names nothing of the host but directories of the store: no caller's
// variable, path or time can reach the command unless it stands here.
package job

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

// A Job is one command in one fresh container.
type Job struct {
	Name string // for messages and logs: "nginx: compile"

	// Layers are the directories that make up the root, top first, as overlay's
	// lowerdir has them. They are read-only and may be any number: above the
	// kernel's limit of 500 the container package merges them.
	Layers []string

	// Scratch is the directory that holds what the command writes to its root
	// (Scratch/upper, with overlay's work directory beside it). It may be used by
	// one job after another, each of which then sees what the former left.
	// Empty means a throw-away one.
	Scratch string

	ReadOnly bool    // the root is read-only; Tmpfs and Binds need not be
	Binds    []Bind  // directories and files of the host
	Files    []File  // read-only, and in memory alone
	Tmpfs    []Tmpfs // besides /dev/shm, which is always there

	Args []string // the program and its arguments; looked up in Env's PATH inside the root
	Env  []string // the whole environment, NAME=value
	Dir  string   // working directory inside the root

	// User is the number that the command believes to be: 0, or another one in
	// a user namespace of its own, for which all files of the root are then its
	// own. Group likewise.
	User  uint32
	Group uint32

	// Switch is the path of a program of the root, or empty: one with the command
	// line of s6-applyuidgid, by which the command starts others as other users. The
	// container's own takes its place, and does that as User is done.
	Switch string

	// Accounts, if set, are those of the root. Programs that ask the C library for one
	// of them get it from here, and Result.Asked tells what they asked for; one that
	// opens a file of accounts itself, which shows all of them, ends the job, and
	// Result.Opened tells that. So what a job that came to its end made is the same
	// with any further accounts that nobody asked for.
	Accounts *Accounts

	Limits   Limits
	Hostname string
	Profile  Profile
	Terminal bool // Streams.In is a terminal, and the command gets one of its own

	// Grace is how long the command may take to end after SIGTERM, when the
	// context is cancelled or Timeout is over, before it is killed: 1 s if zero.
	Grace   time.Duration
	Timeout time.Duration // since its start; none if zero
	Stop    os.Signal     `json:"-"` // sent instead of SIGTERM
}

// Limits bound what a job may take of the machine. They only lower what the host
// allows.
type Limits struct {
	// Memory is in bytes; none if zero. Where the job has a control group it is
	// what all of its processes use together (memory.max of cgroups(7)), else what
	// each of them may write to (RLIMIT_DATA of setrlimit(2)).
	Memory    int64
	Processes int // processes and threads at once; 4096 if zero
}

// Accounts are what a root has in two files.
type Accounts struct {
	Passwd []byte // /etc/passwd, passwd(5)
	Group  []byte // /etc/group, group(5)
}

// A Profile chooses what of the kernel the command may see.
type Profile int

const (
	// Build leaves /proc unmasked, so that nested namespaces work, as test suites want.
	Build Profile = iota
	// Serve masks /proc as container engines do: for images that run.
	Serve
)

// A Bind shows a directory or file of the host in the root.
type Bind struct {
	From     string // absolute, on the host
	To       string // absolute, inside the root; made when it is missing
	Writable bool
}

// A File is shown in the root, and is on no disk.
type File struct {
	Path string // absolute, inside the root
	Mode uint32 // permission bits
	Data []byte
}

// A Tmpfs is an empty file system in memory.
type Tmpfs struct {
	Path string
	Mode uint32 // permission bits; 0755 if zero
	Size int64  // bytes; half of the memory if zero
}

// Streams are a job's standard streams and its way to speak while it runs.
type Streams struct {
	In  *os.File  // /dev/null if nil
	Out io.Writer // discarded if nil
	Err io.Writer // discarded if nil

	// Checkpoint, if set, gives the command a file descriptor 3 to write lines
	// to and a descriptor 4 to read from. It is called with each line, and the
	// command gets an empty line back when it has returned: meanwhile the
	// command waits, and its files can be looked at.
	Checkpoint func(line string) error

	// Started, if set, is called once the command runs, with a way to reach it.
	Started func(Running)

	// Network, if set, is a job that runs: this one shares its network.
	Network Running
}

// ErrEnded says that a job cannot be reached any more.
var ErrEnded = errors.New("the command has ended")

// Running is a started job.
type Running interface {
	// Dial connects to a TCP port of the job's own network namespace. When the
	// command has ended, it returns an error that wraps ErrEnded.
	Dial(port int) (io.ReadWriteCloser, error)
	// Signal sends a signal to the command.
	Signal(os.Signal) error
	// Exec runs one more program in the job's container, with the user, environment
	// and working directory of the command, to its end or that of ctx, which kills
	// it. What it writes goes to out. It has no input. When the command has ended, the
	// program does, too, and Exec returns an error that wraps ErrEnded.
	Exec(ctx context.Context, args []string, out io.Writer) (exit int, err error)
}

// A Result is what became of a command that was started.
type Result struct {
	Exit    int  // exit status; 128 + N after signal N
	Signal  int  // the signal that ended it, or 0
	Timeout bool // it was ended because Job.Timeout was over
	// OutOfMemory says that the kernel killed it, all of it, for want of memory:
	// LimitReached if Limits.Memory was too little, else the machine's was. Only
	// where the job has a control group is that known.
	OutOfMemory, LimitReached bool

	Asked  []string // with Job.Accounts: the names and numbers that somebody asked for, sorted
	Opened string   // with Job.Accounts: the file of accounts that ended the job, or ""

	Reports []string // what the container had to refuse or to pretend, once each: "mknod /dev/x: …"
}

// A Change is one path that jobs changed in a scratch directory, as seen from
// below: owners are the ones that the commands asked for.
type Change struct {
	Path string // absolute, inside the root
	Kind Kind
	Mode uint32 // permission, set-id and sticky bits
	UID  uint32
	GID  uint32
	Size int64
	Link string // a symbolic link's target

	// Opaque says of a directory that nothing below it shows through.
	Opaque bool

	// Ino and Nlink tell hard links: equal Ino means the same file.
	Ino   uint64
	Nlink uint64

	MTime time.Time
	CTime time.Time // changes with every change of content, mode or owner

	Caps   []byte            // security.capability, revision 2, as it belongs into an archive
	Xattrs map[string]string // other user.* attributes, without ashlar's and overlay's own
	Rdev   uint64
}

// A Kind is a type of file, or its absence.
type Kind byte

// The kinds of a Change.
const (
	Regular  Kind = 'f'
	Dir      Kind = 'd'
	Symlink  Kind = 'l'
	Fifo     Kind = 'p'
	Socket   Kind = 's'
	Char     Kind = 'c'
	Block    Kind = 'b'
	Whiteout Kind = '-' // what the layers below have at this path is gone
)
