// Package cgroup gives a process a control group that its user may divide, so
// that limits hold for what it starts, all of it together. Version 2 alone is
// looked at: cgroups(7).
//
// Where systemd runs, it is asked for a scope with Delegate=yes: by a user the
// user's own manager, by root that of the system. They are reached by the sockets
// that systemd itself keeps, so that neither a bus nor a variable of the
// environment is needed. Where it does not run, the nearest group above the
// process will do in which this user may make one, with both controllers and, as
// version 2 demands, without a process of its own.
//
// The package does not know what the process does with its group.
package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mount is where version 2 is mounted, if it is the only one.
const Mount = "/sys/fs/cgroup"

// controllers are what a divisible group must hand down.
func controllers() []string { return []string{"memory", "pids"} }

// prefix begins the names of groups and scopes; the number of the process ends it.
const prefix = "ashlar-"

// An Error says why there is no group to be had, and what to do.
type Error struct {
	Cause  string
	Remedy string // may be empty
}

func (e *Error) Error() string { return e.Cause }

// A Group is one that Enter has made.
type Group struct {
	made string // the directory, if it is ours to remove
}

// Enter moves a process into a new group, which it may then divide. The process
// belongs to uid and has no children yet; the group is given to uid and gid. What
// is for one reason or another not to be had is an [*Error].
func Enter(ctx context.Context, pid, uid, gid int) (*Group, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(Mount, &fs); err != nil || fs.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil, &Error{Cause: "the host has control groups of version 1, or none",
			Remedy: "start its kernel with systemd.unified_cgroup_hierarchy=1"}
	}
	h := hierarchy{root: Mount, systemd: exists("/run/systemd/system")}
	own, err := ownGroup("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	if dir, ok := h.place(own); ok {
		return h.enter(dir, pid, uid, gid)
	}
	if !h.systemd {
		return nil, &Error{Cause: "no control group above this process is handed down to user " + strconv.Itoa(os.Getuid())}
	}
	dir, err := scope(ctx, pid)
	if err != nil && h.delegated(filepath.Join(Mount, own)) {
		return nil, &Error{Cause: "the control group " + own + " is handed down, but this process stands in it and not below",
			Remedy: "add DelegateSubgroup=main to the unit that has Delegate="}
	}
	if err != nil {
		return nil, err
	}
	return &Group{}, give(filepath.Join(Mount, dir), uid, gid)
}

// Close removes the group, whose processes have ended. That of a scope is
// systemd's to remove, and it does.
func (g *Group) Close() error {
	if g.made == "" {
		return nil
	}
	return remove(g.made)
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// ownGroup reads a process's group of version 2, relative to the mount's root.
func ownGroup(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if own, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path.Clean(own), nil
		}
	}
	return "", &Error{Cause: file + " has no group of version 2"}
}

// A hierarchy is where groups are, and who looks after them.
type hierarchy struct {
	root    string
	systemd bool
}

// place finds the nearest group at or above own in which one can be made.
func (h hierarchy) place(own string) (dir string, ok bool) {
	if strings.HasPrefix(own, "/..") {
		return "", false // outside of what is mounted
	}
	for at := own; ; at = path.Dir(at) {
		if h.divisible(filepath.Join(h.root, at)) {
			return filepath.Join(h.root, at), true
		}
		if at == "/" || at == "." {
			return "", false
		}
	}
}

// divisible tells whether this user may make a group in dir that has both
// controllers. A group of systemd's that is not delegated is not to be touched.
func (h hierarchy) divisible(dir string) bool {
	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control"} {
		if unix.Access(filepath.Join(dir, name), unix.W_OK) != nil {
			return false
		}
	}
	if h.systemd && !h.delegated(dir) {
		return false
	}
	if has(filepath.Join(dir, "cgroup.subtree_control"), controllers()) {
		return true
	}
	if !has(filepath.Join(dir, "cgroup.controllers"), controllers()) {
		return false
	}
	procs, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	isRoot := !exists(filepath.Join(dir, "cgroup.type")) // of all groups: it alone may have processes of its own
	return err == nil && (len(procs) == 0 || isRoot)
}

// delegated tells whether dir is in a group that systemd has handed over, which
// it marks by an attribute (systemd.resource-control(5), Delegate=).
func (h hierarchy) delegated(dir string) bool {
	for ; dir != h.root && len(dir) > len(h.root); dir = filepath.Dir(dir) {
		var b [1]byte
		if n, err := unix.Getxattr(dir, "user.delegate", b[:]); err == nil && n == 1 && b[0] == '1' {
			return true
		}
	}
	return false
}

// has tells whether a file lists all of these words.
func has(file string, words []string) bool {
	b, err := os.ReadFile(file)
	list := strings.Fields(string(b))
	return err == nil && !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(list, w) })
}

// enter makes a group in dir, once those have gone that dead processes left.
func (h hierarchy) enter(dir string, pid, uid, gid int) (*Group, error) {
	sweep(dir)
	if err := enable(dir); err != nil {
		return nil, err
	}
	g := &Group{made: filepath.Join(dir, prefix+strconv.Itoa(pid))}
	err := os.Mkdir(g.made, 0o755)
	if err == nil {
		err = give(g.made, uid, gid)
	}
	if err == nil {
		err = write(filepath.Join(g.made, "cgroup.procs"), strconv.Itoa(pid))
	}
	if err != nil {
		os.Remove(g.made)
		return nil, fmt.Errorf("make control group: %w", err)
	}
	return g, nil
}

// enable hands both controllers down to the groups in dir.
func enable(dir string) error {
	file := filepath.Join(dir, "cgroup.subtree_control")
	if has(file, controllers()) {
		return nil
	}
	if err := write(file, "+"+strings.Join(controllers(), " +")); err != nil {
		return fmt.Errorf("hand down controllers: %w", err)
	}
	return nil
}

// write writes to a group's file, which is there or is not.
func write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// give hands a group over to a user, as cgroups(7) says of delegation.
func give(dir string, uid, gid int) error {
	if uid == os.Getuid() {
		return nil
	}
	var errs []error
	for _, name := range []string{"", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} {
		errs = append(errs, os.Chown(filepath.Join(dir, name), uid, gid))
	}
	return errors.Join(errs...)
}

// sweep removes the groups in dir whose process has gone: it was killed.
func sweep(dir string) {
	list, _ := filepath.Glob(filepath.Join(dir, prefix+"*"))
	for _, name := range list {
		pid, err := strconv.Atoi(strings.TrimPrefix(filepath.Base(name), prefix))
		if err == nil && !exists("/proc/"+strconv.Itoa(pid)) {
			remove(name)
		}
	}
}

// remove kills what is in a group, and removes it and those in it. A killed
// process needs a moment to leave.
func remove(dir string) error {
	write(filepath.Join(dir, "cgroup.kill"), "1") // Linux 5.14; before, all have gone with their namespace
	var dirs []string
	filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, name)
		}
		return nil
	})
	var errs []error
	for _, d := range slices.Backward(dirs) {
		errs = append(errs, removeOne(d))
	}
	return errors.Join(errs...)
}
