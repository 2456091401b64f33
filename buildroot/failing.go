package buildroot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/recipe"
)

// Files of a scratch directory by which a failed step can be looked into.
const (
	failedName  = "failed"  // what the trap wrote
	stepName    = "step"    // the script
	stepsName   = "at step" // the name of the step that ran last
	trapName    = "trap"
	historyName = "history"
)

// Where a step finds them.
const (
	trapPath    = "/run/ashlar/trap"
	failedPath  = "/run/ashlar/failed"
	historyPath = "/run/ashlar/history"
)

// failureTrap is read by bash before a step's script, as bash(1) says of
// BASH_ENV, and has it note the command that fails. Programs of the step see
// nothing of it.
const failureTrap = `unset BASH_ENV
set -E
trap 'printf "%s %s\n%s" "$?" "$LINENO" "$BASH_COMMAND" >` + failedPath + `' ERR
`

// trap adds to a step's job what notes the failing command, if bash runs it.
func (w *building) trap(j *job.Job) error {
	dir := w.scratch.Dir()
	for name, text := range map[string]string{trapName: failureTrap, failedName: ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return err
		}
	}
	j.Env = append(j.Env, "BASH_ENV="+trapPath)
	j.Binds = append(j.Binds, job.Bind{From: filepath.Join(dir, trapName), To: trapPath},
		job.Bind{From: filepath.Join(dir, failedName), To: failedPath, Writable: true})
	return nil
}

// A failedCommand is what the trap noted.
type failedCommand struct {
	status int
	line   int // of the script, from 1
	text   string
}

// readFailed reads the note of the command that failed last.
func readFailed(dir string) (f failedCommand, ok bool) {
	note, err := os.ReadFile(filepath.Join(dir, failedName))
	if err != nil {
		return f, false
	}
	head, text, _ := bytes.Cut(note, []byte("\n"))
	if _, err := fmt.Sscanf(string(head), "%d %d", &f.status, &f.line); err != nil {
		return f, false
	}
	f.text = string(text)
	return f, true
}

// blame adds to the error the command that failed, and its place in the recipe.
func (e *StepError) blame(s recipe.Step, dir string) {
	e.Pos = s.RunPos
	if e.Pos.IsZero() {
		e.Pos = s.Pos
	}
	f, ok := readFailed(dir)
	if !ok || f.status != e.Result.Exit {
		return // the script went on after it, and ended for another reason
	}
	e.Command = f.text
	if f.line >= 1 && f.line <= len(s.Lines) {
		e.Pos = s.Lines[f.line-1]
	}
}
