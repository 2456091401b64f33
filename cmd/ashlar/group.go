package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/cgroup"
)

// groupQuestion begins what asks the process that stayed root for a control group;
// the number of a process follows. Names of secrets have no space.
const groupQuestion = "group for "

// group moves a process into a control group of its own: this process does, or the
// one that stayed root. Who made the group removes it.
func (e *env) group(ctx context.Context, pid int) (func() error, error) {
	c, err := e.usher()
	if err != nil {
		return nil, err
	}
	if c == nil {
		g, err := cgroup.Enter(ctx, pid, os.Getuid(), os.Getgid())
		if err != nil {
			return nil, err
		}
		return g.Close, nil
	}
	text, err := c.Ask(groupQuestion + strconv.Itoa(pid))
	if err != nil {
		return nil, err
	}
	var refused cgroup.Error
	if err := json.Unmarshal(text, &refused); err != nil {
		return nil, err
	}
	if refused.Cause != "" {
		return nil, &refused
	}
	return func() error { return nil }, nil
}

// A rootTeller answers for the process that stayed root.
type rootTeller struct {
	ctx      context.Context
	uid, gid int
	groups   []*cgroup.Group
}

// tell answers what the other process asks: a secret by its name, or for a control
// group.
func (t *rootTeller) tell(question string) ([]byte, error) {
	number, ok := strings.CutPrefix(question, groupQuestion)
	if !ok {
		return originOf(t.ctx, question)
	}
	pid, err := strconv.Atoi(number)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Stat("/proc/"+number, &st); err != nil || int(st.Uid) != t.uid {
		return nil, fmt.Errorf("process %d is not of user %d", pid, t.uid)
	}
	g, err := cgroup.Enter(t.ctx, pid, t.uid, t.gid)
	var refused *cgroup.Error
	switch {
	case errors.As(err, &refused):
	case err != nil:
		refused = &cgroup.Error{Cause: err.Error()}
	default:
		t.groups = append(t.groups, g)
		refused = &cgroup.Error{}
	}
	return json.Marshal(refused)
}

// close removes the groups when the other process has ended.
func (t *rootTeller) close() {
	for _, g := range t.groups {
		g.Close()
	}
}
