package container

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/opencontainers/runc/libcontainer/configs"
	"golang.org/x/sys/unix"
)

// Limits are the same on all hosts that allow them, and lower where one does not.
const (
	softFiles = 1024
	hardFiles = 65536
	processes = 4096

	// oomScore makes the kernel, short of memory, end a job before anything else
	// of the host's.
	oomScore = 500
)

// capabilities are what package scripts and installers use; CAP_SETFCAP also
// lets a nested user namespace map root (Linux 5.12).
func capabilities() []string {
	return []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_SETGID", "CAP_SETUID",
		"CAP_SETFCAP", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_NET_BIND_SERVICE"}
}

// config describes a container to libcontainer. group is the name of its control
// group, empty where there is none to be had: then the host's own limits, if any,
// hold for the keeper and all below it.
func config(j *job.Job, root, group string) (*configs.Config, error) {
	caps := capabilities()
	limits, err := rlimits(j.Limits, group != "")
	if err != nil {
		return nil, err
	}
	score, err := oomScoreAdj()
	if err != nil {
		return nil, err
	}
	c := &configs.Config{
		Rootfs:          root,
		Hostname:        cmp.Or(j.Hostname, "localhost"),
		Readonlyfs:      j.ReadOnly,
		RootlessEUID:    true,
		RootlessCgroups: group == "",
		Cgroups:         groupOf(group, j.Limits),
		Capabilities:    &configs.Capabilities{Bounding: caps, Effective: caps, Permitted: caps},
		NoNewPrivileges: true,
		NoNewKeyring:    true, // its calls are denied, and each would count against the user's quota
		Networks:        []*configs.Network{{Type: "loopback"}},
		Rlimits:         limits,
		OomScoreAdj:     &score,
		Namespaces: configs.Namespaces{{Type: configs.NEWUSER}, {Type: configs.NEWNS}, {Type: configs.NEWUTS},
			{Type: configs.NEWIPC}, {Type: configs.NEWPID}, {Type: configs.NEWNET}, {Type: configs.NEWCGROUP}},
		UIDMappings: []configs.IDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		GIDMappings: []configs.IDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		// Capabilities over the network are gone for another user than 0. The one
		// group that exists may ping.
		Sysctl: map[string]string{"net.ipv4.ip_unprivileged_port_start": "0", "net.ipv4.ping_group_range": "0 0"},
		Mounts: append(kernelMounts(), jobMounts(j)...),
	}
	if j.Profile == job.Serve {
		// The lists of the container engines.
		c.MaskPaths = []string{"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
			"/proc/latency_stats", "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"}
		c.ReadonlyPaths = []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
	}
	return c, nil
}

// kernelMounts are /proc and /dev. devpts has no gid=5: there is no such group
// here. /sys stays empty: it would show the host's devices.
func kernelMounts() []*configs.Mount {
	const quiet = unix.MS_NOSUID | unix.MS_NOEXEC | unix.MS_NODEV
	m := []*configs.Mount{
		{Source: "proc", Destination: "/proc", Device: "proc", Flags: quiet},
		{Source: "tmpfs", Destination: "/dev", Device: "tmpfs", Flags: unix.MS_NOSUID | unix.MS_STRICTATIME, Data: "mode=755,size=65536k"},
		{Source: "devpts", Destination: "/dev/pts", Device: "devpts", Flags: unix.MS_NOSUID | unix.MS_NOEXEC, Data: "newinstance,ptmxmode=0666,mode=0620"},
		{Source: "shm", Destination: "/dev/shm", Device: "tmpfs", Flags: quiet, Data: "mode=1777"},
		{Source: "mqueue", Destination: "/dev/mqueue", Device: "mqueue", Flags: quiet},
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty"} {
		m = append(m, &configs.Mount{Source: "/dev/" + name, Destination: "/dev/" + name, Device: "bind", Flags: unix.MS_BIND})
	}
	return m
}

// jobMounts are the job's own, parents before what is mounted in them.
func jobMounts(j *job.Job) []*configs.Mount {
	var m []*configs.Mount
	for _, t := range j.Tmpfs {
		data := fmt.Sprintf("mode=%04o", cmp.Or(t.Mode, 0o755))
		if t.Size > 0 {
			data += fmt.Sprintf(",size=%d", t.Size)
		}
		m = append(m, &configs.Mount{Source: "tmpfs", Destination: filepath.Clean(t.Path), Device: "tmpfs",
			Flags: unix.MS_NOSUID | unix.MS_NODEV, Data: data})
	}
	for _, b := range j.Binds {
		flags := unix.MS_BIND | unix.MS_REC
		if !b.Writable {
			flags |= unix.MS_RDONLY
		}
		m = append(m, &configs.Mount{Source: b.From, Destination: filepath.Clean(b.To), Device: "bind", Flags: flags})
	}
	slices.SortStableFunc(m, func(a, b *configs.Mount) int { return cmp.Compare(a.Destination, b.Destination) })
	return m
}

// rlimits only lowers: to raise one needs a privilege. Processes are counted for
// each container alone, because it has a user namespace of its own (Linux 5.14).
// Memory can be limited for each process alone: a control group does better.
func rlimits(l job.Limits, grouped bool) ([]configs.Rlimit, error) {
	limits := []configs.Rlimit{{Type: unix.RLIMIT_CORE}}
	data := uint64(l.Memory)
	if grouped {
		data = 0
	}
	for _, want := range []struct {
		kind       int
		soft, hard uint64
	}{
		{unix.RLIMIT_NOFILE, softFiles, hardFiles},
		{unix.RLIMIT_NPROC, processesOf(l), processesOf(l)},
		{unix.RLIMIT_DATA, data, data},
	} {
		var has unix.Rlimit
		if err := unix.Getrlimit(want.kind, &has); err != nil {
			return nil, fmt.Errorf("read limit %d: %w", want.kind, err)
		}
		if want.hard > 0 {
			hard := min(has.Max, want.hard)
			limits = append(limits, configs.Rlimit{Type: want.kind, Soft: min(want.soft, hard), Hard: hard})
		}
	}
	return limits, nil
}

// processesOf is how many processes and threads a job may have.
func processesOf(l job.Limits) uint64 { return uint64(cmp.Or(l.Processes, processes)) }

// oomScoreAdj is oomScore or what the host gave this process, if that is more:
// it may be raised and not lowered.
func oomScoreAdj() (int, error) {
	b, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return 0, err
	}
	now, err := strconv.Atoi(strings.TrimSpace(string(b)))
	return max(now, oomScore), err
}
