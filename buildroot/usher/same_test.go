package usher

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/container"
	"github.com/ashlar-build/ashlar/buildroot/job"
	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// Whoever works for root, and whoever is no root at all, gets the same
// container, and none of its processes is root's.
func TestContainerSameForAll(t *testing.T) {
	first, status, err := as(t, "container", nil)
	if status != 0 || err != nil {
		t.Fatalf("status %d, %v\n%s", status, err, first)
	}
	if !strings.Contains(first, "uid=0 gid=0 groups=0\ndeny\n") {
		t.Errorf("container says:\n%s", first)
	}
	second, status, err := asUser(t, "container", nil, 65432)
	// The kernel shows a tmpfs's owner by the host's number, in every namespace.
	tmpfs := regexp.MustCompile(`,uid=[0-9]+,gid=[0-9]+`)
	first, second = tmpfs.ReplaceAllString(first, ""), tmpfs.ReplaceAllString(second, "")
	if status != 0 || err != nil || second != first {
		t.Errorf("status %d, %v\nuser 65432:\n%s\nuser %d:\n%s", status, err, second, FallbackID, first)
	}
}

// helpContainer prints all that a container can see of where it runs.
func helpContainer() error {
	dir, err := os.MkdirTemp("", "ashlar-test-")
	if err != nil {
		return err
	}
	defer rmtree.RemoveAll(dir)
	root := filepath.Join(dir, "root")
	if err := os.Mkdir(root, 0o755); err != nil {
		return err
	}
	for name, target := range map[string]string{"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64"} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			return err
		}
	}
	k, err := container.Start(context.Background(), container.Options{Dir: filepath.Join(dir, "run")})
	if err != nil {
		return err
	}
	defer k.Close()
	_, err = k.Run(context.Background(), job.Job{
		Name: "test", Layers: []string{root}, Binds: []job.Bind{{From: "/usr", To: "/usr"}},
		Args: []string{"/bin/sh", "-c", `id; cat /proc/self/setgroups /proc/self/uid_map
			cut -d' ' -f4- /proc/self/mountinfo; cut -d: -f3 /proc/self/cgroup | sort -u; grep -E '^(Uid|Gid|Groups|Cap|Seccomp|NoNew)' /proc/self/status
			ulimit -a; hostname; umask; env; touch /f; chown 7:8 /f; find / -xdev -path /usr -prune -o -path /proc -prune -o -printf '%m %U %G %s %y %p %l\n' | sort
			(find /dev /sys -printf '%m %U %G %y %p %l\n')`},
		Env: []string{"PATH=/bin"},
	}, job.Streams{Out: os.Stdout, Err: os.Stdout, Started: func(job.Running) {
		out, _ := exec.Command("sh", "-c", fmt.Sprintf("grep -l '^PPid:.%d$' /proc/[0-9]*/status | xargs grep -h '^Uid:' | grep -c '\t0\t'", os.Getpid())).Output()
		if text := strings.TrimSpace(string(out)); text != "0" {
			fmt.Println("children of host uid 0:", text)
		}
	}})
	return err
}
