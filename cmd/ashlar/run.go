package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ashlar-build/ashlar/buildroot"
	"github.com/ashlar-build/ashlar/buildroot/image"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/layer/oci"
	"github.com/ashlar-build/ashlar/recipe"
)

func runCommand() *command {
	return &command{
		name: "run", args: "[-p [HOST:]PORT[:PORT]] IMAGE [-- CMD...]", short: "start an image, rootless",
		long: `Starts the image that the recipe IMAGE makes: read-only, with its scratch and state
directories empty and writable, in a network of its own. Ports are forwarded from this
machine, without a helper: -p 8080 forwards 127.0.0.1:8080 to port 8080 of the image,
-p 9000:8080 another one, -p 0.0.0.0:8080:8080 for everybody. Without -p all ports that
the image declares are forwarded. What stands behind -- takes the place of the image's
cmd. The command ends when the image's program does, with its exit status.

The image's user, and each user that its services run as, is in a user namespace of its
own: a program is the user that it asks for, and all files are its own. One that
changes its user by itself is told that it did, and did not: sshd, which makes sure,
ends each connection. It works with the image's user set to the one who logs in.

With --memory the image's processes together may use no more than that, with --processes
there are no more of them, threads included (4096).`,
		store: true, run: runRun,
	}
}

// ports collects -p flags.
type ports []string

func (p *ports) String() string     { return strings.Join(*p, " ") }
func (p *ports) Set(s string) error { *p = append(*p, s); return nil }

func runRun(ctx context.Context, env *env, flags *flag.FlagSet, args []string) error {
	var published ports
	flags.Var(&published, "p", "forward `[HOST:]PORT[:PORT]`; may be given again")
	processes := flags.Int("processes", 0, "at most `N` processes and threads in the image")
	names, behind, err := parseParts(flags, args)
	if err != nil {
		return err
	}
	switch {
	case len(names) != 1:
		return usagef("run takes one image; a command in it stands behind --")
	case *processes != 0 && *processes < 32:
		return usagef("--processes %d: an image cannot do with less than 32", *processes)
	case env.memory != 0 && env.memory < 256e6:
		return usagef("--memory: an image cannot do with less than 256MB")
	}
	one, err := env.one(ctx, names[0])
	if err != nil {
		return err
	}
	full, r, img, inst := one.name, one.result, one.image, one.instance
	forwards, err := forwardsOf(published, inst.Image.Ports)
	if err != nil {
		return err
	}
	root, err := buildroot.Unpack(ctx, env.opened.store, r)
	if err != nil {
		return err
	}
	keeper, err := env.keeper(ctx)
	if err != nil {
		return err
	}
	j, err := imageJob(full, root, img.Config, inst.Image, behind)
	if err != nil {
		return err
	}
	j.Terminal = isTerminal(env.in) && env.terminal
	j.Limits = job.Limits{Memory: env.memory, Processes: *processes}
	f := &forwarder{env: env, list: forwards}
	defer f.close()
	f.undeclared(inst.Image.Ports)
	if err := f.listen(); err != nil {
		return err
	}
	res, err := keeper.Run(ctx, j, job.Streams{In: env.in, Out: env.out, Err: env.err, Started: func(r job.Running) {
		f.serve(r)
		err := awaitHealth(ctx, r, inst.Image.Health)
		switch {
		case err == nil && inst.Image.Health != nil:
			fmt.Fprintf(env.err, "%s: its heartbeat is good\n", full)
		case err != nil && len(behind) == 0 && ctx.Err() == nil && !errors.Is(err, job.ErrEnded):
			fmt.Fprintf(env.err, "warning: %s: %v\n", full, err)
		}
	}})
	if err != nil {
		return err
	}
	server := len(behind) == 0 && (inst.Image.Health != nil || len(forwards) > 0)
	return env.ended(full, j, res, server)
}

// ended says how an image ended; with an error if that was not well.
func (e *env) ended(name string, j job.Job, res job.Result, server bool) error {
	if err := beyond(res, 0, bytesOf(j.Limits.Memory)); err != nil {
		return fmt.Errorf("%s was ended: %w", name, err)
	}
	if res.Exit != 0 {
		return &programError{who: name, status: res.Exit, byHand: res.Exit == exitInterrupted && j.Terminal}
	}
	if server {
		fmt.Fprintf(e.err, "%s ended, with exit status 0: a server that goes to the background ends its image; it is to stay in the foreground\n", name)
	}
	return nil
}

// imageJob is how an image runs: as its configuration says.
func imageJob(name, root string, c oci.Config, img *recipe.Image, cmd []string) (job.Job, error) {
	switch {
	case len(cmd) == 0:
		cmd = c.Cmd
	case len(img.Services) > 0 && len(c.Entrypoint) > 0:
		return job.Job{}, fmt.Errorf("%s runs services, which take no command", name)
	}
	args := append(append([]string{}, c.Entrypoint...), cmd...)
	if len(args) == 0 {
		return job.Job{}, fmt.Errorf("%s has neither entrypoint nor cmd: say what to run behind --", name)
	}
	uid, gid, err := numbers(c.User)
	if err != nil {
		return job.Job{}, err
	}
	j := job.Job{
		Name: name, Layers: []string{root}, ReadOnly: true, Profile: job.Serve,
		Args: args, Env: append([]string{"HOME=/"}, c.Env...), Dir: c.WorkDir, User: uid, Group: gid,
		Hostname: hostName(name), Grace: 10 * time.Second, Stop: signalNamed(c.StopSignal),
	}
	if len(img.Services) > 0 {
		j.Switch = image.Switcher
	}
	seen := map[string]bool{}
	for _, list := range [][]recipe.Mount{img.Scratch, img.State} {
		for _, m := range list {
			seen[m.Path] = true
			j.Tmpfs = append(j.Tmpfs, job.Tmpfs{Path: m.Path, Mode: m.Mode, Size: m.Size})
		}
	}
	for path, mode := range map[string]uint32{"/run": 0o755, "/tmp": 0o1777} {
		if !seen[path] {
			j.Tmpfs = append(j.Tmpfs, job.Tmpfs{Path: path, Mode: mode})
		}
	}
	return j, nil
}

// numbers reads "101:101", "101" or "".
func numbers(user string) (uid, gid uint32, err error) {
	if user == "" {
		return 0, 0, nil
	}
	u, g, both := strings.Cut(user, ":")
	n, err := strconv.ParseUint(u, 10, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("the image's user %q is no number", user)
	}
	m := n
	if both {
		if m, err = strconv.ParseUint(g, 10, 32); err != nil {
			return 0, 0, fmt.Errorf("the image's group in %q is no number", user)
		}
	}
	return uint32(n), uint32(m), nil
}

func hostName(recipe string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '-'
	}, recipe)
}
