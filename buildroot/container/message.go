package container

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// The front and the keeper hold one connection for the keeper's life, over
// which the front hands a connection of its own for each job and each scan.
// When either side closes one, what it was for ends.

// setup is the front's first message, ready the keeper's answer to it.
type setup struct {
	Dir    string
	Mount2 bool
	Group  bool // the keeper has a control group to divide
}

type ready struct {
	Err   sent
	Group sent // why it could not divide its control group
}

// call hands over a connection, as one file.
type call struct {
	Scan bool
}

// request opens a job's connection; its files are those that are set, in this order.
type request struct {
	Job        job.Job
	In         bool
	Out        bool
	Err        bool // else the same as Out
	SameErr    bool
	Checkpoint bool         // two files: what the command writes to, what it reads from
	Size       unix.Winsize // of the caller's terminal, if the job has one

	Key  int // the front's name for this job
	Join int // the job whose network it shares, or 0
}

func (r request) files() int {
	n := 0
	for _, set := range []bool{r.In, r.Out, r.Err, r.Checkpoint, r.Checkpoint} {
		if set {
			n++
		}
	}
	return n
}

// order is what the front may say while a job runs.
type order struct {
	Signal int
	Kill   bool
	Dial   int      // a port, or 0
	Exec   []string // one more command; one file, for what it writes
	End    bool     // the command that the order ID started is to be killed
	ID     int      // of what is to be answered
}

// event is what the keeper says of a job. The last has Done.
type event struct {
	Started  bool
	Terminal bool // one file: the terminal's master
	Answer   int  // the ID of the order: Err, or what it asked for
	Dialled  bool // one file
	Exit     int  // of Exec
	Done     bool
	Result   job.Result
	Err      sent
}

// scanRequest opens a scan's connection; scanned are the answers, until Done.
type scanRequest struct {
	Scratch string
}

type scanned struct {
	Found []found
	Done  bool
	Err   sent
}

// found is a change before the front has filled in the owners that no command
// asked for.
type found struct {
	job.Change
	Below    bool // it was copied up: the layers have it too
	UIDKnown bool
	GIDKnown bool
}

// defaultGrace is how long a command may take to end after the signal: a person
// who interrupts a build is not to wait for two seconds.
const defaultGrace = time.Second
