package container

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ashlar-build/ashlar/buildroot/job"
	"golang.org/x/sys/unix"
)

// TestMain runs the tests as an ordinary user: started as root it drops first,
// as the command does. Inside of a container it is the helper.
func TestMain(m *testing.M) {
	if name := os.Getenv("ASHLAR_TEST_HELPER"); name != "" {
		helperMain(name)
	}
	if os.Getuid() == 0 {
		os.Exit(dropTests())
	}
	os.Exit(m.Run())
}

// dropTests runs this binary again as a user that owns nothing.
func dropTests() int {
	runtime.LockOSThread()
	args := slices.DeleteFunc(slices.Clone(os.Args[1:]), func(a string) bool {
		return strings.HasPrefix(a, "-test.testlogfile=") // it lies where only root may write
	})
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL,
		Credential: &syscall.Credential{Uid: 654321, Gid: 654321, Groups: []uint32{}}}
	cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// start starts a keeper that ends with the test.
func start(t testing.TB, o Options) *Keeper {
	t.Helper()
	if o.Dir == "" {
		o.Dir = scratch(t)
	}
	k, err := Start(context.Background(), o)
	if err != nil {
		if os.Getenv("ASHLAR_NO_SKIP") == "" && os.Getenv("CI") == "" {
			t.Skipf("no containers on this host: %v", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if s := k.stderr.String(); s != "" {
			t.Errorf("the keeper said: %s", s)
		}
	})
	return k
}

// scratch is t.TempDir for what a build leaves: it goes whatever its modes are.
func scratch(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ashlar-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeAll(t, dir) })
	return dir
}

// hostRoot is a layer whose programs are the host's.
func hostRoot(t testing.TB) string {
	t.Helper()
	dir := scratch(t)
	for name, target := range map[string]string{"bin": "usr/bin", "sbin": "usr/sbin", "lib": "usr/lib", "lib64": "usr/lib64"} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	mkdir(t, filepath.Join(dir, "tmp"), 0o777)
	mkdir(t, filepath.Join(dir, "etc"), 0o755)
	return dir
}

func mkdir(t testing.TB, name string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(name, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, name, text string) {
	t.Helper()
	mkdir(t, filepath.Dir(name), 0o755)
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shell is a job that runs a shell script in the host's programs.
func shell(t testing.TB, script string) job.Job {
	t.Helper()
	return job.Job{
		Name:   t.Name(),
		Layers: []string{hostRoot(t)},
		Binds:  []job.Bind{{From: "/usr", To: "/usr"}},
		Args:   []string{"/bin/sh", "-c", script},
		Env:    []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"},
	}
}

// run runs a job and returns what it printed; it must end with status 0.
func run(t testing.TB, k *Keeper, j job.Job) string {
	t.Helper()
	out, res := try(t, k, j)
	if res.Exit != 0 {
		t.Fatalf("%v: exit status %d\n%s", j.Args, res.Exit, out)
	}
	return out
}

func try(t testing.TB, k *Keeper, j job.Job) (string, job.Result) {
	t.Helper()
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	res, err := k.Run(ctx, j, job.Streams{Out: &out, Err: &out})
	if err != nil {
		t.Fatalf("%v: %v\n%s", j.Args, err, out.String())
	}
	return out.String(), res
}

// helper is a job that runs a function of this binary, see helperMain.
func helper(t testing.TB, name string, args ...string) job.Job {
	t.Helper()
	j := shell(t, "")
	j.Binds = append(j.Binds, job.Bind{From: helperProgram(t), To: "/helper"})
	j.Args = append([]string{"/helper"}, args...)
	j.Env = append(j.Env, "ASHLAR_TEST_HELPER="+name)
	return j
}

// helperProgram is a copy of this binary: go test keeps it where other users
// cannot go.
func helperProgram(t testing.TB) string {
	t.Helper()
	bin := filepath.Join(scratch(t), "helper")
	src, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dst, err := os.OpenFile(bin, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		t.Fatal(err)
	}
	if err := dst.Close(); err != nil {
		t.Fatal(err)
	}
	return bin
}

// same compares texts, and shows where they part.
func same(t testing.TB, what, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	n := 0
	for n < min(len(g), len(w)) && g[n] == w[n] {
		n++
	}
	t.Errorf("%s, line %d:\ngot:\n%s\nwant:\n%s", what, n+1, strings.Join(g[n:], "\n"), strings.Join(w[n:], "\n"))
}

func TestContainerRuns(t *testing.T) {
	k := start(t, Options{})
	got := run(t, k, shell(t, `id -u; id -g; hostname; pwd; echo $$ >/pid; ls -d /proc/1 /sys /dev/shm /dev/null; cat /pid; env | sort; umask`))
	same(t, "output", got, `0
0
localhost
/
/dev/null
/dev/shm
/proc/1
/sys
`+pidOf(got)+`
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
PWD=/
0022
`)
}

// pidOf returns the line that is a number, of no interest here.
func pidOf(out string) string {
	lines := strings.Split(out, "\n")
	if len(lines) < 9 {
		return ""
	}
	return lines[8]
}

func TestContainerStatus(t *testing.T) {
	k := start(t, Options{})
	tests := []struct {
		script       string
		exit, signal int
	}{
		{"exit 0", 0, 0},
		{"exit 7", 7, 0},
		{"kill -9 $$", 137, 9},
		{"kill -TERM $$", 143, 15},
	}
	for _, test := range tests {
		_, res := try(t, k, shell(t, test.script))
		if res.Exit != test.exit || res.Signal != test.signal {
			t.Errorf("%s: exit %d, signal %d; want %d, %d", test.script, res.Exit, res.Signal, test.exit, test.signal)
		}
	}
}

func TestContainerMistakes(t *testing.T) {
	k := start(t, Options{})
	tests := []struct {
		name   string
		change func(*job.Job)
		want   string
	}{
		{"no command", func(j *job.Job) { j.Args = nil }, "no command"},
		{"no layers", func(j *job.Job) { j.Layers = nil }, "no layers"},
		{"relative layer", func(j *job.Job) { j.Layers = []string{"x"} }, `path "x": not absolute`},
		{"relative bind", func(j *job.Job) { j.Binds = []job.Bind{{From: "/usr", To: "x"}} }, `path "x": not absolute`},
		{"relative directory", func(j *job.Job) { j.Dir = "x" }, `working directory "x": not absolute`},
		{"relative scratch", func(j *job.Job) { j.Scratch = "x" }, `scratch directory "x": not absolute`},
		{"unknown command", func(j *job.Job) { j.Args = []string{"nosuch"} }, `start command: nosuch: not found in PATH "/usr/sbin:/usr/bin:/sbin:/bin"`},
		{"missing program", func(j *job.Job) { j.Args = []string{"/nosuch"} }, "start command: /nosuch: no such file or directory"},
		{"missing directory", func(j *job.Job) { j.Dir = "/nosuch" }, "working directory /nosuch: not there"},
		{"missing layer", func(j *job.Job) { j.Layers = []string{"/nosuch"} }, "layer: stat /nosuch: no such file or directory"},
		{"missing bind", func(j *job.Job) { j.Binds = []job.Bind{{From: "/nosuch", To: "/x"}} }, "bind /x: stat /nosuch: no such file"},
		{"zero byte", func(j *job.Job) { j.Env = append(j.Env, "A=\x00") }, "holds a zero byte"},
		{"mount over the root", func(j *job.Job) { j.Tmpfs = []job.Tmpfs{{Path: "/"}} }, "mount over /: not possible"},
	}
	for _, test := range tests {
		j := shell(t, "true")
		test.change(&j)
		_, err := k.Run(context.Background(), j, job.Streams{})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), t.Name()+": ") {
			t.Errorf("%s: error %v, want %q", test.name, err, test.want)
		}
	}
}

func TestContainerMany(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, "echo $N")
	errs := make(chan error)
	const n = 24
	limit := make(chan struct{}, 8)
	for i := range n {
		go func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			j := j
			j.Env = append(slices.Clone(j.Env), fmt.Sprintf("N=%d", i))
			var out bytes.Buffer
			_, err := k.Run(context.Background(), j, job.Streams{Out: &out})
			if err == nil && out.String() != fmt.Sprintf("%d\n", i) {
				err = fmt.Errorf("job %d printed %q", i, out.String())
			}
			errs <- err
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// A store in memory will do as well, where the kernel has user attributes there
// (Linux 6.6); elsewhere nothing runs that would lose its owners.
func TestContainerOnTmpfs(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "ashlar-test-")
	if err != nil {
		if os.Getenv("ASHLAR_NO_SKIP") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	t.Cleanup(func() { removeAll(t, dir) })
	k := start(t, Options{Dir: filepath.Join(dir, "run")})
	j := shell(t, "touch /f; chown 7:8 /f; mkdir -p /a; rm -r /a")
	j.Scratch = filepath.Join(dir, "scratch")
	if err := unix.Setxattr(dir, "user.test", nil, 0); errors.Is(err, unix.EOPNOTSUPP) {
		_, err := k.Run(context.Background(), j, job.Streams{})
		if err == nil || !strings.Contains(err.Error(), "has no user attributes: put the store on another with --store") {
			t.Errorf("without user attributes: %v", err)
		}
		return
	}
	run(t, k, j)
	same(t, "changes", changes(t, k, j.Scratch, nil), "f 0644 7:8 /f 0\n")
}

// Two jobs may not write to one root at a time.
func TestContainerScratchIsTaken(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, "echo x >&3; read y <&4")
	j.Scratch = scratch(t)
	var second error
	_, err := k.Run(context.Background(), j, job.Streams{Checkpoint: func(string) error {
		_, second = k.Run(context.Background(), j, job.Streams{})
		return nil
	}})
	if err != nil || second == nil || !strings.Contains(second.Error(), "another job is using it") {
		t.Errorf("first: %v, second: %v", err, second)
	}
}

// A root that has nothing in it, such as an image of one static program. A
// dynamically linked test cannot run in it, and says so.
func TestContainerEmptyRoot(t *testing.T) {
	k := start(t, Options{})
	j := shell(t, "")
	j.Layers, j.Binds, j.Args = []string{scratch(t)}, nil, []string{"/program"}
	_, err := k.Run(context.Background(), j, job.Streams{})
	if err == nil || !strings.Contains(err.Error(), "start command: /program: no such file or directory") &&
		!strings.Contains(err.Error(), "did not run\nhint: ashlar itself is linked dynamically") {
		t.Errorf("error %v", err)
	}
}
