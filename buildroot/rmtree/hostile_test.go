package rmtree_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ashlar-build/ashlar/buildroot/rmtree"
)

// The test binary runs again as somebody whom modes and mounts concern.
const (
	asUser  = "RMTREE_TEST_USER"
	mounted = "RMTREE_TEST_MOUNT"
)

func write(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func gone(t *testing.T, dir string) {
	t.Helper()
	if err := rmtree.Remove(dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

// Root passes every mode, so root tries as somebody else.
func TestRemoveModes(t *testing.T) {
	if os.Getuid() == 0 && os.Getenv(asUser) == "" {
		const nobody = 65534
		dir := t.TempDir()
		err := errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chown(dir, nobody, nobody))
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/proc/self/exe", "-test.run=^TestRemoveModes$")
		cmd.Env = []string{asUser + "=1", "TMPDIR=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("as uid %d: %v\n%s", nobody, err, out)
		}
		return
	}
	for _, mode := range []fs.FileMode{0, 0o100, 0o200, 0o400, 0o500, 0o600} {
		dir := filepath.Join(t.TempDir(), "tree")
		write(t, filepath.Join(dir, "work/work/file"))
		for _, p := range []string{"work/work", "work", ""} {
			if err := os.Chmod(filepath.Join(dir, p), mode); err != nil {
				t.Fatal(err)
			}
		}
		gone(t, dir)
	}
}

// A directory deeper than PATH_MAX, and than descriptors reach, as the tests of
// gnulib and coreutils make them.
func TestRemoveDeep(t *testing.T) {
	top := t.TempDir()
	at, err := unix.Open(top, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		if err := unix.Mkdirat(at, "deep", 0o700); err != nil {
			t.Fatal(i, err)
		}
		next, err := unix.Openat(at, "deep", unix.O_PATH|unix.O_DIRECTORY, 0)
		if err != nil {
			t.Fatal(i, err)
		}
		unix.Close(at)
		at = next
	}
	unix.Close(at)
	write(t, filepath.Join(top, "deep/.rmtree-1/taken"))
	gone(t, filepath.Join(top, "deep"))
}

func TestRemoveMany(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	for i := range 5000 {
		write(t, filepath.Join(dir, "d", fmt.Sprint(i)))
	}
	gone(t, dir)
}

func TestRemoveSpecial(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tree")
	write(t, filepath.Join(dir, "file"))
	if err := unix.Mkfifo(filepath.Join(dir, "fifo"), 0); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "file"), filepath.Join(dir, "hard")); err != nil {
		t.Fatal(err)
	}
	gone(t, dir)
	write(t, dir) // a plain file goes as well
	gone(t, dir)
}

// What is mounted below, such as a directory of the host, is not entered.
func TestRemoveMount(t *testing.T) {
	if os.Getenv(mounted) != "" {
		removeMounted(t)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestRemoveMount$")
	cmd.Env = []string{mounted + "=" + t.TempDir()}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, unix.EPERM) && os.Getenv("ASHLAR_NO_SKIP") == "" {
		t.Skipf("no user namespaces here: %v", err)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func removeMounted(t *testing.T) {
	top := os.Getenv(mounted)
	precious, tree := filepath.Join(top, "host/precious"), filepath.Join(top, "tree")
	write(t, precious)
	write(t, filepath.Join(tree, "at/file"))
	if err := unix.Mount(filepath.Dir(precious), filepath.Join(tree, "at"), "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	err := rmtree.Remove(tree)
	if err == nil || !strings.Contains(err.Error(), "tree/at: something is mounted there") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(precious); err != nil {
		t.Error(err)
	}
	if err := unix.Unmount(filepath.Join(tree, "at"), 0); err != nil {
		t.Fatal(err)
	}
	gone(t, tree)
}
