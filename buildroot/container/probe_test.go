package container

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestContainerProbe(t *testing.T) {
	dir := filepath.Join(scratch(t), "store")
	var b strings.Builder
	for _, c := range Probe(context.Background(), dir) {
		fmt.Fprintf(&b, "%s: %v, %s%s\n", c.Name, c.OK, c.Found, c.Remedy)
	}
	want := ""
	for _, name := range checkNames() {
		want += name + ": true, works\n"
	}
	same(t, "checks", b.String(), want)
	if list, err := os.ReadDir(dir); len(list) > 0 || err != nil {
		t.Errorf("left: %v, %v", list, err)
	}
}

// helpProbe prints what Probe finds, and what Start says, on a host that lacks
// something.
func helpProbe(args []string) {
	for _, c := range Probe(context.Background(), args[0]) {
		if !c.OK {
			fmt.Printf("%s: %s\nhint: %s\n", c.Name, c.Found, c.Remedy)
		}
	}
	// What Start does after it has refused root, which one is in these namespaces.
	dir, lock, err := keeperDir(args[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	k := &Keeper{dir: dir, lock: lock, stderr: &tail{}, done: make(chan struct{})}
	fmt.Println(explain(context.Background(), args[0], k.start(context.Background(), Options{}, setup{Dir: dir})))
}

// keeperStarts marks, in a test's environment, a host whose lack only containers
// notice.
const keeperStarts = "ASHLAR_TEST_KEEPER=starts"

// Hosts that lack something, made by namespaces: doctor and a failing start
// say the same.
func TestContainerLacking(t *testing.T) {
	tests := []struct {
		name, script, want string
		env                []string
	}{
		{"masked /proc in Docker", "mount -t tmpfs x /proc/fs", `a fresh /proc: mount proc: operation not permitted
hint: ` + dockerRemedy + "\n", []string{"container=docker"}},
		{"masked /proc in Kubernetes", "mount -t tmpfs x /proc/fs", `a fresh /proc: mount proc: operation not permitted
hint: ` + kubernetesRemedy + "\n", []string{"KUBERNETES_SERVICE_HOST=10.0.0.1"}},
		{"no user namespaces", "echo 0 >/proc/sys/user/max_user_namespaces", `user namespaces: fork/exec /proc/self/exe: no space left on device
hint: run: sudo sysctl user.max_user_namespaces=15000
`, nil},
		{"no network namespaces", "echo 0 >/proc/sys/user/max_net_namespaces", `nested namespaces: fork/exec /proc/self/exe: no space left on device
hint: run: sudo sysctl user.max_net_namespaces=15000
`, []string{keeperStarts}},
	}
	for _, test := range tests {
		dir := scratch(t)
		cmd := exec.Command("unshare", "-Urm", "sh", "-ec", test.script+`; exec "$0" "$1"`, helperProgram(t), dir)
		cmd.Env = append(append(os.Environ(), "ASHLAR_TEST_HELPER=probe"), test.env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", test.name, err, out)
			continue
		}
		said := test.want
		if slices.Contains(test.env, keeperStarts) {
			said = "<nil>\n"
		}
		same(t, test.name, string(out), test.want+said)
	}
}

func TestRemedy(t *testing.T) {
	tests := []struct {
		name  string
		facts facts
		check string
		err   error
		want  string
	}{
		{"Ubuntu 24.04", facts{apparmor: "1"}, checkMounts, unix.EACCES, apparmorRemedy},
		{"Debian 10", facts{clone: "0"}, checkUsers, unix.EPERM, "run: sudo sysctl kernel.unprivileged_userns_clone=1"},
		{"no user namespaces", facts{few: "user.max_user_namespaces", docker: true}, checkUsers, unix.ENOSPC, "run: sudo sysctl user.max_user_namespaces=15000"},
		{"no open files", facts{}, checkUsers, unix.EMFILE, "allow this process more open files: ulimit -n 1024"},
		{"no processes", facts{}, checkUsers, unix.EAGAIN, "allow this user more processes: ulimit -u 4096"},
		{"Docker", facts{docker: true}, checkUsers, unix.EPERM, dockerRemedy},
		{"Kubernetes", facts{docker: true, kubernetes: true}, checkProc, unix.EPERM, kubernetesRemedy},
		{"gVisor", facts{gvisor: true, docker: true}, checkOverlay, unix.EPERM, gvisorRemedy},
		{"NFS", facts{fs: "NFS", dir: "/s"}, checkOverlay, unix.EINVAL, "/s is on NFS, which cannot hold the upper layer of an overlay: " +
			"put the store on a local file system, such as ext4, xfs or btrfs, with --store"},
		{"old kernel", facts{release: "5.4.0"}, checkOverlay, unix.EPERM,
			"use a kernel that lets user namespaces mount overlays: Linux 5.11, or RHEL 9; this is 5.4.0"},
		{"no module", facts{}, checkOverlay, unix.ENODEV, "load the kernel's overlay module: sudo modprobe overlay"},
		{"Yama", facts{yama: "3"}, checkPtrace, unix.EPERM,
			"kernel.yama.ptrace_scope is 3, which only a restart of the machine lowers: set it to 2 or less"},
		{"no attributes", facts{dir: "/s"}, checkXattr, unix.EOPNOTSUPP, "the file system of /s has no user attributes: put the store on another with --store"},
	}
	for _, test := range tests {
		if got := test.facts.check(test.check, test.err); got.Remedy != test.want || got.OK {
			t.Errorf("%s: %+v, want %q", test.name, got, test.want)
		}
	}
	for _, name := range checkNames() {
		if c := (facts{}).check(name, unix.EPERM); c.Remedy == "" || c.Found != "operation not permitted" {
			t.Errorf("%s: %+v: no remedy", name, c)
		}
	}
}

func TestMasksProc(t *testing.T) {
	const line = "36 35 98:0 / %s rw,noatime master:1 - ext3 /dev/root rw\n"
	tests := map[string]bool{"/": false, "/proc": false, "/proc/acpi": true, "/proc/sys/fs/binfmt_misc": false, "/procx/y": false}
	for at, want := range tests {
		if got := masksProc(fmt.Sprintf(line, at)); got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}

// "init" is an ordinary argument, and importing the package costs little.
func TestInitIsAnArgument(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", "init")
	cmd.Env = append(os.Environ(), "ASHLAR_TEST_HELPER=args")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "[init]\n" {
		t.Errorf("%q, %v", out, err)
	}
}
