package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/ashlar-build/ashlar/recipe/diag"
)

// A command is one verb.
type command struct {
	name  string
	args  string // "[NAME...]"
	short string // for the list, lower case
	long  string // for --help
	store bool   // it works on the store, so root becomes another user for it
	// outputs are the paths outside the workspace that it will write to; a final
	// slash says that one is a directory. Nil: none.
	outputs func(args []string) []string
	run     func(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error
}

// Exit statuses, as the package comment has them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitAlready     = 3
	exitInterrupted = 130
	exitTerminated  = 143
)

// errUsage says that a command line cannot be understood; errAlready that an
// edit had nothing to do.
var (
	errUsage   = errors.New("wrong command line")
	errAlready = errors.New("already so")
)

// usageError is a command line that says what is wrong with it.
type usageError struct{ what string }

func (e *usageError) Error() string { return e.what }
func (e *usageError) Unwrap() error { return errUsage }

// A programError is that a program which was started for the caller ended with another
// status than 0. It becomes ours, as env(1) and docker-run(1) have it.
type programError struct {
	who    string
	status int
	byHand bool // a person ended it, and knows
}

func (e *programError) Error() string {
	return fmt.Sprintf("%s ended with exit status %d", e.who, e.status)
}

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// commands are all verbs, in the order in which the help lists them.
func commands() []*command {
	return []*command{
		checkCommand(), lockCommand(), updateCommand(), outdatedCommand(), vendorCommand(), resolveCommand(), planCommand(), explainCommand(), graphCommand(),
		buildCommand(), showCommand(), whyCommand(), diffCommand(), editCommand(), runCommand(), testCommand(),
		logCommand(), shellCommand(), verifyCommand(), saveCommand(), pushCommand(), cacheCommand(), gcCommand(), doctorCommand(), versionCommand(),
	}
}

// run is the whole program, but for the process around it.
func run(ctx context.Context, args []string) int {
	env := newEnv()
	cmd, rest, err := env.globals(args)
	switch {
	case err != nil:
		return env.finish(nil, err)
	case cmd == nil:
		env.help()
		return exitDone
	}
	if err := env.checkOutputs(cmd, args); err != nil {
		return env.finish(cmd, err)
	}
	if code, done := env.becomeUser(ctx, cmd, args); done {
		return code
	}
	err = env.call(ctx, cmd, rest)
	if closing := env.close(); err == nil {
		err = closing
	}
	if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) {
		err = cause
	}
	return env.finish(cmd, err)
}

// call runs a command with its own flags, of which it declares more.
func (e *env) call(ctx context.Context, cmd *command, args []string) error {
	flags := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	e.declare(flags)
	e.flags = flags
	err := cmd.run(ctx, e, flags, args)
	for _, d := range diag.Of(err) {
		if d.Line == "" && d.Pos.Line > 0 {
			d.Line = e.lineAt(d.Pos)
		}
	}
	return err
}

// finish prints err as people are to see it, and says the exit status.
func (e *env) finish(cmd *command, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		e.helpOn(cmd)
		return exitDone
	case errors.Is(err, errAlready):
		return exitAlready
	case errors.Is(err, errInterrupted):
		fmt.Fprintln(e.err, "ashlar: interrupted")
		if i := (interruption{}); errors.As(err, &i) && i.signal == syscall.SIGTERM {
			return exitTerminated
		}
		return exitInterrupted
	case errors.Is(err, errUsage):
		e.misused(cmd, err)
		return exitUsage
	}
	code := exitFailed
	if program := (*programError)(nil); errors.As(err, &program) {
		if code = program.status; program.byHand {
			return code
		}
	}
	if e.progress == jsonView {
		newEvents(e.err).put(jsonEvent{Event: "error", Error: err.Error()})
		return code
	}
	diag.Print(e.err, err, diag.Options{Color: e.color})
	return code
}

func (e *env) misused(cmd *command, err error) {
	fmt.Fprintln(e.err, "ashlar:", err)
	if cmd == nil {
		fmt.Fprintln(e.err, "usage: ashlar COMMAND [ARGUMENT...]; `ashlar help` lists the commands")
		return
	}
	fmt.Fprintf(e.err, "usage: %s; `ashlar %s --help` says more\n", cmd.usage(), cmd.name)
}

func (c *command) usage() string { return strings.TrimSpace("ashlar " + c.name + " " + c.args) }

// help lists the commands.
func (e *env) help() {
	fmt.Fprintln(e.out, fold("ashlar builds container images from recipes, in clean rooms, without root and without a daemon.", 0))
	fmt.Fprintln(e.out)
	for _, c := range commands() {
		fmt.Fprintln(e.out, listed(c.name, commandColumn, c.short))
	}
	fmt.Fprintln(e.out)
	fmt.Fprintln(e.out, "-C DIR is the workspace, --store DIR the store, -j N how many actions at once.")
	fmt.Fprintln(e.out, "`ashlar COMMAND --help` says more about each.")
}

func (e *env) helpOn(cmd *command) {
	if cmd == nil {
		e.help()
		return
	}
	fmt.Fprintf(e.out, "usage: %s\n\n%s\n", cmd.usage(), folded(cmd.long))
	fmt.Fprintln(e.out, "\nFlags:")
	e.flags.VisitAll(func(f *flag.Flag) {
		if !cmd.store && slices.Contains(storeFlags, f.Name) {
			return // it is taken, and would do nothing
		}
		what, usage := flag.UnquoteUsage(f)
		fmt.Fprintln(e.out, listed(strings.TrimSpace(dashed(f.Name)+" "+what), flagColumn, usage))
	})
}

// commandsElsewhere is what does what a command that other programs have is for.
var commandsElsewhere = map[string]string{
	"init": "a workspace needs none: write recipes/NAME/recipe.toml", "new": "a recipe needs none: write recipes/NAME/recipe.toml",
	"images": "`ashlar graph` lists the recipes and the sizes of their images", "ls": "`ashlar graph` lists the recipes", "list": "`ashlar graph` lists the recipes",
	"history": "`ashlar show IMAGE` says where each file comes from", "inspect": "`ashlar show --config IMAGE` prints an image's configuration",
	"exec": "`ashlar run IMAGE -- CMD` starts another program of an image", "ps": "`ashlar run` stays until the image ends, and none is left behind",
	"prune": "`ashlar gc` frees the store", "clean": "`ashlar gc` frees the store", "rm": "`ashlar gc` frees the store", "rmi": "`ashlar gc` frees the store",
	"export": "`ashlar save` writes an image to a file, and `ashlar build -o DIR` an OCI layout", "upgrade": "`ashlar update` moves the lock", "search": "`ashlar resolve PACKAGE` says whether the archives have a package",
}

// find returns the command of that name.
func find(name string) (*command, error) {
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	if other := commandsElsewhere[name]; other != "" {
		return nil, usagef("there is no command %q: %s", name, other)
	}
	return nil, noSuch(name, names, "there is no command %q", name)
}

// noSuch is a wrong command line: name is none of names. The format and its arguments
// say so, and who may have been meant is added.
func noSuch(name string, names []string, format string, args ...any) error {
	if near := diag.Nearest(name, names); near != "" {
		return usagef(format+"; did you mean %q?", append(args, near)...)
	}
	return usagef(format, args...)
}

// isTerminal reports whether a person looks at what is printed.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
