// Ashlar builds container images the way distributions build packages: a recipe
// declares what goes in and what must come out, the build happens in a clean
// room, and the image holds the declared outputs and nothing else.
//
// Usage:
//
//	ashlar check [NAME...]
//	ashlar lock [--repair] [NAME...]
//	ashlar update [--security] [--package P]... [NAME...]
//	ashlar outdated [--security] [--changes] [NAME...]
//	ashlar vendor [--prune] [DIR|oci://REF]
//	ashlar resolve PACKAGE...
//	ashlar plan [--why] [NAME...]
//	ashlar explain [--json] NAME
//	ashlar graph [--format text|dot|svg|json] [NAME...]
//	ashlar build [-o DIR] [NAME...]
//	ashlar show IMAGE
//	ashlar why IMAGE PATH
//	ashlar diff A B
//	ashlar edit FILE --set KEY=VALUE | --ops OPS.toml
//	ashlar run [-p [HOST:]PORT[:PORT]] IMAGE [-- CMD...]
//	ashlar test [NAME...]
//	ashlar log NAME [ACTION]
//	ashlar shell [--step STEP] NAME [-- CMD...]
//	ashlar verify [--cold] NAME
//	ashlar save IMAGE FILE
//	ashlar push IMAGE REF
//	ashlar gc [--keep AGE|SIZE]
//	ashlar doctor
//	ashlar version
//
// Each has its own `--help`. For all of them -C DIR names the workspace (default:
// the current directory or the nearest one above it that has ashlar.toml or
// recipes), --store DIR or ASHLAR_STORE the store, -j N how many actions run at
// once, --progress how a build is shown (json: an event a line on standard error).
// Results go to standard output, everything else to standard error.
//
// # Exit status
//
//	0    done
//	1    the work failed, or a file has mistakes
//	2    wrong command line
//	3    ashlar edit: everything is already so
//	N    ashlar run, shell: that of the program, if it is not 0
//	130  interrupted; 143 if by SIGTERM
//
// # Environment
//
//	ASHLAR_STORE   the store; --store goes before it
//	ASHLAR_SECRET_NAME, and what ~/.config/ashlar/secrets.toml names: secrets
//	ASHLAR_MOUNT   "mount2" mounts roots with mount(2) even where the kernel has newer calls
//	NO_COLOR       no colours, ever
//
// Nothing else of the environment is read, and nothing of it reaches a build. ssh,
// which sources from git may need, has all of it, SSH_AUTH_SOCK above all; proxies
// and certificates are those that HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE name.
//
// # Root
//
// Started as root, ashlar becomes an ordinary user before it does anything: the
// system user "ashlar" if there is one. That user owns the store, below
// /var/lib/ashlar. Files of the workspace that it may not read, and all that it
// writes there, are opened for it by the process that stayed root, which does nothing
// else but tell secrets and start ssh, or git
// upload-pack on this machine, for sources from git: both with root's own files, and
// both can read that repository and nothing else.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"
)

// errInterrupted is why a context ends when a signal says so.
var errInterrupted = errors.New("interrupted")

// An interruption is the signal that ended a context.
type interruption struct{ signal os.Signal }

func (i interruption) Error() string { return "interrupted" }
func (i interruption) Unwrap() error { return errInterrupted }

// gcPercent lets the heap grow further than usual between collections: most
// commands end soon, and a workspace of thousands of recipes is kept whole.
const gcPercent = 400

func main() {
	debug.SetGCPercent(gcPercent)
	ctx, stop := interruptible(context.Background())
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// oneSignal is how long signals after the first are taken for the same one: timeout(1)
// and systemd send it to this process and to the one that was root and passes it on.
const oneSignal = 250 * time.Millisecond

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP
// cancels; shortly after it the signals are no longer caught, so that a second one
// ends the program at once.
func interruptible(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		if s, ok := <-signals; ok {
			cancel(interruption{s})
			time.Sleep(oneSignal)
			signal.Stop(signals)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
