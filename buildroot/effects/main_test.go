package effects

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getuid() == 0 {
		os.Exit(dropTests())
	}
	os.Exit(m.Run())
}

// testUser is the user that tests of root run as.
const testUser = 654321

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
		Credential: &syscall.Credential{Uid: testUser, Gid: testUser, Groups: []uint32{}}}
	cmd.Run()
	return cmd.ProcessState.ExitCode()
}

// cacheDir holds what tests take from Debian's archive, for the user that the
// tests run as.
func cacheDir() string {
	if dir := os.Getenv("ASHLAR_TEST_CACHE"); dir != "" {
		return dir
	}
	uid := os.Getuid()
	if uid == 0 {
		uid = testUser
	}
	return filepath.Join(os.TempDir(), "ashlar-test-cache-"+strconv.Itoa(uid))
}

// maxAge is how old an index in the cache may be.
const maxAge = 24 * time.Hour
