package recipe

import (
	"time"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// An Image is what a container engine is told, and what lies in the image only.
type Image struct {
	Pos        diag.Pos
	Said       []string `plan:"-"` // the keys that the recipe writes, in its order
	From       Dep      // another recipe's image, or the zero value
	Entrypoint []string
	Cmd        []string
	EntryPos   diag.Pos // of entrypoint, or of cmd
	User       Ref      // "root" unless said otherwise
	Workdir    string   // absolute: "/"
	Env        []Var
	Path       []string // before the usual PATH
	Ports      []Port
	State      []Mount // lasts: volumes
	Scratch    []Mount // may vanish: tmpfs; /tmp and /run are always there
	Locale     string  // "C.UTF-8"
	Locales    []string
	LocalePos  diag.Pos // of locale, or of locales
	LocalesPos diag.Pos // of locales
	Timezone   string   // "UTC"
	ZonePos    diag.Pos
	Labels     []Var
	StopSignal string // "SIGTERM"
	StopPos    diag.Pos
	Cut        string // "slim", "full" or "needed"
	Keep       []Ref  // globs
	Health     *Health
	Services   []Service
	Content    // for this image only; it has no Users
}

// A Port is one that the image listens on.
type Port struct {
	Number int
	Proto  string // "tcp" or "udp"
}

// A Mount is a directory that is writable in a running image.
type Mount struct {
	Pos   diag.Pos
	Path  string // absolute and clean
	Owner string // empty: the image's user
	Mode  uint32 // 0755 unless said otherwise; 01777 for /tmp
	Size  int64  // bytes, of scratch only; 0: half of the memory
}

// A Health is an image's heartbeat. One of HTTP, TCP and Command is set.
type Health struct {
	Pos         diag.Pos
	HTTP        string // URL
	TCP         int    // port
	Command     []string
	Interval    time.Duration // 30 s
	Timeout     time.Duration // 5 s
	StartPeriod time.Duration // 0
	Retries     int           // 3
}

// A Service is one of several programs of an image.
type Service struct {
	Pos        diag.Pos
	Name       string
	Command    []string
	User       Ref      // no name: the image's
	Env        []Var    // besides the image's
	Workdir    string   // absolute, or empty: the image's
	After      []Ref    // services that are started before it, and stopped behind it
	Ready      []string // a program that succeeds when those that are after it may start
	StopSignal string   // "SIGTERM"
	Restart    bool     // when it ends; else the image ends with it
}

// A Test is run against the built image. One of Run and Exec is set.
type Test struct {
	Pos      diag.Pos
	Name     string
	Run      string   // a script beside the started image
	Exec     []string // a program in the image, nothing else started
	Packages []Dep    // for Run
	Env      []Var    // over the image's
	Cmd      []string // instead of the image's; nil: the image's
	With     []Companion
	Stdout   []string // each must be in standard output
	Exit     int
	Limits   Limits // of each container; Timeout is that of Run and Exec
}

// A Companion is another image beside the tested one.
type Companion struct {
	Pos  diag.Pos
	Host string
	Dep  Dep
	Env  []Var
}
