package cgroup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strconv"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"
	"golang.org/x/sys/unix"
)

// patience is how long systemd may take for a scope, and a killed process to
// leave its group.
const patience = 10 * time.Second

// socket is where the service manager of a user listens.
func socket(uid int) string {
	if uid == 0 {
		return "/run/systemd/private"
	}
	return fmt.Sprintf("/run/user/%d/systemd/private", uid)
}

// scope has systemd make a scope for a process, and returns its group. The scope
// ends, and is forgotten, when its last process has.
func scope(ctx context.Context, pid int) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := systemd.NewConnection(func() (*dbus.Conn, error) { return dial(ctx, socket(os.Getuid())) })
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
		return "", &Error{Cause: fmt.Sprintf("no service manager of user %d runs (systemd --user)", os.Getuid()),
			Remedy: fmt.Sprintf("log in as this user, by ssh and not by su, or type: sudo loginctl enable-linger %d", os.Getuid())}
	}
	if err != nil {
		return "", &Error{Cause: fmt.Sprintf("speak to systemd: %v", err)}
	}
	defer conn.Close()
	unit := prefix + strconv.Itoa(pid) + ".scope"
	property := func(name string, value any) systemd.Property {
		return systemd.Property{Name: name, Value: dbus.MakeVariant(value)}
	}
	done := make(chan string, 1)
	_, err = conn.StartTransientUnitContext(ctx, unit, "fail", []systemd.Property{
		systemd.PropDescription("ashlar's containers"),
		property("Delegate", true),
		property("PIDs", []uint32{uint32(pid)}),
		property("TasksMax", ^uint64(0)), // each container has its own limit
		property("CollectMode", "inactive-or-failed"),
	}, done)
	if err != nil {
		return "", &Error{Cause: fmt.Sprintf("ask systemd for a scope: %v", err)}
	}
	select {
	case result := <-done:
		if result != "done" {
			return "", &Error{Cause: "systemd could not make a scope: " + result}
		}
	case <-ctx.Done():
		return "", &Error{Cause: fmt.Sprintf("ask systemd for a scope: %v", ctx.Err())}
	}
	own, err := ownGroup(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err == nil && path.Base(own) != unit {
		err = &Error{Cause: fmt.Sprintf("systemd left the process in %s", own)}
	}
	return own, err
}

// dial opens a connection to systemd itself, which wants no greeting as a bus does.
func dial(ctx context.Context, socket string) (*dbus.Conn, error) {
	conn, err := dbus.Dial("unix:path="+socket, dbus.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	if err := conn.Auth([]dbus.Auth{dbus.AuthExternal(strconv.Itoa(os.Getuid()))}); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// removeOne removes one group, which is busy until what was killed has left.
func removeOne(dir string) error {
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		err := unix.Rmdir(dir)
		if err == nil || errors.Is(err, unix.ENOENT) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) || time.Now().After(end) {
			return fmt.Errorf("remove control group %s: %w", dir, err)
		}
	}
}
