package container

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

func TestMountData(t *testing.T) {
	data, err := mountData(2)
	if want := "lowerdir=l/0:l/1,upperdir=u,workdir=w,userxattr,volatile"; data != want || err != nil {
		t.Errorf("mountData(2) = %q, %v", data, err)
	}
	if data, err := mountData(maxLayers); err != nil || len(data) > 2600 {
		t.Errorf("%d layers: %d bytes, %v", maxLayers, len(data), err)
	}
	if _, err := mountData(1000); err == nil {
		t.Error("1000 layers: no error")
	}
	for n, ok := range map[int]bool{4095: true, 4096: false} {
		if err := checkMountData(strings.Repeat("x", n)); (err == nil) != ok {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// layers makes n directories, each with a file of its own and one that all have.
func layers(t *testing.T, n int) []string {
	t.Helper()
	base := scratch(t)
	dirs := make([]string, n)
	for i := range dirs {
		dirs[i] = filepath.Join(base, fmt.Sprintf("package-name_%d", i))
		write(t, filepath.Join(dirs[i], "f", strconv.Itoa(i)), "")
		write(t, filepath.Join(dirs[i], "top"), strconv.Itoa(i)+"\n")
	}
	return dirs
}

func TestContainerLayers(t *testing.T) {
	dirs := layers(t, 700)
	for _, mount2 := range []bool{false, true} {
		k := start(t, Options{Mount2: mount2})
		for _, n := range []int{1, 129, 499, 500, 501, 700, 700} {
			j := shell(t, "ls /f | wc -l; cat /top; rm -r /f && ls -d /f; cat /top >/x")
			j.Layers = append(j.Layers, dirs[:n-1]...)
			if n == 1 {
				j.Layers = append(j.Layers, dirs[0])
				n = 2
			}
			out, _ := try(t, k, j)
			want := fmt.Sprintf("%d\n0\nls: cannot access '/f': No such file or directory\n", n-1)
			same(t, fmt.Sprintf("%d layers, mount2=%v", n, mount2), out, want)
		}
	}
}

// Directories of odd names, and of long ones.
func TestContainerOddLayers(t *testing.T) {
	odd := []string{`a:b`, `a,b`, `a\b`, `a b`, strings.Repeat("n", 255), strings.Repeat("n/", 150) + "x", "\xff"}
	base := scratch(t)
	for _, mount2 := range []bool{false, true} {
		k := start(t, Options{Mount2: mount2})
		j := shell(t, "ls /f | wc -l; echo x >/f/0")
		for i, name := range odd {
			dir := filepath.Join(base, name)
			write(t, filepath.Join(dir, "f", strconv.Itoa(i)), "")
			j.Layers = append(j.Layers, dir)
		}
		j.Scratch = filepath.Join(base, "s:c,r\\atch")
		if mount2 {
			j.Scratch += "2"
		}
		same(t, "files", run(t, k, j), fmt.Sprintf("%d\n", len(odd)))
	}
}

// What mergeTrees makes is what an overlay of the same trees shows.
func TestContainerMerge(t *testing.T) {
	base := scratch(t)
	a, b, c := filepath.Join(base, "a"), filepath.Join(base, "b"), filepath.Join(base, "c")
	for _, name := range []string{"a/both/a", "b/both/b", "c/both/c", "a/opaque/a", "b/opaque/b", "c/opaque/c", "a/file-over-dir",
		"b/file-over-dir/x", "b/dir-over-file/x", "c/dir-over-file", "b/hidden", "c/hidden", "c/hiddendir/x", "c/onlyc/deep/er/x",
		"a/again/a", "c/again/c", "a/midfile/x", "b/midfile", "c/midfile/hidden"} {
		write(t, filepath.Join(base, name), name)
	}
	for _, name := range []string{"a/hidden", "b/hiddendir", "b/again"} {
		if err := unix.Mknod(filepath.Join(base, name), unix.S_IFCHR, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Setxattr(filepath.Join(b, "opaque"), "user.overlay.opaque", []byte("y"), 0); err != nil {
		t.Fatal(err)
	}
	mkdir(t, filepath.Join(a, "both"), 0o1710)
	mkdir(t, filepath.Join(c, "onlyc"), 0o2755)
	if err := os.Link(filepath.Join(c, "both/c"), filepath.Join(c, "both/c2")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(c, "link")); err != nil {
		t.Fatal(err)
	}
	merged := filepath.Join(base, "merged")
	if err := mergeTrees(merged, []string{a, b, c}); err != nil {
		t.Fatal(err)
	}
	k := start(t, Options{})
	list := func(dirs ...string) string {
		j := shell(t, `cd /t && find . -not -name . -printf '%p %y %m %n %l %T@ ' -type f -exec cat {} \; -printf '\n' -o -not -name . -printf '\n' | sort`)
		j.Layers = nil
		for _, d := range dirs {
			at := scratch(t)
			if err := os.Rename(d, filepath.Join(at, "t")); err != nil {
				t.Fatal(err)
			}
			defer os.Rename(filepath.Join(at, "t"), d)
			j.Layers = append(j.Layers, at)
		}
		j.Layers = append(j.Layers, hostRoot(t))
		return dirLinks(run(t, k, j))
	}
	same(t, "tree", list(merged), list(a, b, c))
	d := filepath.Join(base, "d") // what lies below stays hidden where it was
	for _, name := range []string{"again/d", "opaque/d", "midfile/d", "both/d", "dir-over-file/d", "file-over-dir/d"} {
		write(t, filepath.Join(d, name), "d")
	}
	same(t, "tree over another", list(merged, d), list(a, b, c, d))
}

// dirLinks takes the link counts of directories away: an overlay's are always 1.
func dirLinks(list string) string {
	lines := strings.Split(list, "\n")
	for i, line := range lines {
		f := strings.Fields(line)
		if len(f) > 3 {
			f[3] = "-" // hard links count what lies below, too
			lines[i] = strings.Join(f, " ")
		}
	}
	return strings.Join(lines, "\n")
}

// Everything that a process can read of its mounts is the same wherever the
// layers and the scratch directory lie.
func TestContainerMountinfo(t *testing.T) {
	k := start(t, Options{})
	get := func() string {
		j := shell(t, `cut -d' ' -f4- /proc/self/mountinfo; cat /proc/self/cgroup | cut -d: -f3 | sort -u; cat /proc/self/setgroups; id; cat /proc/self/uid_map; ulimit -n; ulimit -Hn; ulimit -c`)
		j.Scratch = scratch(t)
		j.Tmpfs = []job.Tmpfs{{Path: "/tmp", Mode: 0o1777}}
		return run(t, k, j)
	}
	first, second := get(), get()
	same(t, "second", second, first)
	if !strings.Contains(first, "/ / rw,relatime - overlay overlay rw,") && !strings.Contains(first, " - overlay overlay rw") {
		t.Errorf("no overlay:\n%s", first)
	}
	for _, host := range []string{os.TempDir() + "/ashlar", "ashlar-test"} {
		if strings.Contains(first, host) {
			t.Errorf("%s can be seen:\n%s", host, first)
		}
	}
	if !strings.Contains(first, "\ndeny\nuid=0 gid=0 groups=0\n         0          0          1\n1024\n") &&
		!strings.Contains(first, "\ndeny\nuid=0") {
		t.Errorf("identity:\n%s", first)
	}
}

// A bind's mount point, and libcontainer's own, are not among the changes.
func TestContainerPoints(t *testing.T) {
	k := start(t, Options{})
	dir := scratch(t)
	write(t, filepath.Join(dir, "in/f"), "in")
	mkdir(t, filepath.Join(dir, "out"), 0o755)
	j := shell(t, `cat /new/deep/in/f /new/file; echo made >/new/out/made; touch /new/deep/in/x 2>/dev/null || echo read-only; test -d /sys && stat -f -c %T /dev /dev/shm /t`)
	j.Scratch = scratch(t)
	j.Binds = append(j.Binds,
		job.Bind{From: filepath.Join(dir, "in"), To: "/new/deep/in"},
		job.Bind{From: filepath.Join(dir, "in/f"), To: "/new/file"},
		job.Bind{From: filepath.Join(dir, "out"), To: "/new/out", Writable: true},
		job.Bind{From: filepath.Join(dir, "out"), To: "/t/inside"})
	j.Tmpfs = []job.Tmpfs{{Path: "/t", Size: 1 << 20}}
	same(t, "output", run(t, k, j), "ininread-only\ntmpfs\ntmpfs\ntmpfs\n")
	same(t, "changes", changes(t, k, j.Scratch, nil), "")
	if text, err := os.ReadFile(filepath.Join(dir, "out/made")); string(text) != "made\n" || err != nil {
		t.Errorf("out/made: %q, %v", text, err)
	}
	names, err := filepath.Glob(j.Scratch + "/*")
	if want := []string{filepath.Join(j.Scratch, "upper")}; !slices.Equal(names, want) || err != nil {
		t.Errorf("scratch holds %v", names)
	}
}
