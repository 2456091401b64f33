package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/opencontainers/cgroups"
	"golang.org/x/sys/unix"
)

const (
	cgroupMount = "/sys/fs/cgroup"
	jobsGroup   = "/jobs" // in the keeper's view; each container has a group in it
)

// divideGroup divides the control group that the keeper was put into: its own
// process goes into one half, and the containers into the other. Whatever else
// there is of groups is out of sight from here on. It returns what keeps it from
// doing so; then all is as it was.
func divideGroup(mem string) error {
	if err := mountGroup(filepath.Join(mem, "group")); err != nil {
		return err
	}
	err := divide(cgroupMount)
	if err != nil {
		unix.Unmount(cgroupMount, unix.MNT_DETACH)
	}
	return err
}

// mountGroup mounts the keeper's group over all groups, by way of a directory of
// its own: a file system is not mounted on itself. The namespace that this takes
// is one thread's alone, which ends here.
func mountGroup(at string) error {
	if err := os.Mkdir(at, 0o700); err != nil {
		return err
	}
	mounted := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := unix.Unshare(unix.CLONE_NEWCGROUP)
		if err == nil {
			err = unix.Mount("cgroup2", at, "cgroup2", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
		}
		mounted <- err
	}()
	if err := <-mounted; err != nil {
		return failed("mount control group", err)
	}
	return failedIf("mount control group", unix.Mount(at, cgroupMount, "", unix.MS_MOVE, ""))
}

// divide makes the groups in root, a mount or a test's directory.
func divide(root string) error {
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err != nil {
		return failed("ask for the size of memory", err)
	}
	jobs := filepath.Join(root, jobsGroup)
	for _, dir := range []string{filepath.Join(root, "keeper"), jobs} {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return failed("make control group", err)
		}
	}
	for _, w := range []struct{ file, text string }{
		{filepath.Join(root, "keeper/cgroup.procs"), "0"}, // whoever writes
		{filepath.Join(root, "cgroup.subtree_control"), "+memory +pids"},
		{filepath.Join(jobs, "memory.max"), fmt.Sprint(memoryForJobs(info.Totalram * uint64(info.Unit)))},
		{filepath.Join(jobs, "cgroup.subtree_control"), "+memory +pids"},
	} {
		if err := os.WriteFile(w.file, []byte(w.text), 0o644); err != nil {
			return failed("divide control group", err)
		}
	}
	return nil
}

// memoryForJobs is what all jobs together may use of a machine's memory, so that
// the kernel ends one of them before it looks at anything else of the host's.
func memoryForJobs(total uint64) uint64 { return total - min(max(total/16, 256<<20), total/2) }

// groupOf is the control group of a container as libcontainer is to make it; name
// is empty if there are none.
func groupOf(name string, l job.Limits) *cgroups.Cgroup {
	if name == "" {
		return &cgroups.Cgroup{Name: "ashlar", Rootless: true, Resources: &cgroups.Resources{}}
	}
	most := int64(processesOf(l))
	r := &cgroups.Resources{PidsLimit: &most,
		Unified: map[string]string{"memory.oom.group": "1"}} // half a build is of no use to anybody
	if l.Memory > 0 {
		r.Memory, r.MemorySwap = l.Memory, l.Memory // the sum of both: no swap
	}
	return &cgroups.Cgroup{Path: name, Rootless: true, Resources: r}
}

// starved tells whether the kernel has killed what was in a group for want of
// memory, and whether it was the group's own limit that it had reached.
func starved(dir string) (killed, limit bool) {
	b, err := os.ReadFile(filepath.Join(dir, "memory.events"))
	if err != nil {
		return false, false
	}
	for line := range strings.Lines(string(b)) {
		switch name, n, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case n == "0":
		case name == "oom_kill":
			killed = true
		case name == "oom":
			limit = true
		}
	}
	return killed, killed && limit
}
