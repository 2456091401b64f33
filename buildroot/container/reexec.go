package container

import (
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/opencontainers/runc/libcontainer"
	_ "github.com/opencontainers/runc/libcontainer/nsenter" // enters namespaces before Go starts threads
)

// Names by which this program knows that it was started again. They are its
// argument 0, which no command line sets by accident.
const (
	keeperName = "ashlar-keeper"
	shimName   = "/proc/self/fd/3" // how libcontainer starts it: by descriptor, so that no mount shows the host's path
	probeName  = "ashlar-probe"
	nestedName = "ashlar-nested"
	switchName = "s6-applyuidgid" // where Job.Switch says
)

// init turns a process that this package has started into what it is to be,
// and does not return in it. It stands here and not in main so that it runs
// before most packages are initialised, and in test binaries too. The variable
// is asked for because "init" is an ordinary argument.
func init() {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "init" && os.Getenv("_LIBCONTAINER_INITPIPE") != "":
		runtime.GOMAXPROCS(1)
		runtime.LockOSThread()
		libcontainer.Init()
	case len(os.Args) == 0:
	case os.Args[0] == shimName && os.Getpid() == 1:
		runtime.LockOSThread()
		os.Exit(shimMain())
	case os.Args[0] == keeperName && os.Getpid() == 1:
		os.Exit(keeperMain())
	case os.Args[0] == probeName:
		os.Exit(probeMain())
	case filepath.Base(os.Args[0]) == switchName:
		os.Exit(switchMain())
	case os.Args[0] == nestedName:
		io.Copy(io.Discard, os.Stdin) // until the probe has seen enough
		os.Exit(0)
	}
}
