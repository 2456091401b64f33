package effects

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if os.Getuid() == 0 {
		makeOracle()
		os.Exit(dropTests())
	}
	os.Exit(m.Run())
}

// dropTests runs this binary again as a user that owns nothing: containers are
// for ordinary users.
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

// oracleSet is what TestCompareMmdebstrap installs beside the essential set.
var oracleSet = []string{"build-essential", "ca-certificates"}

// makeOracle has mmdebstrap make the root to compare with, as root, in the file
// that ASHLAR_COMPARE names, unless it is there.
func makeOracle() {
	file := os.Getenv("ASHLAR_COMPARE")
	if file == "" {
		return
	}
	if _, err := os.Stat(file); err == nil {
		return
	}
	cmd := exec.Command("mmdebstrap", "--variant=essential", "--include="+strings.Join(oracleSet, ","),
		"--keyring=/usr/share/keyrings", "trixie", file, "http://deb.debian.org/debian")
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.Itoa(epoch))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "mmdebstrap:", err)
		os.Exit(1)
	}
}
