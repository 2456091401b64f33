package effects

import (
	"fmt"
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
		makeOracles()
		os.Exit(dropTests())
	}
	makeOracles() // nothing, if root has made them
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

// cacheDir holds what tests take from Debian's archive, and roots that
// mmdebstrap made, for the user that the tests run as.
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

// maxAge is how old an index or a root in the cache may be.
const maxAge = 24 * time.Hour

func oracleFile(set []string) string {
	return filepath.Join(cacheDir(), "mmdebstrap-"+strings.Join(set, "-")+".tar")
}

// makeOracles has mmdebstrap make the roots to compare with: before the tests,
// because it works best as root.
func makeOracles() {
	if os.Getenv("ASHLAR_COMPARE") == "" {
		return
	}
	if err := os.MkdirAll(cacheDir(), 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Getuid() == 0 {
		os.Chown(cacheDir(), testUser, testUser)
	}
	for _, set := range compareSets() {
		file := oracleFile(set)
		if fi, err := os.Stat(file); err == nil && time.Since(fi.ModTime()) < maxAge {
			continue
		}
		cmd := exec.Command("mmdebstrap", "--quiet", "--variant=essential", "--include="+strings.Join(set, ","),
			"--keyring=/usr/share/keyrings", "trixie", file+".new.tar", "http://deb.debian.org/debian")
		cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.Itoa(epoch))
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		err := cmd.Run()
		if err == nil {
			err = os.Rename(file+".new.tar", file)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "mmdebstrap:", err)
			os.Exit(1)
		}
	}
}
