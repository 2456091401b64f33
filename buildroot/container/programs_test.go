package container

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ashlar-build/ashlar/buildroot/job"
)

// needProgram skips a test on a machine that has not got what it runs in a
// container, unless nothing may be skipped.
func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("ASHLAR_NO_SKIP") == "" && os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
}

// Debuggers and terminals work inside, as test suites want them to.
func TestContainerPrograms(t *testing.T) {
	needProgram(t, "gdb")
	k := start(t, Options{})
	for _, test := range []struct{ name, script, want string }{
		{"gdb", `gdb -nx -q -batch -ex 'break exit' -ex run -ex bt --args /usr/bin/true 2>&1 | grep -c 'Breakpoint 1, '`, "1\n"},
		{"attach", `sleep 100 & sleep 0.2; gdb -nx -q -batch -p $! -ex detach 2>&1 | grep -c 'Inferior 1 (process '; kill $!`, "1\n"},
		{"openpty", `script -qec 'tty; test -t 0 && test -t 1 && echo terminal' /dev/null </dev/null | tr -d '\r' | grep -v '^$'`, "/dev/pts/0\nterminal\n"},
		{"no terminal", `true 2>/dev/null </dev/tty || echo none`, "none\n"},
		{"shared memory", `echo x >/dev/shm/x && cat /dev/shm/x; ls -d /dev/mqueue`, "x\n/dev/mqueue\n"},
	} {
		j := shell(t, test.script)
		j.Args[0] = "/bin/bash"
		same(t, test.name, run(t, k, j), test.want)
	}
}

// A system call of another architecture is not there, and does not kill.
func TestContainerForeignCalls(t *testing.T) {
	code := []byte{
		0xb8, 20, 0, 0, 0, // mov $20, %eax: getpid of i386
		0xcd, 0x80, // int $0x80
		0xf7, 0xd8, // neg %eax
		0x89, 0xc7, // mov %eax, %edi
		0xb8, 60, 0, 0, 0, // mov $60, %eax: exit of amd64
		0x0f, 0x05, // syscall
	}
	k := start(t, Options{})
	dir := scratch(t)
	if err := os.WriteFile(filepath.Join(dir, "foreign"), tinyELF(code), 0o755); err != nil {
		t.Fatal(err)
	}
	j := shell(t, "")
	j.Layers = append([]string{dir}, j.Layers...)
	j.Args = []string{"/foreign"}
	if _, res := try(t, k, j); res.Exit != 38 { // ENOSYS
		t.Errorf("%+v, want the exit status 38 of ENOSYS", res)
	}
}

// tinyELF is an amd64 program of this code.
func tinyELF(code []byte) []byte {
	const at, head = 0x400000, 64 + 56
	b := []byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, v := range []any{
		uint16(2), uint16(62), uint32(1), uint64(at + head), uint64(64), uint64(0), uint32(0), // executable of amd64
		uint16(64), uint16(56), uint16(1), uint16(0), uint16(0), uint16(0),
		uint32(1), uint32(5), uint64(0), uint64(at), uint64(at), // one segment, to be read and executed
		uint64(head + len(code)), uint64(head + len(code)), uint64(0x1000),
	} {
		b, _ = binary.Append(b, binary.LittleEndian, v)
	}
	return append(b, code...)
}

// A store whose file system may not execute programs: the roots are mounts of
// their own, and their programs run.
func TestContainerNoexec(t *testing.T) {
	dir := scratch(t)
	cmd := exec.Command("unshare", "-Urm", "sh", "-ec", `mount --bind "$1" "$1"; mount -o remount,bind,noexec "$1"; exec "$0" "$1"`, helperProgram(t), dir)
	cmd.Env = append(os.Environ(), "ASHLAR_TEST_HELPER=noexec")
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "runs\n" {
		t.Errorf("%v: %s", err, out)
	}
}

// helpNoexec runs a program of a layer below args[0].
func helpNoexec(args []string) {
	layer := filepath.Join(args[0], "layer")
	for _, name := range []string{"bin", "lib", "lib64"} {
		if err := os.MkdirAll(layer, 0o755); err != nil {
			fmt.Println(err)
		}
		if err := os.Symlink("usr/"+name, filepath.Join(layer, name)); err != nil {
			fmt.Println(err)
		}
	}
	if err := exec.Command("cp", "/usr/bin/echo", filepath.Join(layer, "say")).Run(); err != nil {
		fmt.Println(err)
	}
	// What Start does after it has refused root, which one is in these namespaces.
	d, lock, err := keeperDir(args[0])
	if err != nil {
		fmt.Println(err)
		return
	}
	k := &Keeper{dir: d, lock: lock, stderr: &tail{}, done: make(chan struct{})}
	if err := k.start(context.Background(), Options{}, setup{Dir: d}); err != nil {
		fmt.Println(err)
		return
	}
	var said strings.Builder
	_, err = k.Run(context.Background(), job.Job{Name: "noexec", Layers: []string{layer}, Binds: []job.Bind{{From: "/usr", To: "/usr"}}, Args: []string{"/say", "runs"}}, job.Streams{Out: &said})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(said.String())
}
