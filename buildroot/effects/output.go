package effects

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// tailLines is how much of a failed script's output an error shows.
const tailLines = 20

// An output takes what the driver and the scripts print, and knows which script
// printed what.
type output struct {
	mu    sync.Mutex
	log   io.Writer
	rest  []byte
	label string
	tail  []string
}

func newOutput(log io.Writer) *output {
	if log == nil {
		log = io.Discard
	}
	return &output{log: log}
}

// Write takes it line by line.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rest = append(o.rest, p...)
	for {
		line, rest, ok := bytes.Cut(o.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		o.line(string(line))
		o.rest = append(o.rest[:0], rest...)
	}
}

// flush takes the last line, if it was not ended.
func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rest) > 0 {
		o.line(string(o.rest))
		o.rest = nil
	}
}

func (o *output) line(line string) {
	if label, ok := strings.CutPrefix(line, markByte); ok {
		o.label, o.tail = label, nil
		fmt.Fprintf(o.log, "== %s\n", label)
		return
	}
	o.tail = append(o.tail, line)
	if len(o.tail) > tailLines {
		o.tail = o.tail[1:]
	}
	io.WriteString(o.log, line+"\n") // a log that cannot be written stops nothing
}

// failed is what dpkg says of a script that failed (dpkg's subproc_check).
var failed = regexp.MustCompile(`^ .*script subprocess (?:returned error exit status (\d+)|was killed by signal .*|.*)$`)

// failure is the error of a job whose driver stopped at the last label.
func (o *output) failure(res job.Result) error {
	name, script, _ := strings.Cut(o.label, " ")
	if o.label == "" {
		return fmt.Errorf("the root's /bin/sh ended with status %d: %s", res.Exit, strings.Join(o.tail, "; "))
	}
	e := &ScriptError{Package: name, Script: script, Exit: res.Exit, Tail: o.tail}
	for _, line := range o.tail {
		if m := failed.FindStringSubmatch(line); m != nil && m[1] != "" {
			e.Exit, _ = strconv.Atoi(m[1])
		}
	}
	return e
}
