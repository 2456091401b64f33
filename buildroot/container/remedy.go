package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// facts are what a host tells about itself. They name the remedy of a check
// that failed; they never make one fail.
type facts struct {
	gvisor     bool
	kubernetes bool
	docker     bool   // or another engine of its kind
	apparmor   string // kernel.apparmor_restrict_unprivileged_userns
	clone      string // kernel.unprivileged_userns_clone
	few        string // the sysctl that allows few or no namespaces of a kind, with "user." before it
	yama       string // kernel.yama.ptrace_scope
	release    string // uname -r
	masked     bool   // something is mounted over parts of /proc
	dir        string // where layers lie
	fs         string // the type of its file system
}

// readFacts reads what can be read; what cannot is empty.
func readFacts(dir string) facts {
	sysctl := func(name string) string {
		b, _ := os.ReadFile(filepath.Join("/proc/sys", name))
		return strings.TrimSpace(string(b))
	}
	version, _ := os.ReadFile("/proc/version")
	mounts, _ := os.ReadFile("/proc/self/mountinfo")
	_, dockerenv := os.Stat("/.dockerenv")
	_, containerenv := os.Stat("/run/.containerenv")
	f := facts{
		gvisor:     strings.Contains(string(version), "gVisor"),
		kubernetes: os.Getenv("KUBERNETES_SERVICE_HOST") != "",
		docker:     dockerenv == nil || containerenv == nil || os.Getenv("container") != "",
		apparmor:   sysctl("kernel/apparmor_restrict_unprivileged_userns"),
		clone:      sysctl("kernel/unprivileged_userns_clone"),
		few:        fewNamespaces(sysctl),
		yama:       sysctl("kernel/yama/ptrace_scope"),
		release:    sysctl("kernel/osrelease"),
		masked:     masksProc(string(mounts)),
		dir:        dir,
	}
	var fs unix.Statfs_t
	if unix.Statfs(dir, &fs) == nil {
		f.fs = fsName(int64(fs.Type))
	}
	return f
}

// fewNamespaces is the first limit of a kind of namespaces that is too low for many
// containers at once.
func fewNamespaces(sysctl func(string) string) string {
	for _, kind := range []string{"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"} {
		name := "max_" + kind + "_namespaces"
		if n, err := strconv.Atoi(sysctl("user/" + name)); err == nil && n < 64 {
			return "user." + name
		}
	}
	return ""
}

// masksProc tells whether something is mounted in /proc that hides some of it;
// then the kernel mounts no other one ("mount too revealing"). binfmt_misc and
// what is mounted on empty directories hides nothing.
func masksProc(mountinfo string) bool {
	for line := range strings.Lines(mountinfo) {
		f := strings.Fields(line)
		if len(f) > 4 && strings.HasPrefix(f[4], "/proc/") && f[4] != "/proc/sys/fs/binfmt_misc" {
			return true
		}
	}
	return false
}

func fsName(magic int64) string {
	switch magic {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlay"
	case unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return "CIFS"
	case unix.ECRYPTFS_SUPER_MAGIC:
		return "eCryptfs"
	case unix.FUSE_SUPER_MAGIC:
		return "FUSE"
	}
	return ""
}

// Remedies that stand for more than one check.
const (
	dockerRemedy = "start the outer container with --security-opt seccomp=unconfined " +
		"--security-opt apparmor=unconfined --security-opt systempaths=unconfined; it needs no --privileged"
	kubernetesRemedy = "give the pod hostUsers: false, and its container procMount: Unmasked and " +
		"seccompProfile: {type: Unconfined}; keep the store on an emptyDir"
	apparmorRemedy = "Ubuntu 24.04 and later: install an AppArmor profile for the program's path with \"userns,\", " +
		"or run: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
	gvisorRemedy = "gVisor has no seccomp listener and no overlay for users: run on another runtime, such as runc"
)

// check turns the answer to a check into words.
func (f facts) check(name string, err error) Check {
	if err == nil {
		return Check{Name: name, OK: true, Found: "works"}
	}
	return Check{Name: name, Found: cause(err), Remedy: f.remedy(name, err)}
}

func cause(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Cause
	}
	return err.Error()
}

// remedy says what to do on this host about a check that failed.
func (f facts) remedy(name string, err error) string {
	if f.gvisor {
		return gvisorRemedy
	}
	switch name {
	case checkUsers, checkMounts, checkNested:
		return f.usersRemedy(err)
	case checkProc:
		return f.confined("something is mounted over parts of /proc, and the kernel mounts no other one then: unmount it, or run outside of that container")
	case checkOverlay, checkXattr:
		return f.overlayRemedy(err)
	case checkFilter:
		return f.confined("use a kernel with SECCOMP_FILTER_FLAG_NEW_LISTENER (Linux 5.7)")
	case checkPtrace:
		if f.yama == "3" {
			return "kernel.yama.ptrace_scope is 3, which only a restart of the machine lowers: set it to 2 or less"
		}
		return f.confined("allow process_vm_readv of own processes")
	}
	return ""
}

func (f facts) usersRemedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOSPC) && f.few != "":
		return "run: sudo sysctl " + f.few + "=15000"
	case errors.Is(err, unix.EMFILE):
		return "allow this process more open files: ulimit -n 1024"
	case errors.Is(err, unix.EAGAIN):
		return "allow this user more processes: ulimit -u 4096"
	case f.clone == "0":
		return "run: sudo sysctl kernel.unprivileged_userns_clone=1"
	case f.apparmor == "1":
		return apparmorRemedy
	case errors.Is(err, unix.ENOSPC):
		return "all user namespaces are in use, or they are nested too deeply; see: sysctl user.max_user_namespaces"
	}
	return f.confined("allow user namespaces to ordinary users; an AppArmor or SELinux policy may forbid them: see the kernel's log")
}

// confined is for what container engines forbid.
func (f facts) confined(otherwise string) string {
	switch {
	case f.kubernetes:
		return kubernetesRemedy
	case f.docker:
		return dockerRemedy
	case f.apparmor == "1":
		return apparmorRemedy
	}
	return otherwise
}

func (f facts) overlayRemedy(err error) string {
	switch {
	case f.fs != "":
		return fmt.Sprintf("%s is on %s, which cannot hold the upper layer of an overlay: "+
			"put the store on a local file system, such as ext4, xfs or btrfs, with --store", f.dir, f.fs)
	case errors.Is(err, unix.ENODEV):
		return "load the kernel's overlay module: sudo modprobe overlay"
	case errors.Is(err, unix.EPERM):
		return f.confined("use a kernel that lets user namespaces mount overlays: Linux 5.11, or RHEL 9; this is " + f.release)
	case errors.Is(err, unix.EOPNOTSUPP):
		return fmt.Sprintf("the file system of %s has no user attributes: put the store on another with --store", f.dir)
	}
	return f.confined("put the store on a local file system, such as ext4, xfs or btrfs, with --store")
}
